"""Who is next: lanes take turns, what has been begun is finished first, somebody who waits comes before a back catalogue."""

from __future__ import annotations

import pytest

from briefing import gates, steps
from briefing.database import Database
from briefing.gates import Bounds
from briefing.models import StepRow
from briefing.requesting.ranks import BEHIND, lane_of, next_rank, rank_in
from briefing.sql.schema import migrate
from briefing.states import Queue, StepKind


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'b.db'}")
    migrate(database)
    yield database
    database.dispose()


def ask(database, lane, count=1, queue=Queue.BULK):
    """Record the first steps of that many revisions of a lane; return (step ID, rank) of each."""
    made = []
    with database.writing() as session:
        for _ in range(count):
            rank = next_rank(session, queue, lane)
            step = steps.record(session, StepKind.PREPARE, queue, rank=rank)
            session.flush()
            made.append((step.id, rank))
    return made


def work(database, queues=(Queue.INTERACTIVE, Queue.BULK), then=()):
    """Do one step, recording `then` kinds with its rank; return its ID."""
    with database.writing() as session:
        lease = steps.claim(session, holder="here:1", lease_s=60, queues=queues)
        if lease is None:
            return None
        rank = session.get_one(StepRow, lease.step_id).rank
        assert steps.finish(session, lease)
        for kind in then:
            steps.record(session, kind, Queue.BULK, rank=rank)
    return lease.step_id


def test_a_back_catalogue_keeps_another_newsrooms_article_waiting_for_one_of_its_own(database):
    # Given 200 articles of one newsroom, of which some are done / When another asks for one
    flood = ask(database, "a/daily", 200)
    done = [work(database) for _ in range(7)]
    assert done == [step for step, _ in flood[:7]]
    ((single, _),) = ask(database, "b/daily")
    # Then it is the second to be claimed
    assert single in [work(database) for _ in range(2)]


@pytest.mark.parametrize("asked", [Queue.INTERACTIVE, Queue.BULK])
def test_a_newcomer_does_not_wait_for_all_that_wait_for_an_online_engine(database, asked):
    # Given fifty articles of one newsroom, all prepared, their texts waiting for a service that speaks slowly
    flood = ask(database, "a/daily", 50, queue=asked)
    while (step := work(database, (asked,))) is not None:
        rank = dict(flood)[step]
        with database.writing() as session:
            gates.ensure(session, "gtts", Bounds())
            place = rank_in(Queue.ONLINE, asked, rank)
            steps.record(session, StepKind.SPEAK, Queue.ONLINE, rank=place, engine="gtts")
    for _ in range(5):
        work(database, (Queue.ONLINE,))
    # When another newsroom asks for one / Then it is as far as those that are spoken now, not behind the fifty
    ((_, rank),) = ask(database, "b/daily", queue=asked)
    assert rank <= 6
    # And where nothing waits any more, behind what was asked for last
    while work(database, (asked, Queue.ONLINE)) is not None:
        pass
    ((_, rank),) = ask(database, "c/daily", queue=asked)
    assert rank == 49


def test_two_back_catalogues_take_turns(database):
    first, second = dict(ask(database, "a/daily", 20)), dict(ask(database, "b/daily", 20))
    claimed = [work(database) for _ in range(20)]
    assert sum(step in first for step in claimed) == sum(step in second for step in claimed) == 10


def test_a_lane_that_rested_has_saved_nothing_up(database):
    # Given a lane that was done long ago while another went on / When both ask / Then they take turns from now on
    ask(database, "a/daily", 2)
    ask(database, "b/daily", 30)
    for _ in range(22):
        work(database)
    late = dict(ask(database, "a/daily", 10))
    claimed = [work(database) for _ in range(10)]
    assert 4 <= sum(step in late for step in claimed) <= 6


def test_what_has_been_begun_is_finished_before_the_next_is_prepared(database):
    ask(database, "a/daily", 3)
    work(database, then=(StepKind.SPEAK, StepKind.SPEAK, StepKind.ASSEMBLE))
    kinds = []
    for _ in range(4):
        with database.writing() as session:
            lease = steps.claim(session, holder="here:1", lease_s=60, queues=(Queue.BULK,))
            steps.finish(session, lease)
        kinds.append(lease.kind)
    assert kinds == [StepKind.SPEAK, StepKind.SPEAK, StepKind.ASSEMBLE, StepKind.PREPARE]


def test_interactive_steps_come_first_among_those_of_online_engines_too(database):
    with database.writing() as session:
        for asked, rank in ((Queue.BULK, 0), (Queue.INTERACTIVE, 40)):
            steps.record(session, StepKind.SPEAK, Queue.ONLINE, rank=rank_in(Queue.ONLINE, asked, rank))
    with database.writing() as session:
        assert steps.claim(session, holder="here:1", lease_s=60, queues=(Queue.ONLINE,)).step_id == 2
    assert rank_in(Queue.BULK, Queue.BULK, 7) == 7
    assert rank_in(Queue.ONLINE, Queue.BULK, 7) == BEHIND + 7


def test_what_waits_for_a_moment_holds_nobodys_place(database):
    # Given the oldest step put off until tomorrow / When a new lane comes / Then it begins where the others are
    ask(database, "a/daily", 50)
    with database.writing() as session:
        lease = steps.claim(session, holder="here:1", lease_s=60, queues=(Queue.BULK,))
        steps.postpone(session, lease, 86_400, "budget_spent", failed=False)
    for _ in range(30):
        work(database)
    ((_, rank),) = ask(database, "b/daily")
    assert rank >= 30


def test_lanes_are_of_a_requester_in_a_show():
    assert lane_of("key", "daily") != lane_of("key", "weekly")
    assert len(lane_of("k" * 400, "daily")) == 300
