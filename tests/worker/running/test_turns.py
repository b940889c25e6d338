from __future__ import annotations

from briefing.states import Queue
from worker.running.turns import BULK_TURN_S, Turns


def test_who_waits_comes_before_all_others_and_bulk_last():
    assert Turns(0.0).queues(1.0) == (Queue.INTERACTIVE, Queue.ONLINE, Queue.BULK)


def test_bulk_work_gets_a_turn_a_minute_whatever_else_there_is():
    # Given a worker that has nothing but interactive steps of a second / Then it does one bulk step a minute
    turns, bulk = Turns(0.0), 0
    for now in range(1, 601):
        first = turns.queues(float(now))[0]
        bulk += first is Queue.BULK
        turns.had(first, float(now))
    assert bulk == 600 // (BULK_TURN_S + 1)


def test_a_pause_counts_as_a_turn_since_nobody_had_to_wait():
    turns = Turns(0.0)
    turns.had(None, 50.0)
    assert turns.queues(100.0)[0] is Queue.INTERACTIVE


def test_a_reserved_worker_does_no_bulk_work():
    turns = Turns(0.0, reserved=True)
    assert Queue.BULK not in turns.queues(1.0) + turns.queues(1e6)
