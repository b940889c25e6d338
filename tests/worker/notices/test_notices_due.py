"""What somebody is to be told of: what failed or is held, whatever looks came after it and found nothing new; and what
was to go live by itself and did not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from briefing import steps
from briefing.going_live import editions
from briefing.models import ActionLinkRow, BriefingRow, HealthRow, NoticeRow, RevisionRow, StepRow
from briefing.states import Queue, StepKind
from briefing.steps import MAX_ATTEMPTS
from tests.support.asking import ask
from tests.support.clocks import be_off
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.notices import due, wording
from worker.tasks import notice
from worker.upkeep import sweep


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK", "http://127.0.0.1:9/nobody")
    place = make_place(tmp_path, PLAIN)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def test_what_is_held_is_told_although_a_later_look_found_nothing_new(place):
    # Given a story that its show holds, for which somebody asked again while it was being made
    ask(place, "ferry", show="held")
    ask(place, "ferry", show="held")
    work_off(place)
    ask(place, "ferry", show="held")
    work_off(place)
    with place.database.reading() as session:
        states = list(session.scalars(select(RevisionRow.state).order_by(RevisionRow.number)))
    assert states == ["held", "unchanged"]
    # When the sweep looks what is to be told / Then it is
    due.tend(place)
    with place.database.reading() as session:
        told = [(row.reason, row.told) for row in session.scalars(select(NoticeRow))]
    assert told == [("held", True)]


def test_a_host_whose_clock_is_ahead_takes_no_failure_for_long_past(place, monkeypatch):
    ask(place, "ferry", show="held")
    work_off(place)
    assert be_off(lambda: 7200.0, monkeypatch.setattr)
    assert len(told(place)) == 1


def launch_dies(place):
    """The time of what is held comes, and three workers vanish over it."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    with place.database.writing() as session:
        session.execute(update(BriefingRow).values(scheduled_at=past))
        session.execute(update(StepRow).where(StepRow.kind == StepKind.LAUNCH.value).values(not_before=None))
    for _ in range(MAX_ATTEMPTS):
        with place.database.writing() as session:
            lease = steps.claim(session, holder="gone", lease_s=60.0, queues=tuple(Queue), kinds=(StepKind.LAUNCH,))
        assert lease is not None
        sweep.free_held_by(place, "gone")


def told(place):
    """Look what is to be told, a minute after the last time; return the messages of that."""
    with place.database.writing() as session:
        session.execute(delete(HealthRow).where(HealthRow.name == "notices"))
        session.execute(delete(StepRow).where(StepRow.kind == StepKind.NOTICE.value))
    due.tend(place)
    with place.database.reading() as session:
        sent = session.scalars(select(StepRow.payload).where(StepRow.kind == StepKind.NOTICE.value))
        return [wording.text(notice._notices(place, payload["revisions"]), 0) for payload in sent]


def hours_later(place, hours):
    with place.database.writing() as session:
        for row in session.scalars(select(NoticeRow)):
            row.at -= timedelta(hours=hours)


def test_what_was_to_go_live_and_did_not_is_told_although_it_was_told_that_it_is_held(place):
    # Given a story that is set for a time, which is told
    briefing, _, _ = ask(place, "ferry")
    set_for(place, briefing)
    work_off(place)
    assert ["waits for an editor" in one for one in told(place)] == [True]
    # When its time has come hours later, and workers die of it / Then that is told, and why
    hours_later(place, 2)
    launch_dies(place)
    [said] = told(place)
    assert "is held: " in said
    assert "[worker_lost]" in said
    # When they die of it again and again / Then it is told once in six hours
    for messages in (0, 1, 0):
        hours_later(place, 4)
        launch_dies(place)
        assert len(told(place)) == messages
    # When an editor sees to it, and sets another time, at which they die of it once more / Then it is
    set_for(place, briefing)
    assert told(place) == [], "not what it died of before"
    launch_dies(place)
    assert len(told(place)) == 1
    for _ in range(2):
        launch_dies(place)
        assert told(place) == []
    # And what was seen to is not told when six hours are over
    set_for(place, briefing)
    hours_later(place, 7)
    assert told(place) == []


def set_for(place, briefing):
    with place.database.writing() as session:
        now = datetime.now(UTC)
        editions.schedule(session, briefing, now + timedelta(days=1), "ed", now)


def test_a_worker_that_was_overtaken_makes_no_links_and_sends_nothing(place, monkeypatch):
    # Given a worker whose step another one claims while it looks what there is to tell
    looked, sent = notice._notices, []

    def overtaken(there, ids):
        with place.database.writing() as session:
            session.execute(update(StepRow).where(StepRow.kind == "notice").values(fence=StepRow.fence + 1))
        return looked(there, ids)

    monkeypatch.setattr(notice, "_notices", overtaken)
    monkeypatch.setattr(notice, "_by_its_way", lambda *told: sent.append(told))
    ask(place, "ferry", show="held")
    work_off(place)
    due.tend(place)
    # When it goes on / Then the message is the other's to send
    work_off(place)
    with place.database.reading() as session:
        assert session.scalars(select(ActionLinkRow)).all() == []
    assert sent == []
