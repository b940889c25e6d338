"""`/desk/jingles`: hear them, upload and remove them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import FileResponse

from api import jingles as api_jingles
from api.context import Here
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Editing, Viewing
from api.jingles import Name
from api.problems import Problem
from briefing.podcasts import jingles
from briefing.podcasts.show import JinglePart
from briefing.podcasts.shows import listed_shows
from briefing.values import NAME_PATTERN

router = desk_router()

TOLD.update(
    jingle_uploaded="It is being checked; programmes use it once that is done.",
    jingle_removed="The jingle is removed.",
)


@router.get("/jingles")
def show(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show the newsroom's own jingles, and who uses them."""
    with context.database.reading() as session:
        found, shows = jingles.list_jingles(session), listed_shows(session)
    users = {
        (jingle.name, jingle.part): [slug for slug, one in shows.items() if getattr(one, jingle.part) == jingle.name]
        for jingle in found
    }
    values = {"jingles": found, "users": users, "parts": jingles.PARTS, "most_mb": jingles.MOST_BYTES // 1_000_000}
    return page(request, "jingles.html", visitor, values)


@router.get("/jingles/{name}/{part}/sound")
def sound(name: Name, part: JinglePart, context: Here, visitor: Viewing) -> Response:  # noqa: ARG001
    """A jingle as programmes use it."""
    with context.database.reading() as session:
        found = jingles.find_jingle(session, name, part)
    path = context.storages.blobs.path(found.sha256) if found.sha256 else None
    if path is None:
        raise Problem("unknown_jingle", "It has not been checked yet.")
    return FileResponse(path, media_type="audio/flac", headers={"Cache-Control": "private, no-store"})


@router.post("/jingles")
async def upload(
    request: Request,
    context: Here,
    visitor: Editing,
    name: Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")],
    part: JinglePart,
) -> Response:
    """Take a sound file, which is the body itself; the page's script sends it so, and goes on by itself."""
    await api_jingles.add(request, Response(), context, visitor.caller, name, part)
    return Response(status_code=202, headers={"Cache-Control": "no-store"})


@router.post("/jingles/{name}/{part}/remove")
def remove(name: Name, part: JinglePart, context: Here, visitor: Editing) -> Response:
    """Remove a jingle that no show uses."""
    api_jingles.remove(name, part, context, visitor.caller)
    return see_other("/desk/jingles", "jingle_removed")
