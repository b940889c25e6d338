"""Nothing under `/v1` is open unless it is listed here: an app with a route that forgot its scope does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.context import ScopeDemand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant

    from briefing.accounts.keys import Scope

#: What website players fetch: for everybody, like the audio itself. To read, that is.
_OPEN = frozenset({"/v1/articles/{source}/{article}/audio", "/v1/addresses/{hashed}", "/v1/audio"})
_READING = frozenset({"GET", "HEAD"})

#: What they report, to write; and what CMSes send, which is let in by its signature.
_REPORTS = {"/v1/plays": {"POST"}, "/v1/reports": {"POST"}, "/v1/hooks/{source}": {"POST"}}


def check_guarded(app: FastAPI) -> None:
    """Raise RuntimeError for a route under `/v1` that neither demands a scope nor is open on purpose."""
    for route in all_routes(app):
        path = getattr(route, "path", "")
        methods = getattr(route, "methods", None) or {"?"}
        is_open = (path in _OPEN and methods <= _READING) or methods == _REPORTS.get(path)
        if path.startswith("/v1") and not is_open and not demands(route):
            message = f"the route {path} demands no scope"
            raise RuntimeError(message)


def all_routes(app: FastAPI) -> Iterator[Any]:
    """Yield every route and mount. Newer FastAPIs keep an included router as one route that holds its own."""
    for route in app.routes:
        inner = getattr(route, "effective_route_contexts", None)
        for found in inner() if inner is not None else [route]:
            yield getattr(found, "starlette_route", None) or found


def demands(route: Any) -> set[Scope]:  # noqa: ANN401  FastAPI has several kinds of routes
    """Return the scopes that a route demands, by itself or by what it depends on."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    return _demanded(dependant) if dependant is not None else set()


def _demanded(dependant: Dependant) -> set[Scope]:
    found = {dependant.call.scope} if isinstance(dependant.call, ScopeDemand) else set()
    return found.union(*(_demanded(inner) for inner in dependant.dependencies))
