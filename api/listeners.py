"""Private feeds: `/v1/shows/{slug}/listeners` adds, lists and revokes listeners; `/listeners/…/feed.xml` is what their
podcast apps fetch. The answers of a revoked one are 410, at once: apps stop asking.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api import schemas
from api.asking import named_show
from api.context import Context, Here, Publisher
from api.members import private_answer
from api.once import IdempotencyKey, Sent, once_named
from api.problems import KEY_PROBLEMS, Problem, responses
from api.published import Name
from api.routes import get_and_head
from briefing.accounts import audit, listeners
from briefing.accounts.audit import Action
from briefing.hashing import stable_hash
from briefing.public_names import FEED, MEMBERS_CACHE, feed_name

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.accounts.listeners import Listener

router = APIRouter(tags=["members"])

_PRIVATE = {"Cache-Control": MEMBERS_CACHE}

#: Seconds after which a podcast app may try again when the first feed of a show is not written yet.
_SOON_S = 10

_Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@router.post(
    "/v1/shows/{slug}/listeners",
    status_code=201,
    summary="Give a listener a private feed",
    responses=responses(*KEY_PROBLEMS, "unknown_show", "unknown_listener", "idempotency_key_reused"),
)
def add(
    slug: Name,
    body: schemas.ListenerRequest,
    response: Response,
    context: Here,
    caller: Publisher,
    idempotency_key: IdempotencyKey = None,
) -> schemas.NewListener:
    """Returns the feed's secret address, which cannot be shown again: sent once more with its Idempotency-Key, the same
    listener is given another address, and the one before, which never arrived, is none any more.
    """
    made: dict[str, str] = {}

    def work(session: Session, now: datetime) -> str:
        show = named_show(session, slug)
        listener, secret = listeners.add(session, show.slug, body.name, now)
        made[listener.id] = secret
        audit.record(session, now, Action.LISTENER_ADD, caller, detail=f"{listener.id} of {show.slug}")
        return listener.id

    def shown(session: Session, listener_id: str) -> schemas.NewListener:
        secret = made.get(listener_id) or listeners.renew(session, listener_id)
        listener = listeners.find(session, listener_id)
        if listener is None or secret is None:
            raise Problem("unknown_listener", f"the listener {listener_id!r} was added by this key and revoked since")
        feed = f"{context.address}/{listeners.feed_path(listener.id, secret)}"
        return schemas.NewListener(feed=feed, **_view(listener).model_dump())

    sent = Sent(caller, idempotency_key, stable_hash("listener/1", slug, body.model_dump(mode="json")))
    answer = once_named(context, sent, work, shown)
    response.headers.update(_PRIVATE)
    return answer


@router.get(
    "/v1/shows/{slug}/listeners",
    summary="List a show's listeners",
    responses=responses(*KEY_PROBLEMS, "unknown_show"),
)
def list_them(
    slug: Name,
    response: Response,
    context: Here,
    caller: Publisher,  # noqa: ARG001  demands the scope
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.Listeners:
    """The oldest first, revoked ones too."""
    with context.database.reading() as session:
        named_show(session, slug)
        found = listeners.listed(session, slug)
    response.headers.update(_PRIVATE)
    return schemas.Listeners(total=len(found), listeners=[_view(one) for one in found[offset : offset + limit]])


@router.delete(
    "/v1/shows/{slug}/listeners/{listener}",
    status_code=204,
    summary="Revoke a listener's feed",
    response_class=Response,
    responses=responses(*KEY_PROBLEMS, "unknown_listener"),
)
def revoke(slug: Name, listener: _Id, context: Here, caller: Publisher) -> Response:
    """For good and at once: the feed and every address in it answer 410."""
    now = datetime.now(UTC)
    with context.database.writing() as session:
        if not listeners.revoke(session, listener, now, slug):
            raise Problem("unknown_listener", f"there is no listener {listener!r} of {slug!r}")
        audit.record(session, now, Action.LISTENER_REVOKE, caller, detail=f"{listener} of {slug}")
    return Response(status_code=204)


@get_and_head(
    router,
    "/listeners/{listener}/{secret}/feed.xml",
    summary="A listener's podcast feed",
    responses={200: {"content": {FEED.media_type: {}}}, **responses("not_found", "address_over")},
)
def feed(listener: str, secret: str, request: Request, context: Here) -> Response:
    """The show's feed with all episodes whole, for one listener. No directory lists it, no hub is told of it."""
    with context.database.reading() as session:
        found = listeners.check(session, listener, secret)
    if found is None:
        raise Problem("not_found", "there is no such feed", headers=_PRIVATE)
    if found.revoked_at is not None:
        raise Problem("address_over", "the subscription has ended", headers=_PRIVATE)
    return private_answer(request, _signed(context, found, secret), FEED.media_type, context)


def _signed(context: Context, listener: Listener, secret: str) -> bytes:
    name = feed_name(listener.show)
    there = context.members_small.read(name)
    if there is None:
        headers = {"Retry-After": str(_SOON_S)}
        raise Problem("storage_unavailable", "the feed is being written; try again shortly", headers=headers)
    own = {name: f"/{listeners.feed_path(listener.id, secret)}"}
    return context.signing.signed(name, there.content, context.signing.feed_until(), listener.id, own)


def _view(listener: Listener) -> schemas.ListenerView:
    return schemas.ListenerView(
        id=listener.id, name=listener.name, created_at=listener.created_at, revoked_at=listener.revoked_at
    )
