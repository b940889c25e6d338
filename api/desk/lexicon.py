"""`/desk/lexicon`: words that want a pronunciation, and one word: heard at once, what it changes, spoken anew.

What is done here is what the API's routes do (`api.lexicon`, `api.samples`, `api.reports`), by the user's name.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Request, Response
from pydantic import ValidationError
from sqlalchemy import func, select

from api import lexicon, lexicon_views, reports, samples
from api.context import Context, Here
from api.desk.forms import Form
from api.desk.pages import TOLD, desk_router, page, see_other
from api.desk.people import Editing, Viewing
from api.problems import Problem
from api.schemas import lexicon as schemas
from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.errors import LexiconInvalid
from briefing.models import RespeakRow, SampleRow, VocabularyRow
from briefing.podcasts.shows import listed_shows
from briefing.pronunciations import guessed, lexicons, radius, respeaks
from briefing.pronunciations import reports as told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from briefing.pronunciations.reports import Told

router = desk_router()

TOLD.update(
    word_recorded="It is recorded. Audio that is made from now on says it so.",
    word_unchanged="That is what was recorded already.",
    word_removed="It is removed. Audio that is made from now on says it as before.",
    report_closed="The report is closed.",
)

#: Rows of each list.
_MOST = 100
_MOST_RESPEAKS = 10

#: What the form asks, in its order.
FIELDS = ("written", "language", "show", "spoken", "ipa", "say", "note")

ItemId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@router.get("/lexicon")
def words(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show what listeners reported, what voices have to guess, what was re-spoken lately, what is recorded."""
    now = datetime.now(UTC)
    since = radius.since(now)
    with context.database.reading() as session:
        values = {
            "reports": _grouped(told.listed(session, "open", since, 0, _MOST)),
            "guessed": guessed.listed(session, 0, _MOST),
            "respeaks": [
                (row, respeaks.progress(session, row))
                for row in session.scalars(
                    select(RespeakRow).order_by(RespeakRow.created_at.desc()).limit(_MOST_RESPEAKS)
                )
            ],
            "entries": _entries(session),
            "most": _MOST,
        }
    return page(request, "lexicon.html", visitor, values)


@router.get("/lexicon/word")
def word(request: Request, context: Here, visitor: Viewing) -> Response:
    """Show one word's form, and where it is filled in, what that changes."""
    asked = {name: request.query_params.get(name, "") for name in FIELDS}
    remove = request.query_params.get("remove") == "yes"
    values: dict[str, Any] = {"asked": asked, "remove": remove, "fault": "", "radius": None, "change": None}
    with context.database.reading() as session:
        values |= {"shows": list(listed_shows(session)), "voices": _voices(session, asked["show"], context)}
        if remove or any(asked[name] for name in ("spoken", "ipa", "say")):
            try:
                body = _read(schemas.ChangeRequest, asked | ({"remove": "true"} if remove else {}))
                change = lexicon.read_change(session, body, remove=remove)
                found = radius.radius(session, [change], datetime.now(UTC), lexicon_views.MOST_NAMED)
                values |= {"radius": lexicon_views.radius_view(found, change, context), "change": change}
            except (Problem, LexiconInvalid) as error:
                values["fault"] = getattr(error, "detail", "") or str(error)
        elif asked["written"]:
            values["recorded"] = _recorded(session, asked)
    return page(request, "word.html", visitor, {"recorded": []} | values)


@router.post("/lexicon/entries")
def record(context: Here, visitor: Editing, form: Form) -> Response:
    """Record a pronunciation, or remove it, and speak nothing anew."""
    body = _read(schemas.ChangeRequest, form)
    now = datetime.now(UTC)
    with context.database.writing() as session:
        change = lexicon.read_change(session, body, remove=body.remove)
        if change.before == change.after:
            return see_other("/desk/lexicon", "word_unchanged")
        respeaks.record_changes(session, [change], now)
        action = Action.LEXICON_REMOVE if body.remove else Action.LEXICON_PUT
        audit.record(session, now, action, visitor.caller, detail=lexicon.subject([change]))
    return see_other("/desk/lexicon", "word_removed" if body.remove else "word_recorded")


@router.post("/lexicon/respeaks")
def respeak(context: Here, visitor: Editing, form: Form) -> Response:
    """Record a pronunciation and have all that it concerns spoken anew; the number that was shown confirms it."""
    body = _read(schemas.RespeakRequest, form)
    work = lexicon.respeaking(context, visitor.caller, lexicon.changes_of(body), body.briefings, confirmed=False)
    with context.database.writing() as session:
        address = f"/desk/lexicon/respeaks/{work(session, datetime.now(UTC)).id}"
    return see_other(address)


@router.get("/lexicon/respeaks/{respeak_id}")
def progress(respeak_id: ItemId, request: Request, context: Here, visitor: Viewing) -> Response:
    """Show how far a respeak is; for the page that shows it, that alone."""
    with context.database.reading() as session:
        row = session.get(RespeakRow, respeak_id)
        if row is None:
            raise Problem("unknown_respeak", "There is no such respeak (any more).")
        shown = lexicon_views.respeak_view(session, row, context)
    part = "hx-request" in request.headers
    return page(request, "respeak_part.html" if part else "respeak.html", visitor, {"respeak": shown})


@router.post("/lexicon/respeaks/{respeak_id}/undo")
def undo(respeak_id: ItemId, context: Here, visitor: Editing) -> Response:
    """Take a respeak back."""
    with context.database.writing() as session:
        back = lexicon.take_back(session, respeak_id, visitor.caller, datetime.now(UTC)).id
    return see_other(f"/desk/lexicon/respeaks/{back}")


@router.post("/lexicon/samples")
def sample(request: Request, context: Here, visitor: Editing, form: Form) -> Response:
    """Have a voice say the word as the form has it."""
    # With a script the word's form comes along as it is now; without one, what it was when the page was made.
    given = form if "written" in form else form | {name: form.get(f"was_{name}", "") for name in FIELDS}
    body = _read(schemas.SampleRequest, given, "voice", "phrase")
    with context.database.writing() as session:
        shown = samples.view(session, samples.asked(session, body, context, visitor.caller, datetime.now(UTC)), context)
    if "hx-request" not in request.headers:
        return see_other(f"/desk/lexicon/samples/{shown.id}")
    return page(request, "sample_part.html", visitor, {"sample": shown, "begin": True})


@router.get("/lexicon/samples/{sample_id}")
def hear(sample_id: ItemId, request: Request, context: Here, visitor: Viewing) -> Response:
    """Show a sample, or that it is being made."""
    with context.database.reading() as session:
        row = session.get(SampleRow, sample_id)
        if row is None:
            raise Problem("unknown_sample", "There is no such sample (any more).")
        values = {"sample": samples.view(session, row, context), "begin": True}
    part = "hx-request" in request.headers
    return page(request, "sample_part.html" if part else "sample.html", visitor, values)


@router.get("/lexicon/samples/{sample_id}/audio")
def listen(sample_id: ItemId, context: Here, visitor: Viewing) -> Response:  # noqa: ARG001
    """A sample's sound."""
    return samples.audio(sample_id, context)


@router.post("/lexicon/reports/{report_id}/close")
def close(report_id: ItemId, context: Here, visitor: Editing) -> Response:
    """Have a report out of the way."""
    reports.close(report_id, context, visitor.caller)
    return see_other("/desk/lexicon", "report_closed")


def _read(kind: type[Any], given: Mapping[str, str], *more: str) -> Any:  # noqa: ANN401  the kind's own
    """Return what a form asks for; its empty fields say nothing. Raises Problem."""
    wanted = {*FIELDS, *more, *({"remove", "briefings"} & kind.model_fields.keys())} & kind.model_fields.keys()
    try:
        return kind.model_validate({name: text for name in wanted if (text := given.get(name, "").strip())})
    except ValidationError as error:
        first = error.errors()[0]
        named = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise Problem("invalid_request", f"{named}: {said}" if named else said) from error


def _grouped(found: Iterable[Told]) -> list[tuple[str, int, list[Told]]]:
    """Return reports by word: the word, how many told of it, its briefings."""
    words_: dict[str, list[Told]] = {}
    for one in found:
        words_.setdefault(one.row.word, []).append(one)
    counted = [(written, sum(one.row.count for one in its), its) for written, its in words_.items()]
    return sorted(counted, key=lambda group: -group[1])


def _voices(session: Session, show: str, context: Context) -> list[tuple[str, str]]:
    """Return the voices that speak what is live, of a show or of all, the most used first: ID and name."""
    statement = select(VocabularyRow.voice).group_by(VocabularyRow.voice).order_by(func.count().desc()).limit(6)
    used = session.scalars(statement.where(VocabularyRow.show == show) if show else statement).all()
    known = [voice for voice in used if voice in context.catalogue] or [context.speech.voice]
    return [(voice, context.catalogue.get(voice).name) for voice in known]


def _entries(session: Session) -> list[tuple[str | None, schemas.EntryView]]:
    """Return what is recorded for the newsroom and for each show."""
    return [
        (show, lexicon_views.view(entry, show, origin))
        for show in (None, *listed_shows(session))
        for entry, origin in lexicons.listed_entries(session, show)
    ][: 5 * _MOST]


def _recorded(session: Session, asked: Mapping[str, str]) -> list[schemas.EntryView]:
    """Return what is recorded for a word."""
    return [
        lexicon_views.view(entry, show, origin)
        for show in (None, *listed_shows(session))
        for entry, origin in lexicons.listed_entries(session, show)
        if entry.written.casefold() == asked["written"].strip().casefold()
    ]
