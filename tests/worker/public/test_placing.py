"""Who hears what: files of members lie apart, and move when the visibility changes, with nothing spoken again."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest
from sqlalchemy import select, update

from briefing import steps
from briefing.failpoints import Action, Failpoint, FailpointReached
from briefing.going_live import wishes
from briefing.going_live.access import follow
from briefing.models import BriefingRow, RevisionRow, StepRow, TakeRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.show import Paywall, Show
from briefing.public_names import AUDIO
from briefing.revisions import lock_briefing
from briefing.states import Queue, StepKind
from tests.support.asking import again, ask, briefing_row, revision_row, wanted
from tests.support.dying import work_until_killed
from tests.support.failpoints import Failpoints
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.s3 import s3
from tests.support.sentinels import ARTICLE, found
from worker.doctor import public
from worker.installation.newsroom import apply
from worker.tasks import TASKS

MEMBERS = PLAIN.replace('slug = "daily"', 'slug = "daily"\nvisibility = "members"', 1)


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path, monkeypatch):
    with s3(tmp_path / "s3") if request.param == "bucket" else nullcontext() as server:
        for name, value in server.settings("paper").items() if server else ():
            monkeypatch.setenv(name, value)
        place = make_place(tmp_path)
        (tmp_path / "articles" / "board.md").write_text(ARTICLE)
        yield place
        place.database.dispose()


def names(storage):
    return {file.name for file in storage.files() if not file.name.startswith(("player", "embed", "shows/", "moved/"))}


def texts(storage):
    """Every sentinel word in a storage's files that are text."""
    listed = [file.name for file in storage.files()]
    return {word for name in listed if not name.endswith(".mp3") for word in found((storage.read(name) or (b"",))[0])}


def say(place, visibility, paywall=None):
    """As a CMS does: say who may hear the article, and nothing else."""
    with place.database.writing() as session:
        identity = wanted("board").identity
        told = session.scalars(select(BriefingRow).where(BriefingRow.identity == identity)).one()
        wishes.see(session, told, visibility, paywall)


def test_what_is_for_members_moves_and_comes_back_and_nothing_is_spoken(place):
    public, members = place.storages.public, place.storages.members
    briefing, revision, _ = ask(place, "board")
    work_off(place)
    everybodys = names(public)
    assert names(members) == set()
    assert texts(public) == set(found(ARTICLE))
    with place.database.reading() as session:
        takes = set(session.scalars(select(TakeRow.created_at)))
    # When it becomes members' / Then its public files are its preview's, and its own lie apart
    say(place, "members", Paywall(paragraphs=2))
    work_off(place)
    row = briefing_row(place, briefing)
    assert (row.live_revision, row.members_revision) == (None, revision)
    assert texts(members) == set(found(ARTICLE))
    assert texts(public) == set(found(ARTICLE)[:2])
    audio = {name for name in everybodys if name.startswith("audio/")}
    assert not audio & names(public)
    assert audio <= names(members)
    told = json.loads(public.read("v1/articles/desk/board/audio")[0])
    assert (told["access"], told["needs"]) == ("preview", "membership")
    assert told["duration_s"] < told["whole_s"]
    assert public.target("articles/desk/board.mp3").partition("audio/")[2] == told["url"].rpartition("/")[2]
    # And feeds tell of it to members alone
    assert b"Harbour board" not in public.read("shows/daily/feed.xml")[0]
    assert b"Harbour board" in members.read("shows/daily/feed.xml")[0]
    # When it is everybody's again / Then all is as it was
    say(place, "public")
    work_off(place)
    assert names(public) == everybodys
    assert names(members) == set()
    assert json.loads(public.read("v1/articles/desk/board/audio")[0])["access"] == "public"
    assert b"Harbour board" in public.read("shows/daily/feed.xml")[0]
    with place.database.reading() as session:
        assert set(session.scalars(select(TakeRow.created_at))) == takes


def test_a_show_for_members_publishes_nothing_but_previews(tmp_path):
    place = make_place(tmp_path, MEMBERS)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    briefing, first, _ = ask(place, "board")
    work_off(place)
    assert briefing_row(place, briefing).members_revision == first
    assert set(texts(place.storages.public)) <= set(found(ARTICLE)[:-1]), "never the whole"
    preview = names(place.storages.public)
    # Given an edit / Then the old preview stays until there is another, and no file of it afterwards
    (tmp_path / "articles" / "board.md").write_text(ARTICLE.replace("quokkafirst", "quokkafirst again"))
    second, _ = again(place, briefing)
    work_off(place)
    assert briefing_row(place, briefing).members_revision == second
    stale = {name for name in preview if name.startswith("audio/") or "-" in name}
    assert stale
    assert not stale & names(place.storages.public)
    # When the newsroom opens the show / Then its audio is for everybody
    (tmp_path / "briefcast.toml").write_text(PLAIN)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    work_off(place)
    assert briefing_row(place, briefing).live_revision == second
    assert texts(place.storages.public) == set(found(ARTICLE))
    assert names(place.storages.members) == set()
    # And when an article says otherwise, that counts: it is the more private one
    say(place, "members")
    work_off(place)
    assert briefing_row(place, briefing).members_revision == second
    place.database.dispose()


def test_a_collection_with_an_article_for_members_is_for_members(tmp_path):
    place = make_place(tmp_path)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    (tmp_path / "articles" / "other.md").write_text("# Other\n\nNothing of note happened there.\n")
    both, revision, _ = ask(place, "other", "board")
    work_off(place)
    assert briefing_row(place, both).live_revision == revision
    ask(place, "board")
    say(place, "members")
    work_off(place)
    assert briefing_row(place, both).members_revision == revision
    assert set(texts(place.storages.public)) < set(found(ARTICLE))
    place.database.dispose()


def test_a_worker_of_before_publishes_nothing_of_members(tmp_path):
    place = make_place(tmp_path, MEMBERS)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    # Given settings and a snapshot as a worker reads them that knows nothing of members
    _, revision, _ = ask(place, "board")
    row = revision_row(place, revision)
    assert row.show["publish"] == "hold"
    assert Show.stored(row.show).publish == "auto"
    # And an article that becomes members' while such a worker is publishing it
    (tmp_path / "briefcast.toml").write_text(PLAIN)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    work_off(place)
    with place.database.writing() as session:
        session.execute(update(RevisionRow).where(RevisionRow.id == revision).values(state="publishing"))
        step = steps.record(session, StepKind.PUBLISH, Queue.INTERACTIVE, revision_id=revision)
        session.flush()
        step.state, step.fence = "leased", 7
        named = step.id
    say(place, "members")
    # Then its claim is outdated, and what is to be done is of a kind that it leaves alone
    with place.database.reading() as session:
        step = session.get_one(StepRow, named)
        assert (step.kind, step.state, step.fence) == ("release", "ready", 8)
    place.database.dispose()


def test_workers_of_before_leave_the_new_steps_alone_and_find_nothing_live(tmp_path):
    place = make_place(tmp_path, MEMBERS)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    new = {StepKind.RELEASE, StepKind.PLACE, StepKind.PREVIEW}
    known = dict(TASKS)
    for kind in new:
        TASKS.pop(kind)
    try:
        briefing, revision, _ = ask(place, "board")
        work_off(place)
    finally:
        TASKS.update(known)
    assert names(place.storages.public) == set()
    work_off(place)
    row = briefing_row(place, briefing)
    assert (row.live_revision, row.members_revision) == (None, revision)
    with place.database.reading() as session:
        assert session.scalars(select(BriefingRow).where(BriefingRow.live_revision.is_not(None))).all() == []
        assert session.scalars(select(StepRow.kind).where(StepRow.kind == "publish")).all() == []
    # And following once more does no harm
    before = names(place.storages.public), names(place.storages.members)
    with place.database.writing() as session:
        follow(session, lock_briefing(session, briefing))
    work_off(place)
    assert (names(place.storages.public), names(place.storages.members)) == before
    place.database.dispose()


@pytest.mark.parametrize("action", [Action.RAISE, Action.KILL])
@pytest.mark.parametrize("point", [Failpoint.PLACE_BEFORE_COMMIT, Failpoint.PREVIEW_BEFORE_COMMIT])
def test_a_failure_amid_the_moving_shows_nobody_more_and_is_made_good(tmp_path, monkeypatch, point, action):
    place = make_place(tmp_path)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    briefing, revision, _ = ask(place, "board")
    work_off(place)
    failing = Failpoints(tmp_path / "failing")
    for name, value in failing.environment.items():
        monkeypatch.setenv(name, value)
    say(place, "members", Paywall(paragraphs=2))
    if action is Action.KILL:
        work_until_killed(place, failing, point)
    else:
        failing.arm(point, action)
        with pytest.raises(FailpointReached):
            work_off(place)
    assert [reached for reached, *_ in failing.happened()] == [point]
    # Then what is public is at most the preview
    assert texts(place.storages.public) <= set(found(ARTICLE)[:2])
    with place.database.writing() as session:
        # As the sweep does when the lease of a process that died has run out
        session.execute(update(StepRow).where(StepRow.state == "leased").values(state="ready"))
    work_off(place)
    assert briefing_row(place, briefing).members_revision == revision
    assert texts(place.storages.public) == set(found(ARTICLE)[:2])
    assert [finding for finding in examine(place) if finding.code.startswith("public_")] == []
    # And what somebody put back where it must not be is found by the doctor and taken away
    wrong = next(iter(name for name in names(place.storages.members) if name.startswith("audio/")))
    place.storages.public.publish(wrong, wrong[6:70], AUDIO)
    assert [(one.code, one.subject) for one in examine(place, fix=True)] == [("public_exposed", wrong)]
    assert place.storages.public.look(wrong) is None
    place.database.dispose()


def examine(place, *, fix=False):
    return list(public.look(place, fix))
