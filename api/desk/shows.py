"""`/desk/shows` and `/desk/voices`: what the newsroom is set up with. Settings are changed in `briefcast.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from sqlalchemy import select

from api import digests as digest_routes
from api.context import Here
from api.desk.pages import desk_router, page, see_other
from api.desk.people import Editing, Viewing
from api.digests import DigestSlug
from briefing.digesting import digests
from briefing.models import DigestRow, IssueRow
from briefing.observing import worklist
from briefing.podcasts.shows import listed_shows, listed_sources

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = desk_router()

#: Why a time went by without a digest, in words.
WHY = {digests.LATE: "nothing ran when it was due", digests.NOTHING: "no story was there for it"}

#: What a voice says for a sample, by its language; of other languages' voices in English. A hundred characters at most.
LINES: dict[str, str] = {
    "en": "The council meets on Thursday. Here is what it is about to decide, and why.",
    "de": "Der Rat tagt am Donnerstag. Was er entscheiden wird, und warum.",
    "es": "El consejo se reúne el jueves. Esto es lo que va a decidir, y por qué.",
    "fr": "Le conseil se réunit jeudi. Voici ce qu’il va décider, et pourquoi.",
    "uk": "Рада збирається в четвер. Ось що вона має вирішити й чому.",
}

#: Seconds of live audio that are played for a sample.
_SAMPLE_S = 20


@router.get("/shows")
def shows(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show the shows and their sources."""
    with context.database.reading() as session:
        found, sources = listed_shows(session), listed_sources(session)
        due = _digests(session)
    first = next(iter(found), None)
    from_where: dict[str, list[str]] = {slug: [] for slug in found}
    for source in sources.values():
        home = source.show or first
        if home in from_where:
            from_where[home].append(f"{source.name} ({source.kind})")
    values = {
        "shows": list(found.values()),
        "sources": from_where,
        "default_voice": context.speech.voice,
        "digests": due,
    }
    return page(request, "shows.html", visitor, values)


@router.post("/digests/{slug}/make")
def make_digest(slug: DigestSlug, context: Here, visitor: Editing) -> Response:
    """Have today's made, or made again, as when its time went by without one."""
    shown = digest_routes.make(slug, Response(), context, visitor.caller)
    return see_other(f"/desk/briefings/{shown.id}", "asked")


def _digests(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Return the digests by their show: when each is due, what came of it last, and its newest briefing."""
    found: dict[str, list[dict[str, Any]]] = {}
    for digest in digests.listed_digests(session).values():
        row = session.get_one(DigestRow, digest.slug)
        newest = select(IssueRow.briefing_id).where(IssueRow.digest == digest.slug).order_by(IssueRow.issue.desc())
        skipped = row.skipped_at is not None and (row.made_at is None or row.made_at < row.skipped_at)
        told = {
            "digest": digest,
            "due_at": row.due_at,
            "made_at": row.made_at,
            "skipped_at": row.skipped_at if skipped else None,
            "why": WHY.get(row.skipped_why or "", "its workers failed: see their log"),
            "briefing": session.scalar(newest.limit(1)),
        }
        found.setdefault(digest.show, []).append(told)
    return found


@router.get("/voices")
def voices(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show the voices, those in use first, with what each said last and a line that each says when it is asked to."""
    with context.database.reading() as session:
        samples, found = worklist.heard_voices(session), listed_shows(session)
    used: dict[str, list[str]] = {}
    for show in found.values():
        for voice in show.casting(context.speech.voice).voices:
            used.setdefault(voice, []).append(show.slug)
    known = sorted(context.catalogue, key=lambda voice: (voice.id not in used, voice.language, voice.id))
    lines = {voice.id: line_of(voice.language) for voice in known}
    values = {"voices": known, "samples": samples, "used": used, "sample_s": _SAMPLE_S, "lines": lines}
    return page(request, "voices.html", visitor, values)


def line_of(language: str) -> tuple[str, str]:
    """Return what a voice of a language, as a BCP 47 tag, says for a sample, and in which language that is."""
    plain = language.partition("-")[0].lower()
    spoken = plain if plain in LINES else "en"
    return LINES[spoken], spoken
