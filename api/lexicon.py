"""`/v1/lexicon`: pronunciations, what they change of all that is live, and having that spoken anew. Speaks nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response

from api import quotas
from api.asking import named_show
from api.context import Context, Generator, Here, Reader
from api.lexicon_views import MOST_NAMED, radius_view, respeak_view, view, view_of
from api.once import IdempotencyKey, Sent, once_named
from api.problems import KEY_PROBLEMS, Problem, responses
from api.schemas import Text
from api.schemas import lexicon as schemas
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.errors import BadInput
from briefing.hashing import stable_hash
from briefing.models import RespeakRow
from briefing.pronunciations import changes, guessed, lexicons, radius, respeaks
from briefing.pronunciations.changes import Change
from briefing.pronunciations.foreseeing import Foreseen, as_of_now, foresee
from briefing.pronunciations.lexicon import LexiconEntry, make_entry
from briefing.revisions import Asker
from briefing.states import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller

router = APIRouter(prefix="/v1/lexicon", tags=["lexicon"])

RespeakId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=["5f2b8c1e9a7d4036"])]

_REFUSALS = (*KEY_PROBLEMS, "invalid_request", "lexicon_invalid", "unknown_show")


@router.get("/entries", summary="Pronunciations", responses=responses(*KEY_PROBLEMS, "unknown_show"))
def entries(
    context: Here,
    caller: Reader,  # noqa: ARG001  demands the scope
    show: Annotated[Text | None, Query(description="A show's own; by default the newsroom's.")] = None,
) -> list[schemas.EntryView]:
    """Those made by hand, then those of the settings file; what ships is not listed."""
    with context.database.reading() as session:
        demand_show(session, show)
        return [view(entry, show, origin) for entry, origin in lexicons.listed_entries(session, show)]


@router.put("/entries", summary="Record a pronunciation", responses=responses(*_REFUSALS))
def put(body: schemas.PronunciationRequest, context: Here, caller: Generator) -> schemas.EntryChanged:
    """Takes the place of what was recorded by hand for the word. It counts for audio that is made from now on; what is
    published stays as it is until it is made again: `POST /v1/lexicon/respeaks`.
    """
    return _recorded(body, context, caller, remove=False)


@router.delete("/entries", summary="Remove a pronunciation", responses=responses(*_REFUSALS))
def remove(context: Here, caller: Generator, query: Annotated[schemas.WordRequest, Query()]) -> schemas.EntryChanged:
    """Takes back what was recorded by hand for the word; what the settings file has is removed there."""
    return _recorded(query, context, caller, remove=True)


@router.post("/radius", summary="What a pronunciation changes", responses=responses(*_REFUSALS))
def see_radius(body: schemas.ChangeRequest, context: Here, caller: Reader) -> schemas.RadiusView:  # noqa: ARG001
    """Which live briefings say the word, in order of audience, and what speaking that anew takes and costs. Reads no
    script and records nothing; words of what went live a few seconds ago may be missing.
    """
    with context.database.reading() as session:
        change = read_change(session, body, remove=body.remove)
        return radius_view(radius.radius(session, [change], datetime.now(UTC), MOST_NAMED), change, context)


@router.post(
    "/respeaks",
    status_code=202,
    summary="Have a pronunciation count for what is published",
    responses=responses(*_REFUSALS, "cost_not_confirmed", "idempotency_key_reused", "quota_exceeded", "too_many_open"),
)
def respeak(
    body: schemas.RespeakRequest,
    response: Response,
    context: Here,
    caller: Generator,
    idempotency_key: IdempotencyKey = None,
) -> schemas.RespeakView:
    """Records the pronunciation and has all live briefings made again that it concerns, without fetching their
    articles: the most heard at once, the others as bulk work. What plays stays until the new audio has passed its
    checks. Follow it at `links.self`; `links.undo` takes it back. Asked for once more while it is under way, it is the
    same one.
    """
    work = respeaking(context, caller, changes_of(body), body.briefings, confirmed=body.confirm_cost)
    return shown(context, response, work, sent(caller, idempotency_key, "respeak/1", body))


@router.get(
    "/respeaks/{respeak_id}", summary="See how far a respeak is", responses=responses(*KEY_PROBLEMS, "unknown_respeak")
)
def see_respeak(respeak_id: RespeakId, context: Here, caller: Reader) -> schemas.RespeakView:  # noqa: ARG001
    """How many briefings wait, are being made, are done, failed."""
    with context.database.reading() as session:
        row = session.get(RespeakRow, respeak_id)
        if row is None:
            raise _unknown(respeak_id)
        return respeak_view(session, row, context)


@router.post(
    "/respeaks/{respeak_id}/undo",
    status_code=202,
    summary="Take a respeak back",
    responses=responses(*KEY_PROBLEMS, "unknown_respeak", "lexicon_changed"),
)
def undo(respeak_id: RespeakId, response: Response, context: Here, caller: Generator) -> schemas.RespeakView:
    """The pronunciation is again what it was. What waits is not made; what was made again is made again once more, and
    costs nothing: those takes are there.
    """

    def work(session: Session, now: datetime) -> RespeakRow:
        return take_back(session, respeak_id, caller, now)

    return shown(context, response, work, Sent(caller, None, ""))


@router.get("/unknown", summary="Unknown words of what is live", responses=responses(*KEY_PROBLEMS, "unknown_show"))
def unknown(
    context: Here,
    caller: Reader,  # noqa: ARG001  demands the scope
    show: Annotated[Text | None, Query()] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.GuessedWords:
    """Words that neither a dictionary nor the lexicon knows, of English texts; those of the most heard briefings
    first. Counted anew every few seconds, in large archives every few minutes.
    """
    with context.database.reading() as session:
        demand_show(session, show)
        found = guessed.listed(session, offset, limit, show)
    return schemas.GuessedWords(words=[schemas.GuessedView(**vars(one)) for one in found])


def read_change(session: Session, body: schemas.WordRequest, *, remove: bool) -> Change:
    """Return what is to change. Raises Problem or LexiconInvalid."""
    demand_show(session, body.show)
    if remove or not isinstance(body, schemas.PronunciationRequest):
        found = changes.change_of(session, body.show, _named(body), remove=True)
        if found.before is None:
            raise Problem("lexicon_invalid", f"nothing was recorded by hand for {body.written!r}")
        return found
    return changes.change_of(session, body.show, make_entry(body.fields))


def _named(body: schemas.WordRequest) -> LexiconEntry:
    """Return an entry of that word, whatever it says: as a word is a way to say any."""
    return make_entry({"written": body.written, "language": body.language, "kind": "word"})


def changes_of(body: schemas.RespeakRequest) -> Callable[[Session], Sequence[Change]]:
    """Return what reads the change of a word that a request asks for. That raises Problem as `read_change` does."""
    return lambda session: [read_change(session, body, remove=body.remove)]


def respeaking(
    context: Context,
    caller: Caller,
    changes: Callable[[Session], Sequence[Change]],
    shown: int | None,
    *,
    confirmed: bool,
) -> Callable[[Session, datetime], RespeakRow]:
    """Look through what changes concern, and return what records a respeak of it. That raises Problem where there is
    more to do than was shown, and what `changes` raises; it needs a writing session.
    """
    before = _foreseen(context, changes)
    return lambda session, now: _begin(
        session, as_of_now(session, before, changes, now), caller, now, shown, confirmed=confirmed
    )


def _foreseen(context: Context, changes: Callable[[Session], Sequence[Change]]) -> Foreseen | None:
    """Return what changes concern, before it is recorded. None where they are refused: whoever sends a request again
    that was done is told what came of it, and all others are refused where it is recorded.
    """
    try:
        with context.database.reading() as session:
            return foresee(session, changes, datetime.now(UTC))
    except (Problem, BadInput):
        return None


def _begin(
    session: Session, found: Foreseen, caller: Caller, now: datetime, shown: int | None, *, confirmed: bool
) -> RespeakRow:
    """Record a respeak of changes of one show or of the newsroom, as they are foreseen now; the same one where it is
    under way.
    """
    what, named = found.changes, found.briefings
    if going := respeaks.going(session, what):
        return going
    if not confirmed and (shown is None or len(named) > shown):
        raise Problem(
            "cost_not_confirmed",
            f"{len(named):,} briefings would be made again; {'none' if shown is None else f'{shown:,}'} were confirmed",
            "Ask for the radius and send its `briefings`, or send `confirm_cost: true`.",
        )
    row = respeaks.begin(session, what, Asker(caller.name, caller.key_id), now, named)
    # After the lane, as everybody does.
    quotas.admit(session, caller, Queue.BULK, len(named), now)
    audit.record(session, now, Action.RESPEAK, caller, detail=f"{subject(what)} {row.id}, {row.total} briefings")
    return row


def take_back(session: Session, respeak_id: str, caller: Caller, now: datetime) -> RespeakRow:
    """Undo a respeak. Raises Problem or LexiconChanged. Needs a writing session."""
    row = respeaks.locked(session, respeak_id)
    if row is None:
        raise _unknown(respeak_id)
    back = respeaks.undo(session, row, Asker(caller.name, caller.key_id), now)
    audit.record(session, now, Action.RESPEAK_UNDO, caller, detail=f"{_words(row)} {respeak_id}")
    return back


def _recorded(body: schemas.WordRequest, context: Context, caller: Caller, *, remove: bool) -> schemas.EntryChanged:
    now = datetime.now(UTC)
    with context.database.writing() as session:
        change = read_change(session, body, remove=remove)
        if change.before != change.after:
            respeaks.record_changes(session, [change], now)
            action = Action.LEXICON_REMOVE if remove else Action.LEXICON_PUT
            audit.record(session, now, action, caller, detail=subject([change]))
    return schemas.EntryChanged(entry=view_of(change.after, change), before=view_of(change.before, change))


def subject(what: Sequence[Change]) -> str:
    """Return what an audit row says of changes: whose word, and how it is said from now on; of a list how many."""
    change = what[0]
    if len(what) > 1:
        return f"{change.show or 'newsroom'}: {len(what)} words"
    said = f"{change.after.kind.value} {change.after.value}".strip() if change.after else "removed"
    return f"{change.show or 'newsroom'}/{change.entry.written} ({said})"


def _words(row: RespeakRow) -> str:
    return row.written if row.words == 1 else f"{row.words} words"


def sent(
    caller: Caller, key: str | None, recipe: str, body: schemas.RespeakRequest | schemas.ListRespeakRequest
) -> Sent:
    """Return who asks for a respeak, and for which: what they confirm of it is no part of that."""
    asked = body.model_dump(mode="json", exclude={"briefings", "confirm_cost"})
    return Sent(caller, key, stable_hash(recipe, asked))


def shown(
    context: Context, response: Response, work: Callable[[Session, datetime], RespeakRow], asked: Sent
) -> schemas.RespeakView:
    """Do what records a respeak, once, and return it as it is answered, with its address in the headers."""

    def view_of_it(session: Session, respeak_id: str) -> schemas.RespeakView:
        row = session.get(RespeakRow, respeak_id)
        if row is None:
            raise _unknown(respeak_id)
        return respeak_view(session, row, context)

    view_ = once_named(context, asked, lambda session, now: work(session, now).id, view_of_it)
    response.headers["Location"] = view_.links["self"]
    return view_


def demand_show(session: Session, slug: str | None) -> None:
    """Raise Problem for a show that is not there; None is the newsroom."""
    if slug is not None:
        named_show(session, slug)


def _unknown(respeak_id: str) -> Problem:
    return Problem("unknown_respeak", f"there is no respeak {respeak_id!r}")
