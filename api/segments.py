"""`/v1/briefings/{id}/segments`: what editors change by hand, the takes of it, what changed between two revisions, and
the way back. Records work; speaks nothing and decodes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse

from api import quotas, schemas, segment_views
from api.asking import check_voice
from api.context import Context, Generator, Here, Publisher, Reader
from api.going_live import heed_hold
from api.once import Asked, IdempotencyKey, once
from api.problems import KEY_PROBLEMS, Problem, responses
from api.published import none_match
from api.routes import get_and_head
from api.seeing import ID, briefing_row
from briefing.accounts.audit import Action
from briefing.editing import conflicts, overrides, rollback
from briefing.editing.overrides import Override
from briefing.failpoints import Failpoint, reach
from briefing.hashing import stable_hash
from briefing.revisions import Asker
from briefing.states import Queue, RevisionState
from briefing.takes import find_take

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller
    from briefing.models import RevisionRow

router = APIRouter(prefix="/v1/briefings/{briefing_id}", tags=["segments"])

BriefingId = Annotated[str, Path(pattern=f"^{ID}$", examples=["5f2b8c1e9a7d4036"])]
SegmentId = Annotated[str, Path(pattern=f"^{ID}$", examples=["0c7e6a405862e402"])]
Number = Annotated[int, Query(ge=1, le=2**31 - 1)]

_OVERRIDING = ("unknown_briefing", "withdrawn", "idempotency_key_reused", "quota_exceeded", "override_changed")

#: Takes never change; but what is withdrawn is soon to be gone from wherever it was.
_TAKE_HEADERS = {"Cache-Control": "private, max-age=300", "Content-Disposition": "inline"}


@router.get(
    "/segments",
    summary="See the segments",
    responses=responses(*KEY_PROBLEMS, "unknown_briefing", "unknown_revision", "withdrawn"),
)
def see(
    briefing_id: BriefingId,
    context: Here,
    caller: Reader,  # noqa: ARG001  demands the scope
    revision: Number | None = None,
) -> schemas.SegmentsView:
    """Each as written and as spoken, with its voice, takes, place in the audio and what an editor changed of it; and
    the conflicts of such changes with a new text. Of the newest revision that has a script, or of a named one.
    """
    with context.database.reading() as session:
        shown = segment_views.spoken(session, briefing_row(session, briefing_id).id, revision, context.address)
        return segment_views.segments(session, shown)


@router.put(
    "/segments/{segment}",
    status_code=202,
    summary="Change what is heard of a segment",
    responses=responses(
        *KEY_PROBLEMS,
        *_OVERRIDING,
        "unknown_segment",
        "unknown_voice",
        "override_refused",
        "spoken_empty",
        "disclosure_kept",
    ),
)
def change(  # noqa: PLR0913  what FastAPI injects
    briefing_id: BriefingId,
    segment: SegmentId,
    body: schemas.OverrideRequest,
    response: Response,
    context: Here,
    caller: Generator,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """Other words, another voice, or left out. It holds for every later revision for as long as the segment's written
    text stands, whatever changes around it; the new revision speaks that segment alone. When the text changes, the
    revision is held in conflict until an editor says what becomes of this.
    """
    if body.voice is not None:
        check_voice(body.voice, context)
    override = Override(spoken=body.spoken, voice=body.voice, omitted=body.omitted)

    def work(session: Session, now: datetime) -> RevisionRow:
        return overrides.put(
            session, briefing_id, segment, override, _asker(caller), now, note=body.note, seen=body.seen
        )

    named = [name for name, value in override.model_dump().items() if value]
    fingerprint = stable_hash("override/1", briefing_id, segment, body.model_dump(mode="json"))
    asked = Asked(Action.OVERRIDE, caller, idempotency_key, fingerprint, f"{segment} {', '.join(named)}")
    return _recorded(context, asked, briefing_id, response, work)


@router.delete(
    "/segments/{segment}",
    status_code=202,
    summary="Take a change back",
    responses=responses(*KEY_PROBLEMS, *_OVERRIDING, "no_override"),
)
def restore(  # noqa: PLR0913  what FastAPI injects
    briefing_id: BriefingId,
    segment: SegmentId,
    response: Response,
    context: Here,
    caller: Generator,
    seen: Annotated[str | None, Query(max_length=16, description="The `stamp` of the change you saw.")] = None,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """Has what is written heard again."""

    def work(session: Session, now: datetime) -> RevisionRow:
        return overrides.drop(session, briefing_id, segment, _asker(caller), now, seen=seen)

    fingerprint = stable_hash("override dropped/1", briefing_id, segment, seen)
    asked = Asked(Action.OVERRIDE, caller, idempotency_key, fingerprint, f"{segment} taken back")
    return _recorded(context, asked, briefing_id, response, work)


@router.post(
    "/conflicts/{segment}",
    status_code=202,
    summary="Settle a conflict",
    responses=responses(*KEY_PROBLEMS, *_OVERRIDING, "no_conflict", "unknown_segment", "disclosure_kept"),
)
def settle(  # noqa: PLR0913  what FastAPI injects
    briefing_id: BriefingId,
    segment: SegmentId,
    body: schemas.SettleRequest,
    response: Response,
    context: Here,
    caller: Generator,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """Of the segment that an editor changed and whose text is gone: `keep` the change for the text that took its place,
    or `drop` it. With the last conflict settled a revision goes on from the new text.
    """

    def work(session: Session, now: datetime) -> RevisionRow:
        return conflicts.settle(
            session, briefing_id, segment, body.resolution, _asker(caller), now, to=body.to, seen=body.seen
        )

    # As it was before one could say what was seen, where that is not said.
    said = body.model_dump(mode="json", exclude={"seen"} if body.seen is None else set())
    fingerprint = stable_hash("settle/1", briefing_id, segment, said)
    asked = Asked(Action.SETTLE, caller, idempotency_key, fingerprint, f"{segment} {body.resolution}")
    return _recorded(context, asked, briefing_id, response, work)


@get_and_head(
    router,
    "/takes/{key}",
    summary="A take",
    response_class=FileResponse,
    responses={
        200: {"content": {"audio/flac": {}}},
        **responses(*KEY_PROBLEMS, "unknown_briefing", "unknown_revision", "no_take", "withdrawn"),
    },
)
def take(
    briefing_id: BriefingId,
    key: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    context: Here,
    caller: Reader,  # noqa: ARG001
    revision: Number | None = None,
) -> Response:
    """A segment, or the part of a long one that the engine took at once, as it was spoken: without music, before
    mastering. FLAC, which every current browser plays; Range is answered. `takes` of the segments are these addresses.
    """
    return take_file(request, context, briefing_id, key, revision)


def take_file(request: Request, context: Context, briefing_id: str, key: str, number: int | None) -> Response:
    """Return the answer with a take that a revision of the briefing has, or that the one who asks has it. Raises
    Problem.
    """
    with context.database.reading() as session:
        own = segment_views.chunk_keys(session, briefing_row(session, briefing_id).id, number)
        found = find_take(session, key) if key in own else None
    path = context.storages.blobs.path(found.sha256) if found else None
    if found is None or path is None:
        raise Problem("no_take", "the revision has no such take, or not yet")
    headers = _TAKE_HEADERS | {"ETag": f'"{found.sha256}"'}
    if none_match(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="audio/flac", headers=headers)


@router.get(
    "/compare",
    summary="Compare two revisions",
    responses=responses(*KEY_PROBLEMS, "unknown_briefing", "unknown_revision", "withdrawn"),
)
def compare(
    briefing_id: BriefingId,
    context: Here,
    caller: Reader,  # noqa: ARG001
    before: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)],
    after: Annotated[int, Query(alias="to", ge=1, le=2**31 - 1)],
) -> schemas.ComparisonView:
    """What was added, removed, is said otherwise, or only sounds otherwise, with the takes of both sides."""
    with context.database.reading() as session:
        row = briefing_row(session, briefing_id)
        sides = [segment_views.spoken(session, row.id, number, context.address) for number in (before, after)]
        return segment_views.comparison(sides[0], sides[1])


@router.post(
    "/rollback",
    status_code=202,
    summary="Have an earlier revision heard again",
    responses=responses(
        *KEY_PROBLEMS,
        "unknown_briefing",
        "unknown_revision",
        "not_restorable",
        "held_by_colleague",
        "idempotency_key_reused",
    ),
)
def roll_back(
    briefing_id: BriefingId,
    body: schemas.RollbackRequest,
    response: Response,
    context: Here,
    caller: Publisher,
    idempotency_key: IdempotencyKey = None,
) -> schemas.Briefing:
    """As a new revision with the same script, takes and MP3: nothing is spoken or encoded, and the episode keeps its
    guid. What is being made is given up. Changes that editors made to segments stay, and count at the next revision; so
    does the article as it is then. Refused for what a correction took away, and while one is under way; and where a
    colleague holds the briefing, unless `release_hold` says so.
    """

    def work(session: Session, now: datetime) -> RevisionRow:
        heed_hold(session, briefing_id, caller, now, release=body.release_hold)
        return rollback.roll_back(session, briefing_id, body.revision, _asker(caller), now)

    released = [True] if body.release_hold else []
    fingerprint = stable_hash("rollback/1", briefing_id, body.revision, *released)
    asked = Asked(Action.ROLL_BACK, caller, idempotency_key, fingerprint, f"to revision {body.revision}")
    return _recorded(context, asked, briefing_id, response, work)


def _asker(caller: Caller) -> Asker:
    return Asker(caller.name, caller.key_id)


def _recorded(
    context: Context,
    asked: Asked,
    briefing_id: str,
    response: Response,
    work: Callable[[Session, datetime], RevisionRow],
) -> schemas.Briefing:
    """Do `work` once and answer with the briefing; what it has made counts for the caller's quota."""

    def counted(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        row = briefing_row(session, briefing_id)
        revision = work(session, now)
        if revision.state == RevisionState.PREPARING.value:
            quotas.admit(session, asked.caller, Queue.INTERACTIVE, len(row.articles), now)
        return revision, 202

    shown, _ = once(context, asked, counted)
    reach(Failpoint.API_REGENERATED)
    response.headers["Location"] = shown.links["self"]
    return shown
