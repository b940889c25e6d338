"""Middleware: bounded bodies, turns at the database, CORS for what is public, headers that browsers want.

Plain ASGI: streams stay streams.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

from api import problems
from api.rates import headers_for

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of a JSON request.
_MOST_BYTES = 1_000_000

#: Bytes of a CMS's webhook: Ghost sends all earlier versions of a post along, more with each edit.
_HOOKS = "/v1/hooks/"
_MOST_OF_HOOKS = 5_000_000

#: Take sound files, and bound them themselves as they come, once they know who sends them.
_UPLOADS = frozenset({"/v1/jingles", "/desk/jingles"})

#: What any website may fetch; the editors' API is for our own pages and for servers, which need no CORS.
_PUBLIC = (
    "/audio/",
    "/articles/",
    "/v1/articles/",
    "/v1/addresses/",
    "/shows/",
    "/briefings/",
    "/listen/",
    "/members/",
    "/player.js",
    "/player-hls.js",
    "/embed.js",
    "/v1/audio",
    "/oembed",
)

#: What any website's player may send.
_REPORTS = ("/v1/plays", "/v1/reports")

#: What needs the database, and how many such requests run at once. Each holds one of the server's 40 threads while it
#: waits for a busy database, and readers' files need threads too; the pool has 15 connections.
_WITH_DATABASE = (
    "/v1/briefings",
    "/v1/estimates",
    "/v1/voices",
    "/v1/audience",
    "/v1/lexicon",
    "/v1/reports",
    "/v1/shows",
    "/desk",
    _HOOKS,
    "/listeners/",
    "/members/",
)
_TURNS = 10

#: Seconds in which a JSON request's body must have come.
_BODY_S = 30.0

#: How long what is not there is kept: it may come any second, and CDNs keep for minutes what says nothing of it.
_MISSING = "public, max-age=5"

#: What is for those who have the address, or who have signed in.
_OF_SOMEBODY = ("/members/", "/listeners/", "/desk")

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    # For what states none of its own: JSON, problems and files, which are no pages. A browser that takes one for a page
    # all the same runs nothing in it and frames it nowhere.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

#: Where readers come by HTTPS, they never come by HTTP again. Not for subdomains, which may be others'.
_HSTS = "max-age=31536000"


#: What a page may read of the answers to it beside the body.
_EXPOSED = "Content-Range, Accept-Ranges, Content-Length, ETag"


class PublicCors:
    """CORS for the public paths: GET and HEAD from anywhere, without credentials. Told whoever asks, since a cache may
    hand a page what it kept of an app that named no origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._preflights = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD"],
            allow_headers=["Range", "If-Range", "If-None-Match", "If-Modified-Since"],
            max_age=86_400,
        )
        self._reports = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=["POST"], allow_headers=["Content-Type"], max_age=86_400
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflights and add headers on public paths only."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path in _REPORTS:
            await self._reports(scope, receive, send)
        elif not path.startswith(_PUBLIC):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await self._preflights(scope, receive, send)
        else:
            await self._app(scope, receive, _telling(send))


def _telling(send: Send) -> Send:
    """Return a `send` that says of an answer that pages of any site may have it."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = _EXPOSED
        await send(message)

    return sending


class SecurityHeaders:
    """Headers for every answer; pages add their own content security policy. `https`: how the outside reaches us."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        headers = _SECURITY | ({"Strict-Transport-Security": _HSTS} if https else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers that are not there."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", ())}
                more = [pair for pair in self._headers if pair[0] not in given]
                message["headers"] = [*message.get("headers", ()), *more]
                headers = MutableHeaders(scope=message)
                standing = scope.get("state", {}).get("rate_limit")
                for name, value in headers_for(standing).items() if standing else ():
                    headers.setdefault(name, value)
                if scope["path"].startswith(_PUBLIC):
                    # Framed and loaded by other sites' pages.
                    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
                elif scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
                if message["status"] == 404 and not scope["path"].startswith(_OF_SOMEBODY):  # noqa: PLR2004
                    headers.setdefault("Cache-Control", _MISSING)
            await send(message)

        await self._app(scope, receive, sending)


class DatabaseTurns:
    """Lets only so many requests at the database at once, until each begins to answer; the others wait in line. Uploads
    are let by: they may come slowly, and are at the database for a moment at either end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turns = asyncio.Semaphore(_TURNS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for a turn where one is needed."""
        if scope["type"] != "http" or not _takes_turns(scope):
            await self._app(scope, receive, send)
            return
        await self._turns.acquire()
        held = True

        async def sending(message: Message) -> None:
            nonlocal held
            if held and message["type"] == "http.response.start":
                held = False
                self._turns.release()
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if held:
                self._turns.release()


class OneLength:
    """Refuses requests that state their length twice (`Content-Length` beside `Transfer-Encoding`): what stands before
    us may read another one and take what follows for the next request (RFC 9112 6.3).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer such a request, and close its connection."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if "transfer-encoding" in headers and "content-length" in headers:
                response = problems.answer(
                    "bad_request", "the request states its length twice", headers={"Connection": "close"}
                )
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuses request bodies beyond the bounds on bytes and time, whatever their headers claim."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the bound, then hand it on."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"} or _is_upload(scope):
            await self._app(scope, receive, send)
            return
        most = _MOST_OF_HOOKS if scope["path"].startswith(_HOOKS) else _MOST_BYTES
        try:
            async with asyncio.timeout(_BODY_S):
                body = await _bounded(scope, receive, most)
        except ClientDisconnect:
            return
        except TimeoutError:
            response = problems.answer("bad_request", "the body took too long", headers={"Connection": "close"})
            await response(scope, receive, send)
            return
        if body is None:
            response = problems.answer("request_too_large", f"the limit is {most:,} bytes")
            await response(scope, receive, send)
            return
        await self._app(scope, _replayed(body, receive), send)


def _takes_turns(scope: Scope) -> bool:
    """Tell whether a request is one of those of which only so many are let at the database at once."""
    saved = scope["method"] in {"PUT", "POST", "DELETE"} and scope["path"].startswith("/v1/articles/")
    return (saved or scope["path"].startswith(_WITH_DATABASE)) and not _is_upload(scope)


def _is_upload(scope: Scope) -> bool:
    """Tell whether a route bounds the body itself; a form is read whole before it is known who sends it."""
    is_form = Headers(scope=scope).get("content-type", "").startswith("application/x-www-form-urlencoded")
    return scope["path"] in _UPLOADS and scope["method"] == "POST" and not is_form


async def _bounded(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """Return the body, None for one that is too large. Raises ClientDisconnect."""
    claimed = Headers(scope=scope).get("content-length", "0")
    if claimed.isdecimal() and int(claimed[:20]) > most:
        return None
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            return None
    return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body read already, then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
