"""A digest comes at its time: one step for it, armed anew as it is done, whatever was missed meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing.accounts.roles import Role
from briefing.models import DigestRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.requesting import asking
from tests.support import digests
from tests.support.client import client_of
from tests.support.desk import add_user, seat_at
from tests.support.newsroom import make_place, work_off
from tests.support.processes import ROOT
from worker.installation.newsroom import apply
from worker.running.perform import perform_next
from worker.tasks import digest as task


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, digests.NEWSROOM)
    yield place
    place.database.dispose()


def at(moment):
    """As `at` of a digest in UTC."""
    return f'at = ["{moment:%H:%M}"]\nzone = "UTC"'


def reapply(place, tmp_path, **changes):
    text = digests.NEWSROOM
    for before, after in changes.items():
        text = text.replace(
            {"at": f'at = ["06:30"]\nzone = "{digests.NOON}"', "digest": digests.MORNING}[before], after
        )
    (tmp_path / "briefcast.toml").write_text(text)
    return apply(load_newsroom(tmp_path / "briefcast.toml"), place).digests


def fall_due(place, due):
    """Have the digest's time have been `due`."""
    row = digests.digest_row(place)
    with place.database.writing() as session:
        session.execute(update(DigestRow).values(due_at=due))
        step = session.get_one(StepRow, row.step_id)
        step.payload = step.payload | {"due": due.isoformat()}
        step.not_before = due.timestamp()


def test_one_step_waits_for_its_next_time(place, tmp_path):
    (step,) = digests.waiting(place)
    row = digests.digest_row(place)
    assert row.step_id == step.id
    assert step.revision_id is None
    assert step.not_before == row.due_at.timestamp()
    assert row.due_at > datetime.now(UTC)
    assert work_off(place) == 0, "it is not due"
    # Applied again, nothing changes
    assert reapply(place, tmp_path) == ()
    assert [waits.id for waits in digests.waiting(place)] == [step.id]
    # Changed, it is armed anew, and the old step is not meant any more
    assert reapply(place, tmp_path, at='at = ["07:15"]\nzone = "Asia/Kolkata"') == ("morning",)
    (new,) = digests.waiting(place)
    assert new.id != step.id
    assert new.payload["due"].endswith("01:45:00+00:00")
    # Left out, it is not made any more
    reapply(place, tmp_path, digest="")
    assert digests.waiting(place) == []
    assert not digests.digest_row(place).listed
    assert reapply(place, tmp_path) == ("morning",)
    assert len(digests.waiting(place)) == 1


def test_it_is_made_at_its_time_and_armed_for_the_next(place, tmp_path):
    now = datetime.now(UTC)
    reapply(place, tmp_path, at=at(now))
    digests.publish(place, tmp_path, "ferry")
    fall_due(place, now.replace(second=0, microsecond=0))
    work_off(place)
    (issue,) = digests.issues(place).items()
    assert issue[0] == f"{now:%Y-%m-%d}"
    revision = digests.live(place, issue[1])
    assert revision.requested_by == "schedule"
    assert digests.told(revision)[0][0] == "greeting"
    row = digests.digest_row(place)
    assert (row.due_at - now.replace(second=0, microsecond=0)).total_seconds() == 86_400
    assert row.made_at is not None
    assert row.skipped_at is None
    assert [step.id for step in digests.waiting(place)] == [row.step_id]


def test_a_missed_time_is_made_up_for_once(place, tmp_path):
    # Given nothing ran for three days, until two hours after the last time
    now = datetime.now(UTC)
    due = (now - timedelta(hours=2)).replace(second=0, microsecond=0)
    reapply(place, tmp_path, at=at(due))
    digests.publish(place, tmp_path, "ferry")
    fall_due(place, due - timedelta(days=3))
    work_off(place)
    assert list(digests.issues(place)) == [f"{due:%Y-%m-%d}"]
    row = digests.digest_row(place)
    assert row.skipped_at is None
    assert row.due_at == due + timedelta(days=1)


def test_what_is_too_late_is_skipped_and_said(place, tmp_path):
    now = datetime.now(UTC)
    due = (now - timedelta(hours=4)).replace(second=0, microsecond=0)
    reapply(place, tmp_path, at=at(due))
    fall_due(place, due)
    work_off(place)
    assert digests.issues(place) == {}
    row = digests.digest_row(place)
    assert (row.skipped_at, row.skipped_why) == (due, "late")
    assert row.due_at == due + timedelta(days=1)
    assert len(digests.waiting(place)) == 1


def test_a_day_without_stories_is_skipped_and_said(place, tmp_path):
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    reapply(place, tmp_path, at=at(due))
    fall_due(place, due)
    work_off(place)
    assert digests.issues(place) == {}
    assert (digests.digest_row(place).skipped_at, digests.digest_row(place).skipped_why) == (due, "nothing")
    assert len(digests.waiting(place)) == 1


def test_a_step_that_is_not_meant_any_more_does_nothing(place, tmp_path):
    # Given a worker that has the old time in hand while the settings change
    digests.publish(place, tmp_path, "ferry")
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    fall_due(place, due)
    old = digests.digest_row(place).step_id
    changed = []

    def while_settings_change(lease, place):
        if not changed:
            changed.append(reapply(place, tmp_path, at=at(due - timedelta(minutes=1))))
        task.see_to_digests(lease, place)

    with pytest.MonkeyPatch.context() as patch:
        from worker.tasks import TASKS, StepKind

        patch.setitem(TASKS, StepKind.DIGEST, while_settings_change)
        work_off(place)
    assert digests.issues(place) == {}
    with place.database.reading() as session:
        assert session.get_one(StepRow, old).state == "done"
    assert [step.id for step in digests.waiting(place)] == [digests.digest_row(place).step_id]


def test_a_worker_that_dies_at_its_time_leaves_it_to_another(place, tmp_path, monkeypatch):
    digests.publish(place, tmp_path, "ferry")
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    reapply(place, tmp_path, at=at(due))
    fall_due(place, due)
    arm = task.digests.arm

    def dies(*_):
        raise MemoryError

    monkeypatch.setattr(task.digests, "arm", dies)
    with pytest.raises(MemoryError):
        work_off(place)
    # It has been asked for, and waits to be armed: the next worker does, and asks for none of its own
    monkeypatch.setattr(task.digests, "arm", arm)
    work_off(place)
    (briefing,) = digests.issues(place).values()
    assert digests.live(place, briefing).number == 1
    assert len(digests.waiting(place)) == 1


def test_what_kills_worker_after_worker_costs_one_digest_and_not_all(place, tmp_path, monkeypatch):
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    reapply(place, tmp_path, at=at(due))
    fall_due(place, due)

    def dies(*_):
        raise MemoryError

    monkeypatch.setattr(task, "_at_its_time", dies)
    for _ in range(3):
        with pytest.raises(MemoryError):
            work_off(place)
    row = digests.digest_row(place)
    assert (row.skipped_at, row.skipped_why) == (due, "internal_error")
    assert row.due_at == due + timedelta(days=1)
    assert [step.id for step in digests.waiting(place)] == [row.step_id]


def test_what_kills_workers_once_it_was_asked_for_skips_none(place, tmp_path, monkeypatch):
    digests.publish(place, tmp_path, "ferry")
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    reapply(place, tmp_path, at=at(due))
    fall_due(place, due)

    def dies(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(task, "_say_missed", dies)
        for _ in range(3):
            with pytest.raises(MemoryError):
                work_off(place)
    row = digests.digest_row(place)
    assert row.skipped_at is None
    assert [step.id for step in digests.waiting(place)] == [row.step_id]
    work_off(place)
    (briefing,) = digests.issues(place).values()
    assert digests.live(place, briefing).number == 1


def test_a_look_that_kills_worker_after_worker_is_made_again_later(place, tmp_path, monkeypatch):
    # Given a story that is withdrawn, and workers that die of looking after the digest that has it
    story = digests.publish(place, tmp_path, "ferry")
    today = digests.make(place)
    with place.database.writing() as session:
        asking.retract(session, story, datetime.now(UTC))
    review = task._review

    def dies(*_):
        raise MemoryError

    monkeypatch.setattr(task, "_review", dies)
    for _ in range(3):
        with pytest.raises(MemoryError):
            work_off(place)
    assert digests.live(place, today) is not None
    # Then it is not left at that: the look comes again in a minute
    monkeypatch.setattr(task, "_review", review)
    with place.database.writing() as session:
        ready = session.scalars(select(StepRow).where(StepRow.kind == "digest", StepRow.state == "ready")).all()
        (step,) = [step for step in ready if "article" in step.payload]
        assert 0 < step.not_before - datetime.now(UTC).timestamp() <= 60
        assert step.payload == {"article": "desk:ferry", "tries": 1}
        step.not_before = None
    work_off(place)
    assert digests.live(place, today) is None


def test_the_desk_tells_when_a_digest_is_due_and_why_none_was_made_and_has_it_made(place, tmp_path):
    with place.database.writing() as session:
        session.execute(update(DigestRow).values(skipped_at=datetime.now(UTC), skipped_why="internal_error"))
    add_user(place, "editor", Role.EDITOR)
    with client_of(place) as api, seat_at(str(api.base_url)) as seat:
        seat.sign_in("editor")
        page = seat.get("/desk/shows").text
        assert "Digest: morning" in page
        assert "its workers failed" in page
        # Without a story there is nothing to be made of, and the page says so
        assert "nothing_to_digest" in seat.post("/desk/digests/morning/make").text
        digests.publish(place, tmp_path, "ferry")
        answer = seat.post("/desk/digests/morning/make")
        assert answer.status_code == 303
        work_off(place)
        (briefing,) = digests.issues(place).values()
        assert answer.headers["location"].startswith(f"/desk/briefings/{briefing}")
        assert "its workers failed" not in seat.get("/desk/shows").text


def test_the_sample_newsroom_has_a_digest():
    newsroom = load_newsroom(ROOT / "samples" / "briefcast.toml")
    assert [(digest.slug, digest.show) for digest in newsroom.digests] == [("morning", "ledger")]


def test_hosts_that_apply_at_once_arm_one_step(any_database, tmp_path):
    """On PostgreSQL they are side by side."""
    from concurrent.futures import ThreadPoolExecutor

    from briefing.digesting.digest import Digest
    from briefing.digesting.digests import put_digests

    digest = Digest(slug="morning", show="daily", at=("06:30",))

    def put(_):
        with any_database.writing() as session:
            return put_digests(session, [digest], datetime.now(UTC))

    with ThreadPoolExecutor(8) as pool:
        changed = list(pool.map(put, range(8)))
    assert sorted(changed, key=len)[-2:] == [(), ("morning",)]
    with any_database.reading() as session:
        assert len(session.scalars(select(StepRow).where(StepRow.state == "ready")).all()) == 1


def test_an_older_worker_leaves_it_ready(place, tmp_path):
    from worker.tasks import TASKS, StepKind

    due = datetime.now(UTC)
    fall_due(place, due)
    known = dict(TASKS)
    try:
        for kind in (StepKind.DIGEST, StepKind.EXTRACT):
            TASKS.pop(kind)
        from briefing.states import Queue

        assert perform_next(place, tuple(Queue)) is None
    finally:
        TASKS.update(known)
    assert [step.state for step in digests.waiting(place)] == ["ready"]
