"""`/desk/shows` and `/desk/voices`: what the newsroom is set up with. Settings are changed in `briefcast.toml`."""

from __future__ import annotations

from fastapi import Request, Response

from api.context import Here
from api.desk.pages import desk_router, page
from api.desk.people import Viewing
from briefing import worklist
from briefing.shows import listed_shows, listed_sources

router = desk_router()

#: Seconds of live audio that are played for a sample.
_SAMPLE_S = 20


@router.get("/shows")
def shows(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show the shows and their sources."""
    with context.database.reading() as session:
        found, sources = listed_shows(session), listed_sources(session)
    first = next(iter(found), None)
    from_where: dict[str, list[str]] = {slug: [] for slug in found}
    for source in sources.values():
        home = source.show or first
        if home in from_where:
            from_where[home].append(f"{source.name} ({source.kind})")
    values = {"shows": list(found.values()), "sources": from_where, "default_voice": context.speech.voice}
    return page(request, "shows.html", visitor, values)


@router.get("/voices")
def voices(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show the voices, those in use first, with something they said where there is any."""
    with context.database.reading() as session:
        samples, found = worklist.heard_voices(session), listed_shows(session)
    used: dict[str, list[str]] = {}
    for show in found.values():
        for voice in show.casting(context.speech.voice).voices:
            used.setdefault(voice, []).append(show.slug)
    known = sorted(context.catalogue, key=lambda voice: (voice.id not in used, voice.language, voice.id))
    values = {"voices": known, "samples": samples, "used": used, "sample_s": _SAMPLE_S}
    return page(request, "voices.html", visitor, values)
