"""Pronunciations put, changed or removed -> what of all that is live they concern, in order of audience, and what
speaking that anew costs. Reads what is noted of words (`briefing.pronunciations.mentions`), no script; changes nothing.

All numbers are "at most": a word may stand where the lexicon leaves it alone, and a take may be there already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.models import AudienceRow, BriefingRow, RevisionRow
from briefing.pronunciations.changes import Effect
from briefing.pronunciations.mentioning import mentioning
from briefing.requesting.cost import ASSEMBLY_CPU, MP3_BYTES, PREPARE_CPU, TAKE_BYTES, Cost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.pronunciations.changes import Change
    from briefing.pronunciations.mentioning import Said

#: How far back plays say what the audience of a briefing is.
AUDIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Part:
    """What changes concern of one show, language and voice."""

    show: str
    language: str
    voice: str
    """The body's."""
    briefings: int
    segments: int
    takes: int
    characters: int
    audio_ms: int
    """Of those takes."""
    programme_ms: int
    """Of the briefings, which are put together anew."""


@dataclass(frozen=True)
class Concerned:
    """A live briefing that says the word, or one of them."""

    briefing: str
    show: str
    title: str
    article: str
    """The first."""
    plays: int
    """Of the last 30 days."""
    count: int
    """How often the words stand in it."""
    takes: int
    audio_ms: int


@dataclass(frozen=True)
class Radius:
    """What changes concern."""

    parts: tuple[Part, ...]
    first: tuple[Concerned, ...]
    """The most heard, then the newest."""

    @property
    def briefings(self) -> int:
        """How many."""
        return sum(part.briefings for part in self.parts)


@dataclass(frozen=True)
class Rate:
    """What a voice costs."""

    price_per_million_characters: float = 0.0
    cpu_per_second: float = 0.0
    """CPU seconds for a second of audio; 0 where nobody measured."""


def radius(session: Session, changes: Sequence[Change], now: datetime, limit: int = 50) -> Radius:
    """Return what changes of one show or of the newsroom concern, and the first `limit` briefings."""
    found, plays = _concerned(session, changes), plays_since(session, since(now))
    parts: dict[tuple[str, str, str], list[int]] = {}
    for one in found:
        sums = parts.setdefault((one.show, one.language, one.voice), [0] * 6)
        values = (1, one.segments, one.takes, one.characters, one.audio_ms, one.programme_ms)
        for number, value in enumerate(values):
            sums[number] += value
    ordered = sorted((Part(*of, *sums) for of, sums in parts.items()), key=lambda part: -part.briefings)
    return Radius(tuple(ordered), tuple(_first(session, _in_order(found, plays)[:limit], plays)))


def briefings(
    session: Session, changes: Sequence[Change], now: datetime, among: Collection[int] | None = None
) -> list[str]:
    """Return the IDs of all briefings that changes concern, the most heard first, then the newest; of all that is live,
    or of those with a revision `among` these.
    """
    found = _concerned(session, changes, among)
    return [one.briefing for one in _in_order(found, plays_since(session, since(now)))]


def since(now: datetime) -> str:
    """Return the first day (UTC) of which plays count as a briefing's audience."""
    return (now - AUDIENCE).date().isoformat()


def cost(found: Iterable[Part], rates: Mapping[str, Rate]) -> Cost:
    """Return what speaking all of it anew would cost, none of its takes being there. The body's voice is reckoned
    with; voices that are in no catalogue any more cost nothing.
    """
    total = Cost()
    for part in found:
        rate = rates.get(part.voice, Rate())
        seconds, whole = part.audio_ms / 1000, part.programme_ms / 1000
        total = total.plus(
            Cost(
                articles=part.briefings,
                characters=part.characters,
                characters_to_speak=part.characters,
                chunks=part.takes,
                audio_s=whole,
                audio_to_speak_s=seconds,
                cpu_s=part.briefings * PREPARE_CPU + whole * ASSEMBLY_CPU + seconds * rate.cpu_per_second,
                cpu_unmeasured=not rate.cpu_per_second and not rate.price_per_million_characters,
                money=part.characters * rate.price_per_million_characters / 1_000_000,
                storage_bytes=round(whole * MP3_BYTES + seconds * TAKE_BYTES),
            )
        )
    return total


def _concerned(session: Session, changes: Sequence[Change], among: Collection[int] | None = None) -> list[Said]:
    """Return the revisions that say a word where its change makes another entry count."""
    return mentioning(session, [change.entry for change in changes], Effect(session, changes).matters, among)


def plays_since(session: Session, day: str, of: Iterable[str] | None = None) -> dict[str, int]:
    """Return the plays since a day (UTC) by briefing, of all or of some; without those that nobody played.

    By itself, not as a part of other statements: planners that know little of new rows have gone through it once for
    each of ten thousand.
    """
    statement = select(AudienceRow.briefing_id, func.sum(AudienceRow.plays)).where(AudienceRow.day >= day)
    if of is not None:
        statement = statement.where(AudienceRow.briefing_id.in_(sorted(set(of))))
    return {row[0]: int(row[1]) for row in session.execute(statement.group_by(AudienceRow.briefing_id))}


def _in_order(found: Iterable[Said], plays: Mapping[str, int]) -> list[Said]:
    return sorted(found, key=lambda one: (-plays.get(one.briefing, 0), -one.revision_id))


def _first(session: Session, found: Sequence[Said], plays: Mapping[str, int]) -> list[Concerned]:
    heard = (
        select(RevisionRow.id, RevisionRow.card, BriefingRow.articles)
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(RevisionRow.id.in_([one.revision_id for one in found]))
    )
    named = {row.id: (str((row.card or {}).get("title", "")), str(row.articles[0])) for row in session.execute(heard)}
    return [
        Concerned(
            briefing=one.briefing,
            show=one.show,
            title=named[one.revision_id][0],
            article=named[one.revision_id][1],
            plays=plays.get(one.briefing, 0),
            count=one.count,
            takes=one.takes,
            audio_ms=one.audio_ms,
        )
        for one in found
    ]
