"""What only members hear: `/members/{token}/…` serves it, `POST …/signed` signs its addresses, `…/visibility` says whom
a briefing is for.

Everything here answers `private, no-store`; a token that does not open what it stands before is answered as if there
were nothing.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from api import embed, schemas, views
from api.audience import asked_spans
from api.companions import page_policy
from api.context import Context, Here, Publisher, Reader
from api.downloads import passed_on
from api.elsewhere import members_sent_elsewhere
from api.problems import KEY_PROBLEMS, Problem, responses
from api.published import Name, none_match, serve_audio
from api.routes import get_and_head
from briefing.accounts import audit, listeners
from briefing.accounts.audit import Action
from briefing.going_live import wishes
from briefing.models import BriefingRow
from briefing.public_names import (
    ARTICLE,
    AUDIO,
    COMPANION_TYPES,
    FEED,
    MEMBERS_CACHE,
    PICTURE_TYPES,
    article_name,
    audio_sha256,
    briefing_name,
    embed_name,
    embedded,
    gone_name,
    picture_type,
)
from briefing.settings.audience import REDIRECT
from briefing.values import ArticleRef, is_name

if TYPE_CHECKING:
    from briefing.accounts.listeners import Listener
    from briefing.secrets.address_keys import Opened

router = APIRouter(tags=["members"])

_PRIVATE = {"Cache-Control": MEMBERS_CACHE}

#: What members get.
_TYPES = (AUDIO.media_type, *COMPANION_TYPES.values(), *PICTURE_TYPES.values(), FEED.media_type)

_BRIEFING = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@get_and_head(
    router,
    "/members/{token}/{name:path}",
    summary="A file that only members get",
    response_class=StreamingResponse,
    responses={
        200: {"content": {kind: {} for kind in _TYPES}},
        **responses("not_found", "address_over", "withdrawn"),
    },
)
def members(token: str, name: str, request: Request, context: Here) -> Response:
    """An MP3, transcript, chapters, picture or audio JSON by a signed address, as the same are served to everybody:
    HEAD, Range, If-Range, ETag. Addresses inside are signed alike.
    """
    if not all(is_name(part) for part in name.split("/")):
        raise _nothing()
    opened = context.signing.verify(token, name)
    if opened is None:
        raise _nothing()
    listener = _admitted(context, opened)
    if (sha256 := audio_sha256(name)) is not None:
        return _audio(request, context, name, sha256, listener)
    if (ref := embedded(name)) is not None:
        return _page(request, context, ref, opened)
    return _small(request, context, name, opened)


def _admitted(context: Context, opened: Opened) -> Listener | None:
    """Return the listener whom an address is for, if any. Raises Problem where it opens nothing any more."""
    if opened.is_over(context.signing.now()):
        raise Problem("address_over", "the address has ended; ask for the page or the feed again", headers=_PRIVATE)
    if opened.listener is None:
        return None
    with context.database.reading() as session:
        found = listeners.find(session, opened.listener)
    if found is None or found.revoked_at is not None:
        raise Problem("address_over", "the subscription has ended", headers=_PRIVATE)
    return found


def _audio(request: Request, context: Context, name: str, sha256: str, listener: Listener | None) -> Response:
    storage = context.storages.members
    found = storage.look(name)
    download = request.query_params.get("download")
    if found is None:
        return _moved_or_gone(context, name, download)
    if listener is not None and request.method == "GET" and context.audience.enclosures == REDIRECT:
        address = context.rates.address_of(request)
        context.counting.request(sha256, listener.show, asked_spans(request), address, request.headers)
    sent = members_sent_elsewhere(request, context, name, download)
    return sent if sent is not None else serve_audio(request, storage, found, sha256, MEMBERS_CACHE, download)


def _small(request: Request, context: Context, name: str, opened: Opened) -> Response:
    found = context.members_small.read(name)
    if found is None:
        return _moved_or_gone(context, name)
    content = context.signing.signed(name, found.content, opened.until, opened.listener)
    return private_answer(request, content, _media_type(name), context)


def _page(request: Request, context: Context, ref: ArticleRef, opened: Opened) -> Response:
    """Return the page with an article's player, which plays all of it for whom its address was signed."""
    name = article_name(ref)
    found = context.members_small.read(name)
    if found is None:
        moved = _moved_or_gone(context, name)
        moved.headers["Location"] = f"{context.address}/{embed_name(ref)}"
        return moved
    told = json.loads(context.signing.signed(name, found.content, opened.until, opened.listener))
    token = context.signing.token(name, opened.until, opened.listener)
    answer = embed.page(request, context, ref, told, f"{context.address}/members/{token}/{name}")
    # The page's own address opens it: no cache keeps it, and no other site is told of it.
    answer.headers.update(_PRIVATE | {"Referrer-Policy": "no-referrer"})
    return answer


def private_answer(request: Request, content: bytes, media_type: str, context: Context) -> Response:
    """Return a small file that was made for one reader."""
    headers = _PRIVATE | {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
    if none_match(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if media_type.startswith("text/html"):
        headers["Content-Security-Policy"] = page_policy(context)
        # The page's own address opens it: no other site is told of it.
        headers["Referrer-Policy"] = "no-referrer"
    return Response(content, media_type=media_type, headers=headers)


def _media_type(name: str) -> str:
    last = name.rpartition("/")[2]
    if last in COMPANION_TYPES:
        return COMPANION_TYPES[last]
    if (picture := picture_type(last)) is not None:
        return picture
    return FEED.media_type if last.endswith(".xml") else ARTICLE.media_type


def _moved_or_gone(context: Context, name: str, download: str | None = None) -> Response:
    """Answer for a file that members have not: it may have become everybody's, or have been withdrawn. What was to be
    kept as a file (`download`, `api.downloads`) is so there.
    """
    if context.storages.members.look(gone_name(name)) is not None or context.files.look(gone_name(name)) is not None:
        raise Problem("withdrawn", "the audio was withdrawn by its newsroom", headers=_PRIVATE)
    if context.files.look(name) is None:
        raise _nothing()
    base = context.audio_at if audio_sha256(name) else context.address
    return RedirectResponse(passed_on(f"{base}/{name}", download), status_code=302, headers=_PRIVATE)


def _nothing() -> Problem:
    return Problem("not_found", "there is nothing here", headers=_PRIVATE)


@router.post(
    "/v1/articles/{source}/{article}/signed",
    summary="Sign an article's audio for a reader",
    responses=responses(*KEY_PROBLEMS, "no_audio", "withdrawn", "unknown_listener"),
)
def sign_article(
    source: Name,
    article: Name,
    response: Response,
    context: Here,
    caller: Reader,  # noqa: ARG001  demands the scope
    body: schemas.SignRequest | None = None,
) -> schemas.Signed:
    """For the site's own server, once it knows that its reader is a member: the address of the audio JSON, to be handed
    to the player, and that of the MP3. What is for everybody is answered with its public addresses.
    """
    ref = ArticleRef(source=source, id=article)
    if not (is_name(source) and is_name(article)):
        raise Problem("no_audio", f"{ref} has no audio")
    response.headers.update(_PRIVATE)
    return _signed(context, article_name(ref), body, ref, f"{ref} has no audio")


@router.post(
    "/v1/briefings/{briefing_id}/signed",
    summary="Sign a briefing's audio for a reader",
    responses=responses(*KEY_PROBLEMS, "no_audio", "withdrawn", "unknown_listener"),
)
def sign_briefing(
    briefing_id: _BRIEFING,
    response: Response,
    context: Here,
    caller: Reader,  # noqa: ARG001
    body: schemas.SignRequest | None = None,
) -> schemas.Signed:
    """The same of any briefing that is for members."""
    response.headers.update(_PRIVATE)
    return _signed(context, briefing_name(briefing_id), body, None, f"members have no briefing {briefing_id!r}")


def _signed(
    context: Context, name: str, body: schemas.SignRequest | None, ref: ArticleRef | None, missing: str
) -> schemas.Signed:
    asked = body or schemas.SignRequest.model_validate({})
    lasts = min(asked.seconds or context.members.address_s, context.members.address_s)
    until = int(context.signing.now()) + lasts
    _check_listener(context, asked.listener)
    found = context.members_small.read(name)
    if found is not None:
        signed = context.signing.signed(name, found.content, until, asked.listener)
        token = context.signing.token(name, until, asked.listener)
        return schemas.Signed(
            access="members",
            address=f"{context.address}/members/{token}/{name}",
            audio=json.loads(signed)["url"],
            embed=_embed_address(context, ref, until, asked.listener),
            expires_at=datetime.fromtimestamp(until, UTC),
        )
    public = article_name(ref) if ref else None
    there = context.small.read(public) if public else None
    told: dict[str, Any] = json.loads(there.content) if there else {}
    if told.get("access", "public") == "public" and told.get("url"):
        return schemas.Signed(
            access="public",
            address=f"{context.address}/{public}",
            audio=told["url"],
            embed=f"{context.address}/{embed_name(ref)}" if ref else None,
            expires_at=None,
        )
    if context.files.look(gone_name(name)) or context.storages.members.look(gone_name(name)):
        raise Problem("withdrawn", "the audio was withdrawn by its newsroom")
    raise Problem("no_audio", missing)


def _embed_address(context: Context, ref: ArticleRef | None, until: int, listener: str | None) -> str | None:
    if ref is None:
        return None
    name = embed_name(ref)
    return f"{context.address}/members/{context.signing.token(name, until, listener)}/{name}"


def _check_listener(context: Context, listener: str | None) -> None:
    if listener is None:
        return
    with context.database.reading() as session:
        found = listeners.find(session, listener)
    if found is None or found.revoked_at is not None:
        raise Problem("unknown_listener", f"there is no listener {listener!r}")


@router.put(
    "/v1/briefings/{briefing_id}/visibility",
    status_code=202,
    summary="Say who may hear a briefing",
    responses=responses(*KEY_PROBLEMS, "unknown_briefing"),
)
def see(briefing_id: _BRIEFING, body: schemas.VisibilityRequest, context: Here, caller: Publisher) -> schemas.Briefing:
    """Changes that alone: files move within seconds, nothing is fetched or spoken. It is noted of the article, of
    several articles of the briefing; what its show or another article says counts where that is more private.
    """
    now = datetime.now(UTC)
    with context.database.writing() as session:
        row = session.get(BriefingRow, briefing_id)
        if row is None:
            raise Problem("unknown_briefing", f"there is no briefing {briefing_id!r}")
        row = wishes.see(session, row, body.visibility, body.paywall)
        detail = body.model_dump_json(exclude_none=True)
        audit.record(session, now, Action.VISIBILITY, caller, briefing=briefing_id, detail=detail)
        session.flush()
        return views.briefing(session, row, context)
