"""A pronunciation put, changed or removed -> what of all that is live it concerns, in order of audience, and what
speaking that anew costs. Reads what is noted of words (`briefing.mentions`), no script; changes nothing.

All numbers are "at most": a word may stand where the lexicon leaves it alone, and a take may be there already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.cost import ASSEMBLY_CPU, MP3_BYTES, PREPARE_CPU, TAKE_BYTES, Cost
from briefing.lexicon import Lexicon, alike, forms, starter
from briefing.lexicons import Origin, listed_entries
from briefing.mentions import mentioning
from briefing.models import AudienceRow, BriefingRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.lexicon import LexiconEntry
    from briefing.mentions import Said

#: How far back plays say what the audience of a briefing is.
AUDIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Change:
    """A pronunciation made by hand, of a show or of the newsroom (None), before and after; None: there is none."""

    show: str | None
    before: LexiconEntry | None
    after: LexiconEntry | None

    @property
    def entry(self) -> LexiconEntry:
        """One of the two, which say the same word. Raises ValueError where there is neither."""
        found = self.after or self.before
        if found is None:
            message = "there is no such pronunciation, and none is to be"
            raise ValueError(message)
        return found


@dataclass(frozen=True)
class Part:
    """What a change concerns of one show, language and voice."""

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
    """A live briefing that says the word."""

    briefing: str
    show: str
    title: str
    article: str
    """The first."""
    plays: int
    """Of the last 30 days."""
    count: int
    """How often the word stands in it."""
    takes: int
    audio_ms: int


@dataclass(frozen=True)
class Radius:
    """What a change concerns."""

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


def change_of(session: Session, show: str | None, entry: LexiconEntry, *, remove: bool = False) -> Change:
    """Return what recording `entry`, or removing what is recorded for its word, would change."""
    before = next(
        (
            found
            for found, origin in listed_entries(session, show)
            if origin is Origin.DESK and (found.written, found.language) == (entry.written, entry.language)
        ),
        None,
    )
    return Change(show, before, None if remove else entry)


def radius(session: Session, change: Change, now: datetime, limit: int = 50) -> Radius:
    """Return what a change concerns, and the first `limit` briefings."""
    found, plays = _concerned(session, change), plays_since(session, since(now))
    parts: dict[tuple[str, str, str], list[int]] = {}
    for one in found:
        sums = parts.setdefault((one.show, one.language, one.voice), [0] * 6)
        values = (1, one.segments, one.takes, one.characters, one.audio_ms, one.programme_ms)
        for number, value in enumerate(values):
            sums[number] += value
    ordered = sorted((Part(*of, *sums) for of, sums in parts.items()), key=lambda part: -part.briefings)
    return Radius(tuple(ordered), tuple(_first(session, _in_order(found, plays)[:limit], plays)))


def briefings(session: Session, change: Change, now: datetime) -> list[str]:
    """Return the IDs of all briefings that a change concerns, the most heard first, then the newest."""
    found = _concerned(session, change)
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


def _concerned(session: Session, change: Change) -> list[Said]:
    """Return the revisions that say the word where the change makes another entry count."""
    found = mentioning(session, change.entry)
    pairs = {(one.show, one.language) for one in found}
    where = {pair for pair in pairs if _matters(session, change, *pair)}
    return [one for one in found if (one.show, one.language) in where]


def _matters(session: Session, change: Change, show: str, language: str) -> bool:
    """Tell whether the change makes another entry count in texts of a show in a language: not where the show has an
    entry of its own, say, or where the entry is for another language.
    """
    if change.show not in {None, show}:
        return False
    old, new = (_counting(session, change, show, entry) for entry in (change.before, change.after))
    if change.before == change.after:
        # Recorded already: what it changed when it was.
        old = _counting(session, change, show, None)
    shapes = forms(change.entry) | (forms(change.before) if change.before else frozenset())
    return any(_said(old.counting_for(shape, language)) != _said(new.counting_for(shape, language)) for shape in shapes)


def _said(entry: LexiconEntry | None) -> tuple[str, ...] | None:
    """Return what a listener hears of an entry: a new note makes no new sound."""
    return (entry.written, entry.kind.value, entry.value, entry.alias) if entry else None


def _counting(session: Session, change: Change, show: str, entry: LexiconEntry | None) -> Lexicon:
    """Return the lexicon of a show, as far as the word is concerned, if `entry` were what the change is about."""
    folded = alike(change.entry.written).casefold()
    layers: list[list[LexiconEntry]] = []
    for owner in (show, None):
        listed = [pair for pair in listed_entries(session, owner) if alike(pair[0].written).casefold() == folded]
        for origin in (Origin.DESK, Origin.FILE):
            layer = [found for found, its in listed if its is origin]
            if owner == change.show and origin is Origin.DESK:
                same = (change.entry.written, change.entry.language)
                layer = [found for found in layer if (found.written, found.language) != same]
                layer += [entry] if entry else []
            layers.append(layer)
    return Lexicon([*layers, [found for found in starter() if alike(found.written).casefold() == folded]])


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
