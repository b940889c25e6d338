"""A briefing's rows -> the entries of its public history. Reads; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sqlalchemy import or_, select

from briefing.going_live.holds import CORRECTION
from briefing.models import EpisodeRow, RevisionRow
from briefing.script import Script
from briefing.states import RevisionState
from worker.history.change import Change, standing

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow

Kind = Literal["first", "update", "correction", "withdrawal"]


@dataclass(frozen=True)
class Entry:
    """One moment at which what is heard of a briefing changed."""

    kind: Kind
    at: datetime
    revision: int | None = None
    note: str = ""
    """What is told of a correction."""
    segments: dict[str, int] = field(default_factory=dict)
    """How many were added, removed and changed; empty where that is not known."""
    now_reads: tuple[str, ...] = ()
    """Of a correction: its sentences, as far as they stand in what is live."""


def entries(session: Session, briefing: BriefingRow, live: RevisionRow) -> list[Entry]:
    """Return what became of a public briefing, the newest first. Of what was published before that was written down,
    only when it was first.
    """
    rows = session.scalars(
        select(RevisionRow)
        .where(
            RevisionRow.briefing_id == briefing.id,
            or_(RevisionRow.live_at.is_not(None), RevisionRow.state == RevisionState.RETRACTED.value),
        )
        .order_by(RevisionRow.number)
    ).all()
    script = Script.stored(live.script) if live.script else None
    found = [entry for row in rows for entry in _of_revision(row, script)]
    if not found or found[0].kind != "first":
        episode = session.get_one(EpisodeRow, (briefing.show, briefing.id))
        found.insert(0, Entry("first", episode.published_at))
    return found[::-1]


def _of_revision(row: RevisionRow, live: Script | None) -> list[Entry]:
    found = []
    if row.live_at is not None:
        change = Change.stored(row.change) if row.change else None
        corrects = row.replaces == CORRECTION
        found.append(
            Entry(
                _kind(row.replaces),
                row.live_at,
                row.number,
                note=str((row.script or {}).get("correction") or "") if corrects else "",
                segments=change.counts if change else {},
                now_reads=tuple(standing(change, live)) if change and corrects and live else (),
            )
        )
    if row.state == RevisionState.RETRACTED.value and row.finished_at is not None:
        found.append(Entry("withdrawal", row.finished_at))
    return found


def _kind(replaces: str | None) -> Kind:
    if replaces is None:
        return "first"
    return "correction" if replaces == CORRECTION else "update"
