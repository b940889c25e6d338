"""`/desk/briefings/{id}`: what is heard of a briefing, what is said for what is written, and its revisions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy import select
from sqlalchemy.orm import load_only

from api import schemas, segment_views, views
from api.context import Context, Here
from api.desk.fixes import CONFLICT, colleague_of, fix_of, reason_of
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Viewing
from api.desk.side_by_side import lines_of, places_of
from api.desk.standings import standing_of
from api.problems import Problem
from api.seeing import ID, briefing_row
from api.waiting import waiting
from briefing.database import clock
from briefing.editing import rollback
from briefing.going_live import holds
from briefing.going_live.obstacles import obstacles, said
from briefing.going_live.withdrawals import withdrawn
from briefing.models import ArticleRow, MasterRow, RevisionRow
from briefing.observing import worklist
from briefing.public_names import AUDIO
from briefing.states import ACTIVE, RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.segment_views import Spoken
    from briefing.accounts.keys import Caller
    from briefing.errors import OverrideRefused
    from briefing.models import BriefingRow

router = desk_router()

BriefingId = Annotated[str, Path(pattern=f"^{ID}$")]
SegmentId = Annotated[str, Path(pattern=f"^{ID}$")]
Number = Annotated[int, Path(ge=1, le=1_000_000)]

#: What is told where a page showed what is no more, by the code of the refusal.
_OVERTAKEN = {
    "revision_changed": "Nothing was done: another revision took its place meanwhile. This is what waits now.",
    "override_changed": "Nothing was done: the article was saved meanwhile, and has other words now. These are they.",
}

TOLD.update(_OVERTAKEN)

#: States of a revision that may still go live.
_UNHEARD = ACTIVE | {RevisionState.HELD}

#: Revisions that a page lists, the newest.
_MOST_REVISIONS = 50


def page_of(briefing_id: str) -> str:
    """Return the address of a briefing's page."""
    return f"/desk/briefings/{briefing_id}"


def overtaken(error: Problem | OverrideRefused, briefing_id: str) -> Response:
    """Return what leads to the page as it is now, with word that nothing was done since what it showed is no more.
    Raises any other error.
    """
    if error.code not in _OVERTAKEN:
        raise error
    return see_other(page_of(briefing_id), error.code)


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
        values = _told(session, row, context, revision, visitor.caller)
    return page(request, "briefing.html", visitor, values)


@router.get("/briefings/{briefing_id}/standing")
def standing(  # noqa: PLR0913  what the page says of itself
    briefing_id: BriefingId,
    request: Request,
    context: Here,
    visitor: Viewing,
    seen: Annotated[str, Query()] = "",
    empty: Annotated[str, Query(pattern="^(yes)?$")] = "",
    shown: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    """Where it stands, for the page that shows a revision; nothing where that is as it says.

    A page that is `empty`, as there was no script yet, is shown anew when there is something to show: nothing on it can
    be lost.
    """
    with context.database.reading() as session:
        values = _standing(session, briefing_row(session, briefing_id), visitor.caller, shown)
    if values["mark"] == seen:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    if empty and not values["active"]:
        to_it = {"HX-Redirect": page_of(briefing_id), "Cache-Control": "no-store"}
        return Response(status_code=204, headers=to_it)
    return page(request, "standing_part.html", visitor, values | {"newer": True, "empty": empty})


@router.get("/briefings/{briefing_id}/audio/{number}.mp3")
def audio(briefing_id: BriefingId, number: Number, context: Here, visitor: Viewing) -> Response:  # noqa: ARG001
    """A revision's MP3, published or not."""
    return audio_file(context, briefing_id, number)


def audio_file(context: Context, briefing_id: str, number: int | None) -> Response:
    """Return the answer with the MP3 of a revision, by default of the newest that has one. Raises Problem."""
    with context.database.reading() as session:
        sha256 = audio_of(session, briefing_id, number)
    # Not while the database is held: from a bucket the file may have to come first.
    path = context.storages.blobs.path(sha256) if sha256 else None
    if path is None:
        raise Problem("no_audio", "The audio is not there (any more).")
    return FileResponse(path, media_type=AUDIO.media_type, headers={"Cache-Control": "private, no-store"})


def audio_of(session: Session, briefing_id: str, number: int | None) -> str | None:
    """Return the sha256 of a revision's MP3, by default of the newest that has one; None where there is none.

    Of what was withdrawn nothing is given out, though its bytes may not be erased yet.
    """
    which = RevisionRow.master_key.is_not(None) if number is None else RevisionRow.number == number
    mine = select(RevisionRow).where(RevisionRow.briefing_id == briefing_id, which, ~withdrawn())
    found = session.scalars(mine.order_by(RevisionRow.number.desc()).limit(1)).first()
    master = session.get(MasterRow, found.master_key) if found is not None and found.master_key else None
    return master.sha256 if master else None


def _told(session: Session, row: BriefingRow, context: Context, number: int | None, user: Caller) -> dict[str, Any]:
    shown = _shown(session, row, number)
    spoken = _spoken(session, shown)
    script = spoken.script if spoken else None
    told = segment_views.segments(session, spoken) if spoken else None
    heard = session.get(RevisionRow, row.heard) if row.heard else None
    view = views.briefing(session, row, context)
    # Read only where it is other audio: a long story's are a megabyte.
    other = heard is not None and shown is not None and heard.id != shown.id
    live_cues = places_of(session, heard) if other else {}
    lines = lines_of(spoken.script, told, live_cues) if spoken and told else []
    revisions = _revisions(session, row)
    return _standing(session, row, user, shown.number if shown else None) | {
        "newer": False,
        "empty": script is None,
        "view": view,
        "shown": shown,
        "heard": heard,
        "script": script,
        "lines": lines,
        "revisions": revisions,
        "restorable": {one for one, reason in rollback.refusals(session, row, revisions).items() if not reason},
        "listens": _listens(row, shown if spoken else None, heard, view.live.url if view.live else None),
        "addresses": _addresses(session, row),
        "conflicts": told.conflicts if told and row_is_held(view) else [],
        "dropped": [entry for entry in (script.dropped if script else ()) if entry.text.strip()],
        "number": number,
    }


def _standing(session: Session, row: BriefingRow, user: Caller, shown: int | None) -> dict[str, Any]:
    """Return where a briefing stands: what may change while somebody looks at its page. `shown` is the number of the
    revision that is heard and read there: no word is asked for another.
    """
    work = worklist.one(session, row.id)
    revision = session.scalars(
        select(RevisionRow).where(RevisionRow.briefing_id == row.id, RevisionRow.number == work.revision)
    ).one()
    waits = waiting(session, revision)
    now = clock(session)
    pends = work.state in _UNHEARD
    stand = obstacles(session, row, revision, now) if pends else said(row, now)
    segments = (revision.script or {}).get("segments", [])
    known = standing_of(session, work, stand, segments, holds.show_of(session, row).never_speak, user)
    waited = [waits["code"]] if waits else []
    embargoed = holds.embargoed_article(session, row, now) if stand else None
    marks = (*(one.reason for one in stand), work.revision, work.state.value, work.chunks_left, row.heard or 0)
    fix = fix_of(work, user.name, known)
    unheard = fix is not None and fix.vouches and shown is not None and shown != work.revision
    return {
        "work": work,
        "fix": None if unheard else fix,
        "unheard": unheard,
        "shown_number": shown,
        "colleague": colleague_of(work, user.name),
        "reason": reason_of(work, known),
        "embargoed_article": f"{embargoed.source}:{embargoed.id}" if embargoed is not None else "",
        "obstacles": {one.reason: one for one in stand},
        # What an editor's word stands for that the next edition heeds, as nothing is being made.
        "stands": None if pends else row,
        "may_wait": pends and work.error_code != CONFLICT,
        "waits": waits,
        "active": work.state in ACTIVE,
        "mark": "-".join(map(str, (*marks, *waited))),
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


def _spoken(session: Session, shown: RevisionRow | None) -> Spoken | None:
    """Return a revision with its script and takes; None where nothing of it is to be shown, as it was withdrawn."""
    if shown is None or not shown.script:
        return None
    try:
        found = segment_views.spoken(session, shown.briefing_id, shown.number, "")
    except Problem:
        return None
    return replace(found, base=page_of(shown.briefing_id))


def row_is_held(view: schemas.Briefing) -> bool:
    """Tell whether a briefing's newest revision is held, so that its conflicts can be settled."""
    return view.state == RevisionState.HELD.value


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
        # By which it is told whether it can be heard again.
        RevisionRow.show,
        RevisionRow.let_go_at,
        RevisionRow.audio_sha256,
    )
    mine = select(RevisionRow).where(RevisionRow.briefing_id == row.id).options(told)
    return list(session.scalars(mine.order_by(RevisionRow.number.desc()).limit(_MOST_REVISIONS)))


def _listens(
    row: BriefingRow, shown: RevisionRow | None, heard: RevisionRow | None, public: str | None
) -> list[dict[str, Any]]:
    """Return what of a briefing can be heard whole: what the page is about, and what is live."""
    found: list[dict[str, Any]] = []
    if heard is not None and heard.master_key:
        found.append({"number": heard.number, "words": "Live", "public": public})
    if shown is not None and shown.master_key and (heard is None or heard.id != shown.id):
        found.insert(0, {"number": shown.number, "words": "This revision", "public": None})
    return [one | {"url": f"/desk/briefings/{row.id}/audio/{one['number']}.mp3"} for one in found]


def _addresses(session: Session, row: BriefingRow) -> list[tuple[str, str | None]]:
    """Return a briefing's articles with their web addresses, where they are known."""
    found = []
    for name in row.articles:
        source, _, article = name.partition(":")
        stored = session.get(ArticleRow, (source, article))
        address = stored.address if stored else None
        found.append((name, address if address and address.startswith(("https://", "http://")) else None))
    return found
