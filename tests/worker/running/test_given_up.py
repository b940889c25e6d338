"""Steps that nobody may forget come again after they were given up: what is to go, to move, to go live, to be made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing import steps
from briefing.articles import picks
from briefing.going_live import access, editions
from briefing.models import BriefingRow, MasterRow, RespeakRow, RespokenRow, RevisionRow, StepRow
from briefing.observing import endings
from briefing.podcasts.newsroom import load_newsroom
from briefing.pronunciations import respeaks
from briefing.pronunciations.respeaks import MOST_TRIES
from briefing.public_names import audio_name
from briefing.requesting import asking
from briefing.revisions import lock_briefing
from briefing.states import Queue, StepKind
from briefing.steps import MAX_ATTEMPTS
from briefing.values import ArticleRef
from tests.support.asking import ask, briefing_row
from tests.support.newsroom import ARTICLE, PLAIN, work_off
from worker.doctor import placed, public, work
from worker.installation.newsroom import apply
from worker.notices import due
from worker.running.perform import perform_next
from worker.upkeep import sweep

NOW = datetime.now(UTC)


@pytest.fixture
def place(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    return place


@pytest.fixture
def live(place):
    """The ID of a live story."""
    briefing, _, _ = ask(place, "ferry", now=NOW)
    work_off(place)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == StepKind.VERIFY.value).values(state="done"))
    return briefing


def vanish(place, kind):
    """Have three workers vanish over a step."""
    for _ in range(MAX_ATTEMPTS):
        with place.database.writing() as session:
            lease = steps.claim(session, holder="gone", lease_s=60.0, queues=tuple(Queue), kinds=(kind,))
        assert lease is not None
        sweep.free_held_by(place, "gone")


def open_steps(place, kind):
    with place.database.reading() as session:
        found = session.scalars(select(StepRow).where(StepRow.kind == kind.value, StepRow.state == "ready"))
        rows = list(found)
        session.expunge_all()
        return rows


def later(place):
    """Have the time come for all that waits."""
    with place.database.writing() as session:
        session.execute(update(StepRow).values(not_before=None))
    work_off(place)


def told(place):
    """How much is given up, as measures have it."""
    with place.database.reading() as session:
        return endings.given_up(session, datetime.now(UTC).timestamp())


def mp3s(storage):
    return {file.name for file in storage.files("audio")}


def whole(place, briefing):
    """The name of the MP3 with all of what is heard."""
    return audio_name(_master(place, briefing).sha256)


def _master(place, briefing):
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, session.get_one(BriefingRow, briefing).heard)
        row = session.get_one(MasterRow, revision.master_key)
        session.expunge(row)
        return row


def withdraw(place, briefing):
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))


def say(place, briefing, visibility):
    with place.database.writing() as session:
        access.wish(session, session.get_one(BriefingRow, briefing), visibility, None)
        access.follow(session, lock_briefing(session, briefing))


def test_a_withdrawal_that_workers_die_of_is_done_all_the_same(place, live):
    withdraw(place, live)
    vanish(place, StepKind.WITHDRAW)
    assert mp3s(place.files.storage)
    # It comes again, later each time, and somebody is told meanwhile
    assert [step.not_before > NOW.timestamp() for step in open_steps(place, StepKind.WITHDRAW)] == [True]
    assert list(told(place).values()) == [1]
    later(place)
    assert told(place) == {}
    assert mp3s(place.files.storage) == set()
    assert place.files.storage.look("gone/articles/desk/ferry.mp3")
    assert place.files.storage.read("shows/daily/feed.xml")[0].count(b"<item>") == 0


def test_a_withdrawal_from_members_that_workers_die_of_is_done_all_the_same(place, live):
    say(place, live, "members")
    work_off(place)
    withdraw(place, live)
    vanish(place, StepKind.RECALL)
    assert mp3s(place.storages.members)
    later(place)
    assert mp3s(place.storages.members) == set()


def test_a_change_of_visibility_that_workers_die_of_is_made_all_the_same(place, live):
    # Given a story that becomes members', and workers that die of the move
    say(place, live, "members")
    vanish(place, StepKind.PLACE)
    assert mp3s(place.files.storage)
    # Then the doctor says so, and it comes again
    assert {found.code for found in placed.look(place, fix=False)} == {"visibility_not_followed"}
    later(place)
    assert whole(place, live) not in mp3s(place.files.storage)
    assert briefing_row(place, live).members_revision
    assert [*placed.look(place, fix=False), *public.look(place, fix=False)] == []


def test_the_doctor_has_a_change_of_visibility_made_at_once(place, live):
    say(place, live, "members")
    vanish(place, StepKind.PLACE)
    assert {found.mended for found in placed.look(place, fix=True)} == {"its step `place` is ready"}
    assert list(placed.look(place, fix=False)) == []
    work_off(place)
    assert whole(place, live) not in mp3s(place.files.storage)


def test_a_change_of_a_shows_visibility_that_workers_die_of_is_made_all_the_same(place, live):
    say(place, live, "members")
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == StepKind.PLACE.value).values(state="done"))
        access.follow_others(session, show="daily")
    vanish(place, StepKind.PLACE)
    later(place)
    assert whole(place, live) not in mp3s(place.files.storage)


def test_a_preview_that_workers_die_of_is_made_all_the_same(place, live):
    # Given a story that has become members', and workers that die of its preview
    say(place, live, "members")
    assert perform_next(place, tuple(Queue))
    vanish(place, StepKind.PREVIEW)
    assert mp3s(place.files.storage) == set()
    # Then it comes again
    later(place)
    assert mp3s(place.files.storage) - {whole(place, live)}


BEST = """
[[shows]]
slug = "best"
title = "The Best"
voice = "silence"
intro = "none"
outro = "none"
[shows.rules]
shows = ["daily"]
sections = ["none"]
"""


def test_a_pick_that_workers_die_of_is_listed_all_the_same(place, live, tmp_path):
    (tmp_path / "briefcast.toml").write_text(PLAIN + BEST)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    with place.database.writing() as session:
        picks.pick(session, ArticleRef(source="desk", id="ferry"), "best", wanted=True)
    vanish(place, StepKind.LIST)
    later(place)
    assert place.files.storage.read("shows/best/feed.xml")[0].count(b"<item>") == 1


def test_a_message_that_workers_die_of_waits_to_be_sent(place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_NOTICES_SLACK", "http://127.0.0.1:9/nobody")
    _, missing, _ = ask(place, "missing", now=NOW)
    work_off(place)
    due.tend(place)
    vanish(place, StepKind.NOTICE)
    assert [step.payload["revisions"] for step in open_steps(place, StepKind.NOTICE)] == [[missing]]


def test_a_transcript_that_is_lost_keeps_nothing_public(place, live):
    # Given a live story whose stored transcript is lost / When it becomes members'
    place.storage.path(_master(place, live).transcript).unlink()
    say(place, live, "members")
    work_off(place)
    # Then it is theirs, and nobody else's
    assert briefing_row(place, live).members_revision
    assert whole(place, live) not in mp3s(place.files.storage)
    assert mp3s(place.storages.members)
    assert place.files.storage.read("shows/daily/feed.xml")[0].count(b"<item>") == 0
    assert {found.code for found in public.look(place, fix=False)} == set()


def test_the_doctor_finishes_a_withdrawal_that_died_before_it_came_again(place, live):
    # Given a withdrawal that a process of before gave up, and forgot
    withdraw(place, live)
    vanish(place, StepKind.WITHDRAW)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.state == "ready").values(state="dead"))
    assert {found.code for found in placed.look(place, fix=False)} == {"public_left"}
    assert {found.mended for found in placed.look(place, fix=True)} == {"removed"}
    assert mp3s(place.files.storage) == set()
    assert place.files.storage.look("gone/articles/desk/ferry.mp3")
    # And its audio is erased
    work_off(place)
    with place.database.reading() as session:
        assert all(session.scalars(select(RevisionRow.let_go_at)))


@pytest.fixture
def scheduled(place):
    """The ID of a story that is finished, was set for a time, and whose time has come."""
    briefing, _, _ = ask(place, "ferry", now=NOW)
    with place.database.writing() as session:
        editions.schedule(session, briefing, datetime.now(UTC) + timedelta(days=1), "ed", datetime.now(UTC))
    work_off(place)
    with place.database.writing() as session:
        session.execute(update(BriefingRow).values(scheduled_at=NOW))
        session.execute(update(StepRow).where(StepRow.kind == StepKind.LAUNCH.value).values(not_before=None))
    return briefing


def newest(place):
    with place.database.reading() as session:
        row = session.scalars(select(RevisionRow).order_by(RevisionRow.id.desc()).limit(1)).one()
        session.expunge(row)
        return row


def test_a_scheduled_story_that_workers_die_of_goes_live_all_the_same(place, scheduled):
    vanish(place, StepKind.LAUNCH)
    # Then it says why it is not live, and comes again
    held = newest(place)
    assert (held.state, held.error_code) == ("held", "worker_lost")
    assert held.error_hint
    assert {found.code for found in work.look(place, fix=False)} == {"held_stranded"}
    later(place)
    assert briefing_row(place, scheduled).live_revision == held.id
    assert newest(place).error_code is None
    assert list(work.look(place, fix=False)) == []


@pytest.mark.parametrize("waits", [False, True])
def test_the_doctor_finds_what_is_held_by_nothing_and_by_no_step(place, scheduled, waits):
    # Given a launch that a process of before gave up, and forgot; or one whose time is still to come
    vanish(place, StepKind.LAUNCH)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.state == "ready").values(state="dead"))
        if waits:
            session.execute(update(BriefingRow).values(scheduled_at=NOW + timedelta(days=1)))
    assert {found.code for found in work.look(place, fix=False)} == {"held_stranded"}
    assert {bool(found.mended) for found in work.look(place, fix=True)} == {True}
    assert list(work.look(place, fix=False)) == []
    if not waits:
        work_off(place)
        assert briefing_row(place, scheduled).live_revision


def test_what_an_editor_holds_is_nothing_for_the_doctor(place, scheduled):
    with place.database.writing() as session:
        editions.hold(session, scheduled, "ed", datetime.now(UTC))
    assert list(work.look(place, fix=False)) == []


@pytest.fixture
def respeak(place, tmp_path):
    """A pronunciation for which three live stories are to be made again."""
    briefings = []
    for name in ("ferry", "dam", "tram"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("ferry", name))
        briefings.append(ask(place, name, now=NOW)[0])
    work_off(place)
    with place.database.writing() as session:
        row = RespeakRow(
            id="r", show=None, written="harbour", language="en", before=None, after=None, words=1, state="recording",
            total=3, undoes=None, requested_by="eve", requester=None, created_at=NOW,
        )  # fmt: skip
        session.add(row)
        session.flush()
        for position, briefing in enumerate(briefings):
            session.add(RespokenRow(respeak_id="r", position=position, briefing_id=briefing, passed_over=False))
        respeaks.go_on(session, row, 0)
    return briefings


def progress(place):
    with place.database.reading() as session:
        return respeaks.progress(session, session.get_one(RespeakRow, "r"))


def test_a_respeak_that_workers_die_of_goes_on(place, respeak):
    vanish(place, StepKind.RESPEAK)
    assert progress(place).waiting == 3
    assert list(work.look(place, fix=False)) == []
    later(place)
    assert (progress(place).waiting, progress(place).done) == (0, 3)


def test_a_briefing_that_a_respeak_dies_of_each_time_is_passed_over(place, respeak):
    # Given a briefing that cannot be made again for a reason nobody foresaw: its voices are no voices
    with place.database.writing() as session:
        heard = session.get_one(BriefingRow, respeak[1]).live_revision
        session.get_one(RevisionRow, heard).voices = []
    # When it was tried often enough
    for _ in range(MOST_TRIES):
        with place.database.writing() as session:
            session.execute(update(StepRow).values(not_before=None))
        for _ in range(MAX_ATTEMPTS):
            with pytest.raises(TypeError):
                work_off(place)
    later(place)
    # Then the others are made, and it is told among those that were not
    told = progress(place)
    assert (told.waiting, told.done, told.passed_over) == (0, 2, 1)
    with place.database.reading() as session:
        assert session.get_one(RespeakRow, "r").state == "recorded"


def test_the_doctor_has_a_respeak_go_on_that_stands_still(place, respeak):
    # Given one whose step a process of before gave up, and forgot
    vanish(place, StepKind.RESPEAK)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == StepKind.RESPEAK.value).values(state="dead"))
    assert {found.code for found in work.look(place, fix=False)} == {"respeak_stranded"}
    assert {bool(found.mended) for found in work.look(place, fix=True)} == {True}
    assert list(work.look(place, fix=False)) == []
    work_off(place)
    assert progress(place).done == 3
