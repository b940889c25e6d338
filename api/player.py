"""`/player.js`: the web player of this release, whether or not anything has been published. Needs no database."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache

from fastapi import APIRouter, Request, Response

from api.published import none_match
from api.routes import get_and_head
from briefing.player import player_script
from briefing.public_names import PLAYER

router = APIRouter(tags=["published"])


@get_and_head(
    router,
    "/player.js",
    summary="The web player",
    response_class=Response,
    responses={200: {"content": {"text/javascript": {}}}},
)
def player(request: Request) -> Response:
    """`<briefcast-player>` in one file, compressed where the browser takes that."""
    packed = "gzip" in request.headers.get("accept-encoding", "")
    content, tag = _packed() if packed else _plain()
    headers = {"ETag": tag, "Cache-Control": PLAYER.cache, "Vary": "Accept-Encoding"}
    if none_match(request.headers, tag):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=PLAYER.media_type, headers=headers)


@cache
def _plain() -> tuple[bytes, str]:
    return player_script(), f'"{hashlib.sha256(player_script()).hexdigest()}"'


@cache
def _packed() -> tuple[bytes, str]:
    # Other bytes, so another tag (RFC 9110 8.8.3.3).
    return gzip.compress(player_script(), mtime=0), f'{_plain()[1][:-1]}-gzip"'
