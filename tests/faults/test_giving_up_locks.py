"""Steps of no revision are given up while their workers finish them after all: on PostgreSQL nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update

from briefing import steps
from briefing.digesting import digests
from briefing.models import DigestRow, RespeakRow, StepRow
from briefing.pronunciations import respeaks
from briefing.states import Queue, StepKind
from briefing.steps import MAX_ATTEMPTS
from tests.support.newsroom import make_place
from tests.support.processes import wait_for
from worker.upkeep import sweep

NOW = datetime.now(UTC)


@pytest.fixture
def place(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path)
    yield place
    place.database.dispose()


def waits(place):
    """Whether somebody waits for a row at this moment."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with place.database.reading() as session:
        return session.scalar(text(asked)) == 1


def a_digests(session):
    session.add(DigestRow(slug="morning", position=1, settings={}, listed=True))
    told = {"digest": "morning", "issue": "2026-05-01", "due": NOW.isoformat()}
    step = steps.record(session, StepKind.DIGEST, Queue.INTERACTIVE, payload=told)
    session.flush()
    session.get_one(DigestRow, "morning").step_id = step.id
    return step.id, lambda session, step_id: digests.armed(session, "morning", step_id)


def a_respeaks(session):
    row = RespeakRow(
        id="r", show=None, written="harbour", language="en", before=None, after=None, words=1, state="recording",
        total=1, undoes=None, requested_by="eve", requester=None, created_at=NOW,
    )  # fmt: skip
    session.add(row)
    step = steps.record(session, StepKind.RESPEAK, Queue.INTERACTIVE, payload={"respeak": "r", "from": 0})
    session.flush()
    return step.id, lambda session, _: respeaks.locked(session, "r")


@pytest.mark.parametrize("step_of", [a_digests, a_respeaks])
def test_a_worker_that_finishes_late_and_the_sweep_that_gives_its_step_up_do_not_wait_for_each_other(place, step_of):
    # Given a worker's last claim, whose lease has run out
    with place.database.writing() as session:
        step_id, lock = step_of(session)
        session.execute(update(StepRow).where(StepRow.id == step_id).values(attempts=MAX_ATTEMPTS - 1))
    with place.database.writing() as session:
        lease = steps.claim(session, holder="slow", lease_s=0.0, queues=tuple(Queue), step_id=step_id)
    # When it comes back, and holds what the step is of, as the sweep finds it
    with ThreadPoolExecutor(1) as pool:
        with place.database.writing() as session:
            assert lock(session, step_id) is not None
            sweeping = pool.submit(sweep.free_expired, place)
            wait_for(lambda: waits(place), "the sweep to wait")
            # Then it finishes, and the sweep finds nothing to give up
            assert steps.finish(session, lease)
        assert [lost.dead for lost in sweeping.result(60)] == [True]
    with place.database.reading() as session:
        assert session.get_one(StepRow, step_id).state == "done"
