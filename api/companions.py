"""Transcripts and chapters of briefings, straight from the published files, without the database."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.context import Context, Here
from api.problems import Problem, responses
from api.published import Name, serve_small
from api.routes import get_and_head
from briefing.public_names import (
    COMPANION_TYPES,
    PICTURE_TYPES,
    PLAYLIST,
    SEGMENT,
    briefing_folder,
    companion_serving,
    picture_type,
    stream_folder,
    stream_serving,
)
from briefing.values import is_name

router = APIRouter(tags=["published"])

#: For the page. It has a stricter policy inside, which knows its style by its hash; both count. A header cannot name
#: that hash, since pages published by other releases have other styles.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors "
)

File = Annotated[str, Path(description="`transcript.vtt`, `.srt`, `.json`, `.html`, or `chapters.json`")]
FileForGood = Annotated[
    str, Path(description="The same, or the episode's own picture: its sha256 and `.jpg` or `.png`")
]
Number = Annotated[str, Path(description="Number of the revision")]

_ANSWERS = {
    200: {"content": {media_type: {} for media_type in COMPANION_TYPES.values()}},
    **responses("not_found", "withdrawn"),
}


@get_and_head(
    router,
    "/briefings/{briefing}/{file}",
    summary="A briefing's transcript or chapters",
    response_class=Response,
    responses=_ANSWERS,
)
def live(briefing: Name, file: File, request: Request, context: Here) -> Response:
    """Of the audio that is live now: WebVTT, SRT, JSON by words, a page to read; JSON chapters 1.2."""
    return _answer(request, context, (briefing, file), pinned=False)


@get_and_head(
    router,
    "/briefings/{briefing}/{revision}/{file}",
    summary="A revision's transcript, chapters or picture",
    response_class=Response,
    responses=_ANSWERS | {200: {"content": _ANSWERS[200]["content"] | {kind: {} for kind in PICTURE_TYPES.values()}}},
)
def pinned(briefing: Name, revision: Number, file: FileForGood, request: Request, context: Here) -> Response:
    """Of one published revision, for whoever plays its MP3; they stay with it."""
    return _answer(request, context, (briefing, revision, file), pinned=True)


@get_and_head(
    router,
    "/briefings/{briefing}/{revision}/stream/{file}",
    summary="Audio that is still being made",
    response_class=Response,
    responses={
        200: {"content": {PLAYLIST.media_type: {}, SEGMENT.media_type: {}}},
        **responses("not_found", "withdrawn"),
    },
)
def stream(briefing: Name, revision: Number, file: File, request: Request, context: Here) -> Response:
    """The HLS playlist `audio.m3u8`, as far as the audio has come, and its segments; gone an hour after the MP3 is
    there.
    """
    missing = Problem("not_found", "there is no such stream, or no longer")
    if not all(is_name(part) for part in (briefing, revision, file)) or not revision.isdecimal():
        raise missing
    name = f"{stream_folder(briefing, int(revision))}/{file}"
    return serve_small(request, context, name, stream_serving(file), missing)


def _answer(request: Request, context: Here, parts: tuple[str, ...], *, pinned: bool) -> Response:
    briefing, name = parts[0], parts[-1]
    missing = Problem("not_found", f"briefing {briefing!r} has no such file")
    is_one = name in COMPANION_TYPES or (pinned and picture_type(name) is not None)
    if not is_one or not all(is_name(part) for part in parts):
        raise missing
    path = f"{briefing_folder('/'.join(parts[:-1]))}/{name}"
    response = serve_small(
        request,
        context,
        path,
        companion_serving(name, pinned=pinned, purged=bool(context.public.purge_command)),
        missing,
    )
    if name.endswith(".html"):
        response.headers["Content-Security-Policy"] = page_policy(context)
    return response


def page_policy(context: Context) -> str:
    """Return the policy of a transcript's page."""
    return _PAGE_POLICY + context.public.embed_sites
