"""What readers fetch: MP3s, audio JSON, feeds, artwork, straight from the published files, without the database."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from stat import S_ISREG
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from api.context import Here
from api.problems import Problem, responses
from api.routes import get_and_head
from briefing.values import NAME_PATTERN, is_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path as FilePath


router = APIRouter(tags=["published"])

#: A hashed address never changes its bytes, but a withdrawal must reach caches that nobody purges: one hour.
PINNED_CACHE = "public, max-age=3600"

#: Aliases, JSON and feeds follow a correction within a minute.
MOVING_CACHE = "public, max-age=60"

#: A Range of RFC 9110 14.1.2 in bytes; one that is not is to be ignored (14.2).
_RANGE = re.compile(r"\s*bytes\s*=\s*(?P<specs>(?:\d+-\d*|-\d+)(?:\s*,\s*(?:\d+-\d*|-\d+))*)\s*", re.IGNORECASE)
_AUDIO_NAME = re.compile(r"([0-9a-f]{64})\.mp3")
_ALIAS_TARGET = re.compile(r"\.\./\.\./audio/([0-9a-f]{64})\.mp3")

Name = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]


@get_and_head(
    router,
    "/audio/{name}",
    summary="An MP3",
    response_class=FileResponse,
    responses={200: {"content": {"audio/mpeg": {}}}, **responses("not_found")},
)
def audio(name: str, request: Request, context: Here) -> Response:
    """The bytes of `/audio/{sha256}.mp3`; answers HEAD, single, suffix and multiple Range, If-Range, If-None-Match."""
    match = _AUDIO_NAME.fullmatch(name)
    if match is None:
        raise Problem("not_found", "there is no such audio")
    return _serve(
        request,
        context.files / "audio" / name,
        etag=match.group(1),
        headers={"Cache-Control": PINNED_CACHE, "Content-Disposition": "inline"},
        media_type="audio/mpeg",
    )


@get_and_head(
    router,
    "/articles/{source}/{article}.mp3",
    summary="An article's current MP3",
    status_code=302,
    response_class=RedirectResponse,
    responses=responses("no_audio"),
)
def alias(source: Name, article: Name, context: Here) -> Response:
    """Redirects to the audio that is live now."""
    return RedirectResponse(
        f"{context.address}/audio/{_live_sha256(context.files, source, article)}.mp3",
        status_code=302,
        headers={"Cache-Control": MOVING_CACHE},
    )


@get_and_head(
    router,
    "/v1/articles/{source}/{article}/audio",
    summary="An article's audio, for players",
    responses={200: {"content": {"application/json": {}}}, **responses("no_audio")},
)
def article_audio(source: Name, article: Name, request: Request, context: Here) -> Response:
    """Address, duration, chapters, transcripts and disclosure of the audio that is live now."""
    _check_names(source, article)
    path = context.files / "v1" / "articles" / source / article / "audio"
    return serve_small(request, path, "application/json", Problem("no_audio", f"{source}:{article} has no audio"))


@get_and_head(
    router,
    "/shows/{slug}/feed.xml",
    summary="A show's podcast feed",
    responses={200: {"content": {"application/rss+xml": {}}}, **responses("not_found")},
)
def feed(slug: Name, request: Request, context: Here) -> Response:
    """RSS 2.0 for podcast apps."""
    _check_names(slug)
    path = context.files / "shows" / slug / "feed.xml"
    return serve_small(request, path, "application/rss+xml", Problem("not_found", f"there is no show {slug!r}"))


@get_and_head(
    router,
    "/shows/{slug}/artwork.jpg",
    summary="A show's artwork",
    responses={200: {"content": {"image/jpeg": {}}}, **responses("not_found")},
)
def artwork(slug: Name, request: Request, context: Here) -> Response:
    """A square JPEG."""
    _check_names(slug)
    path = context.files / "shows" / slug / "artwork.jpg"
    return serve_small(request, path, "image/jpeg", Problem("not_found", f"there is no show {slug!r}"))


def _check_names(*names: str) -> None:
    """Answer `not_found` for a name that could climb out of its folder; the route's pattern lets dots through."""
    if not all(is_name(name) for name in names):
        raise Problem("not_found", "there is nothing here")


def _live_sha256(files: FilePath, source: str, article: str) -> str:
    _check_names(source, article)
    try:
        target = str((files / "articles" / source / f"{article}.mp3").readlink())
    except OSError:
        target = ""
    match = _ALIAS_TARGET.fullmatch(target)
    if match is None:
        raise Problem("no_audio", f"{source}:{article} has no audio")
    return match.group(1)


def _serve(request: Request, path: FilePath, etag: str, headers: Mapping[str, str], media_type: str) -> Response:
    """Return an immutable file, with what Starlette's FileResponse leaves out: 304, 404, unknown range units."""
    try:
        found = path.stat(follow_symlinks=False)
    except OSError:
        raise Problem("not_found", "there is no such audio") from None
    if not S_ISREG(found.st_mode):
        raise Problem("not_found", "there is no such audio")
    tag = f'"{etag}"'
    headers = {**headers, "ETag": tag}
    if _none_match(request, tag):
        return Response(status_code=304, headers=headers)
    asked = _asked_range(request)
    if asked is None:
        request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
    elif not any(_satisfiable(spec, found.st_size) for spec in asked):
        detail = f"the audio has {found.st_size:,} bytes"
        raise Problem("range_not_satisfiable", detail, headers={"Content-Range": f"bytes */{found.st_size}"})
    return FileResponse(path, headers=headers, media_type=media_type, stat_result=found)


def _asked_range(request: Request) -> list[tuple[str, str]] | None:
    """Return the (first, last) pairs of a Range header as text, None for no header or one that is to be ignored."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None:
        return None
    pairs = [spec.strip().partition("-")[::2] for spec in match["specs"].split(",")]
    backwards = any(first and last and int(first) > int(last) for first, last in pairs)
    return None if backwards else pairs


def _satisfiable(spec: tuple[str, str], size: int) -> bool:
    first, last = spec
    return int(first) < size if first else int(last) > 0


def _none_match(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return given.strip() == "*" or tag in {part.strip().removeprefix("W/") for part in given.split(",")}


def serve_small(
    request: Request, path: FilePath, media_type: str, missing: Problem, cache: str = MOVING_CACHE
) -> Response:
    """Return a small file that is replaced now and then, with ETag, Last-Modified and 304.

    Raises `missing` where there is none.
    """
    try:
        with path.open("rb") as file:
            content = file.read()
            modified = datetime.fromtimestamp(int(os.fstat(file.fileno()).st_mtime), UTC)
    except OSError:
        raise missing from None
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Cache-Control": cache,
    }
    since = request.headers.get("if-modified-since")
    unchanged = _none_match(request, tag) if "if-none-match" in request.headers else _not_since(modified, since)
    if unchanged:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _not_since(modified: datetime, since: str | None) -> bool:
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except (ValueError, OverflowError):
        return False
    return modified <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
