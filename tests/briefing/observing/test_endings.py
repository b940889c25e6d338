"""What was given up counts until somebody or something has seen to it, each day's by itself."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select, update

from briefing import steps
from briefing.models import StepRow
from briefing.observing.endings import given_up
from briefing.states import Queue, StepKind
from briefing.steps import look_again_later

NOW = datetime(2026, 5, 8, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


def dead(session, kind=StepKind.NOTIFY, ago=0.0, code="source_unavailable"):
    """A step of no revision that was given up."""
    step = steps.record(session, kind, Queue.INTERACTIVE)
    step.state, step.error_code, step.ready_at = "dead", code, NOW - ago * HOUR
    session.flush()
    return step


def test_what_is_given_up_is_told_apart_by_the_day(any_database):
    with any_database.writing() as session:
        # Given a hub that was away on Monday, and is on Friday / a worker that was lost / and what is long over
        for ago in (1, 11, 12.5, 100):
            dead(session, ago=ago)
        dead(session, ago=1, code="worker_lost")
        dead(session, ago=7 * 24 + 1)
        assert given_up(session, NOW) == {
            ("source_unavailable", "2026-05-08"): 2,
            ("source_unavailable", "2026-05-07"): 1,
            ("source_unavailable", "2026-05-04"): 1,
            ("worker_lost", "2026-05-08"): 1,
        }


def test_what_comes_again_counts_once_until_it_is_done(any_database):
    with any_database.writing() as session:
        # Given a step that was given up twice, and waits to be tried again
        look_again_later(session, dead(session, StepKind.LIST))
        second = session.scalars(select(StepRow).where(StepRow.state == "ready")).one()
        second.state, second.error_code, second.ready_at = "dead", "worker_lost", NOW
        look_again_later(session, second)
        assert given_up(session, NOW) == {("worker_lost", "2026-05-08"): 1}
        # When it is done / Then nothing is left of it
        session.execute(update(StepRow).where(StepRow.state == "ready").values(state="done"))
        assert given_up(session, NOW) == {}
