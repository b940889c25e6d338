"""Addresses below `/desk` at which there is nothing: a page says so, to those who are signed in."""

from __future__ import annotations

from fastapi import Response

from api.desk.pages import desk_router
from api.desk.people import Viewing
from api.problems import Problem

router = desk_router()


@router.get("/{rest:path}")
def nothing(rest: str, visitor: Viewing) -> Response:  # noqa: ARG001
    """Say that there is nothing."""
    raise Problem("not_found", "There is no such page at the desk.")
