"""Pronunciations, what they concern and what is spoken anew, as they are answered. Decides and records nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from api.schemas import lexicon as schemas
from briefing.pronunciations import radius, respeaks
from briefing.pronunciations.lexicons import Origin
from briefing.pronunciations.radius import Rate
from briefing.settings import WorkSettings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.context import Context
    from briefing.models import RespeakRow
    from briefing.pronunciations.changes import Change
    from briefing.pronunciations.lexicon import LexiconEntry
    from briefing.pronunciations.radius import Radius

#: Briefings that are named of those concerned.
MOST_NAMED = 50

#: Of a respeak's row.
_AS_THEY_ARE = ("id", "state", "show", "written", "language", "words", "undoes", "total")


def rates_of(context: Context) -> dict[str, Rate]:
    """Return what the voices of this installation cost."""
    return {voice.id: Rate(voice.price_per_million_characters, voice.cpu_per_second) for voice in context.catalogue}


def radius_view(found: Radius, change: Change, context: Context) -> schemas.RadiusView:
    """Return the radius of one word as it is answered."""
    before = view_of(change.before, change)
    return schemas.RadiusView(
        written=change.entry.written, changes=_kind(change), before=before, **figures_of(found, context)
    )


def figures_of(found: Radius, context: Context) -> dict[str, Any]:
    """Return the fields of `schemas.RadiusFigures`."""
    cost = radius.cost(found.parts, rates_of(context))
    voices: dict[str, int] = {}
    for part in found.parts:
        voices[part.voice] = voices.get(part.voice, 0) + part.briefings
    return {
        "briefings": found.briefings,
        "segments": sum(part.segments for part in found.parts),
        "takes": cost.chunks,
        "audio_s": round(cost.audio_to_speak_s, 1),
        "programme_s": round(cost.audio_s, 1),
        "characters": cost.characters,
        "money": round(cost.money, 4),
        "cpu_s": round(cost.cpu_s, 1),
        "cpu_unmeasured": cost.cpu_unmeasured,
        "wall_s": round(cost.cpu_s / WorkSettings().workers, 1),
        "storage_bytes": cost.storage_bytes,
        "voices": [schemas.VoiceInUse(voice=voice, briefings=number) for voice, number in voices.items()],
        "first": [schemas.ConcernedView(**{**vars(one), "audio_s": one.audio_ms / 1000}) for one in found.first],
    }


def _kind(change: Change) -> Literal["adds", "replaces", "removes", "nothing"]:
    if change.before == change.after:
        return "nothing"
    return "removes" if change.after is None else "adds" if change.before is None else "replaces"


def respeak_view(session: Session, row: RespeakRow, context: Context) -> schemas.RespeakView:
    """Return a respeak as it is answered."""
    named = respeaks.changes_of_respeak(session, row, MOST_NAMED)
    alone = change_view(named[0]) if row.words == 1 else schemas.WordChange(before=None, after=None)
    here = f"{context.address}/v1/lexicon/respeaks/{row.id}"
    return schemas.RespeakView.model_validate(
        {
            **{name: getattr(row, name) for name in _AS_THEY_ARE},
            **vars(respeaks.progress(session, row)),
            "before": alone.before,
            "after": alone.after,
            "changes": [change_view(change) for change in named],
            "created_at": row.created_at,
            "by": row.requested_by,
            "first": [
                {"briefing": briefing, "title": title, "state": state or "waiting"}
                for briefing, title, state in respeaks.places(session, row, MOST_NAMED)
            ],
            "links": {"self": here, "undo": f"{here}/undo"},
        }
    )


def change_view(change: Change) -> schemas.WordChange:
    """Return a change as it is answered."""
    return schemas.WordChange(before=view_of(change.before, change), after=view_of(change.after, change))


def view_of(entry: LexiconEntry | None, change: Change) -> schemas.EntryView | None:
    """Return one side of a change as it is answered; None where there is nothing."""
    return view(entry, change.show, Origin.DESK) if entry else None


def view(entry: LexiconEntry, show: str | None, origin: Origin) -> schemas.EntryView:
    """Return a pronunciation as it is answered."""
    return schemas.EntryView(**entry.model_dump(mode="json"), show=show, origin=origin.value)
