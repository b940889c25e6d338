"""Online engines and their gates: what each may be asked, how its steps went, and who gives way while one is open."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing import gates
from briefing.errors import EngineNotInstalled, EngineUnavailable, TakeRejected
from briefing.gates import Bounds, GateState
from briefing.models import StepRow
from briefing.observing.logs import get_logger
from briefing.requesting.ranks import BEHIND
from briefing.settings import SpeechSettings
from briefing.states import Queue, StepState
from worker.running.failing import give_way, has_stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

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
            # The engine spaces the requests within a step, its tries included, and one step is under way at a time; the
            # gate keeps the next step until those are worked off. They run at the same time: nobody waits twice.
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
            gate = gates.settle(session, lease.engine, epoch=lease.gate_epoch, well=well, reason=reason)
        if gate is not None and gate.state is not GateState.CLOSED:
            _log.warning("engine's gate", engine=lease.engine, state=gate.state.value, open_s=gate.open_s, why=reason)


def fall_back_where_open(place: Workplace) -> int:
    """Have interactive revisions that wait at an open gate go on with their voice's fallback, where their show allows
    it; return how many. Bulk work waits: a better voice is worth more to it than an hour.
    """
    found: list[tuple[int, EngineUnavailable]] = []
    with place.database.reading() as session:
        for engine, gate, again_s in list(gates.gates(session)):
            if gate.state is not GateState.CLOSED:
                error = EngineUnavailable(f"{engine} is not used for {again_s:.0f} s: {gate.reason}")
                found += [(step_id, error) for step_id in _that_may_give_way(session, engine, error, place)]
    moved = 0
    for step_id, error in found[:_MOST_AT_ONCE]:
        with place.database.writing() as session:
            step = session.get_one(StepRow, step_id)
            moved += give_way(session, step, error, place.speakers.catalogue)
    return moved


def _that_may_give_way(session: Session, engine: str, error: EngineUnavailable, place: Workplace) -> list[int]:
    """Return a step of each interactive revision that waits for `engine` and has a fallback, in the order of ranks.
    Those that have none are passed over, so that they are in nobody's way.
    """
    firsts = session.scalars(
        select(func.min(StepRow.id))
        .where(
            StepRow.state == StepState.READY.value,
            StepRow.queue == Queue.ONLINE.value,
            StepRow.engine == engine,
            StepRow.rank < BEHIND,
        )
        .group_by(StepRow.revision_id)
        .order_by(func.min(StepRow.rank), func.min(StepRow.id))
    ).all()
    catalogue = place.speakers.catalogue
    return [number for number in firsts if has_stand_in(session, session.get_one(StepRow, number), error, catalogue)]
