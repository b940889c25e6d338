"""What editors changed of segments by hand: put, dropped, listed; each change is followed by a revision of its own.

An override hangs on a segment's ID, and so on its written text: it is applied on every rebuild
(`worker.words.overriding`)
for as long as that stands. What becomes of it when it does not is decided in `briefing.editing.conflicts`. Speaks
nothing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from briefing.digesting.digest import DIGEST
from briefing.errors import OverrideRefused, UnknownReference
from briefing.going_live.withdrawals import is_withdrawn
from briefing.hashing import stable_hash
from briefing.models import OverrideRow, RevisionRow
from briefing.revisions import casting_of, lock_briefing, newest_revision, record
from briefing.script import HEAD, Role, Script
from briefing.states import ACTIVE, Queue, RevisionState
from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow
    from briefing.revisions import Asker
    from briefing.script import Segment

#: Characters of a spoken text, and of a note, at most.
MOST_SPOKEN = 20_000
MOST_NOTE = 1000

#: Overrides of one briefing at most: each is looked at on every rebuild.
MOST_OVERRIDES = 500

#: Joiners that letters of some scripts need; all else of their kind cannot be heard.
_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")


class Override(Value):
    """An editor's change to a segment."""

    spoken: str | None = None
    """What is said instead, letter for letter; None: what is written, as usual."""
    voice: str | None = None
    """Catalogue ID of who says it; None: who speaks its role."""
    omitted: bool = False
    """Whether it is left out of the audio."""


@dataclass(frozen=True)
class Stored:
    """An override as it is kept."""

    override: Override
    segment: str
    article: str
    role: Role
    written: str
    """The text of the segment that it hangs on."""
    note: str
    changed_by: str
    changed_at: datetime

    @property
    def stamp(self) -> str:
        """16 hex digits that change with every change: by them an editor says which state they saw."""
        moment = self.changed_at.astimezone(UTC).isoformat()
        told = self.override.model_dump(mode="json")
        return stable_hash("override/1", self.segment, told, self.note, self.changed_by, moment)[:16]


def cleaned(text: str) -> str:
    """Return a text of an editor's as it can be said: what cannot be heard taken out, white space single."""
    plain = "".join(" " if character.isspace() else character for character in text)
    heard = (mark for mark in plain if mark in _JOINERS or unicodedata.category(mark) not in {"Cc", "Cf", "Cs", "Co"})
    return " ".join("".join(heard).split())


def listed(session: Session, briefing_id: str) -> dict[str, Stored]:
    """Return a briefing's overrides by segment ID."""
    rows = session.scalars(
        select(OverrideRow).where(OverrideRow.briefing_id == briefing_id).order_by(OverrideRow.segment_id)
    )
    return {row.segment_id: stored(row) for row in rows}


def put(  # noqa: PLR0913  what a row has
    session: Session,
    briefing_id: str,
    segment_id: str,
    override: Override,
    asker: Asker,
    now: datetime,
    *,
    note: str = "",
    seen: str | None = None,
) -> RevisionRow:
    """Have a segment of the newest script heard otherwise from now on; return the revision that is.

    `seen` is the stamp of the override that the editor saw, "" for none; None overwrites whatever is there. Needs a
    writing session. Raises UnknownReference for a segment that the script does not have, OverrideRefused.
    """
    briefing = lock_open(session, briefing_id)
    if briefing.kind == DIGEST:
        message = "a digest says what its stories say"
        raise OverrideRefused(message, hint="Change it in the story: the digest follows.")
    script = newest_script(session, briefing_id)
    segment = segment_of(script, segment_id)
    override = _checked(override, segment)
    before = session.get(OverrideRow, (briefing_id, segment_id), populate_existing=True)
    check_seen(before, seen)
    if before is None and _count(session, briefing_id) >= MOST_OVERRIDES:
        message = f"the briefing has {MOST_OVERRIDES} overrides already"
        raise OverrideRefused(message, hint="Correct the article in its CMS.")
    if override.omitted:
        check_something_left(script, {**listed(session, briefing_id), segment_id: None})
    attach(session, briefing_id, segment, override, asker, now, cleaned(note)[:MOST_NOTE])
    return rework(session, briefing, asker, now)


def drop(
    session: Session, briefing_id: str, segment_id: str, asker: Asker, now: datetime, *, seen: str | None = None
) -> RevisionRow:
    """Take an override back; return the revision that says what is written again. Needs a writing session.

    Raises UnknownReference where there is none, OverrideRefused.
    """
    briefing = lock_open(session, briefing_id)
    before = session.get(OverrideRow, (briefing_id, segment_id), populate_existing=True)
    if before is None:
        message = f"nobody changed the segment {segment_id!r} of this briefing"
        raise UnknownReference(message, code="no_override")
    check_seen(before, seen)
    session.delete(before)
    session.flush()
    return rework(session, briefing, asker, now)


def forget(session: Session, briefing_id: str) -> None:
    """Forget a briefing's overrides, as when it was withdrawn. Needs a writing session."""
    session.execute(delete(OverrideRow).where(OverrideRow.briefing_id == briefing_id))


def rework(session: Session, briefing: BriefingRow, asker: Asker, now: datetime) -> RevisionRow:
    """Return a new revision of a locked briefing, from the text of its newest. It is never shared with one that was
    asked for before: that may have read the overrides as they were.
    """
    newest = newest_revision(session, briefing.id)
    assert newest is not None
    queue = Queue.INTERACTIVE if newest.queue == Queue.BULK else Queue(newest.queue)
    # What is overtaken was to look at the articles; this one keeps their text, and looks afterwards.
    looks = RevisionState(newest.state) in ACTIVE and (newest.asked_again or bool(newest.request.get("refetch", True)))
    asked = {"refetch": False, "segments": []}
    return record(session, briefing, casting_of(newest), queue, asked, asker, now, asked_again=looks)


def lock_open(session: Session, briefing_id: str) -> BriefingRow:
    """Return a briefing, locked. Raises OverrideRefused for one that was withdrawn: an edit does not bring it back."""
    briefing = lock_briefing(session, briefing_id)
    newest = newest_revision(session, briefing_id)
    if is_withdrawn(briefing, newest):
        message = "the briefing was withdrawn"
        raise OverrideRefused(message, code="withdrawn", hint="POST …/regenerate makes it anew.")
    return briefing


def newest_script(session: Session, briefing_id: str) -> Script:
    """Return the script that was written last. Raises UnknownReference where none is."""
    found = session.scalars(
        select(RevisionRow.script)
        .where(RevisionRow.briefing_id == briefing_id, RevisionRow.script.is_not(None))
        .order_by(RevisionRow.number.desc())
        .limit(1)
    ).first()
    if found is None:
        message = "its script is not written yet"
        raise UnknownReference(message, code="unknown_briefing")
    return Script.stored(found)


def segment_of(script: Script, segment_id: str) -> Segment:
    """Return a script's segment. Raises UnknownReference."""
    found = next((segment for segment in script.segments if segment.id == segment_id), None)
    if found is None:
        message = f"no such segment in this briefing: {segment_id}"
        hint = "GET /v1/briefings/{id}/segments lists them; the article may have changed meanwhile."
        raise UnknownReference(message, code="unknown_segment", hint=hint)
    return found


def attach(  # noqa: PLR0913  what a row has
    session: Session,
    briefing_id: str,
    segment: Segment,
    override: Override,
    asker: Asker,
    now: datetime,
    note: str,
) -> None:
    """Write down an override of a segment, in place of what was there. Needs the briefing's lock."""
    row = session.get(OverrideRow, (briefing_id, segment.id))
    if row is None:
        row = OverrideRow(briefing_id=briefing_id, segment_id=segment.id)
        session.add(row)
    row.article, row.role, row.written = segment.article, segment.role.value, segment.written
    row.spoken, row.voice, row.omitted = override.spoken, override.voice, override.omitted
    row.note, row.changed_by, row.changer, row.changed_at = note, asker.name, asker.key_id, now
    session.flush()


def check_seen(before: OverrideRow | None, seen: str | None) -> None:
    """Raise OverrideRefused where an editor saw another state than there is."""
    if seen is not None and seen != (stored(before).stamp if before else ""):
        message = "somebody changed this segment meanwhile"
        raise OverrideRefused(message, code="override_changed", hint="Look at it again, and send its `stamp`.")


def check_something_left(script: Script, left_out: Mapping[str, Stored | None]) -> None:
    """Raise OverrideRefused where nothing of a story would be heard. Of `left_out`, None stands for what is to be."""
    omitted = {name for name, kept in left_out.items() if kept is None or kept.override.omitted}
    if all(segment.role in HEAD or segment.id in omitted for segment in script.segments):
        message = "nothing of the story would be left"
        raise OverrideRefused(message, hint="Withdraw the briefing with POST …/retract.")


def check_disclosure(override: Override, role: Role) -> None:
    """Raise OverrideRefused for what would take the disclosure away or word it otherwise: its words are the show's."""
    if role is Role.DISCLOSURE and (override.omitted or override.spoken is not None):
        message = "the disclosure is heard as its show words it"
        hint = "Word it in the show's `disclosure`; how a word of it sounds, in the lexicon. Its voice can be changed."
        raise OverrideRefused(message, code="disclosure_kept", hint=hint)


def _checked(override: Override, segment: Segment) -> Override:
    check_disclosure(override, segment.role)
    spoken = override.spoken
    if spoken is not None:
        spoken = cleaned(spoken)
        if not any(character.isalnum() for character in spoken):
            hint = "Send `omitted: true` to leave it out."
            raise OverrideRefused("the spoken text has nothing to say", code="spoken_empty", hint=hint)
        if len(spoken) > MOST_SPOKEN:
            raise OverrideRefused(f"the spoken text has {len(spoken):,} characters; the limit is {MOST_SPOKEN:,}")
    checked = Override(spoken=spoken, voice=override.voice, omitted=override.omitted)
    if checked == Override():
        raise OverrideRefused("nothing is changed by it", hint="DELETE takes an override back.")
    return checked


def _count(session: Session, briefing_id: str) -> int:
    mine = OverrideRow.briefing_id == briefing_id
    return session.scalar(select(func.count()).select_from(OverrideRow).where(mine)) or 0


def stored(row: OverrideRow) -> Stored:
    """Return an override as its row has it."""
    values: dict[str, Any] = {"spoken": row.spoken, "voice": row.voice, "omitted": row.omitted}
    return Stored(
        override=Override(**values),
        segment=row.segment_id,
        article=row.article,
        role=Role(row.role),
        written=row.written,
        note=row.note,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
