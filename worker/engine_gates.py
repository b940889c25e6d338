"""Online engines and their gates: what each may be asked, how its steps went, and who gives way while one is open."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import gates
from briefing.errors import EngineNotInstalled, EngineUnavailable, TakeRejected
from briefing.gates import Bounds, GateState
from briefing.logs import get_logger
from briefing.models import StepRow
from briefing.ranks import BEHIND
from briefing.settings import SpeechSettings
from briefing.states import Queue, StepState
from worker.failing import give_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.steps import Lease
    from worker.workplace import Workplace

#: Characters of one request to Google Translate, as gTTS cuts them.
_GTTS_CHARACTERS = 100

#: Revisions that give way in one round, so that a sweep stays short.
_MOST_AT_ONCE = 50

_log = get_logger("gates")


def bounds_of(engine: str) -> Bounds:
    """Return how much an engine may be asked. A breaker stands before every online engine, bounds before these."""
    settings = SpeechSettings()
    match engine:
        case "gtts":
            return Bounds(settings.gtts_per_second, most_at_once=1, request_characters=_GTTS_CHARACTERS)
        case "openai":
            return Bounds(settings.openai_per_second)
        case _:
            return Bounds()


@dataclass
class Passage:
    """What a step did with its leave to use an engine."""

    asked: bool = False
    """Whether the engine was turned to at all."""


@contextmanager
def outcome_noted(lease: Lease, place: Workplace) -> Iterator[Passage]:
    """Tell the gate of the step's engine how it goes inside. A step that did not ask the engine says nothing of it; if
    it was the probe, the next step is.
    """
    passage = Passage()
    if not lease.engine:
        yield passage
        return
    well, reason = None, ""
    try:
        yield passage
        well = True if passage.asked else None
    except EngineUnavailable as error:
        silent = isinstance(error, EngineNotInstalled) or not passage.asked
        well, reason = (None if silent else False), error.message
        raise
    except TakeRejected:
        well = True if passage.asked else None  # it answered
        raise
    finally:
        with place.database.writing() as session:
            gate = gates.settle(session, lease.engine, well=well, reason=reason)
        if gate is not None and gate.state is not GateState.CLOSED:
            _log.warning("engine's gate", engine=lease.engine, state=gate.state.value, open_s=gate.open_s, why=reason)


def fall_back_where_open(place: Workplace) -> int:
    """Have interactive revisions that wait at an open gate go on with their voice's fallback, where their show allows
    it; return how many. Bulk work waits: a better voice is worth more to it than an hour.
    """
    moved = 0
    with place.database.reading() as session:
        if all(gate.state is GateState.CLOSED for _, gate, _ in gates.gates(session)):
            return 0
    with place.database.writing() as session:
        for engine, gate, again_s in list(gates.gates(session)):
            if gate.state is GateState.CLOSED:
                continue
            waiting = session.scalars(
                select(StepRow)
                .where(
                    StepRow.state == StepState.READY.value,
                    StepRow.queue == Queue.ONLINE.value,
                    StepRow.engine == engine,
                    StepRow.rank < BEHIND,
                )
                .order_by(StepRow.rank, StepRow.id)
                .limit(_MOST_AT_ONCE)
            ).all()
            error = EngineUnavailable(f"{engine} is not used for {again_s:.0f} s: {gate.reason}")
            for step in {step.revision_id: step for step in waiting}.values():
                moved += give_way(session, step, error, place.speakers.catalogue)
    return moved
