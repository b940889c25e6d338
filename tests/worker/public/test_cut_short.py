"""A publishing that was cut short, and whose revision does not go live after all, leaves nothing public."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing.failpoints import Action, Failpoint, FailpointReached
from briefing.going_live import editions, wishes
from briefing.models import BriefingRow, MasterRow, RevisionRow, StepRow
from briefing.requesting import asking
from briefing.states import StepKind
from briefing.steps import MAX_ATTEMPTS
from tests.support.asking import again, ask, briefing_row, revision_row
from tests.support.failpoints import Failpoints
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from tests.support.s3 import s3
from worker.doctor import placed, public

NOW = datetime.now(UTC)
MEMBERS = PLAIN.replace('slug = "daily"', 'slug = "daily"\nvisibility = "members"', 1)


@pytest.fixture
def failing(tmp_path, monkeypatch):
    failing = Failpoints(tmp_path / "failing")
    for name, value in failing.environment.items():
        monkeypatch.setenv(name, value)
    return failing


@pytest.fixture(params=["public", "members"])
def place(request, tmp_path):
    place = make_place(tmp_path, PLAIN if request.param == "public" else MEMBERS)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def files(place):
    """What readers or members find, but for what is there of every show and the player."""
    both = (place.storages.public, place.storages.members)
    names = (file.name for storage in both for file in storage.files())
    return {name for name in names if not name.startswith(("player", "embed", "shows/", "gone/", "v1/addresses/"))}


def in_feeds(place):
    feeds = (place.storages.public.read("shows/daily/feed.xml"), place.storages.members.read("shows/daily/feed.xml"))
    return sum(feed[0].count(b"<item>") for feed in feeds if feed)


def cut_short(place, failing, point=Failpoint.PUBLISH_BEFORE_COMMIT, times=1):
    """Work until the process dies amid publishing, so often."""
    failing.arm(point, Action.RAISE, times)
    for _ in range(times):
        with pytest.raises(FailpointReached):
            work_off(place)


def findings(place):
    return [*placed.look(place, fix=False), *public.look(place, fix=False)]


def hold(place, briefing):
    with place.database.writing() as session:
        editions.hold(session, briefing, "editor", datetime.now(UTC))


def embargo(place, briefing):
    with place.database.writing() as session:
        wishes.note_embargo(session, session.get_one(BriefingRow, briefing), datetime.now(UTC) + timedelta(days=1))


@pytest.mark.parametrize("stops", [hold, embargo])
@pytest.mark.parametrize("point", [Failpoint.PUBLISH_ARTICLE, Failpoint.PUBLISH_BEFORE_COMMIT])
def test_what_is_held_after_a_crash_is_public_nowhere(place, failing, point, stops):
    # Given a story whose publishing was cut short when its files were there / When it is held before it is tried again
    briefing, revision, _ = ask(place, "ferry", now=NOW)
    cut_short(place, failing, point)
    assert files(place)
    stops(place, briefing)
    work_off(place)
    # Then nothing of it can be had, nor is it in a feed
    assert revision_row(place, revision).state == "held"
    assert files(place) == set()
    assert in_feeds(place) == 0
    # And it goes live when it may
    with place.database.writing() as session:
        row = session.get_one(BriefingRow, briefing)
        wishes.note_embargo(session, row, None)
        editions.release(session, row, session.get_one(RevisionRow, revision), datetime.now(UTC))
    work_off(place)
    assert briefing_row(place, briefing).heard == revision
    assert in_feeds(place) == 1
    assert findings(place) == []


def test_what_was_live_is_heard_again_and_what_is_held_is_not(place, failing, tmp_path):
    # Given a live story, and an edit whose publishing was cut short
    briefing, live, _ = ask(place, "ferry", now=NOW)
    work_off(place)
    before = files(place)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "three days"))
    edit, _ = again(place, briefing)
    cut_short(place, failing)
    assert len(files(place)) > len(before)
    # When an editor holds it / Then all is as it was
    hold(place, briefing)
    work_off(place)
    assert revision_row(place, edit).state == "held"
    assert files(place) == before
    assert findings(place) == []
    storage = place.storages.members if briefing_row(place, briefing).members_revision else place.storages.public
    assert json.loads(storage.read("v1/articles/desk/ferry/audio")[0])["revision"] == revision_row(place, live).number


def test_in_a_bucket_what_was_live_is_heard_again_too(tmp_path, monkeypatch, failing):
    with s3(tmp_path / "s3") as server:
        for name, value in server.settings("paper").items():
            monkeypatch.setenv(name, value)
        place = make_place(tmp_path)
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
        test_what_was_live_is_heard_again_and_what_is_held_is_not(place, failing, tmp_path)
        place.database.dispose()


def test_what_fails_amid_publishing_is_public_nowhere(place, failing):
    # When a worker dies each time that it publishes / Then the revision fails, and nothing of it stays
    _, revision, _ = ask(place, "ferry", now=NOW)
    cut_short(place, failing, times=MAX_ATTEMPTS)
    work_off(place)
    assert revision_row(place, revision).state == "failed"
    assert files(place) == set()
    assert in_feeds(place) == 0


def test_a_launch_that_was_cut_short_leaves_nothing_where_the_story_is_held_meanwhile(place, failing):
    # Given a story set for a time, whose publishing was cut short then: its row still says that it is held
    briefing, revision, _ = ask(place, "ferry", now=NOW)
    schedule(place, briefing)
    cut_short(place, failing)
    assert revision_row(place, revision).state == "held"
    assert files(place)
    # When an editor holds it / Then nothing of it can be had
    hold(place, briefing)
    work_off(place)
    assert files(place) == set()
    assert in_feeds(place) == 0


def schedule(place, briefing):
    """Set a story for a time, finish it, and have the time come."""
    with place.database.writing() as session:
        editions.schedule(session, briefing, datetime.now(UTC) + timedelta(days=1), "editor", datetime.now(UTC))
    work_off(place)
    come(place, briefing)


def come(place, briefing):
    with place.database.writing() as session:
        session.execute(update(BriefingRow).where(BriefingRow.id == briefing).values(scheduled_at=NOW))
        session.execute(update(StepRow).where(StepRow.kind == StepKind.LAUNCH.value).values(not_before=None))


def test_a_newer_edition_that_waits_leaves_nothing_of_the_one_before_it(place, failing, tmp_path):
    # Given a launch that was cut short
    briefing, first, _ = ask(place, "ferry", now=NOW)
    schedule(place, briefing)
    cut_short(place, failing)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == StepKind.LAUNCH.value).values(not_before=9e9))
    # When a newer revision takes its place, and waits
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "three days"))
    embargo(place, briefing)
    second, _ = again(place, briefing)
    work_off(place)
    assert [revision_row(place, one).state for one in (first, second)] == ["superseded", "held"]
    assert files(place) == set()


def test_a_story_withdrawn_after_a_crash_is_in_no_feed_and_answers_so(place, failing):
    briefing, _, _ = ask(place, "ferry", now=NOW)
    cut_short(place, failing)
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))
    work_off(place)
    assert files(place) == set()
    assert in_feeds(place) == 0
    private = place.storages.public.look("gone/v1/articles/desk/ferry/audio") is None
    assert (place.storages.members if private else place.storages.public).look("gone/v1/articles/desk/ferry/audio")


def test_what_was_withdrawn_and_is_held_anew_answers_that_it_was_withdrawn(place, failing):
    # Given a story that was withdrawn, and asked for anew, whose publishing was cut short
    briefing, _, _ = ask(place, "ferry", now=NOW)
    work_off(place)
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))
    work_off(place)
    there = {file.name for storage in (place.storages.public, place.storages.members) for file in storage.files("gone")}
    ask(place, "ferry", now=datetime.now(UTC))
    cut_short(place, failing)
    hold(place, briefing)
    work_off(place)
    assert files(place) == set()
    both = (place.storages.public, place.storages.members)
    gone = {file.name for storage in both for file in storage.files("gone")}
    assert there <= gone
    # And of what may still go live nothing says so
    assert not [name for name in gone if name.startswith(f"gone/briefings/{briefing}/2/")]
    with place.database.reading() as session:
        row = session.scalars(select(RevisionRow).where(RevisionRow.number == 2)).one()
        assert f"gone/audio/{session.get_one(MasterRow, row.master_key).sha256}.mp3" not in gone


def test_the_doctor_finds_and_takes_away_what_is_public_of_what_is_not_live(place, failing):
    # Given files of a story that is held, as a process of before left them
    briefing, _, _ = ask(place, "ferry", now=NOW)
    cut_short(place, failing)
    hold(place, briefing)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == StepKind.PLACE.value).values(state="done"))
    # Then the doctor names them, and takes them away
    left = files(place)
    codes = {found.code for found in placed.look(place, fix=False)}
    assert "public_left" in codes
    assert files(place) == left
    assert {found.mended for found in placed.look(place, fix=True)} == {"removed"}
    assert files(place) == set()
    assert in_feeds(place) == 0
    assert findings(place) == []
