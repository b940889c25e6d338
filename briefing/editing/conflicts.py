"""Overrides whose text an article no longer has: told with what took its place, and settled by an editor.

A revision in conflict is held and has no audio; what is live stays, and no override is lost. Once all its conflicts are
settled, the next revision goes on from the same text.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from briefing.editing.overrides import attach, check_disclosure, lock_open, rework, segment_of, stored
from briefing.errors import OverrideRefused, UnknownReference
from briefing.models import OverrideRow, RevisionRow
from briefing.revisions import locked, newest_revision
from briefing.script import HEAD, Role, Script, Segment
from briefing.states import RevisionState
from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.editing.overrides import Stored
    from briefing.revisions import Asker

#: Error code of a revision that is held by its conflicts.
CODE = "override_conflict"

#: Part of two texts' words that they have in common, from which on one counts as the other rewritten.
ALIKE = 0.4

#: By so much more a text is alike that stands where the old one stood.
_IN_PLACE = 0.2

#: Earlier scripts that are looked through for the one in which an override's segment stood.
_MOST_SCRIPTS = 20


class Replacement(Value):
    """The segment that took a text's place."""

    segment: str
    role: Role
    written: str
    spoken: str
    """As it would be said without the override."""


class Conflict(Value):
    """An override whose text is gone."""

    segment: str
    """ID of the segment that it hangs on."""
    article: str
    role: Role
    written: str
    """The text that is gone."""
    spoken: str | None
    """What the editor had said instead."""
    voice: str | None
    omitted: bool
    note: str
    changed_by: str
    changed_at: str
    """ISO 8601, UTC."""
    new: Replacement | None
    """None where nothing seems to have taken its place."""


def find(session: Session, briefing_id: str, script: Script, overrides: dict[str, Stored]) -> list[Conflict]:
    """Return the conflicts of a briefing's overrides with its new script; none for a script that has all the texts."""
    there = {segment.id for segment in script.segments}
    lost = [kept for name, kept in overrides.items() if name not in there]
    if not lost:
        return []
    before = _scripts_with(session, briefing_id, {kept.segment for kept in lost})
    new = replacements(lost, before, script.segments, overrides.keys())
    return [_told(kept, new.get(kept.segment)) for kept in lost]


def replacements(
    lost: Sequence[Stored],
    before: Mapping[str, Sequence[Segment]],
    now: Sequence[Segment],
    taken: Collection[str] = (),
) -> dict[str, Segment]:
    """Return the new segment that took each text's place, by the ID of the old one: those most alike first, then what
    stands where the old one stood. None is given twice.

    Pure. `before` has the scripts in which they stood, where that is known; `taken` are segments with an override.
    """
    gaps = {kept.segment: _gap(kept.segment, before.get(kept.segment, ()), now) for kept in lost}
    new = {kept.segment: _may_be(kept, before.get(kept.segment, ()), now, taken) for kept in lost}
    words = {segment.id: _words(segment.written) for segments in new.values() for segment in segments}
    ours = {kept.segment: _words(kept.written) for kept in lost}
    alike = [
        (_common(ours[name], words[segment.id]) + (_IN_PLACE if segment.id in gaps[name] else 0.0), name, segment)
        for name, segments in new.items()
        for segment in segments
    ]
    found: dict[str, Segment] = {}
    given: set[str] = set()
    for score, name, segment in sorted(alike, key=lambda one: -one[0]):
        if score >= ALIKE and name not in found and segment.id not in given:
            found[name] = segment
            given.add(segment.id)
    for name in ours.keys() - found.keys():
        here = [segment for segment in new[name] if segment.id in gaps[name] and segment.id not in given]
        if here:
            found[name] = min(here, key=lambda segment: abs(gaps[name][segment.id] - gaps[name][name]))
            given.add(found[name].id)
    return found


def settle(  # noqa: PLR0913  who settles what, how
    session: Session,
    briefing_id: str,
    segment_id: str,
    how: Literal["keep", "drop"],
    asker: Asker,
    now: datetime,
    *,
    to: str | None = None,
    seen: str | None = None,
) -> RevisionRow:
    """Settle a conflict: `keep` has the override hang on what took its text's place, or on the segment `to`; `drop`
    takes it back. Return the revision that goes on, or the held one while it has other conflicts. `seen` is the segment
    that the editor saw in the text's place, empty for none; None is not checked.

    Needs a writing session. Raises UnknownReference, OverrideRefused.
    """
    briefing = lock_open(session, briefing_id)
    held = in_conflict(session, briefing_id)
    mine = [Conflict.stored(entry) for entry in (held.conflicts or ())] if held else []
    conflict = next((one for one in mine if one.segment == segment_id), None)
    row = session.get(OverrideRow, (briefing_id, segment_id), populate_existing=True)
    if held is None or conflict is None or row is None:
        message = f"no override of the segment {segment_id!r} is in conflict"
        raise OverrideRefused(message, code="no_conflict", hint="Somebody may have settled it already.")
    _check_seen(conflict, seen)
    if how == "keep":
        _move(session, held, conflict, row, to, asker, now)
    session.delete(row)
    session.flush()
    rest = [one for one in mine if one.segment != segment_id]
    newest = newest_revision(session, briefing_id)
    if rest and newest is not None and newest.id == held.id:
        held.conflicts = [one.model_dump(mode="json") for one in rest]
        held.error_message = message_of(len(rest))
        session.flush()
        return held
    return rework(session, briefing, asker, now)


def _check_seen(conflict: Conflict, seen: str | None) -> None:
    """Raise OverrideRefused where an editor saw another text in the place of the one that is gone."""
    if seen is not None and seen != (conflict.new.segment if conflict.new else ""):
        message = "the article was saved meanwhile, and has other words there now"
        raise OverrideRefused(message, code="override_changed", hint="Look at it again, and send its `new.segment`.")


def in_conflict(session: Session, briefing_id: str) -> RevisionRow | None:
    """Return the briefing's revision that is held by conflicts, locked. Needs the briefing's lock."""
    found = session.scalars(
        select(RevisionRow.id)
        .where(
            RevisionRow.briefing_id == briefing_id,
            RevisionRow.state == RevisionState.HELD.value,
            RevisionRow.conflicts.is_not(None),
        )
        .order_by(RevisionRow.number.desc())
        .limit(1)
    ).first()
    return locked(session, found) if found is not None else None


def message_of(number: int) -> str:
    """Return what is said of a revision with so many conflicts."""
    what = "a text that an editor changed by hand is" if number == 1 else f"{number} texts that editors changed are"
    return f"{what} no longer in the article"


def _move(  # noqa: PLR0913  who moves what where
    session: Session,
    held: RevisionRow,
    conflict: Conflict,
    row: OverrideRow,
    to: str | None,
    asker: Asker,
    now: datetime,
) -> None:
    target = to or (conflict.new.segment if conflict.new else None)
    if target is None:
        message = "nothing took the place of its text"
        raise UnknownReference(message, code="unknown_segment", hint="Name the segment in `to`, or drop the override.")
    segment = segment_of(Script.stored(held.script), target)
    if session.get(OverrideRow, (held.briefing_id, segment.id)) is not None:
        message = "that segment has an override of its own"
        raise OverrideRefused(message, code="override_changed", hint="Drop one of the two.")
    override = stored(row).override
    check_disclosure(override, segment.role)
    attach(session, held.briefing_id, segment, override, asker, now, row.note)


def _told(kept: Stored, new: Segment | None) -> Conflict:
    return Conflict(
        segment=kept.segment,
        article=kept.article,
        role=kept.role,
        written=kept.written,
        **kept.override.model_dump(),
        note=kept.note,
        changed_by=kept.changed_by,
        changed_at=kept.changed_at.isoformat(),
        new=Replacement(segment=new.id, role=new.role, written=new.written, spoken=new.spoken) if new else None,
    )


def _scripts_with(session: Session, briefing_id: str, wanted: set[str]) -> dict[str, tuple[Segment, ...]]:
    """Return for each segment the newest script in which it stood, of those that were written last."""
    found: dict[str, tuple[Segment, ...]] = {}
    scripts = session.scalars(
        select(RevisionRow.script)
        .where(RevisionRow.briefing_id == briefing_id, RevisionRow.script.is_not(None))
        .order_by(RevisionRow.number.desc())
        .limit(_MOST_SCRIPTS)
    )
    for script in scripts:
        segments = Script.stored(script).segments
        for name in {segment.id for segment in segments} & (wanted - found.keys()):
            found[name] = segments
        if wanted <= found.keys():
            break
    return found


def _gap(lost: str, before: Sequence[Segment], now: Sequence[Segment]) -> dict[str, int]:
    """Return the segments between those that stood before and after the lost one and still stand, and the lost one
    itself, each with its number in the gap; nothing where it is not known where it stood.
    """
    names = [segment.id for segment in before]
    if lost not in names:
        return {}
    at = {segment.id: number for number, segment in enumerate(now)}
    place = names.index(lost)
    first = next((number for number in range(place - 1, -1, -1) if names[number] in at), -1)
    behind = next((name for name in names[place + 1 :] if name in at), None)
    start, end = at[names[first]] + 1 if first >= 0 else 0, at[behind] if behind else len(now)
    return {lost: place - first - 1} | {segment.id: number for number, segment in enumerate(now[start:end])}


def _may_be(lost: Stored, before: Sequence[Segment], now: Sequence[Segment], taken: Collection[str]) -> list[Segment]:
    """Return the segments that may have taken a text's place: of its article, new, and a headline for a headline."""
    known = {segment.id for segment in before}
    return [
        segment
        for segment in now
        if segment.article == lost.article
        and segment.id not in known
        and segment.id not in taken
        and (segment.role is lost.role or not {segment.role, lost.role} & HEAD)
    ]


def likeness(one: str, other: str) -> float:
    """Return the part of two texts' words that they have in common, 0 to 1, wherever the words stand."""
    return _common(_words(one), _words(other))


def _words(text: str) -> Counter[str]:
    return Counter(text.casefold().split())


def _common(ours: Counter[str], theirs: Counter[str]) -> float:
    return 2 * (ours & theirs).total() / max(1, ours.total() + theirs.total())
