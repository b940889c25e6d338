"""Routes that answer GET and HEAD alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import APIRouter

_Route = TypeVar("_Route", bound="Callable[..., Any]")


def get_and_head(router: APIRouter, path: str, **described: Any) -> Callable[[_Route], _Route]:  # noqa: ANN401  FastAPI's
    """Return the decorator that serves `path` to GET and HEAD, and describes it once."""

    def add(route: _Route) -> _Route:
        router.add_api_route(path, route, methods=["GET"], **described)
        router.add_api_route(path, route, methods=["HEAD"], include_in_schema=False)
        return route

    return add
