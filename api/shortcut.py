"""Middleware: an article's audio JSON that is at hand is answered before the routing, by the same function.

Players ask for it at every view. Routing, dependencies and two threads cost more than all the rest of such an answer.
Only what the route itself has read lately is answered here; all else goes on to it, refusals included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from api.published import ARTICLE_AUDIO, small_answer
from briefing.public_names import ARTICLE

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.small_files import SmallFiles

_BEFORE, _AFTER = ARTICLE_AUDIO.partition("{")[0], f"/{ARTICLE_AUDIO.rpartition('/')[2]}"


@dataclass(frozen=True)
class _Route:
    """What the measures name an answer by."""

    path: str = ARTICLE_AUDIO


class Shortcut:
    """Answers GET and HEAD of article audio JSON from `small`, where it is kept."""

    def __init__(self, app: ASGIApp, small: SmallFiles) -> None:
        self._app, self._small, self._route = app, small, _Route()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            path: str = scope["path"]
            # Names are addresses, and none is kept that the route has not found to be one.
            is_ours = path.startswith(_BEFORE) and path.endswith(_AFTER)
            kept = self._small.kept(path[1:]) if is_ours else None
            if kept is not None:
                scope["route"] = self._route
                await small_answer(Headers(scope=scope), kept, ARTICLE)(scope, receive, send)
                return
        await self._app(scope, receive, send)
