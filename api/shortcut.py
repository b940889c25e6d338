"""Middleware: what is asked for most is answered before the routing, by the same functions that the routes use.

An article's audio JSON, which players ask for at every view, where it is at hand; the word by which nginx sends an MP3,
which it asks for at every range; a briefing's status, which callers poll. Routing and dependencies cost more than all
the rest of such an answer. What is not as usual (a path, a method, an `Authorization` that is no bearer's) goes on to
the route.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from fastapi.security import HTTPAuthorizationCredentials
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from api import problems
from api.elsewhere import sent_elsewhere
from api.problems import Problem
from api.published import ARTICLE_AUDIO, MP3, small_answer
from api.seeing import ID, SEEING
from briefing.errors import BriefcastError
from briefing.public_names import ARTICLE, audio_serving, audio_sha256

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.context import Context

_BEFORE, _AFTER = ARTICLE_AUDIO.partition("{")[0], f"/{ARTICLE_AUDIO.rpartition('/')[2]}"

_STATUS = re.compile(f"/v1/briefings/({ID})")

#: Threads that look for those who poll: each look is a few short calls of the database's driver, and more threads only
#: take turns at the interpreter (10: 568 answers a second of CPU on an idle machine, 4: 784, 1: 874). More than one, as
#: a server on another host answers in its own time.
_THREADS = 4

_BEARER = re.compile(r"Bearer (\S+)")


@dataclass(frozen=True)
class _Route:
    """What the measures name an answer by."""

    path: str


_AUDIO_ROUTE, _STATUS_ROUTE, _MP3_ROUTE = _Route(ARTICLE_AUDIO), _Route("/v1/briefings/{briefing_id}"), _Route(MP3)


class Shortcut:
    """Answers GET and HEAD of article audio JSON where it is kept and of MP3s that nginx sends, GET of a briefing by a
    key.
    """

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app, self._context, self._small = app, context, context.small
        self._mp3_cache = audio_serving(purged=bool(context.public.purge_command)).cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        response = None
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            response = self._audio(scope) or self._mp3(scope) or await self._status(scope)
        await (response or self._app)(scope, receive, send)

    @cached_property
    def _threads(self) -> CapacityLimiter:
        """Made in the event loop."""
        return CapacityLimiter(_THREADS)

    def _audio(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        # Names are addresses, and none is kept that the route has not found to be one.
        is_ours = path.startswith(_BEFORE) and path.endswith(_AFTER)
        kept = self._small.kept(path[1:]) if is_ours else None
        if kept is None:
            return None
        scope["route"] = _AUDIO_ROUTE
        return small_answer(Headers(scope=scope), kept, ARTICLE)

    def _mp3(self, scope: Scope) -> Response | None:
        name = scope["path"][1:]
        # A look into a local folder: a few microseconds, which no thread is worth.
        if not self._context.public.accel or audio_sha256(name) is None or self._context.files.path(name) is None:
            return None
        scope["route"] = _MP3_ROUTE
        request = Request(scope)
        return sent_elsewhere(request, self._context, name, self._mp3_cache, request.query_params.get("download"))

    async def _status(self, scope: Scope) -> Response | None:
        named = _STATUS.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        request = Request(scope)
        sent = _BEARER.fullmatch(request.headers.get("authorization", "")) if named else None
        if named is None or sent is None:
            return None
        scope["path_params"] = {"briefing_id": named[1]}
        credentials = HTTPAuthorizationCredentials(scheme="Bearer", credentials=sent[1])
        scope["route"] = _STATUS_ROUTE
        try:
            seen = await to_thread.run_sync(SEEING, request, self._context, credentials, limiter=self._threads)
        except Problem as error:
            return problems.answer(error.code, error.detail, error.hint, error.headers)
        except BriefcastError as error:
            return problems.answer_error(error)
        return Response(seen, media_type="application/json")
