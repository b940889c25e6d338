"""What a ring has a worker do: the step whose turn it is, and what follows, within its time."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import update

from briefing import steps
from briefing.errors import DatabaseUnavailable
from briefing.models import StepRow
from briefing.states import Queue, StepKind
from worker.pipeline import DEADLINE_S
from worker.running import ringing
from worker.running.ringing import answer
from worker.tasks import TASKS

#: Seconds to spare, in which a step begins also on a busy machine.
SPARE_S = 30.0

SPEAK_S = DEADLINE_S[StepKind.SPEAK] + SPARE_S


@pytest.fixture
def done(monkeypatch):
    """What was done, in order; every kind of step is done at once."""
    made = []

    def task(lease, place):
        with place.database.writing() as session:
            assert steps.finish(session, lease)
        made.append((lease.kind, lease.queue))

    for kind in StepKind:
        monkeypatch.setitem(TASKS, kind, task)
    return made


def record(place, *kinds, queue=Queue.BULK):
    with place.database.writing() as session:
        rows = [steps.record(session, kind, queue, rank=rank) for rank, kind in enumerate(kinds)]
        session.flush()
        return [row.id for row in rows]


def test_one_ring_does_what_follows_in_its_queue(place, done):
    first, *_ = record(place, StepKind.NOTIFY, StepKind.PREPARE, StepKind.NOTIFY)
    record(place, StepKind.NOTIFY, queue=Queue.INTERACTIVE)
    answer(place, first, SPEAK_S)
    assert [kind for kind, _ in done] == [StepKind.NOTIFY, StepKind.PREPARE, StepKind.NOTIFY]
    assert {queue for _, queue in done} == {Queue.BULK}


def test_what_may_take_longer_than_the_ring_lasts_waits_for_its_own_and_nothing_goes_before_it(place, done):
    # Given a step to assemble, which may take half an hour, between others / When one of those is rung for
    first, assemble, _ = record(place, StepKind.NOTIFY, StepKind.ASSEMBLE, StepKind.NOTIFY)
    answer(place, first, SPEAK_S)
    # Then the ring ends before it, since Celery would kill it half-way, and its own ring goes on
    assert [kind for kind, _ in done] == [StepKind.NOTIFY]
    answer(place, assemble, DEADLINE_S[StepKind.ASSEMBLE] + SPARE_S)
    assert [kind for kind, _ in done] == [StepKind.NOTIFY, StepKind.ASSEMBLE, StepKind.NOTIFY]


def test_a_ring_of_an_older_dispatcher_leaves_no_time_for_another_step_of_its_kind(place, done):
    first, _ = record(place, StepKind.NOTIFY, StepKind.NOTIFY)
    answer(place, first, DEADLINE_S[StepKind.NOTIFY])
    assert len(done) == 1


def test_a_ring_ends_after_its_time(place, done, monkeypatch):
    monkeypatch.setattr(ringing, "SHIFT_S", 0.3)
    known = TASKS[StepKind.NOTIFY]

    def slow(lease, workplace):
        time.sleep(0.2)
        known(lease, workplace)

    monkeypatch.setitem(TASKS, StepKind.NOTIFY, slow)
    first, *_ = record(place, *[StepKind.NOTIFY] * 9)
    answer(place, first, 1000.0)
    assert len(done) in {1, 2}, "as many as a busy machine does in that time"


def test_a_ring_whose_step_is_done_still_has_others_done(place, done):
    first, *_ = record(place, StepKind.NOTIFY, StepKind.NOTIFY)
    answer(place, first, 0.0)
    answer(place, first, 0.0)
    assert len(done) == 2
    with place.database.reading() as session:
        assert {row.attempts for row in session.query(StepRow)} == {1}


def test_a_ring_waits_for_a_database_that_is_away(place, done, monkeypatch):
    # Given a database that is away at the first look / Then the message is kept until it has been answered
    (first,) = record(place, StepKind.NOTIFY)
    perform_next, looks = ringing.perform_next, []

    def away_once(*arguments, **named):
        looks.append(1)
        if len(looks) == 1:
            raise DatabaseUnavailable("away")
        return perform_next(*arguments, **named)

    monkeypatch.setattr(ringing, "perform_next", away_once)
    monkeypatch.setattr(ringing, "_AWAY_S", 0.01)
    answer(place, first, 0.0)
    assert len(done) == 1


@pytest.mark.parametrize("held", ["a look", "a claim"])
def test_after_a_long_outage_no_step_begins_that_has_not_its_time(place, done, monkeypatch, held):
    # Given a ring that waits for a database until less time is left than its step may take
    (first,) = record(place, StepKind.NOTIFY)
    monkeypatch.setattr(ringing, "SHIFT_S", 0.1)
    monkeypatch.setattr(ringing, "_AT_ONCE_S", 0.1)
    monkeypatch.setattr(ringing, "_AWAY_S", 0.3)
    with place.database.writing() as session:
        steps.mark_rung(session, [(first, 0)])
    perform_next, claim, looks = ringing.perform_next, steps.claim, []

    def away_once(*arguments, **named):
        looks.append(1)
        if len(looks) == 1 and held == "a look":
            raise DatabaseUnavailable("away")
        return perform_next(*arguments, **named)

    def slowly(*arguments, **named):
        time.sleep(0.3 if held == "a claim" else 0)
        return claim(*arguments, **named)

    monkeypatch.setattr(ringing, "perform_next", away_once)
    monkeypatch.setattr(steps, "claim", slowly)
    answer(place, first, DEADLINE_S[StepKind.NOTIFY] + 0.1)
    # Then it does not begin, its claim is unspent, and it is rung for at once
    assert done == []
    with place.database.reading() as session:
        row = session.get_one(StepRow, first)
        assert (row.state, row.attempts, row.rung_at) == ("ready", 0, None)
        assert [step.id for step in steps.due_to_ring(session, 60.0, 100)] == [first]
    # And where enough is left, it begins
    answer(place, first, DEADLINE_S[StepKind.NOTIFY] + SPARE_S)
    assert len(done) == 1


def test_a_ring_that_nobody_answers_is_rung_again_after_its_time(any_database):
    # Given a step of each of two queues that were rung for, of which the broker has forgotten
    with any_database.writing() as session:
        rung = [steps.record(session, StepKind.NOTIFY, queue) for queue in (Queue.INTERACTIVE, Queue.BULK)]
        session.flush()
        ids = [row.id for row in rung]
        steps.mark_rung(session, [(row.id, row.fence) for row in rung])

    def due(passed_s, **empty):
        with any_database.writing() as session:
            session.execute(update(StepRow).values(rung_at=time.time() - passed_s))
            return sorted(step.id for step in steps.due_to_ring(session, 60.0, 100, **empty))

    # When its time is not over / Then nothing is; when it is, both are, and with others before it in its queue later
    assert due(30) == []
    assert due(90) == ids
    assert due(90, empty=[Queue.BULK]) == ids[1:]
    assert due(630, empty=[Queue.BULK]) == ids
