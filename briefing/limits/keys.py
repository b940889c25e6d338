"""The limits of one API key: its own, or those of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.settings import QuotaSettings


class KeyLimits(Value):
    """What a key may ask for; None takes the default of the settings, 0 is no bound."""

    per_minute: int | None = Field(default=None, ge=0)
    """Requests."""
    characters_a_day: int | None = Field(default=None, ge=0)
    """To be spoken; what there is a take of costs nothing."""
    briefings_a_day: int | None = Field(default=None, ge=0)
    """Revisions asked for."""
    bulk_open: int | None = Field(default=None, ge=0)
    """Bulk revisions being made at a time."""


def limits_of(own: Mapping[str, Any] | None, settings: QuotaSettings) -> KeyLimits:
    """Return the limits that count for a key with those of its `own`, defaults filled in."""
    given = KeyLimits.model_validate(own or {})
    usual = {
        "per_minute": settings.requests_a_minute,
        "characters_a_day": settings.characters_a_day,
        "briefings_a_day": settings.briefings_a_day,
        "bulk_open": settings.bulk_open,
    }
    return KeyLimits(**{**usual, **given.model_dump(exclude_none=True)})
