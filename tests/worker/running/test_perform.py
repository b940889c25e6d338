from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from briefing import steps
from briefing.backoff import MAX_POSTPONED
from briefing.errors import (
    ArticleEmpty,
    DatabaseUnavailable,
    EngineNotInstalled,
    EngineUnavailable,
    MasterRejected,
    SourceUnavailable,
    StorageFull,
    StorageUnavailable,
    TakeRejected,
)
from briefing.models import StepRow
from briefing.states import Queue, StepKind
from briefing.steps import MAX_ATTEMPTS
from tests.support.asking import ask, revision_row, step_rows
from tests.support.newsroom import ARTICLE
from tests.support.processes import wait_for
from worker.running import perform
from worker.running.perform import delay_after, perform_next
from worker.upkeep import sweep


@pytest.fixture
def revision(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    return ask(place, "ferry")[1]


def failing_with(monkeypatch, error, kind=StepKind.PREPARE):
    def task(lease, place):
        raise error

    monkeypatch.setitem(perform.TASKS, kind, task)


def tries(place):
    """Perform until nothing is due, waiting for nothing; return how many steps that were."""
    done = 0
    while perform_next(place, tuple(Queue)):
        done += 1
    return done


def test_a_final_error_fails_the_revision_at_once(place, revision, monkeypatch):
    failing_with(monkeypatch, ArticleEmpty("nothing left"))
    assert tries(place) == 1
    assert revision_row(place, revision).error_code == "article_empty"


def test_a_transient_error_puts_the_step_off_without_spending_a_claim(place, revision, monkeypatch):
    failing_with(monkeypatch, SourceUnavailable("away"))
    assert tries(place) == 1
    (step,) = step_rows(place, revision)
    assert (step.state, step.attempts, step.postponed, step.error_code) == ("ready", 0, 1, "source_unavailable")
    assert step.not_before is not None
    assert revision_row(place, revision).state == "preparing"


def test_transient_errors_end_after_five_tries(place, revision, monkeypatch):
    failing_with(monkeypatch, SourceUnavailable("away"))
    for _ in range(MAX_POSTPONED + 1):
        due(place)
        tries(place)
    assert revision_row(place, revision).error_code == "source_unavailable"


def test_waiting_for_the_storage_or_the_database_uses_nothing_up(place, revision, monkeypatch):
    # Given a disk that was full for longer than any source may be away, and a database that was
    for error in (StorageFull("no space left"), DatabaseUnavailable("restarting")):
        failing_with(monkeypatch, error)
        for _ in range(MAX_POSTPONED + 1):
            due(place)
            assert tries(place) == 1
    (step,) = step_rows(place, revision)
    assert (step.state, step.attempts, step.postponed, step.error_code) == ("ready", 0, 0, "database_unavailable")
    # When the source is away once afterwards / Then it is waited for as ever
    failing_with(monkeypatch, SourceUnavailable("503"))
    due(place)
    assert tries(place) == 1
    (step,) = step_rows(place, revision)
    assert (step.state, step.postponed) == ("ready", 1)
    assert revision_row(place, revision).state == "preparing"


def test_the_storage_is_tried_again_at_once_and_then_every_half_minute(place, revision, monkeypatch):
    failing_with(monkeypatch, StorageUnavailable("a moment"))
    waits = []
    for _ in range(3):
        due(place)
        tries(place)
        (step,) = step_rows(place, revision)
        waits.append(step.not_before - step.ready_at)
    assert waits[0] == pytest.approx(2.0)
    assert all(15.0 <= wait <= 30.0 for wait in waits[1:]), waits


def due(place):
    with place.database.writing() as session:
        session.query(StepRow).update({"not_before": None})


def test_a_rejected_master_is_tried_three_times(place, revision, monkeypatch):
    failing_with(monkeypatch, MasterRejected("too loud"))
    assert tries(place) == MAX_ATTEMPTS
    assert revision_row(place, revision).error_code == "master_rejected"


def test_a_rejected_take_is_final_since_all_has_been_tried(place, revision, monkeypatch):
    failing_with(monkeypatch, TakeRejected("silent"))
    assert tries(place) == 1
    assert revision_row(place, revision).error_code == "take_rejected"


def test_something_unforeseen_goes_up_and_spends_a_claim(place, revision, monkeypatch):
    failing_with(monkeypatch, ZeroDivisionError("a bug"))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        with pytest.raises(ZeroDivisionError):
            perform_next(place, tuple(Queue))
        assert step_rows(place, revision)[0].attempts == attempt
    assert revision_row(place, revision).error_code == "internal_error"
    assert not perform_next(place, tuple(Queue))


def test_a_worker_told_to_stop_gives_its_step_back_unspent(place, revision, monkeypatch):
    failing_with(monkeypatch, SystemExit(0))
    with pytest.raises(SystemExit):
        perform_next(place, tuple(Queue))
    (step,) = step_rows(place, revision)
    assert (step.state, step.attempts) == ("ready", 0)


def test_a_step_whose_workers_vanish_is_given_up_after_three(place, revision, monkeypatch):
    monkeypatch.setitem(perform.TASKS, StepKind.PREPARE, lambda lease, place: None)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert perform_next(place, tuple(Queue))
        lost = sweep.free_held_by(place, place.holder)
        assert [(step.dead, step.holder) for step in lost] == [(attempt == MAX_ATTEMPTS, place.holder)]
    assert revision_row(place, revision).error_code == "worker_lost"
    assert revision_row(place, revision).error_hint


@pytest.mark.parametrize(
    ("error", "postponed", "waits"),
    [
        (SourceUnavailable("x"), 0, True),
        (SourceUnavailable("x"), MAX_POSTPONED, False),
        (EngineUnavailable("x"), 0, True),
        (EngineNotInstalled("x"), 0, False),
        (StorageUnavailable("x"), 10_000, True),
        (ArticleEmpty("x"), 0, False),
        (TakeRejected("x"), 0, False),
    ],
)
def test_waiting_helps_for_what_is_transient(error, postponed, waits):
    assert (delay_after(error, postponed) is not None) == waits


def test_a_server_that_asks_to_wait_is_obeyed_within_bounds():
    assert delay_after(SourceUnavailable("x", retry_after_s=120), 0) >= 120
    assert delay_after(SourceUnavailable("x", retry_after_s=86_400), 0) <= 300


def test_a_full_disk_is_looked_at_again_soon():
    assert delay_after(StorageUnavailable("x"), 50) <= 30


def test_the_lease_is_renewed_while_the_task_runs(place, revision, monkeypatch):
    object.__setattr__(place, "work", place.work.model_copy(update={"lease_s": 6.0}))

    def until(workplace):
        with workplace.database.reading() as session:
            return session.scalar(select(StepRow.lease_until).where(StepRow.state == "leased"))

    def task(lease, workplace):
        begun = until(workplace)
        wait_for(lambda: until(workplace) > begun, "the lease to be renewed")
        assert not sweep.free_expired(workplace)

    monkeypatch.setitem(perform.TASKS, StepKind.PREPARE, task)
    assert perform_next(place, tuple(Queue))


def test_beyond_its_deadline_a_task_loses_its_lease(place, revision, monkeypatch):
    object.__setattr__(place, "work", place.work.model_copy(update={"lease_s": 0.3}))
    monkeypatch.setitem(perform.DEADLINE_S, StepKind.PREPARE, 0.2)
    lost = []

    def task(lease, workplace):
        # It would be renewed for as long as this lasts, but for the deadline.
        lost.extend(wait_for(lambda: sweep.free_expired(workplace), "the lease to run out"))

    monkeypatch.setitem(perform.TASKS, StepKind.PREPARE, task)
    assert perform_next(place, tuple(Queue))
    assert len(lost) == 1


def test_one_thread_keeps_the_leases_of_all_steps_and_ends_when_there_are_none(place, monkeypatch):
    # Given leases of three seconds, as long as the thread waits for the next step / When many steps are done one after
    # another, and two at once
    object.__setattr__(place, "work", place.work.model_copy(update={"lease_s": 3.0}))
    with place.database.writing() as session:
        for _ in range(12):
            steps.record(session, StepKind.PREPARE, Queue.BULK)
    seen, others = set(), set(threading.enumerate())

    def task(lease, workplace):
        seen.update(thread for thread in threading.enumerate() if thread.name == "leases" and thread not in others)
        with workplace.database.writing() as session:
            assert steps.finish(session, lease)

    monkeypatch.setitem(perform.TASKS, StepKind.PREPARE, task)
    workers = [threading.Thread(target=tries, args=(place,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # Then one thread kept them all, and goes when nothing is left to keep
    assert len(seen) == 1
    wait_for(lambda: not any(thread.is_alive() for thread in seen), "the thread to end")
    assert tries(place) == 0
