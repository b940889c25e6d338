"""A pronunciation put, changed or removed -> what of all that is live it concerns, in order of audience, and what
speaking that anew costs. Reads what is noted of words (`briefing.mentions`), no script; changes nothing.

All numbers are "at most": a word may stand where the lexicon leaves it alone, and a take may be there already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, tuple_

from briefing.cost import ASSEMBLY_CPU, MP3_BYTES, PREPARE_CPU, TAKE_BYTES, Cost
from briefing.lexicon import Lexicon, alike, forms, starter
from briefing.lexicons import Origin, listed_entries
from briefing.mentions import is_heard, mentioning
from briefing.models import AudienceRow, BriefingRow, RevisionRow, VocabularyRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select, Subquery
    from sqlalchemy.orm import Session

    from briefing.lexicon import LexiconEntry

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
    found = _concerned(session, change)
    if found is None:
        return Radius((), ())
    grouped = (VocabularyRow.show, VocabularyRow.language, VocabularyRow.voice)
    sums = [func.sum(found.c[name]) for name in ("segments", "takes", "characters", "audio_ms")]
    columns: list[Any] = [*grouped, func.count(), *sums, func.sum(VocabularyRow.audio_ms)]
    rows = session.execute(_joined(select(*columns), found).group_by(*grouped)).all()
    parts = tuple(Part(row[0], row[1], row[2], *(int(value) for value in row[3:])) for row in rows)
    return Radius(tuple(sorted(parts, key=lambda part: -part.briefings)), tuple(_first(session, found, now, limit)))


def briefings(session: Session, change: Change, now: datetime) -> list[str]:
    """Return the IDs of all briefings that a change concerns, the most heard first, then the newest."""
    found = _concerned(session, change)
    if found is None:
        return []
    plays = _plays(now)
    statement = _ordered(_joined(select(VocabularyRow.briefing_id), found), plays)
    return list(session.scalars(statement))


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


def _concerned(session: Session, change: Change) -> Subquery | None:
    """Return the revisions that say the word where the change makes another entry count; None where there are none."""
    statement = mentioning(session, change.entry)
    if statement is None:
        return None
    said = statement.subquery()
    of = (VocabularyRow.show, VocabularyRow.language)
    pairs = select(*of).join(said, said.c.revision_id == VocabularyRow.revision_id).distinct()
    where = [(row.show, row.language) for row in session.execute(pairs) if _matters(session, change, *row)]
    if not where:
        return None
    there = select(VocabularyRow.revision_id).where(tuple_(VocabularyRow.show, VocabularyRow.language).in_(where))
    return statement.having(statement.selected_columns[0].in_(there)).subquery()


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


def _joined(statement: Select[Any], found: Subquery) -> Select[Any]:
    return (
        statement.select_from(VocabularyRow)
        .join(found, found.c.revision_id == VocabularyRow.revision_id)
        .join(BriefingRow, BriefingRow.id == VocabularyRow.briefing_id)
        .where(is_heard())
    )


def _plays(now: datetime) -> Subquery:
    return plays_since((now - AUDIENCE).date().isoformat())


def plays_since(day: str) -> Subquery:
    """Return the plays of each briefing since a day (UTC)."""
    return (
        select(AudienceRow.briefing_id, func.sum(AudienceRow.plays).label("plays"))
        .where(AudienceRow.day >= day)
        .group_by(AudienceRow.briefing_id)
        .subquery()
    )


def _ordered(statement: Select[Any], plays: Subquery) -> Select[Any]:
    return statement.outerjoin(plays, plays.c.briefing_id == VocabularyRow.briefing_id).order_by(
        func.coalesce(plays.c.plays, 0).desc(), VocabularyRow.revision_id.desc()
    )


def _first(session: Session, found: Subquery, now: datetime, limit: int) -> Sequence[Concerned]:
    plays = _plays(now)
    columns: tuple[Any, ...] = (
        BriefingRow.id,
        VocabularyRow.show,
        BriefingRow.articles,
        VocabularyRow.revision_id,
        func.coalesce(plays.c.plays, 0),
        found.c["count"],
        found.c.takes,
        found.c.audio_ms,
    )
    rows = session.execute(_ordered(_joined(select(*columns), found), plays).limit(limit)).all()
    asked = select(RevisionRow.id, RevisionRow.card).where(RevisionRow.id.in_([row[3] for row in rows]))
    cards = {row.id: row.card for row in session.execute(asked)}
    return [
        Concerned(row[0], row[1], str((cards.get(row[3]) or {}).get("title", "")), str(row[2][0]), *map(int, row[4:]))
        for row in rows
    ]
