"""`/player.js`, `/player-hls.js` and `/embed.js` of this release, whether or not anything has been published.

Needs no database.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from api.published import none_match
from api.routes import get_and_head
from api.small_files import takes_gzip
from briefing.player import embed_script, hls_script, player_script
from briefing.public_names import PLAYER

if TYPE_CHECKING:
    from collections.abc import Callable

router = APIRouter(tags=["published"])

_SCRIPT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/javascript": {}}}}


@get_and_head(router, "/player.js", summary="The web player", response_class=Response, responses=_SCRIPT)
def player(request: Request) -> Response:
    """`<briefcast-player>` in one file, compressed where the browser takes that."""
    return _served(request, player_script)


@get_and_head(router, "/player-hls.js", summary="HLS for the web player", response_class=Response, responses=_SCRIPT)
def hls(request: Request) -> Response:
    """What the player fetches to play audio that is being made, where the browser cannot by itself."""
    return _served(request, hls_script)


@get_and_head(router, "/embed.js", summary="The web player in one line", response_class=Response, responses=_SCRIPT)
def embed(request: Request) -> Response:
    """Puts a player for the page's article where the script stands."""
    return _served(request, embed_script)


def _served(request: Request, script: Callable[[], bytes]) -> Response:
    packed = takes_gzip(request.headers)
    content, tag = (_packed if packed else _plain)(script)
    headers = {"ETag": tag, "Cache-Control": PLAYER.cache, "Vary": "Accept-Encoding"}
    if none_match(request.headers, tag):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=PLAYER.media_type, headers=headers)


@cache
def _plain(script: Callable[[], bytes]) -> tuple[bytes, str]:
    return script(), f'"{hashlib.sha256(script()).hexdigest()}"'


@cache
def _packed(script: Callable[[], bytes]) -> tuple[bytes, str]:
    # Other bytes, so another tag (RFC 9110 8.8.3.3).
    return gzip.compress(script(), mtime=0), f'{_plain(script)[1][:-1]}-gzip"'
