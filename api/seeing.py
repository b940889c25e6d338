"""A briefing's status: who asks is looked up, and the answer read, in one thread and one session. Callers poll it.

Used by the route, and by `api.shortcut` before the routing. Knows no routes.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from api import views
from api.context import Context, Credentials, Here, ScopeDemand
from api.problems import Problem
from briefing.accounts.keys import Scope
from briefing.models import BriefingRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: A briefing's ID.
ID = "[0-9a-f]{16}"


class Seeing(ScopeDemand):
    """Demands its scope and reads the answer about the briefing that the path names."""

    def __call__(self, request: Request, context: Here, credentials: Credentials) -> bytes:  # type: ignore[override]
        """Return the answer; nothing for what is no ID, which the route refuses."""
        look = partial(_seen, context, request.path_params["briefing_id"])
        return self.admitted(request, context, credentials, look)[1]


def briefing_row(session: Session, briefing_id: str) -> BriefingRow:
    """Return a briefing. Raises Problem."""
    row = session.get(BriefingRow, briefing_id)
    if row is None:
        raise Problem("unknown_briefing", f"there is no briefing {briefing_id!r}")
    return row


def _seen(context: Context, briefing_id: str, session: Session) -> bytes:
    if not re.fullmatch(ID, briefing_id):
        return b""

    def made() -> tuple[bytes, bool]:
        view = views.briefing(session, briefing_row(session, briefing_id), context)
        return view.model_dump_json().encode(), view.revision.waiting is None and not view.held_by

    return context.shown.get(session, briefing_id, made)


#: The dependency of the route that answers it.
SEEING = Seeing(Scope.READ)

Seen = Annotated[bytes, Depends(SEEING)]
