"""How a pronunciation sounds, asked for before it counts: recorded as a `sample` step, spoken by a worker.

Equal ones are spoken once; the sound is a take like any other, so what a story says alike is not spoken again.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.hashing import stable_hash
from briefing.models import SampleRow, TakeRow
from briefing.requesting.ranks import lane_of, next_rank
from briefing.sql.rows import add_unless_there
from briefing.states import Queue, StepKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.errors import BriefcastError
    from briefing.pronunciations.lexicon import LexiconEntry

#: Characters of a phrase: a sentence.
MOST_CHARACTERS = 200

#: How long samples are kept; their takes as long as others that no revision uses.
KEPT = timedelta(days=1)


def ask(  # noqa: PLR0913  what a sample depends on
    session: Session,
    voice: str,
    phrase: str,
    language: str,
    entry: LexiconEntry | None,
    show: str | None,
    requester: str,
    now: datetime,
) -> tuple[SampleRow, bool]:
    """Return the sample of a phrase, and whether it is still to be spoken for this request. Without an entry it is said
    as the lexicon of the show has it now. Needs a writing session.
    """
    told = entry.model_dump(mode="json", exclude={"note"}) if entry else None
    recipe = stable_hash("sample/1", voice, phrase, language, told, None if entry else show)
    equal = select(SampleRow).where(SampleRow.recipe == recipe).with_for_update()
    found = session.scalars(equal).one_or_none()
    if found is not None and (found.state == "making" or (entry is not None and _is_there(session, found))):
        return found, False
    if found is not None:
        session.delete(found)
        session.flush()
    added = add_unless_there(
        session,
        SampleRow,
        id=secrets.token_hex(8),
        recipe=recipe,
        voice=voice,
        phrase=phrase,
        language=language,
        entry=told,
        show=show,
        state="making",
        requester=requester,
        created_at=now,
    )
    row = session.scalars(equal).one()
    if not added:
        # Somebody else has asked for it in this very moment: it is spoken for them.
        return row, False
    rank = next_rank(session, Queue.INTERACTIVE, lane_of(requester, "samples"))
    steps.record(session, StepKind.SAMPLE, Queue.INTERACTIVE, payload={"sample": row.id}, rank=rank)
    session.flush()
    return row, True


def _is_there(session: Session, row: SampleRow) -> bool:
    return row.state == "ready" and row.take is not None and session.get(TakeRow, row.take) is not None


def settle(session: Session, sample: str, take: str, spoken: str) -> None:
    """Note a sample's sound. Needs a writing session."""
    row = session.get(SampleRow, sample, with_for_update=True)
    if row is not None:
        row.state, row.take, row.spoken = "ready", take, spoken
        session.flush()


def fail(session: Session, sample: str, error: BriefcastError) -> None:
    """Note why there is no sound. Needs a writing session."""
    row = session.get(SampleRow, sample, with_for_update=True)
    if row is not None:
        row.state, row.error_code, row.error_message = "failed", error.code, error.message
        session.flush()
