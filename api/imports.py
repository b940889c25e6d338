"""`/v1/lexicon/imports`: a whole list of pronunciations recorded, what it changes of all that is live, and that spoken
anew. Speaks nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from api import lexicon, lexicon_views
from api.context import Context, Generator, Here, Reader
from api.once import IdempotencyKey
from api.problems import KEY_PROBLEMS, Problem, responses
from api.schemas import lexicon as schemas
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.pronunciations import radius, respeaks
from briefing.pronunciations.word_lists import Differences, differences, read_list

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller
    from briefing.pronunciations.changes import Change
    from briefing.pronunciations.lexicon import LexiconEntry

router = APIRouter(prefix="/v1/lexicon/imports", tags=["lexicon"])

#: Faults that one answer tells of, and words that it names.
_MOST_FAULTS = 5
_MOST_WORDS = 200

_REFUSALS = (*KEY_PROBLEMS, "invalid_request", "lexicon_invalid", "unknown_show")


@router.post("", summary="Record a list of pronunciations", responses=responses(*_REFUSALS))
def record(body: schemas.ListRequest, context: Here, caller: Generator) -> schemas.ListChanged:
    """All of it or, where a line is wrong, nothing. It counts for audio that is made from now on; what is published
    stays as it is until it is made again: `POST /v1/lexicon/imports/respeaks`.
    """
    entries = _read(body)
    with context.database.writing() as session:
        lexicon.demand_show(session, body.show)
        found = keep(session, body.show, entries, caller, datetime.now(UTC))
    return _changed(found)


@router.post("/radius", summary="What a list of pronunciations changes", responses=responses(*_REFUSALS))
def see_radius(body: schemas.ListRequest, context: Here, caller: Reader) -> schemas.ListRadiusView:  # noqa: ARG001
    """Which live briefings say any of its words, in order of audience, and what speaking that anew takes and costs.
    Words that are recorded as they are already count only where all of them are: what was imported before, and not
    spoken anew. Records nothing.
    """
    entries = _read(body)
    with context.database.reading() as session:
        lexicon.demand_show(session, body.show)
        return radius_view(session, differences(session, body.show, entries), context)


@router.post(
    "/respeaks",
    status_code=202,
    summary="Have a list of pronunciations count for what is published",
    responses=responses(*_REFUSALS, "cost_not_confirmed", "idempotency_key_reused", "quota_exceeded", "too_many_open"),
)
def respeak(
    body: schemas.ListRespeakRequest,
    response: Response,
    context: Here,
    caller: Generator,
    idempotency_key: IdempotencyKey = None,
) -> schemas.RespeakView:
    """Records the list and has all live briefings made again that it concerns, each once however many of its words it
    says, as `POST /v1/lexicon/respeaks` does for one word. Follow it at `links.self`; `links.undo` takes it all back.
    """
    changes = heard(body.show, _read(body))
    work = lexicon.respeaking(context, caller, changes, body.briefings, confirmed=body.confirm_cost)
    asked = lexicon.sent(caller, idempotency_key, "list-respeak/1", body)
    return lexicon.shown(context, response, work, asked)


def keep(
    session: Session, show: str | None, entries: Sequence[LexiconEntry], caller: Caller, now: datetime
) -> Differences:
    """Record a list, and who brought it. Needs a writing session."""
    found = differences(session, show, entries)
    changed = respeaks.record_changes(session, (*found.new, *found.replaced), now)
    detail = f"{show or 'newsroom'}: {changed} of {len(entries)}"
    audit.record(session, now, Action.LEXICON_IMPORT, caller, detail=detail)
    return found


def heard(show: str | None, entries: Sequence[LexiconEntry]) -> Callable[[Session], Sequence[Change]]:
    """Return what reads the changes of a list that are to be heard. That raises Problem for an unknown show."""

    def changes(session: Session) -> Sequence[Change]:
        lexicon.demand_show(session, show)
        return differences(session, show, entries).heard

    return changes


def radius_view(session: Session, found: Differences, context: Context) -> schemas.ListRadiusView:
    """Return what a list changes, as it is answered."""
    concerned = radius.radius(session, found.heard, datetime.now(UTC), lexicon_views.MOST_NAMED)
    return schemas.ListRadiusView(**vars(_changed(found)), **lexicon_views.figures_of(concerned, context))


def _read(body: schemas.ListRequest) -> Sequence[LexiconEntry]:
    """Return the entries of a list. Raises Problem for one with a fault, or without a word."""
    entries, faults = read_list(body.content, body.language)
    if faults:
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise Problem("lexicon_invalid", "; ".join(faults[:_MOST_FAULTS]) + more)
    if not entries:
        raise Problem("lexicon_invalid", "the list has no word")
    return entries


def _changed(found: Differences) -> schemas.ListChanged:
    named = (*found.replaced, *found.new)[:_MOST_WORDS]
    return schemas.ListChanged(
        new=len(found.new),
        replaced=len(found.replaced),
        unchanged=len(found.unchanged),
        changes=[lexicon_views.change_view(change) for change in named],
    )
