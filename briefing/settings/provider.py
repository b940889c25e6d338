"""Signing in by an OpenID provider: off until an issuer is named."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from briefing.settings.base import SECRET, Settings, config

#: Signatures by a key of which we hold the public half alone. `none`, and what a shared secret signs (HS256), are not
#: among them: whoever knows the public key could sign with it as if it were the secret.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)


class ProviderSettings(Settings):
    """Signing in by an OpenID provider."""

    model_config = config("BRIEFCAST_OIDC_")

    issuer: str = Field(default="", pattern=r"^$|^https?://[^\s?#]+$", max_length=255)
    """The provider's issuer address, exactly as it states it; empty: nobody signs in so."""
    client_id: str = ""
    """What the provider knows the desk as."""
    client_secret: str = Field(default="", repr=False, json_schema_extra=SECRET)
    """The secret that belongs to it; empty for a public client."""
    name: str = Field(default="single sign-on", min_length=1, max_length=40)
    """What the button says after "Sign in with"."""
    scopes: str = Field(default="openid email profile", pattern=r"^openid( [!#-\[\]-~]+)*$")
    """What is asked of the provider."""
    role_claim: str = Field(default="groups", min_length=1)
    """The claim that says what somebody may do, a list or a word; dots lead into it, as `realm_access.roles`."""
    viewers: str = ""
    """Values of that claim that make a viewer, separated by commas."""
    editors: str = ""
    """The same of editors."""
    admins: str = ""
    """The same of admins."""
    verified_email: bool = True
    """Whether only those come in whose e-mail address the provider says it has verified."""
    algorithms: str = "RS256, PS256, ES256, EdDSA, Ed25519"
    """Signatures of ID tokens that are accepted."""
    skew_s: int = Field(default=60, ge=0, le=300)
    """Seconds by which the provider's clock and ours may differ."""
    seconds: float = Field(default=10.0, gt=0, le=30)
    """Seconds for one answer of the provider in all."""
    allow_private: str = ""
    """"host:port" pairs on private networks where the provider is, separated by commas; there `http://` will do."""
    ca_file: str = ""
    """Certificate file to trust instead of the system's, for a provider with an authority of its own."""
    passwords: bool = True
    """Whether one may sign in by password too."""

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, text: str) -> str:
        odd = set(_parted(text)) - ALGORITHMS
        if odd or not _parted(text):
            message = f"choose among {', '.join(sorted(ALGORITHMS))}"
            raise ValueError(message)
        return text

    @model_validator(mode="after")
    def _whole(self) -> ProviderSettings:
        # Told by one variable's name: the one to set.
        if self.issuer and not self.client_id:
            message = "BRIEFCAST_OIDC_ISSUER needs BRIEFCAST_OIDC_CLIENT_ID beside it"
            raise ValueError(message)
        if self.issuer.startswith("http://") and urlsplit(self.issuer).netloc not in self.private_hosts:
            message = "BRIEFCAST_OIDC_ISSUER must begin with https://"
            raise ValueError(message)
        if not self.passwords and not self.issuer:
            message = "BRIEFCAST_OIDC_PASSWORDS can be turned off only where BRIEFCAST_OIDC_ISSUER is set"
            raise ValueError(message)
        return self

    @property
    def on(self) -> bool:
        """Whether there is a provider."""
        return bool(self.issuer)

    @property
    def accepted(self) -> tuple[str, ...]:
        """`algorithms` taken apart."""
        return _parted(self.algorithms)

    @property
    def private_hosts(self) -> frozenset[str]:
        """`allow_private` taken apart."""
        return frozenset(_parted(self.allow_private))

    @property
    def roles(self) -> dict[str, str]:
        """The role's name that each value of the claim gives; the higher one where a value stands twice."""
        named = ((self.viewers, "viewer"), (self.editors, "editor"), (self.admins, "admin"))
        return {value: role for text, role in named for value in _parted(text)}


def _parted(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
