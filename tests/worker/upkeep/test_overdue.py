"""What is not made before its deadline fails, told like any failure; what waits rightly, or for all of us, does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from briefing import steps
from briefing.database import database_clock
from briefing.models import HealthRow, RevisionRow, StepRow, WorkerRow
from briefing.observing import workers
from briefing.observing.workers import Report
from briefing.states import Queue, StepKind
from tests.support.asking import ask, briefing_row, revision_row, step_rows
from tests.support.newsroom import ARTICLE, make_place, work_off
from worker.running.perform import perform_next
from worker.upkeep import overdue, sweep
from worker.upkeep.overdue import EVERY_S, cutoff
from worker.workplace import Workplace

DAY_S = 86_400.0


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path, monkeypatch):
    """A newsroom with a worker, in which deadlines have counted for years."""
    if request.param == "postgresql":
        monkeypatch.setenv("BRIEFCAST_DATABASE_URL", request.getfixturevalue("cluster").new_database())
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with place.database.writing() as session:
        workers.report(session, Report("w", "worker", "here", 1, "1", {}))
    overdue.tend(place)
    pass_days(place, 2000)
    yield place
    place.database.dispose()


def pass_days(place, days, *, looking=True):
    """Have days pass, without anybody who looks for what is late unless `looking`."""
    with place.database.writing() as session:
        session.execute(
            update(StepRow).values(
                ready_at=StepRow.ready_at - days * DAY_S, not_before=StepRow.not_before - days * DAY_S
            )
        )
        row = session.get_one(HealthRow, "deadlines")
        row.detail = json.dumps([[from_ - days * DAY_S, to - days * DAY_S] for from_, to in json.loads(row.detail)])
        row.reported_at -= EVERY_S + 1 if looking else days * DAY_S


def ended(place):
    """Look for what is late; return the states of all revisions and why those failed that did."""
    sweep.sweep(place)
    with place.database.reading() as session:
        rows = session.execute(select(RevisionRow.state, RevisionRow.error_code).order_by(RevisionRow.id))
        return [tuple(row) for row in rows]


def test_what_is_not_made_in_time_fails_and_what_is_live_stays(place):
    # Given a live story, whose next edition a worker has at hand that knows no end
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == StepKind.VERIFY.value).values(state="done"))
    _, second, _ = ask(place, "ferry", voice="silence")
    with place.database.writing() as session:
        lease = steps.claim(session, holder="w", lease_s=1e9, queues=tuple(Queue), kinds=(StepKind.PREPARE,))
    pass_days(place, 6)
    assert ended(place)[-1] == ("preparing", None)
    # When its days are over
    pass_days(place, 1.1)
    # Then it has failed with a code and a hint, what is live plays on, and the worker's result comes too late
    assert ended(place) == [("live", None), ("failed", "overdue")]
    late = revision_row(place, second)
    assert late.error_message == "it was not made within 7 days, and was still preparing"
    assert "regenerate" in late.error_hint
    assert late.finished_at is not None
    assert briefing_row(place, briefing).live_revision == first
    assert {(step.state, step.error_code) for step in step_rows(place, second)} == {("dead", "overdue")}
    with place.database.writing() as session:
        assert not steps.finish(session, lease)


def test_an_edit_that_was_asked_for_meanwhile_has_a_deadline_of_its_own(place):
    _, revision_id, _ = ask(place, "ferry")
    with place.database.writing() as session:
        steps.claim(session, holder="w", lease_s=1e9, queues=tuple(Queue), kinds=(StepKind.PREPARE,))
    ask(place, "ferry")
    pass_days(place, 8)
    assert ended(place) == [("failed", "overdue"), ("preparing", None)]
    assert ended(place)[-1] == ("preparing", None)
    assert revision_row(place, revision_id).error_code == "overdue"


def test_bulk_work_has_a_deadline_of_its_own_until_somebody_waits_for_it(place):
    # Given bulk work whose turn has not come for months
    ask(place, "ferry", queue=Queue.BULK)
    pass_days(place, 100)
    assert ended(place) == [("preparing", None)]
    # When somebody asks for it, that has the days of what somebody waits for, from then on
    assert ask(place, "ferry")[2]
    assert ended(place) == [("preparing", None)]
    pass_days(place, 8)
    assert ended(place) == [("failed", "overdue")]
    # And what nobody asks for again ends too
    ask(place, "ferry", queue=Queue.BULK)
    pass_days(place, 367)
    assert ended(place)[-1] == ("failed", "overdue")


def test_what_was_promoted_when_it_had_begun_is_not_late_at_once(place):
    _, revision_id, _ = ask(place, "ferry", queue=Queue.BULK)
    perform_next(place, tuple(Queue))
    assert revision_row(place, revision_id).state == "speaking"
    pass_days(place, 100)
    assert ask(place, "ferry")[2]
    assert ended(place) == [("speaking", None)]


@pytest.mark.parametrize("held", ["held", "budget", "publishing"])
def test_what_waits_for_an_editor_a_budget_or_the_storage_alone_is_not_late(place, held):
    ask(place, "ferry", queue=Queue.BULK if held == "budget" else Queue.INTERACTIVE)
    with place.database.writing() as session:
        if held == "budget":
            session.execute(update(StepRow).values(not_before=database_clock() + 500 * DAY_S))
        else:
            session.execute(update(RevisionRow).values(state=held))
    pass_days(place, 400)
    assert ended(place)[0][1] is None


@pytest.mark.parametrize("ahead_s", [0, 7200], ids=["clocks_right", "clock_ahead"])
def test_an_outage_counts_for_nobody(place, ahead_s):
    # Given a week in which nothing ran, the database was away, or no worker was there; by the database's clock it may have
    # been over two hours later than it was, which was set right since
    ask(place, "ferry")
    pass_days(place, 6)
    assert ended(place) == [("preparing", None)]
    pass_days(place, 7, looking=False)
    assert ended(place) == [("preparing", None)]
    with place.database.writing() as session:
        row = session.get_one(HealthRow, "deadlines")
        *before, (begun, over) = json.loads(row.detail)
        row.detail, row.reported_at = json.dumps([*before, [begun, over + ahead_s]]), row.reported_at + ahead_s
    assert ended(place) == [("preparing", None)]
    # When it works again, then what is left of the days counts
    pass_days(place, 0.9)
    assert ended(place) == [("preparing", None)]
    pass_days(place, 0.2)
    assert ended(place) == [("failed", "overdue")]


@pytest.mark.parametrize("away", ["storage_full", "storage_unavailable", "worker"])
def test_while_the_storage_or_all_workers_are_away_nobody_is_late(place, away):
    # Given what is nearly late, and an outage of hours through which the database is there and looks go on
    ask(place, "ferry")
    _, other, _ = ask(place, "bridge")
    pass_days(place, 6.9)
    assert ended(place) == [("preparing", None)] * 2
    with place.database.writing() as session:
        if away == "worker":
            session.execute(update(WorkerRow).values(reported_at=0))
        else:
            session.execute(update(StepRow).where(StepRow.revision_id == other).values(error_code=away))
    for _ in range(10):
        pass_days(place, 0.5 / 24, looking=False)
        assert ended(place) == [("preparing", None)] * 2
    # When it is over, then its hours do not count
    with place.database.writing() as session:
        session.execute(update(StepRow).values(error_code=None))
        workers.report(session, Report("w", "worker", "here", 1, "1", {}))
    assert ended(place) == [("preparing", None)] * 2


def test_what_waited_when_deadlines_came_is_counted_from_then(place):
    ask(place, "ferry")
    pass_days(place, 30)
    with place.database.writing() as session:
        session.delete(session.get_one(HealthRow, "deadlines"))
    assert ended(place) == [("preparing", None)]


def test_a_clock_of_the_database_that_was_ahead_makes_nobody_late_and_excuses_nobody(place):
    # Given what is six days old, and a look by a clock that was 30 days ahead
    ask(place, "ferry")
    pass_days(place, 6)
    now = datetime.now(UTC).timestamp()
    with place.database.writing() as session:
        row = session.get_one(HealthRow, "deadlines")
        row.detail, row.reported_at = json.dumps([[now - 600, now + 30 * DAY_S]]), now + 30 * DAY_S
    # Then, set right, it is late in its time
    assert ended(place) == [("preparing", None)]
    pass_days(place, 1.1)
    assert ended(place) == [("failed", "overdue")]


def test_none_is_none(place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DEADLINE_DAYS", "0")
    mine = Workplace()
    ask(mine, "ferry")
    pass_days(mine, 300)
    assert ended(mine) == [("preparing", None)]
    mine.database.dispose()


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([], 900),
        ([(0, 500)], 900),
        ([(0, 950)], -50),
        ([(940, 990)], 850),
        ([(100, 200), (800, 900), (940, 990)], 750),
    ],
)
def test_time_that_counts_for_nobody_is_not_counted(gaps, expected):
    assert cutoff(1000, 100, gaps) == expected
