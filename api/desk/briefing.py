"""`/desk/briefings/{id}`: what is heard of a briefing, what is said for what is written, and its revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy import select
from sqlalchemy.orm import load_only

from api import views
from api.context import Context, Here
from api.desk.fixes import fix_of, reason_of
from api.desk.pages import desk_router, page
from api.desk.people import Viewing
from api.problems import Problem
from api.seeing import ID, briefing_row
from api.waiting import waiting
from briefing import worklist
from briefing.audio import MASTER_RATE, Master
from briefing.models import ArticleRow, MasterRow, RevisionRow
from briefing.public_names import AUDIO
from briefing.states import ACTIVE, RevisionState
from briefing.values import Script

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow
    from briefing.values import Segment

router = desk_router()

BriefingId = Annotated[str, Path(pattern=f"^{ID}$")]
Number = Annotated[int, Path(ge=1, le=1_000_000)]

#: Revisions that a page lists, the newest.
_MOST_REVISIONS = 50


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

    @property
    def rewritten(self) -> bool:
        """Tell whether other words are said than are written."""
        return self.segment.spoken != self.segment.written


@router.get("/briefings/{briefing_id}")
def show(
    briefing_id: BriefingId,
    request: Request,
    context: Here,
    visitor: Viewing,
    revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    """Show a briefing as its newest revision has it, or as another had."""
    with context.database.reading() as session:
        row = briefing_row(session, briefing_id)
        values = _told(session, row, context, revision)
    return page(request, "briefing.html", visitor, values)


@router.get("/briefings/{briefing_id}/standing")
def standing(
    briefing_id: BriefingId, request: Request, context: Here, visitor: Viewing, seen: Annotated[str, Query()] = ""
) -> Response:
    """Where it stands, for the page that shows it; nothing where that is as it says."""
    with context.database.reading() as session:
        values = _standing(session, briefing_row(session, briefing_id))
    if values["mark"] == seen:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return page(request, "standing_part.html", visitor, values | {"newer": True})


@router.get("/briefings/{briefing_id}/audio/{number}.mp3")
def audio(briefing_id: BriefingId, number: Number, context: Here, visitor: Viewing) -> Response:  # noqa: ARG001
    """A revision's MP3, published or not."""
    with context.database.reading() as session:
        key = session.scalar(
            select(RevisionRow.master_key).where(RevisionRow.briefing_id == briefing_id, RevisionRow.number == number)
        )
        master = session.get(MasterRow, key) if key else None
        sha256 = master.sha256 if master else None
    path = context.storages.blobs.path(sha256) if sha256 else None
    if path is None:
        raise Problem("no_audio", "The audio of this revision is not there (any more).")
    return FileResponse(path, media_type=AUDIO.media_type, headers={"Cache-Control": "private, no-store"})


def _told(session: Session, row: BriefingRow, context: Context, number: int | None) -> dict[str, Any]:
    shown = _shown(session, row, number)
    script = Script.stored(shown.script) if shown is not None and shown.script else None
    heard = session.get(RevisionRow, row.heard) if row.heard else None
    view = views.briefing(session, row, context)
    cues, live_cues = _places(session, shown), _places(session, heard)
    lines = [
        Line(
            segment,
            _pieces(segment),
            cues.get(segment.id),
            live_cues.get(segment.id) if heard is not None and shown is not None and heard.id != shown.id else None,
        )
        for segment in (script.segments if script else ())
    ]
    return _standing(session, row) | {
        "newer": False,
        "view": view,
        "shown": shown,
        "heard": heard,
        "script": script,
        "lines": lines,
        "revisions": _revisions(session, row),
        "listens": _listens(row, shown, heard, view.live.url if view.live else None),
        "addresses": _addresses(session, row),
        "dropped": [entry for entry in (script.dropped if script else ()) if entry.text.strip()],
        "number": number,
    }


def _standing(session: Session, row: BriefingRow) -> dict[str, Any]:
    """Return where a briefing stands: what may change while somebody looks at its page."""
    work = worklist.one(session, row.id)
    revision = session.scalars(
        select(RevisionRow).where(RevisionRow.briefing_id == row.id, RevisionRow.number == work.revision)
    ).one()
    waits = waiting(session, revision)
    marks = (work.revision, work.state.value, work.chunks_left, row.heard or 0, waits["code"] if waits else "")
    return {
        "work": work,
        "fix": fix_of(work),
        "reason": reason_of(work),
        "waits": waits,
        "active": work.state in ACTIVE,
        "mark": "-".join(map(str, marks)),
    }


def _shown(session: Session, row: BriefingRow, number: int | None) -> RevisionRow | None:
    """Return the revision that is asked for, else the newest with a script. Raises Problem."""
    mine = select(RevisionRow).where(RevisionRow.briefing_id == row.id)
    if number is not None:
        found = session.scalars(mine.where(RevisionRow.number == number)).one_or_none()
        if found is None:
            raise Problem("not_found", f"The briefing has no revision {number}.")
        return found
    unchanged = RevisionRow.state != RevisionState.UNCHANGED.value
    written = mine.where(RevisionRow.script.is_not(None), unchanged).order_by(RevisionRow.number.desc()).limit(1)
    return session.scalars(written).first()


def _places(session: Session, revision: RevisionRow | None) -> dict[str, Place]:
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


def _revisions(session: Session, row: BriefingRow) -> list[RevisionRow]:
    """Return a briefing's revisions, the newest first, without what is large of them."""
    told = load_only(
        RevisionRow.number,
        RevisionRow.state,
        RevisionRow.requested_by,
        RevisionRow.created_at,
        RevisionRow.finished_at,
        RevisionRow.error_code,
        RevisionRow.master_key,
        RevisionRow.chunks_total,
        RevisionRow.chunks_reused,
        RevisionRow.voice,
    )
    mine = select(RevisionRow).where(RevisionRow.briefing_id == row.id).options(told)
    return list(session.scalars(mine.order_by(RevisionRow.number.desc()).limit(_MOST_REVISIONS)))


def _listens(
    row: BriefingRow, shown: RevisionRow | None, heard: RevisionRow | None, public: str | None
) -> list[dict[str, Any]]:
    """Return what of a briefing can be heard whole: what the page is about, and what is live."""
    base = f"/desk/briefings/{row.id}/audio"
    found = []
    if heard is not None and heard.master_key:
        found.append({"number": heard.number, "words": "Live", "url": f"{base}/{heard.number}.mp3", "public": public})
    if shown is not None and shown.master_key and (heard is None or heard.id != shown.id):
        found.insert(0, {"number": shown.number, "words": "This revision", "url": f"{base}/{shown.number}.mp3"})
    return found


def _addresses(session: Session, row: BriefingRow) -> list[tuple[str, str | None]]:
    """Return a briefing's articles with their web addresses, where they are known."""
    found = []
    for name in row.articles:
        source, _, article = name.partition(":")
        stored = session.get(ArticleRow, (source, article))
        address = stored.address if stored else None
        found.append((name, address if address and address.startswith(("https://", "http://")) else None))
    return found
