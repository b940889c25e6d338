"""Options of a `wordpress` source, and the password by which it reads what is not public yet."""

from __future__ import annotations

import os

from pydantic import Field, SecretStr, field_validator, model_validator

from briefing.articles.addresses import canonical_address
from briefing.errors import AddressRefused, Misconfigured
from briefing.values import Value


class Options(Value):
    """Options of a `wordpress` source."""

    address: str
    """The site's front page."""
    user: str | None = None
    password: SecretStr | None = None
    """An application password of `user`: reads what is not public yet."""
    password_variable: str | None = Field(default=None, pattern=r"^[A-Z_][A-Z0-9_]*$")
    """Variable of the environment that holds it, in every process that works, so that no file or row does."""
    unpublished: bool = False
    """Whether drafts tagged `#audio`, scheduled and private posts may be narrated. Needs the password."""
    language: str | None = None
    """BCP 47 tag of all posts; None where the site says it, or the text shows it."""
    post_type: str = Field(default="posts", pattern=r"^[a-z0-9_-]{1,60}$")
    """Which posts, by the name that the interface has for the type."""
    hosts: tuple[str, ...] = ()
    """Further hosts that the site's interface may be on."""
    allow_private: tuple[str, ...] = ()
    """"host:port" pairs on private networks that may be reached all the same, such as an internal CMS."""

    @field_validator("address")
    @classmethod
    def _plain(cls, address: str) -> str:
        try:
            return canonical_address(address).partition("?")[0].rstrip("/") + "/"
        except AddressRefused as error:
            raise ValueError(error.message) from error

    @model_validator(mode="after")
    def _kept_secret(self) -> Options:
        named = self.password is not None or self.password_variable is not None
        if (self.user is not None) != named:
            message = "user and password belong together"
            raise ValueError(message)
        if named and not self.address.startswith("https://"):
            message = "a password is sent over https alone"
            raise ValueError(message)
        if self.unpublished and not named:
            message = "unpublished posts need user and password"
            raise ValueError(message)
        return self

    @property
    def login(self) -> str | None:
        """User and password as they are sent. Raises Misconfigured where the variable is not set."""
        if self.user is None:
            return None
        password = self.password.get_secret_value() if self.password else os.environ.get(self.password_variable or "")
        if not password:
            message = f"the variable {self.password_variable} is not set"
            raise Misconfigured(message, hint="Set it for every process that works.")
        return f"{self.user}:{password}"
