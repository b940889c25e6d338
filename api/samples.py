"""`/v1/lexicon/samples`: how a pronunciation sounds. Recorded here, spoken by a worker, heard from here."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import FileResponse

from api.asking import check_voice, named_show
from api.context import Context, Generator, Here, Reader
from api.problems import KEY_PROBLEMS, Problem, responses
from api.schemas import lexicon as schemas
from briefing.limits import Buckets
from briefing.models import SampleRow, TakeRow
from briefing.pronunciations import samples
from briefing.pronunciations.lexicon import NO_LANGUAGE, is_language, make_entry
from briefing.requesting import spending

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller

router = APIRouter(prefix="/v1/lexicon/samples", tags=["lexicon"])

#: Samples of one key a minute, at one API process: somebody tries spellings, nothing reads a text this way.
A_MINUTE = 30

SampleId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=["5f2b8c1e9a7d4036"])]

_asked = Buckets()


@router.post(
    "",
    status_code=202,
    summary="Hear a pronunciation",
    responses=responses(
        *KEY_PROBLEMS, "invalid_request", "lexicon_invalid", "unknown_voice", "unknown_show", "quota_exceeded"
    ),
)
def ask(body: schemas.SampleRequest, response: Response, context: Here, caller: Generator) -> schemas.SampleView:
    """Answers at once; follow `links.self` until its state is `ready`, then listen at `links.audio`. Without `spoken`,
    `ipa` and `say` it is said as it would be now. Nothing is recorded in the lexicon.
    """
    with context.database.writing() as session:
        shown = view(session, asked(session, body, context, caller, datetime.now(UTC)), context)
    response.headers["Location"] = shown.links["self"]
    return shown


def asked(session: Session, body: schemas.SampleRequest, context: Context, caller: Caller, now: datetime) -> SampleRow:
    """Return the sample that is asked for. Raises Problem or LexiconInvalid. Needs a writing session."""
    check_voice(body.voice, context)
    if body.show is not None:
        named_show(session, body.show)
    fields = schemas.PronunciationRequest.model_validate(body.model_dump(exclude={"voice", "phrase"})).fields
    entry = make_entry(fields) if body.spoken or body.ipa or body.say else None
    phrase = " ".join((body.phrase or body.written).split())
    if not phrase.isprintable() or not any(character.isalnum() for character in phrase):
        raise Problem("invalid_request", "there is nothing to say in this phrase")
    if body.language and not is_language(body.language):
        raise Problem("invalid_request", f"{body.language!r} {NO_LANGUAGE}")
    wait_s = _asked.take(caller.key_id, A_MINUTE, time.monotonic()).wait_s
    if wait_s > 0:
        raise Problem(
            "rate_limited", f"more than {A_MINUTE} samples a minute", headers={"Retry-After": str(int(wait_s) + 1)}
        )
    most = caller.limits.characters_a_day
    if most and spending.spent(session, spending.KEY, caller.key_id, spending.day_of(now)).characters >= most:
        raise Problem("quota_exceeded", f"{most:,} characters were spoken for this key today")
    language = body.language or context.catalogue.get(body.voice).language
    row, new = samples.ask(session, body.voice, phrase, language, entry, body.show, caller.key_id, now)
    if new:
        voice = context.catalogue.get(body.voice)
        money = len(phrase) * voice.price_per_million_characters / 1_000_000
        spending.charge(
            session, spending.KEY, caller.key_id, [spending.Spoken(voice.engine, len(phrase), 0, money)], now
        )
    return row


@router.get("/{sample_id}", summary="See a sample", responses=responses(*KEY_PROBLEMS, "unknown_sample"))
def see(sample_id: SampleId, context: Here, caller: Reader) -> schemas.SampleView:  # noqa: ARG001  demands the scope
    """Whether it can be heard yet, or why not."""
    with context.database.reading() as session:
        return view(session, _row(session, sample_id), context)


@router.get(
    "/{sample_id}/audio",
    summary="Hear a sample",
    response_class=FileResponse,
    responses={200: {"content": {"audio/flac": {}}}, **responses(*KEY_PROBLEMS, "unknown_sample")},
)
def listen(sample_id: SampleId, context: Here, caller: Reader) -> Response:  # noqa: ARG001  demands the scope
    """FLAC, once its state is `ready`; as the voice speaks it, before music and levels."""
    return audio(sample_id, context)


def audio(sample_id: str, context: Context) -> Response:
    """Return a sample's sound. Raises Problem where there is none."""
    with context.database.reading() as session:
        row = _row(session, sample_id)
        take = session.get(TakeRow, row.take) if row.take else None
        sha256 = take.sha256 if take else None
    path = context.storages.blobs.path(sha256) if sha256 else None
    if path is None:
        raise Problem("unknown_sample", "it cannot be heard yet, or not any more")
    return FileResponse(path, media_type="audio/flac", headers={"Cache-Control": "private, no-store"})


def _row(session: Session, sample_id: str) -> SampleRow:
    row = session.get(SampleRow, sample_id)
    if row is None:
        raise Problem("unknown_sample", f"there is no sample {sample_id!r}")
    return row


def view(session: Session, row: SampleRow, context: Context) -> schemas.SampleView:
    """Return a sample as it is answered."""
    here = f"{context.address}/v1/lexicon/samples/{row.id}"
    take = session.get(TakeRow, row.take) if row.take else None
    return schemas.SampleView.model_validate(
        {
            **{name: getattr(row, name) for name in ("id", "state", "voice", "phrase", "spoken", "error_code")},
            "error": row.error_message,
            "seconds": round(take.samples / take.rate, 3) if take else None,
            "links": {"self": here, **({"audio": f"{here}/audio"} if row.state == "ready" else {})},
        }
    )
