"""Who is told of briefings that failed or are held, and by which way."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from briefing.settings.base import SECRET, Settings, config

#: What links of messages do: `briefing.accounts.action_links.LinkAction`, not imported, as it brings the tables along.
_LINKS = ("listen", "fix", "respeak", "withdraw")
_ONE = f"({'|'.join(_LINKS)})"


class NoticeSettings(Settings):
    """Who is told of briefings that failed or are held; nobody unless one of these names a way."""

    model_config = config("BRIEFCAST_NOTICES_")

    email_to: str = Field(default="", pattern=r"^$|^[^\s@<>,]+@[^\s@<>,]+(\s*,\s*[^\s@<>,]+@[^\s@<>,]+)*$")
    """Addresses, separated by commas; a show's own (`[shows.notices]`) take their place for its briefings."""
    email_from: str = Field(default="", pattern=r"^$|^[^\s@<>,]+@[^\s@<>,]+$")
    """Whom the mail is from; needed for mail."""
    smtp_host: str = ""
    """The mail server that takes it; needed for mail."""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    """Its port."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` and `tls` check its certificate; `none` is for one on this machine."""
    smtp_user: str = ""
    """Whom we sign in as; empty for nobody."""
    smtp_password: SecretStr = Field(default=SecretStr(""), json_schema_extra=SECRET)
    """Its password."""
    smtp_ca_file: str = ""
    """Certificate file to trust instead of the system's, for a server with an authority of its own."""
    webhook: str = Field(default="", pattern=r"^$|^https?://\S+$")
    """Address that gets a signed webhook (Standard Webhooks)."""
    webhook_secret: SecretStr = Field(default=SecretStr(""), json_schema_extra=SECRET)
    """What it is signed with: `whsec_` and base64 of at least 24 bytes; needed for the webhook."""
    slack: SecretStr = Field(default=SecretStr(""), json_schema_extra=SECRET)
    """Address of an incoming webhook of Slack, Mattermost or what takes the same."""

    links: str = Field(default=", ".join(_LINKS), pattern=rf"^$|^{_ONE}(\s*,\s*{_ONE})*$")
    """What messages let their reader do by links, without signing in, separated by commas; empty: nothing."""
    links_hours: int = Field(default=24, ge=1, le=720)
    """How long those links hold."""

    @property
    def actions(self) -> frozenset[str]:
        """`links` taken apart."""
        return frozenset(part.strip() for part in self.links.split(",") if part.strip())

    @property
    def mails(self) -> bool:
        """Whether mail can be sent."""
        return bool(self.smtp_host and self.email_from)

    @property
    def recipients(self) -> tuple[str, ...]:
        """`email_to` taken apart."""
        return tuple(sorted(part.strip() for part in self.email_to.split(",") if part.strip()))

    @property
    def any(self) -> bool:
        """Whether anybody can be told."""
        return self.mails or bool(self.webhook) or bool(self.slack.get_secret_value())
