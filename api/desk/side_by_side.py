"""Written and spoken text side by side, segment by segment, and where each is heard: what a briefing's page shows of
its script. Reads; changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE, Master
from briefing.models import MasterRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.schemas import SegmentsView, SegmentView
    from briefing.models import RevisionRow
    from briefing.script import Script, Segment


@dataclass(frozen=True)
class Place:
    """Where a segment stands in a revision's audio."""

    revision: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Line:
    """A segment, as the page shows it."""

    segment: Segment
    pieces: tuple[tuple[str, str], ...]
    """The spoken text in order; beside what was rewritten stands what is written."""
    now: Place | None
    """Where it is heard in the audio that the page is about."""
    before: Place | None
    """Where it is heard in what is live, if that is other audio."""
    told: SegmentView
    """Its voice, takes and override."""

    @property
    def rewritten(self) -> bool:
        """Tell whether other words are said than are written."""
        return self.segment.spoken != self.segment.written


def lines_of(script: Script, told: SegmentsView, live: dict[str, Place]) -> list[Line]:
    """Return a script's segments in order, with where each is heard in other audio that is `live`, by ID."""
    return [
        Line(segment, _pieces(segment), _place(told.revision, one), live.get(segment.id), one)
        for segment, one in zip(script.segments, told.segments, strict=True)
    ]


def _place(revision: int, one: SegmentView) -> Place | None:
    return Place(revision, one.start_s, one.end_s) if one.start_s is not None and one.end_s is not None else None


def places_of(session: Session, revision: RevisionRow | None) -> dict[str, Place]:
    """Return where each segment is heard in a revision's audio, by ID."""
    master = session.get(MasterRow, revision.master_key) if revision is not None and revision.master_key else None
    if master is None or revision is None:
        return {}
    return {
        cue.ref: Place(revision.number, round(cue.start / MASTER_RATE, 3), round(cue.end / MASTER_RATE, 3))
        for cue in Master.stored(master.content).cues
        if cue.kind == "segment"
    }


def _pieces(segment: Segment) -> tuple[tuple[str, str], ...]:
    """Return the spoken text in pieces, each with what is written for it, or nothing where it is said as written."""
    pieces, done = [], 0
    for span in sorted(segment.spans, key=lambda span: span.spoken_start):
        if span.spoken_start < done:
            continue
        pieces.append((segment.spoken[done : span.spoken_start], ""))
        pieces.append((segment.spoken[span.spoken_start : span.spoken_end], segment.written[span.start : span.end]))
        done = span.spoken_end
    pieces.append((segment.spoken[done:], ""))
    return tuple(piece for piece in pieces if piece[0])
