"""Chunks of a briefing over which a worker was lost: one goes on, the others stand back until it has been spoken."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import or_, select

from briefing import speaking, steps
from briefing.database import database_clock
from briefing.models import ShowRow, StepRow
from briefing.states import Queue, StepKind
from tests.support.being_spoken import being_spoken


@pytest.fixture
def database(any_database):
    """With two briefings that are being spoken, of four chunks each."""
    with any_database.writing() as session:
        session.add(ShowRow(slug="daily", position=0, settings={}, podcast_guid="daily"))
        session.flush()
        for briefing in ("a", "b"):
            row = being_spoken(session, briefing, "daily")
            for seq in range(4):
                steps.record(session, StepKind.SPEAK, Queue.BULK, revision_id=row.id, seq=seq, rank=row.id)
            steps.record(session, StepKind.STREAM, Queue.BULK, revision_id=row.id, rank=100)
    return any_database


def claim(database, holder="one"):
    with database.writing() as session:
        return steps.claim(session, holder=holder, lease_s=60, queues=tuple(Queue), kinds=(StepKind.SPEAK,))


def lose(database, holder="one"):
    """As `worker.upkeep.sweep` does."""
    with database.writing() as session:
        lost = steps.release_held_by(session, holder)
    with database.writing() as session:
        steps.stand_back(session, lost[0].revision_id)
    return lost


def finish(database, lease):
    """As `worker.tasks.speak` does."""
    with database.writing() as session:
        assert steps.finish(session, lease)
        if lease.attempts > 1:
            steps.let_go(session, lease.revision_id)


def ready(database, revision=1):
    """The numbers of a revision's chunks that may be claimed."""
    due = or_(StepRow.not_before.is_(None), StepRow.not_before <= database_clock())
    mine = StepRow.revision_id == revision, StepRow.kind == "speak", StepRow.state == "ready"
    with database.reading() as session:
        return list(session.scalars(select(StepRow.seq).where(*mine, due).order_by(StepRow.seq)))


def test_what_was_lost_goes_on_alone_and_the_others_once_it_is_spoken(database):
    claim(database)
    assert ready(database) == [1, 2, 3]
    lose(database)
    assert ready(database) == [0], "at once"
    assert ready(database, 2) == [0, 1, 2, 3], "the other briefing has the other workers"
    again = claim(database)
    assert (again.revision_id, again.attempts) == (1, 2)
    assert claim(database, "two").revision_id == 2
    finish(database, again)
    assert ready(database) == [1, 2, 3]
    with database.reading() as session:
        assert set(session.scalars(select(StepRow.error_code).where(StepRow.seq > 0))) == {None}


def test_several_that_were_lost_are_spoken_one_after_the_other(database):
    # Given three workers that are lost over three chunks, one after the other
    for holder in ("one", "two", "three"):
        claim(database, holder)
    lose(database, "two")
    assert ready(database) == [1]
    lose(database, "one")
    assert len(ready(database)) == 1
    tried = claim(database, "four")
    lose(database, "three")
    assert ready(database) == [], "one is being tried"
    # When each is spoken / Then the next that was lost is let go, and last what nobody has tried
    finish(database, tried)
    for _ in range(2):
        assert len(ready(database)) == 1
        again = claim(database, "four")
        assert again.attempts == 2
        finish(database, again)
    assert ready(database) == [3]


def test_a_chunk_that_loses_all_its_workers_takes_one_at_a_time(database):
    for attempt in (1, 2, 3):
        lease = claim(database)
        assert (lease.revision_id, lease.attempts) == (1, attempt)
        (lost,) = lose(database)
    assert lost.dead
    assert ready(database) == [], "until it has been given up, and the revision with it"


def test_what_goes_well_lets_nobody_go_who_waits_for_something_else(database):
    first = claim(database)
    with database.writing() as session:
        steps.postpone(session, first, 60.0, "engine_busy")
    second = claim(database)
    with database.writing() as session:
        steps.retry(session, second, "take_rejected")
    again = claim(database)
    assert (again.step_id, again.attempts) == (second.step_id, 2)
    finish(database, again)
    assert ready(database) == [2, 3]


def test_a_chunk_spoken_before_the_others_stand_back_leaves_them_alone(database):
    claim(database)
    with database.writing() as session:
        steps.release_held_by(session, "one")
    finish(database, claim(database, "two"))
    with database.writing() as session:
        steps.stand_back(session, 1)
    assert ready(database) == [1, 2, 3], "nobody would let them go"


def test_a_chunk_lost_while_the_tried_one_ends_is_left_to_go_on(database):
    # Given a chunk that is tried again, and another at work
    for holder in ("one", "two"):
        claim(database, holder)
    lose(database)
    again = claim(database)
    with ThreadPoolExecutor(1) as other, database.writing() as session:
        # When the other is lost while the first is being finished
        speaking.count_spoken(session, again.revision_id, 1, 1.0)
        assert steps.finish(session, again)
        steps.let_go(session, again.revision_id)
        lost = other.submit(lose, database, "two")
        time.sleep(0.3)
    lost.result()
    # Then it does not wait for one that has been spoken
    assert ready(database) == [1]
