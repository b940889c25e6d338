"""How long answers take, by route and status, and which webhooks were refused: the API process's own, for `/metrics`.

By the route's template, never by the address, and by reason, never by source: a thousand addresses are one line.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram
from structlog.contextvars import bound_contextvars

from briefing.following.hooks import Refusal
from briefing.observing.logs import get_logger
from briefing.observing.requests import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Seconds: a published file takes 0.001, recording work 0.02.
_BUCKETS = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

#: Requests that change nothing are too many to log each; one that takes this many seconds is worth a line.
_SLOW_S = 1.0
_SERVER_ERROR = 500
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

#: Routes that change nothing an editor would look for, and are as many as listeners.
_MANY = frozenset({"/v1/plays", "/v1/reports"})

_log = get_logger("api")


class HttpMeasures:
    """The measures of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Histogram(
            "briefcast_http_request_duration_seconds",
            "Time until an answer begins.",
            ["method", "route", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._hooks_refused = Counter(
            "briefcast_webhooks_refused", "Webhooks that were refused, by reason.", ["reason"], registry=self.registry
        )
        for reason in Refusal:
            # There from the first scrape on, so that the first refusal is a rise.
            self._hooks_refused.labels(reason.value)

    def hook_refused(self, reason: Refusal) -> None:
        """Note a webhook that was refused."""
        self._hooks_refused.labels(reason.value).inc()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answer."""
        self._answers.labels(method if method in _METHODS else "other", route, str(status)).observe(seconds)


class Observed:
    """Gives every request its ID, binds it to the logs, sends it back, and measures the answer."""

    def __init__(self, app: ASGIApp, measures: HttpMeasures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), None)
        found, begun, status = request_id(given.decode("latin-1") if given else None), time.perf_counter(), 500
        took_s = 0.0

        async def sending(message: Message) -> None:
            nonlocal status, took_s
            if message["type"] == "http.response.start":
                status, took_s = message["status"], time.perf_counter() - begun
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", found.encode())]
            await send(message)

        scope.setdefault("state", {})["request_id"] = found
        with bound_contextvars(request_id=found):
            try:
                await self._app(scope, receive, sending)
            except Exception:
                _log.exception("unforeseen error")
                raise
            finally:
                self._note(scope, status, took_s or time.perf_counter() - begun)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], getattr(scope.get("route"), "path", "") or "none"
        self._measures.observe(method, route, status, seconds)
        if (method not in _SAFE and route not in _MANY) or status >= _SERVER_ERROR or seconds > _SLOW_S:
            _log.info("answered", method=method, route=route, status=status, duration_s=round(seconds, 4))
