from __future__ import annotations

import threading
from itertools import count

import pytest
from sqlalchemy import func, select

from briefing import steps
from briefing.database import Database
from briefing.models import ShowRow, StepRow, TakeRow
from briefing.speech import Chunk
from briefing.states import Queue, StepKind, StepState
from tests.support.being_spoken import NOW, being_spoken

ALL = tuple(Queue)

_NUMBERS = count()


@pytest.fixture
def database(any_database):
    return any_database


def record(database, kind=StepKind.SPEAK, queue=Queue.INTERACTIVE, **fields):
    with database.writing() as session:
        step = steps.record(session, kind, queue, **fields)
        session.flush()
        return step.id


def claim(database, holder="here:1", lease_s=60.0, queues=ALL, **fields):
    with database.writing() as session:
        return steps.claim(session, holder=holder, lease_s=lease_s, queues=queues, **fields)


def row(database, step_id):
    with database.reading() as session:
        return session.get_one(StepRow, step_id)


def do(database, move, *arguments):
    with database.writing() as session:
        return move(session, *arguments)


def test_a_step_is_claimed_once(database):
    step = record(database, payload={"n": 1})
    lease = claim(database)
    assert (lease.step_id, lease.fence, lease.attempts, lease.payload) == (step, 1, 1, {"n": 1})
    assert claim(database) is None


def test_interactive_work_comes_before_bulk_and_oldest_first(database):
    record(database, queue=Queue.BULK)
    second, third = record(database), record(database)
    assert [claim(database).step_id for _ in range(2)] == [second, third]
    assert claim(database, queues=(Queue.ONLINE,)) is None
    assert claim(database, queues=(Queue.BULK,)) is not None


def test_a_message_names_the_step_to_claim(database):
    first, second = record(database), record(database)
    assert claim(database, step_id=second).step_id == second
    assert claim(database, step_id=second) is None
    assert claim(database, step_id=first).step_id == first


def test_kinds_that_a_worker_does_not_know_stay_ready(database):
    step = record(database, kind=StepKind.ASSEMBLE)
    assert claim(database, kinds=(StepKind.SPEAK,)) is None
    assert row(database, step).state == StepState.READY


def test_a_lost_lease_is_fenced_off(database):
    step = record(database)
    stale = claim(database, lease_s=-1)
    assert [lost.step_id for lost in do(database, steps.release_expired)] == [step]
    fresh = claim(database, holder="there:2")
    assert not do(database, steps.finish, stale)
    assert not do(database, steps.renew, stale, 60.0)
    assert not do(database, steps.retry, stale, "x")
    assert not do(database, steps.give_up, stale, "x")
    assert do(database, steps.finish, fresh)
    assert not do(database, steps.finish, fresh), "done once"


def test_a_renewed_lease_holds(database):
    record(database)
    lease = claim(database, lease_s=-1)
    assert do(database, steps.renew, lease, 60.0)
    assert do(database, steps.release_expired) == []


def test_a_dead_process_gives_back_its_own_steps_only(database):
    mine, other = record(database), record(database)
    claim(database, holder="here:1")
    claim(database, holder="here:2")
    assert [lost.step_id for lost in do(database, steps.release_held_by, "here:1")] == [mine]
    assert row(database, other).state == StepState.LEASED


def test_after_three_claims_a_lost_step_is_dead(database):
    step = record(database)
    dead = []
    for _ in range(steps.MAX_ATTEMPTS):
        claim(database, lease_s=-1)
        (lost,) = do(database, steps.release_expired)
        dead.append(lost.dead)
    assert dead == [False, False, True]
    assert row(database, step).state == "leased", "given up apart, under its revision's lock"
    assert do(database, steps.bury, lost)
    assert not do(database, steps.bury, lost), "once"
    assert (row(database, step).state, row(database, step).error_code) == ("dead", steps.WORKER_LOST)


def test_a_postponed_step_waits_and_spends_nothing(database):
    step = record(database)
    assert do(database, steps.postpone, claim(database), 60.0, "away")
    assert claim(database) is None
    assert (row(database, step).attempts, row(database, step).postponed) == (0, 1)
    with database.reading() as session:
        assert steps.due_to_ring(session, 60, 10) == []


def test_ready_steps_are_rung_once_and_again_when_nobody_comes(database):
    step = record(database)
    record(database, state=StepState.WAITING)

    def due(again_s):
        with database.reading() as session:
            return [found.id for found in steps.due_to_ring(session, again_s, 10)]

    assert due(60) == [step]
    do(database, steps.mark_rung, [(step, 0)])
    assert due(60) == []
    assert due(-1) == [step]


def test_eight_threads_claim_500_steps_once_each_and_skip_none(cluster):
    # Given 500 steps on PostgreSQL, where claims do not wait for one another
    database = Database(cluster.new_database())
    with database.writing() as session:
        session.add_all(steps.record(session, StepKind.SPEAK, Queue.BULK, seq=number) for number in range(500))
    claimed, lock, start = [], threading.Lock(), threading.Barrier(8)

    def work(number):
        start.wait()
        while lease := claim(database, holder=f"here:{number}"):
            with lock:
                claimed.append((lease.step_id, lease.fence, number))

    # When eight workers claim as fast as they can
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then each step was claimed once, under its first fence, and all workers had some
    assert len(claimed) == len({step for step, _, _ in claimed}) == 500
    assert {fence for _, fence, _ in claimed} == {1}
    assert len({number for _, _, number in claimed}) == 8
    with database.reading() as session:
        leased = select(func.count()).where(StepRow.state == "leased", StepRow.attempts == 1)
        assert session.scalar(leased) == 500
    database.dispose()


def test_a_claim_locks_one_step_and_waits_for_none(cluster):
    # Given a claim that is not committed yet
    database = Database(cluster.new_database())
    for _ in range(50):
        record(database)
    ready = select(StepRow.id).where(StepRow.state == "ready").with_for_update(skip_locked=True)
    with database.writing() as session, database.writing() as other:
        first = steps.claim(session, holder="a:1", lease_s=60, queues=ALL)
        # Then all others are to be had: a plan that chose the step anew for each row would lock them all
        assert len(other.scalars(ready).all()) == 49
    with database.writing() as session, database.writing() as other:
        second = steps.claim(session, holder="a:1", lease_s=60, queues=ALL)
        third = steps.claim(other, holder="a:2", lease_s=60, queues=ALL)
    assert len({first.step_id, second.step_id, third.step_id}) == 3
    database.dispose()


def test_twenty_threads_claim_each_step_once(database):
    ids = [record(database) for _ in range(60)]
    claimed, lock = [], threading.Lock()

    def work(number):
        while lease := claim(database, holder=f"here:{number}"):
            with lock:
                claimed.append(lease.step_id)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == ids


def test_what_only_some_kinds_are_claimed_of_does_not_jump_the_queue(database):
    # Given a step to assemble before one to speak / When only speaking is wanted / Then nothing is claimed out of turn
    with database.writing() as session:
        steps.record(session, StepKind.ASSEMBLE, Queue.BULK, rank=1)
        steps.record(session, StepKind.SPEAK, Queue.BULK, rank=2)
    assert claim(database, only=(StepKind.SPEAK,)) is None
    assert claim(database, only=(StepKind.ASSEMBLE,)).kind is StepKind.ASSEMBLE
    assert claim(database, only=(StepKind.SPEAK,)).kind is StepKind.SPEAK


@pytest.mark.parametrize("said", ["plain", "a NUL \0 in it", "half a pair \ud83d", 'with {"chunk": {"key": "another"}'])
def test_whatever_a_chunk_says_it_is_claimed_and_its_take_known(database, said):
    # Given two equal chunks, one of which has been spoken / When they are claimed / Then it is told which, and what is
    # said, that PostgreSQL's own functions for JSON would not read, keeps nobody from claiming
    for key in ("a" * 64, "b" * 64):
        chunk = Chunk(key=key, segment="s", spoken=said).model_dump(mode="json")
        record(database, revision_id=making(database), payload={"chunk": chunk})
    with database.writing() as session:
        take = {"sha256": "s", "rate": 16_000, "samples": 1, "loudness_lufs": -20.0, "words": [], "timing": ""}
        session.add(TakeRow(key="a" * 64, created_at=NOW, **take))
    spoken, other = claim(database), claim(database)
    assert (spoken.payload["chunk"]["spoken"], spoken.speaking) == (said, None)
    assert other.speaking.voice == "silence"


def making(database):
    """A revision that is being spoken."""
    slug = f"{next(_NUMBERS)}"
    with database.writing() as session:
        session.add(ShowRow(slug=slug, position=0, settings={}, podcast_guid=slug))
        session.flush()
        return being_spoken(session, slug, slug).id
