"""Marks of rings: a step bears one only as long as a message that names it may come, and no queue gets too many."""

from __future__ import annotations

import pytest

from briefing import gates, steps
from briefing.gates import Bounds
from briefing.models import StepRow
from briefing.states import PREPARING, Queue, StepKind
from briefing.steps import rings


@pytest.fixture
def database(any_database):
    return any_database


def record(database, count=1, queue=Queue.BULK, **fields):
    with database.writing() as session:
        made = [steps.record(session, StepKind.PREPARE, queue, **fields) for _ in range(count)]
        session.flush()
        return [step.id for step in made]


def due(database, again_s=60.0, most=100, empty=tuple(Queue)):
    """What is to be rung: (step ID, fence)."""
    with database.reading() as session:
        return [(step.id, step.fence) for step in steps.due_to_ring(session, again_s, most, empty)]


def do(database, move, *arguments):
    with database.writing() as session:
        return move(session, *arguments)


def claim(database):
    with database.writing() as session:
        return steps.claim(session, holder="here:1", lease_s=60, queues=tuple(Queue))


def change(database, step_id, **values):
    with database.writing() as session:
        for name, value in values.items():
            setattr(session.get_one(StepRow, step_id), name, value)


def marked(database):
    with database.reading() as session:
        return [row.id for row in session.query(StepRow).order_by(StepRow.id) if row.rung_at is not None]


def rung(database, **how):
    """Ring as the dispatcher does; return what was rung."""
    found = due(database, **how)
    do(database, steps.mark_rung, found)
    return [step_id for step_id, _ in found]


def test_a_mark_is_not_set_on_what_has_been_claimed_or_put_off_meanwhile(database):
    # Given three steps that a dispatcher has rung / When one is claimed, one put off by its worker, one by an edit
    given_back, put_back, claimed = record(database, 3)
    change(database, put_back, not_before=1.0)
    found = due(database)
    assert len(found) == 3
    do(database, steps.retry, claim(database), "x")
    change(database, put_back, not_before=9e9)
    change(database, given_back, rank=5)
    assert claim(database).step_id == claimed
    # Then none of them is marked when it notes that it has rung
    do(database, steps.mark_rung, found)
    assert marked(database) == []
    assert [step_id for step_id, _ in due(database)] == [given_back]


def test_a_step_whose_ring_was_used_up_is_rung_anew_and_not_marked_by_who_rang(database):
    (step,) = record(database)
    found = due(database)
    do(database, steps.unmark, step)
    do(database, steps.mark_rung, found)
    assert marked(database) == []
    assert rung(database) == [step]
    do(database, steps.unmark, step)
    assert rung(database) == [step]
    # And a claim is not touched
    lease = claim(database)
    do(database, steps.unmark, step)
    assert do(database, steps.finish, lease)


def test_a_step_put_back_by_an_edit_is_rung_when_its_time_has_come(database):
    # Given one that was rung / When an edit puts it back, here to a moment that has come / Then it is to be rung
    (step,) = record(database, not_before=1.0)
    assert rung(database) == [step]
    do(database, steps.put_back, None, PREPARING, 2.0, 300)
    assert rung(database) == [step]


def test_steps_behind_a_gate_are_bounded_too(database):
    with database.writing() as session:
        gates.ensure(session, "gtts", Bounds())
    record(database, 20, Queue.ONLINE, engine="gtts")
    assert [len(rung(database, most=10)) for _ in range(4)] == [rings._GATED_AT_ONCE, 4, 2, 0]
    assert due(database, most=5) == [], "not a negative number, which a database may take for all"
    # And where no message waits, those that found the gate shut are rung again soon
    with database.writing() as session:
        for row in session.query(StepRow).filter(StepRow.rung_at.is_not(None)):
            row.rung_at -= rings._GATED_AGAIN_S + 1
    assert due(database, most=10, empty=()) == []
    assert len(due(database, most=10)) == 4


def test_a_lost_message_is_rung_again_in_a_queue_that_is_never_empty(database):
    (step,) = record(database)
    rung(database)
    for age_s, expected in ((61.0, []), (601.0, [step])):
        with database.writing() as session:
            session.get_one(StepRow, step).rung_at -= age_s
        assert [found for found, _ in due(database, empty=())] == expected
