"""What readers fetch: MP3s, audio JSON, feeds, artwork, straight from the published files, without the database."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from api.context import Context, Here
from api.downloads import Download, disposition, kept_for, passed_on
from api.elsewhere import sent_elsewhere
from api.problems import Problem, responses
from api.ranges import Span, asked, streamed
from api.replaced import replaced, withdrawn
from api.routes import get_and_head
from api.small_files import SmallFile, takes_gzip, validators
from briefing.public_names import (
    ADDRESS,
    ALIAS,
    ARTICLE,
    AUDIO,
    FEED,
    PICTURE_TYPES,
    alias_name,
    archive_name,
    article_name,
    artwork_name,
    artwork_serving,
    audio_name,
    audio_serving,
    audio_sha256,
    feed_name,
    gone_name,
    hashed_address_name,
)
from briefing.values import NAME_PATTERN, ArticleRef, is_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import Headers

    from briefing.storage import PublicFile, PublicStorage, Serving

router = APIRouter(tags=["published"])

#: The route of an MP3.
MP3 = "/audio/{name}"

#: The route of an article's audio JSON.
ARTICLE_AUDIO = "/v1/articles/{source}/{article}/audio"

Name = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]
Ending = Annotated[str, Path(description="`jpg` or `png`")]


@get_and_head(
    router,
    MP3,
    summary="An MP3",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"audio/mpeg": {}}},
        302: {"description": "It was corrected, and its file has gone: to the audio that is live now."},
        **responses("not_found", "withdrawn", "database_unavailable"),
    },
)
def audio(name: str, request: Request, context: Here, download: Download = None) -> Response:
    """The bytes of `/audio/{sha256}.mp3`; answers HEAD, single, suffix and multiple Range, If-Range, If-None-Match.
    Replaced audio is kept for a while (`BRIEFCAST_KEEP_REVISIONS_DAYS`); after that its address redirects.
    """
    sha256 = audio_sha256(f"audio/{name}")
    if sha256 is None:
        raise Problem("not_found", "there is no such audio")
    return _serve(request, context, sha256, download)


@get_and_head(
    router,
    "/articles/{source}/{article}.mp3",
    summary="An article's current MP3",
    status_code=302,
    response_class=RedirectResponse,
    responses=responses("no_audio", "withdrawn"),
)
def alias(source: Name, article: Name, context: Here, download: Download = None) -> Response:
    """Redirects to the audio that is live now."""
    _check_names(source, article)
    name = alias_name(ArticleRef(source=source, id=article))
    sha256 = audio_sha256(context.files.target(name) or "")
    if sha256 is None:
        raise gone_or(context, name, Problem("no_audio", f"{source}:{article} has no audio"))
    address = passed_on(f"{context.audio_at}/{audio_name(sha256)}", download)
    return RedirectResponse(address, status_code=302, headers={"Cache-Control": ALIAS.cache})


@get_and_head(
    router,
    ARTICLE_AUDIO,
    summary="An article's audio, for players",
    responses={200: {"content": {"application/json": {}}}, **responses("no_audio", "withdrawn")},
)
def article_audio(source: Name, article: Name, request: Request, context: Here) -> Response:
    """Address, duration, chapters, transcripts and disclosure of the audio that is live now."""
    _check_names(source, article)
    name = article_name(ArticleRef(source=source, id=article))
    return serve_small(request, context, name, ARTICLE, Problem("no_audio", f"{source}:{article} has no audio"))


@get_and_head(
    router,
    "/v1/addresses/{hashed}",
    summary="Which article an address is of",
    responses={200: {"content": {"application/json": {}}}, **responses("no_audio")},
)
def address(hashed: Annotated[str, Path(pattern="^[0-9a-f]{16}$")], request: Request, context: Here) -> Response:
    """`{"article": "source:id"}`, by the first 16 hex digits of the SHA-256 of the address in its canonical form. It
    stays where the audio is withdrawn: what there is of the article is in its audio JSON.
    """
    missing = Problem("no_audio", "no article with audio has this address")
    return serve_small(request, context, hashed_address_name(hashed), ADDRESS, missing)


@get_and_head(
    router,
    "/shows/{slug}/feed.xml",
    summary="A show's podcast feed",
    responses={200: {"content": {"application/rss+xml": {}}}, **responses("not_found", "withdrawn")},
)
def feed(slug: Name, request: Request, context: Here) -> Response:
    """RSS 2.0 for podcast apps; compressed for whoever takes gzip."""
    _check_names(slug)
    missing = Problem("not_found", f"there is no show {slug!r}")
    return serve_small(request, context, feed_name(slug), FEED, missing, packable=True)


@get_and_head(
    router,
    "/shows/{slug}/archive/{month}.xml",
    summary="A month of a show's podcast feed",
    responses={200: {"content": {"application/rss+xml": {}}}, **responses("not_found")},
)
def feed_archive(slug: Name, month: Name, request: Request, context: Here) -> Response:
    """The episodes of a month, linked from the feed once that has not all of them (RFC 5005)."""
    _check_names(slug, month)
    missing = Problem("not_found", f"show {slug!r} has no such month")
    return serve_small(request, context, archive_name(slug, month), FEED, missing, packable=True)


@get_and_head(
    router,
    "/shows/{slug}/artwork.{ending}",
    summary="A show's artwork",
    responses={200: {"content": {kind: {} for kind in PICTURE_TYPES.values()}}, **responses("not_found", "withdrawn")},
)
def artwork(slug: Name, ending: Ending, request: Request, context: Here) -> Response:
    """A square JPEG; beside it the PNG that a show gave, where podcast apps take that as it is: its feed names that."""
    _check_names(slug)
    missing = Problem("not_found", f"there is no such artwork of a show {slug!r}")
    if ending not in PICTURE_TYPES:
        raise missing
    return serve_small(request, context, artwork_name(slug, ending), artwork_serving(ending), missing)


def _check_names(*names: str) -> None:
    """Answer `not_found` for a name that could climb out of its folder; the route's pattern lets dots through."""
    if not all(is_name(name) for name in names):
        raise Problem("not_found", "there is nothing here")


def _serve(request: Request, context: Context, sha256: str, download: str | None) -> Response:
    """Return an MP3, which never changes, or the part of it that is asked for."""
    name, files = audio_name(sha256), context.files
    found = files.look(name)
    if found is None:
        return _elsewhere_or_gone(context, name, sha256, download)
    cache = audio_serving(purged=bool(context.public.purge_command)).cache
    if (elsewhere := sent_elsewhere(request, context, name, cache, download)) is not None:
        return elsewhere
    return serve_audio(request, files, found, sha256, kept_for(cache, download), download)


def serve_audio(
    request: Request, files: PublicStorage, found: PublicFile, sha256: str, cache: str, download: str | None
) -> Response:
    """Return a stored MP3 or the part of it that is asked for, with that Cache-Control; to be kept as a file where
    `download` names one (`api.downloads`).
    """
    headers = validators(sha256, found.modified)
    headers |= {"Cache-Control": cache, "Content-Disposition": disposition(download)}
    if _unchanged(request.headers, headers["ETag"], found.modified):
        return Response(status_code=304, headers=headers)
    spans = _spans(request, found.bytes, headers)
    if spans is not None and not spans:
        detail = f"the audio has {found.bytes:,} bytes"
        beyond = {"Content-Range": f"bytes */{found.bytes}", "Cache-Control": cache}
        raise Problem("range_not_satisfiable", detail, headers=beyond)
    answer = streamed(partial(files.stream, found.name), found.bytes, spans or (), headers, AUDIO.media_type)
    # Nobody reads the body of an answer to HEAD, so nothing is fetched for it.
    return Response(status_code=answer.status_code, headers=answer.headers) if request.method == "HEAD" else answer


def _elsewhere_or_gone(context: Context, name: str, sha256: str, download: str | None) -> Response:
    """Return where the audio is that took the place of an MP3 which is not there. Raises Problem where none did."""
    missing = Problem("not_found", "there is no such audio")
    problem = gone_or(context, name, missing)
    if problem is missing and (moved := replaced(context, sha256, download)) is not None:
        return moved
    raise problem


def _spans(request: Request, size: int, headers: Mapping[str, str]) -> list[Span] | None:
    """Return what a Range header asks for; None without one, or where it is meant for another state (If-Range)."""
    given, state = request.headers.get("range"), request.headers.get("if-range")
    if given is None or (state is not None and state not in {headers["ETag"], headers["Last-Modified"]}):
        return None
    return asked(given, size)


def gone_or(context: Context, name: str, missing: Problem) -> Problem:
    """Return what to answer where nothing is: that it was withdrawn, if it was, else `missing`."""
    if context.files.look(gone_name(name)) is None:
        return missing
    return withdrawn()


def _unchanged(asked_with: Headers, tag: str, modified: float) -> bool:
    """Tell whether the client has this state already: by its tag, and by its date only where no tag is sent (RFC 9110
    13.2.2).
    """
    if "if-none-match" in asked_with:
        return none_match(asked_with, tag)
    return _not_since(modified, asked_with.get("if-modified-since"))


def none_match(asked_with: Headers, tag: str) -> bool:
    """Tell whether whoever asks has what `tag` names already."""
    given = asked_with.get("if-none-match")
    if given is None:
        return False
    return given.strip() == "*" or tag in {part.strip().removeprefix("W/") for part in given.split(",")}


def serve_small(
    request: Request, context: Context, name: str, serving: Serving, missing: Problem, *, packable: bool = False
) -> Response:
    """Return a small file that is replaced now and then, with ETag, Last-Modified and 304. `packable`: it is asked for
    so often, and is so long, that it is compressed for whoever takes gzip.

    Raises `missing` where there is none.
    """
    found = context.small.read(name)
    if found is None:
        raise gone_or(context, name, missing)
    return packed_answer(request.headers, found, serving) if packable else small_answer(request.headers, found, serving)


def packed_answer(asked_with: Headers, small: SmallFile, serving: Serving) -> Response:
    """Return the answer with a small file, compressed where that is taken: a representation of its own, with a strong
    ETag of its own, and caches are told what it depends on, in a 304 too (RFC 9110 8.8.3.3, 15.4.5).
    """
    headers = small.validators | {"Cache-Control": serving.cache, "Vary": "Accept-Encoding"}
    packed = takes_gzip(asked_with)
    if packed:
        headers["ETag"] = f'{headers["ETag"][:-1]}-gzip"'
    if _unchanged(asked_with, headers["ETag"], small.modified):
        return Response(status_code=304, headers=headers)
    if not packed:
        return Response(small.content, media_type=serving.media_type, headers=headers)
    return Response(small.packed, media_type=serving.media_type, headers=headers | {"Content-Encoding": "gzip"})


def small_answer(asked_with: Headers, small: SmallFile, serving: Serving) -> Response:
    """Return the answer with a small file to a request of these headers."""
    headers = small.validators | {"Cache-Control": serving.cache}
    if _unchanged(asked_with, headers["ETag"], small.modified):
        return Response(status_code=304, headers=headers)
    return Response(small.content, media_type=serving.media_type, headers=headers)


def _not_since(modified: float, since: str | None) -> bool:
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except (ValueError, OverflowError):
        return False
    return int(modified) <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
