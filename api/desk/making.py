"""`/desk`: what is being made, held, failed and recently live."""

from __future__ import annotations

from fastapi import Request, Response

from api.desk.pages import desk_router, page
from api.desk.people import Viewing

router = desk_router()


@router.get("")
def home(request: Request, visitor: Viewing) -> Response:
    """Show the newsroom's work."""
    return page(request, "home.html", visitor)
