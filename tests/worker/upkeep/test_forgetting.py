"""What is left of a withdrawal: after days no words, after a restoration the same answers."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from sqlalchemy import String, cast, select

from api.app import create_app
from briefing.accounts import signing_in, users
from briefing.accounts.roles import Role
from briefing.following.noticing import Desk, notice
from briefing.following.sightings import Seen
from briefing.going_live import wishes
from briefing.models import ArticleVersionRow, AuditRow, BriefingRow, EpisodeRow, RevisionRow
from briefing.observing import worklist
from briefing.podcasts.show import Paywall, Quiet
from briefing.requesting import asking
from briefing.states import Queue, StepKind
from briefing.values import Correction
from tests.support.asking import ask, revision_row, wanted
from tests.support.client import client_of, served
from tests.support.command import briefcast
from tests.support.newsroom import ARTICLE, work_off
from worker.running.perform import perform_next
from worker.tasks import TASKS
from worker.upkeep import retention
from worker.workplace import Workplace

SECRET = "unpaid overtime"


@pytest.fixture
def articles(place, tmp_path):
    for name in ("ferry", "tram"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("Ferry", name.title()))


def retract(place, briefing):
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))
    work_off(place)


def later(place, days):
    now = datetime.now(UTC) + timedelta(days=days)
    gone, cursors = retention.collect(place, now, {})
    while cursors:
        more, cursors = retention.collect(place, now, cursors)
        gone += more
    return gone.texts


def worklist_of(place):
    """What editors are told of: what failed or is held."""
    with place.database.reading() as session:
        return [*worklist.failed(session, datetime.now(UTC), 9), *worklist.held(session, 9)]


def words(place):
    """How many rows of scripts, cards and article versions hold the article's words."""
    columns = (RevisionRow.script, RevisionRow.card, ArticleVersionRow.content)
    with place.database.reading() as session:
        return sum(
            SECRET in (text or "") or "runs again" in (text or "")
            for column in columns
            for text in session.scalars(select(cast(column, String)))
        )


def test_the_words_of_what_was_withdrawn_are_forgotten(place, articles, tmp_path):
    # Given a story that was corrected and then withdrawn
    briefing, first, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "five days"))
    _, second, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    retract(place, briefing)
    # When its days are not over / Then an editor can still look into it
    assert later(place, 29) == 0
    assert words(place) == 6
    # When they are / Then no words of it are left, and that it was there is
    now = datetime.now(UTC) + timedelta(days=31)
    assert retention.foreseen(place, now).texts == 1
    assert later(place, 31) == 1
    assert words(place) == 0
    assert later(place, 32) == 0, "nothing is forgotten twice"
    row = revision_row(place, second)
    assert (row.state, row.number, row.voice) == ("retracted", 2, "silence")
    with client_of(place) as client:
        assert client.get(f"/v1/briefings/{briefing}").json()["state"] == "retracted"
        assert client.get(f"/v1/briefings/{briefing}/script").status_code in {404, 409}
        assert client.get("/articles/desk/ferry.mp3").status_code == 410
        # And an editor can have it made anew, the same episode
        with place.database.reading() as session:
            guid = session.scalars(select(EpisodeRow.guid)).one()
        assert client.post(f"/v1/briefings/{briefing}/regenerate", json={"refetch": False}).status_code == 202
        work_off(place)
        assert client.get("/articles/desk/ferry.mp3").status_code == 302
        assert guid in client.get("/shows/daily/feed.xml").text
    assert revision_row(place, first).script is None
    with place.database.reading() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["regenerate"]


@pytest.mark.parametrize("state", ["held", "failed"])
def test_what_was_withdrawn_before_it_was_live_stays_so_and_is_forgotten(place, articles, tmp_path, state):
    # Given a story that nobody has heard: finished and held, or failed with its script written
    briefing, revision, _ = ask(place, "ferry", show="held", now=datetime.now(UTC))
    work_off(place)
    if state == "failed":
        with place.database.writing() as session:
            session.get_one(RevisionRow, revision).state = "failed"
    # When it is withdrawn, and saved once more, as a correction too
    retract(place, briefing)
    assert revision_row(place, revision).chunks is None
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "five days"))
    saved = replace(
        wanted("ferry", show="held"), corrects=True, correction=Correction(at=date(2026, 5, 1), note=SECRET)
    )
    for _ in range(2):
        with place.database.writing() as session:
            newest, made = asking.edited(session, saved, Quiet(seconds=0), datetime.now(UTC))
            assert (newest.id, made) == (revision, False)
    assert work_off(place) == 0
    with place.database.reading() as session:
        assert session.get_one(BriefingRow, briefing).correction is None
    # Then who looks at it is told so, and nothing is said or changed of it
    with client_of(place) as client:
        path = f"/v1/briefings/{briefing}"
        since = client.get(path).json()["withdrawn_at"]
        client.post(f"{path}/retract")
        assert since == client.get(path).json()["withdrawn_at"] is not None
        assert client.get(f"{path}/segments").json()["code"] == "withdrawn"
        change = client.put(f"{path}/segments/{'0' * 16}", json={"omitted": True})
        assert (change.status_code, change.json()["code"]) == (410, "withdrawn")
        assert worklist_of(place) == []
    # And after its days its words are gone
    assert (later(place, 29), words(place)) == (0, 3)
    assert (later(place, 31), words(place), later(place, 32)) == (1, 0, 0)
    # When an editor asks for it anew / Then it is made, and saves are followed again
    with client_of(place) as client:
        assert client.post(f"{path}/regenerate").status_code == 202
        assert client.get(path).json()["withdrawn_at"] is None
        work_off(place)
        assert client.get(path).json()["state"] == "held"
    assert later(place, 400) == 0
    with place.database.writing() as session:
        assert asking.edited(session, saved, Quiet(seconds=0), datetime.now(UTC))[1]


def test_a_story_that_failed_and_that_its_cms_takes_back_is_withdrawn_and_made_when_it_comes_back(place, articles):
    _, revision, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    with place.database.writing() as session:
        session.get_one(RevisionRow, revision).state = "failed"
        session.query(BriefingRow).update({"live_revision": None})
    desk = Desk("desk", "silence", datetime.now(UTC))

    def noticed(state):
        with place.database.writing() as session:
            seen = Seen(id="ferry", state=state, updated_at=datetime.now(UTC))
            return notice(session, desk, seen, datetime.now(UTC))

    assert noticed("gone") == "withdrawn"
    work_off(place)
    assert (later(place, 31), words(place)) == (1, 0)
    assert noticed("gone") is None
    assert noticed("published") == "recorded"


def test_what_was_asked_for_anew_is_not_erased_with_what_was_withdrawn(place, articles):
    # Given a story that is withdrawn and asked for anew before anything of it was taken away
    briefing, _, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    withdraw = TASKS.pop(StepKind.WITHDRAW)
    try:
        with place.database.writing() as session:
            asking.retract(session, briefing, datetime.now(UTC))
        _, anew, _ = ask(place, "ferry", now=datetime.now(UTC))
        while revision_row(place, anew).state == "preparing":
            assert perform_next(place, tuple(Queue))
    finally:
        TASKS[StepKind.WITHDRAW] = withdraw
    # When it is taken away while that is spoken / Then that goes on
    work_off(place)
    assert revision_row(place, anew).state == "live"


def test_an_article_that_is_still_read_keeps_its_text(place, articles):
    # Given a story that was withdrawn, and a collection and a held briefing that have it too
    story, _, _ = ask(place, "ferry", now=datetime.now(UTC))
    ask(place, "ferry", "tram", now=datetime.now(UTC))
    other, _, _ = ask(place, "tram", now=datetime.now(UTC))
    _, held, _ = ask(place, "tram", show="held", now=datetime.now(UTC))
    work_off(place)
    retract(place, story)
    retract(place, other)
    assert revision_row(place, held).state == "held"
    # When its days are over / Then its own script goes, and the articles stay
    assert later(place, 31) == 2
    with place.database.reading() as session:
        assert len(session.scalars(select(ArticleVersionRow.id)).all()) == 2
    assert revision_row(place, held).script
    assert later(place, 400) == 0


def test_an_article_that_members_hear_keeps_its_text(place, articles):
    story, _, _ = ask(place, "ferry", now=datetime.now(UTC))
    both, _, _ = ask(place, "ferry", "tram", now=datetime.now(UTC))
    with place.database.writing() as session:
        wishes.see(session, session.get_one(BriefingRow, both), "members")
    work_off(place)
    retract(place, story)
    before = words(place)
    assert later(place, 31) == 1
    assert words(place) == before - 2


def test_after_a_restoration_what_was_withdrawn_says_so(place, articles, tmp_path, monkeypatch):
    # Given one story withdrawn, one live, and one withdrawn and brought back
    kept, _, _ = ask(place, "tram", now=datetime.now(UTC))
    gone, _, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    names = {file.name for file in place.files.storage.files(f"briefings/{gone}")}
    names |= {"articles/desk/ferry.mp3", "v1/articles/desk/ferry/audio"}
    names |= {file.name for file in place.files.storage.files("audio")} - {
        place.files.storage.target("articles/desk/tram.mp3")
    }
    retract(place, gone)
    retract(place, kept)
    with client_of(place) as client:
        client.post(f"/v1/briefings/{kept}/regenerate")
        work_off(place)
    # When it is backed up, lost, and restored elsewhere
    with place.database.writing() as session:
        eve = users.add(session, "eve", Role.EDITOR, None, datetime.now(UTC))
        secrets = (
            signing_in.sign_in(session, eve.id, datetime.now(UTC)),
            users.welcome(session, "eve", datetime.now(UTC)),
        )
    assert briefcast("backup", tmp_path / "vault").returncode == 0
    before = {file.name for file in place.files.storage.files("gone")}
    place.database.dispose()
    shutil.rmtree(place.data.data)
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "elsewhere"))
    done = briefcast("restore", tmp_path / "vault")
    assert done.returncode == 0, done.stderr
    # Then the one answers as before, and the others play
    restored = Workplace()
    assert {file.name for file in restored.files.storage.files("gone")} == before
    # And who was signed in, or was to choose a password, is not let in for that
    with restored.database.reading() as session:
        assert signing_in.check(session, secrets[0], datetime.now(UTC)) is None
        assert users.welcomed(session, secrets[1], datetime.now(UTC)) is None
    with served(create_app()) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        assert {client.get(f"/{name}").status_code for name in names} == {410}
        assert len(names) > 6
        assert client.get("/articles/desk/tram.mp3", follow_redirects=True).status_code == 200
        assert client.get("/v1/articles/desk/tram/audio").status_code == 200
    restored.database.dispose()


def test_a_backup_of_before_a_withdrawal_was_written_down_plays_what_is_live(place, articles, tmp_path, monkeypatch):
    # Given a manifest that calls withdrawn what the database beside it has live, or that knows of no tombstones
    briefing, _, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    assert briefcast("backup", tmp_path / "vault").returncode == 0
    (manifest,) = (tmp_path / "vault" / "database").glob("*.json")
    told = json.loads(manifest.read_text())
    place.database.dispose()
    for number, gone in enumerate((["articles/desk/ferry.mp3", f"briefings/{briefing}/transcript.vtt"], None)):
        manifest.write_text(
            json.dumps({name: value for name, value in (told | {"gone": gone}).items() if value is not None})
        )
        monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / f"elsewhere-{number}"))
        assert briefcast("restore", tmp_path / "vault").returncode == 0
        restored = Workplace()
        assert [file.name for file in restored.files.storage.files("gone")] == []
        assert restored.files.storage.target("articles/desk/ferry.mp3")
        restored.database.dispose()


def test_a_backup_of_members_audio_plays_its_preview_and_calls_the_rest_withdrawn_still(
    place, articles, tmp_path, monkeypatch
):
    # Given a manifest that calls all of it withdrawn, which is members' again since
    briefing, _, _ = ask(place, "ferry", now=datetime.now(UTC))
    with place.database.writing() as session:
        wishes.see(session, session.get_one(BriefingRow, briefing), "members", Paywall(paragraphs=1))
    work_off(place)
    (whole,) = (file.name for file in place.storages.members.files("audio"))
    (preview,) = (file.name for file in place.storages.public.files("audio"))
    assert briefcast("backup", tmp_path / "vault").returncode == 0
    (manifest,) = (tmp_path / "vault" / "database").glob("*.json")
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"gone": [whole, preview, "v1/articles/desk/ferry/audio"]}))
    place.database.dispose()
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "elsewhere"))
    assert briefcast("restore", tmp_path / "vault").returncode == 0
    restored = Workplace()
    assert [file.name for file in restored.files.storage.files("gone")] == [f"gone/{whole}"]
    assert restored.files.storage.target("articles/desk/ferry.mp3") == preview
    restored.database.dispose()
