"""A digest: which stories a show's briefing of the day is made of, how much of each, and when. Values only.

Read from `briefcast.toml` by `briefing.podcasts.newsroom`, stored by `briefing.digesting.digests`. Says when it is
due; reads no clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from briefing.articles.labels import Several
from briefing.podcasts.rules import EVERY_SHOW, Rules, Zone
from briefing.podcasts.show import Name
from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

#: Kind of the briefings that digests are.
DIGEST = "digest"

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: What wording may hold in braces, and what is said for it.
PLACEHOLDERS = {
    "hello": "good morning, afternoon or evening",
    "date": "weekday and date",
    "show": "the show's title",
}

#: Days around a moment in which its last and next time are looked for: a week, and one for the clock.
_AROUND = 8

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MOST_LETTERS = 1000


def _time(text: str) -> str:
    if not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", text):
        message = f"{text!r} is no time; write it like 06:30"
        raise ValueError(message)
    return text


def _wording(text: str) -> str:
    if unknown := sorted({name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS}):
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        message = f"nothing is known to say for {', '.join(f'{{{name}}}' for name in unknown)}; there are {known}"
        raise ValueError(message)
    if len(text) > _MOST_LETTERS:
        message = f"is longer than {_MOST_LETTERS:,} characters"
        raise ValueError(message)
    return " ".join(text.split())


Wording = Annotated[str, AfterValidator(_wording)]


def worded(text: str, said: dict[str, str]) -> str:
    """Return a wording with what is said for its placeholders."""
    return _PLACEHOLDER.sub(lambda match: said[match[1]], text)


class Choice(Value):
    """Which stories: those that are live, in this order. Lists that are empty ask for nothing."""

    shows: Several = ()
    """Slugs of the shows whose stories may be in it, "*" for all; empty: the digest's own show."""
    sections: Several = ()
    authors: Several = ()
    tags: Several = ()
    skip_tags: Several = ()
    picks: Literal["first", "only", "as_others"] = "first"
    """What editors have picked for the digest's show comes first and whatever the labels say; or there is nothing else
    in it; or it counts as all others do. The rest is by date, the newest first.
    """
    hours: float | None = Field(default=None, gt=0, le=24 * 31)
    """Published within so many hours; None: since the last digest, at most a week, without one within a day."""
    most: int = Field(default=8, ge=1, le=50)
    """Stories."""

    @property
    def labels(self) -> Rules:
        """What the stories must be filed under."""
        return Rules(sections=self.sections, authors=self.authors, tags=self.tags, skip_tags=self.skip_tags)

    def takes_from(self, own: str, home: str) -> bool:
        """Tell whether stories of the show `home` may be in a digest of the show `own`."""
        return home in (self.shows or (own,)) or EVERY_SHOW in self.shows


class Parts(Value):
    """What is read of each story."""

    headline: bool = True
    standfirst: bool = True
    """What stands above the key points."""
    key_points: bool = True
    first_paragraphs: int = Field(default=2, ge=0, le=20)

    @model_validator(mode="after")
    def _something(self) -> Parts:
        if not (self.headline or self.standfirst or self.key_points or self.first_paragraphs):
            message = "nothing of a story would be read"
            raise ValueError(message)
        return self


class Due(NamedTuple):
    """A time at which a digest is to be made."""

    moment: datetime
    """UTC."""
    issue: str
    """Which one it is: the day, and the time where there are several a day."""


class Digest(Value):
    """A digest as configured."""

    slug: Name
    show: Name
    """Its home: whose voices, jingles and disclosure it has, and in whose feed it is."""
    at: tuple[Annotated[str, AfterValidator(_time)], ...] = Field(default=(), max_length=24)
    """Local times, such as 06:30; none: on demand alone."""
    days: tuple[Day, ...] = Field(default=_DAYS, min_length=1)
    zone: Zone = "UTC"
    late_hours: float = Field(default=3.0, ge=0, le=24)
    """How late it is still made, once, where nothing ran at its time."""
    rules: Choice = Choice()
    parts: Parts = Parts()
    summaries: bool = False
    """Whether a model summarises its stories, if a server for that is set: what an editor has approved is read in
    place of a story's beginning, and said to be a summary by AI."""
    minutes: float = Field(default=10.0, ge=1, le=120)
    """Length of the programme, music included."""
    title: Wording = "{show}: {date}"
    greeting: Wording | None = None
    """None: "{hello} It is {date}. This is {show}." in the show's language; empty: nothing."""
    transitions: tuple[Wording, ...] | None = Field(default=None, max_length=20)
    """Said before each story but the first, in turn; none: the show's transition jingle alone."""
    sign_off: Wording | None = None

    @model_validator(mode="after")
    def _once_each(self) -> Digest:
        for name in ("at", "days"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                message = f"digest {self.slug!r} names one of its {name} twice"
                raise ValueError(message)
        return self

    def due_after(self, moment: datetime) -> Due | None:
        """Return when it is due next; None for one on demand alone."""
        return min((due for due in self._around(moment) if due.moment > moment), default=None)

    def due_before(self, moment: datetime) -> Due | None:
        """Return when it was due last, at the latest at `moment`."""
        return max((due for due in self._around(moment) if due.moment <= moment), default=None)

    def missed(self, since: datetime, until: datetime) -> int:
        """Return how often it was due in [since, until); of the last week. Two times that a clock put forward makes one
        moment are one: the later issue's.
        """
        return len({due.moment for due in self._around(until) if since <= due.moment < until})

    def issue_of(self, moment: datetime) -> str:
        """Return which one is made on demand at `moment`: the one of that day; of several the one that was due last,
        before any of them the first.
        """
        day = self.day_of(moment)
        todays = sorted(due for due in self._around(moment) if due.issue.startswith(day.isoformat()))
        passed = [due for due in todays if due.moment <= moment]
        return (passed[-1] if passed else todays[0]).issue if todays else day.isoformat()

    def day_of(self, moment: datetime) -> date:
        """Return its local day."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def local(self, moment: datetime) -> datetime:
        """Return a moment by its clock."""
        return moment.astimezone(ZoneInfo(self.zone))

    def _around(self, moment: datetime) -> Iterator[Due]:
        middle = self.day_of(moment)
        for offset in range(-_AROUND, _AROUND + 1):
            day = middle + timedelta(days=offset)
            if _DAYS[day.weekday()] not in self.days:
                continue
            for at in self.at:
                # Where the clock is put back, the first of the two; where it is put forward, as much later as it is put
                # (RFC 5545, 3.3.5): `fold` 0 takes the offset of before.
                local = datetime.combine(day, time.fromisoformat(at), tzinfo=ZoneInfo(self.zone))
                issue = f"{day.isoformat()}T{at}" if len(self.at) > 1 else day.isoformat()
                yield Due(local.astimezone(UTC), issue)
