"""Revisions as segments with their voices, overrides and takes, and two of them beside each other. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import load_only

from api import schemas
from api.problems import Problem
from briefing.audio import MASTER_RATE, Master
from briefing.editing import overrides
from briefing.editing.comparing import compared
from briefing.going_live.withdrawals import withdrawn
from briefing.models import MasterRow, RevisionRow
from briefing.script import Script
from briefing.takes import stored_takes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.editing.comparing import Keys
    from briefing.editing.overrides import Stored
    from briefing.script import Segment


@dataclass(frozen=True)
class Spoken:
    """A revision with its script and takes, as they are shown."""

    row: RevisionRow
    script: Script
    takes: set[str]
    """Keys of those that are stored."""
    base: str
    """Address of the briefing."""

    @cached_property
    def chunks(self) -> dict[str, list[dict[str, Any]]]:
        """The chunks by segment."""
        found: dict[str, list[dict[str, Any]]] = {}
        for chunk in self.row.chunks or ():
            found.setdefault(chunk["segment"], []).append(chunk)
        return found

    def keys(self) -> Keys:
        """Return the chunk keys by segment; None where its audio was let go."""
        if self.row.chunks is None:
            return None
        return {segment: [chunk["key"] for chunk in chunks] for segment, chunks in self.chunks.items()}

    def addresses(self, segment: Segment) -> list[str]:
        """Return the addresses of a segment's takes; none while any of them is still to be spoken."""
        keys = [chunk["key"] for chunk in self.chunks.get(segment.id, ())]
        if any(key not in self.takes for key in keys):
            return []
        return [f"{self.base}/takes/{key}?revision={self.row.number}" for key in keys]

    def voice(self, segment: Segment) -> str:
        """Return who says a segment, or would."""
        own = next((chunk["voice"] for chunk in self.chunks.get(segment.id, ())), "")
        return str(own or segment.voice or self.row.voice)

    def side(self, segment: Segment) -> schemas.SideView:
        """Return a segment beside another revision's."""
        return schemas.SideView(
            segment=segment.id,
            role=segment.role.value,
            written=segment.written,
            spoken=segment.spoken,
            voice=self.voice(segment),
            edited=segment.edited,
            omitted=segment.omitted,
            takes=self.addresses(segment),
        )


def spoken(session: Session, briefing_id: str, number: int | None, address: str) -> Spoken:
    """Return a revision by its number, by default the newest that has a script. Raises Problem where there is none,
    where nobody has written its script yet, or it was withdrawn.
    """
    row = session.get_one(RevisionRow, revision_id(session, briefing_id, number))
    takes = stored_takes(session, {chunk["key"] for chunk in row.chunks or ()})
    return Spoken(row, Script.stored(row.script), takes, f"{address}/v1/briefings/{briefing_id}")


def chunk_keys(session: Session, briefing_id: str, number: int | None) -> set[str]:
    """Return the chunk keys of a revision, found as `spoken` does; its script is not read. Raises Problem."""
    found = session.get_one(
        RevisionRow, revision_id(session, briefing_id, number), options=[load_only(RevisionRow.chunks)]
    )
    return {chunk["key"] for chunk in found.chunks or ()}


def revision_id(session: Session, briefing_id: str, number: int | None) -> int:
    """Return the ID of a revision that has a script, as `spoken` does. Raises Problem."""
    which = () if number is None else (RevisionRow.number == number,)
    scripted = (RevisionRow.briefing_id == briefing_id, RevisionRow.script.is_not(None))
    found = session.execute(
        select(RevisionRow.id, withdrawn()).where(*scripted, *which).order_by(RevisionRow.number.desc()).limit(1)
    ).first()
    if found is None:
        what = "its script is not written yet" if number is None else f"there is no script of a revision {number}"
        raise Problem("unknown_revision", what)
    if found[1]:
        raise Problem("withdrawn", "the audio was withdrawn by its newsroom")
    return int(found[0])


def segments(session: Session, shown: Spoken) -> schemas.SegmentsView:
    """Return a revision's segments with what editors changed of them since."""
    row, master = shown.row, None
    if row.master_key:
        master = Master.stored(session.get_one(MasterRow, row.master_key).content)
    cues = {cue.ref: cue for cue in master.cues if cue.kind == "segment"} if master else {}
    edits = overrides.listed(session, row.briefing_id)
    return schemas.SegmentsView(
        revision=row.number,
        state=row.state,
        language=shown.script.language,
        title=shown.script.title,
        duration_s=round(master.seconds, 3) if master else None,
        segments=[
            schemas.SegmentView(
                id=segment.id,
                article=segment.article,
                role=segment.role.value,
                written=segment.written,
                spoken=segment.spoken,
                edited=segment.edited,
                voice=shown.voice(segment),
                omitted=segment.omitted,
                override=_override(edits[segment.id]) if segment.id in edits else None,
                start_s=round(cues[segment.id].start / MASTER_RATE, 3) if segment.id in cues else None,
                end_s=round(cues[segment.id].end / MASTER_RATE, 3) if segment.id in cues else None,
                takes=shown.addresses(segment),
            )
            for segment in shown.script.segments
        ],
        conflicts=[schemas.ConflictView.model_validate(entry) for entry in row.conflicts or ()],
    )


def comparison(before: Spoken, after: Spoken) -> schemas.ComparisonView:
    """Return two revisions beside each other."""
    pairs = compared(before.script.segments, after.script.segments, before.keys(), after.keys())
    return schemas.ComparisonView(
        before=before.row.number,
        after=after.row.number,
        let_go=[side.row.number for side in (before, after) if side.row.let_go_at is not None],
        segments=[
            schemas.PairView(
                change=pair.change,
                before=before.side(pair.before) if pair.before else None,
                after=after.side(pair.after) if pair.after else None,
            )
            for pair in pairs
        ],
    )


def _override(kept: Stored) -> schemas.OverrideView:
    told: dict[str, Any] = kept.override.model_dump()
    return schemas.OverrideView(
        **told, note=kept.note, changed_by=kept.changed_by, changed_at=kept.changed_at, stamp=kept.stamp
    )
