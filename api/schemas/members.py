"""What is asked and answered of audio for members, and of listeners with private feeds."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.schemas.base import Line, Request, Visibility
from briefing.podcasts.show import Paywall


class VisibilityRequest(Request):
    """Who may hear a briefing."""

    visibility: Visibility
    paywall: Paywall | None = Field(None, description="How far others hear it where it is for members.")


class SignRequest(Request):
    """For whom addresses are signed, and for how long."""

    listener: str | None = Field(
        None,
        pattern="^[0-9a-f]{16}$",
        description="A listener of ours: revoking them ends these addresses too. None: whoever has them.",
    )
    seconds: int | None = Field(None, ge=60, description="For how long; at most BRIEFCAST_MEMBERS_ADDRESS_S.")


class Signed(BaseModel):
    """Addresses at which a reader hears a briefing."""

    access: Visibility
    address: str = Field(description="Of the audio JSON: the player's attribute `signed`.")
    audio: str = Field(description="Of the MP3.")
    embed: str | None = Field(
        description="Of a page with the player, to be framed; null where it is of no one article."
    )
    expires_at: datetime | None = Field(description="Null for what is for everybody.")


class ListenerRequest(Request):
    """Who is to have a private feed."""

    name: Line = Field(
        max_length=128, description="What you know them by, such as a membership's number; said to nobody else."
    )


class ListenerView(BaseModel):
    """Somebody with a private feed."""

    id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


class NewListener(ListenerView):
    """Shown once."""

    feed: str = Field(description="The feed's secret address, for a podcast app.")


class Listeners(BaseModel):
    """Some of a show's listeners."""

    total: int
    listeners: list[ListenerView]
