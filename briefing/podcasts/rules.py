"""Which episodes a show lists: its rules, and what they make of an episode. Pure: no clock, no database.

A show without rules lists what it is the home of. With rules it lists what passes them, of its own episodes or of other
shows' ("Politics", "By N.N."). Within a kind one match is enough; every kind that is named must match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from briefing.articles.labels import Labels, Several, fold
from briefing.values import Value

if TYPE_CHECKING:
    from datetime import datetime

#: Among a rule's shows: all there are.
EVERY_SHOW = "*"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        message = f"{name!r} is no time zone; write it like Europe/Kyiv"
        raise ValueError(message) from error
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""Name of a time zone, such as Europe/Kyiv."""


class Rules(Value):
    """What a show lists. Lists that are empty ask for nothing."""

    shows: Several = ()
    """Slugs of the shows whose episodes may be listed, "*" for all; empty: this show's own."""
    sections: Several = ()
    authors: Several = ()
    tags: Several = ()
    skip_tags: Several = ()
    """What has one of these is not listed."""
    least_minutes: float = Field(default=0.0, ge=0)
    least_characters: int = Field(default=0, ge=0)
    """Of the written text that is read."""
    daily_cap: int | None = Field(default=None, ge=1)
    """Episodes of one day; the rest of the day is left out, editors' picks come on top."""
    timezone: Zone = "UTC"
    """Where the newsroom's days begin and end."""

    def lists_from(self, own: str, home: str) -> bool:
        """Tell whether the show `own` may list episodes of the show `home`."""
        return home in (self.shows or (own,)) or EVERY_SHOW in self.shows

    def day(self, moment: datetime) -> str:
        """Return the newsroom's day of a moment, such as 2026-11-28."""
        return moment.astimezone(ZoneInfo(self.timezone)).date().isoformat()

    def admit(self, episode: Facts) -> bool:
        """Tell whether an episode may be listed, the day's cap aside."""
        if self.skip_tags and _match(self.skip_tags, episode.labels.tags):
            return False
        kinds = (
            (self.sections, episode.labels.sections),
            (self.authors, episode.labels.authors),
            (self.tags, episode.labels.tags),
        )
        return (
            all(not asked or _match(asked, there) for asked, there in kinds)
            and episode.seconds >= self.least_minutes * 60
            and episode.characters >= self.least_characters
        )


@dataclass(frozen=True)
class Facts:
    """What rules go by."""

    labels: Labels
    """Of all its articles together."""
    seconds: float
    characters: int


def _match(asked: tuple[str, ...], there: tuple[str, ...] | None) -> bool:
    return not {fold(label) for label in asked}.isdisjoint(fold(label) for label in there or ())
