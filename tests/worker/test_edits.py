"""A live story that is edited: waited for, made once, and only where a listener would notice (F18, F19)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest

from briefing.models import ArticleVersionRow, RevisionRow, StepRow, TakeRow
from briefing.podcasts.show import Quiet
from briefing.requesting import asking
from briefing.states import Queue
from tests.support.asking import again, ask, briefing_row, revision_row, step_rows, wanted
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.running.perform import perform_next

QUIET = Quiet(seconds=30, longest_s=300)


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, PLAIN)
    yield place
    place.database.dispose()


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.write_text(ARTICLE)
    return path


def edited(place, *, quiet=QUIET):
    """Tell of an edit; return (revision ID, made)."""
    with place.database.writing() as session:
        wish = replace(wanted("ferry"), voice_named=False)
        revision, made = asking.edited(session, wish, quiet, datetime.now(UTC))
        return revision.id, made


def later(place, seconds):
    """Let time pass for what waits."""
    with place.database.writing() as session:
        for step in session.query(StepRow).filter(StepRow.state == "ready", StepRow.not_before.is_not(None)):
            step.not_before -= seconds
            if "first_not_before" in step.payload:
                step.payload = step.payload | {"first_not_before": step.payload["first_not_before"] - seconds}
        for row in session.query(RevisionRow).filter(RevisionRow.look_after.is_not(None)):
            row.look_after -= seconds


def live_hash(place, briefing):
    """The content hash of what readers hear, and that of the newest version seen."""
    with place.database.reading() as session:
        live = session.get_one(RevisionRow, briefing_row(place, briefing).live_revision)
        newest = session.query(ArticleVersionRow).order_by(ArticleVersionRow.fetched_at.desc()).first()
        return session.get_one(ArticleVersionRow, live.versions[0]).content_hash, newest.content_hash


def count(place, row_type):
    with place.database.reading() as session:
        return session.query(row_type).count()


def test_a_story_without_audio_is_made_at_once_and_ten_edits_of_a_live_one_once(place, article):
    revision, made = edited(place)
    assert made
    work_off(place)
    assert revision_row(place, revision).state == "live"
    # When it is edited ten times, six seconds apart / Then one revision is made, half a minute after the last
    made_by = set()
    for number in range(10):
        article.write_text(ARTICLE.replace("four days", f"{number} days"))
        made_by.add(edited(place)[0])
        assert work_off(place) == 0
        later(place, 6)
    assert len(made_by) == 1
    later(place, 20)
    assert work_off(place) == 0, "26 s after the last"
    later(place, 5)
    assert work_off(place) == 4, "prepare, one chunk, assemble, publish"
    row = revision_row(place, made_by.pop())
    assert (row.state, row.chunks_reused) == ("live", 4)
    assert count(place, RevisionRow) == 2
    assert "9 days" in json.dumps(row.script)


def test_edits_without_end_are_made_after_the_longest_wait(place, article):
    edited(place)
    work_off(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    waited = 0
    edited(place)
    while not work_off(place):
        later(place, 20)
        waited += 20
        if waited < 2000:
            edited(place)
    assert waited == 300


def test_cosmetic_edits_are_neither_spoken_nor_published(place, tmp_path):
    page = tmp_path / "articles" / "ferry.html"
    page.write_text(
        "<article><h1>Ferry runs again</h1><p>The ferry runs again from Monday, the board said.</p></article>"
    )
    first, _ = edited(place)
    work_off(place)
    audio = place.files.storage.root / "v1" / "articles" / "desk" / "ferry" / "audio"
    before = audio.read_bytes(), (place.files.storage.root / "shows" / "daily" / "feed.xml").read_bytes()
    page.write_text(
        '<article class="new"><h1>Ferry  runs again</h1><p>The ferry runs again from <em>Monday</em>, the board said.</p>'
        "<script>x()</script></article>"
    )
    second, _ = edited(place, quiet=Quiet(seconds=0))
    assert work_off(place) == 1
    assert revision_row(place, second).state == "unchanged"
    assert briefing_row(place, revision_row(place, first).briefing_id).live_revision == first
    assert before == (audio.read_bytes(), (place.files.storage.root / "shows" / "daily" / "feed.xml").read_bytes())


def test_what_only_lists_show_is_published_without_a_word_spoken(place, tmp_path):
    # Given a story whose link alone changes / Then feed and JSON say so, and no engine was asked
    path = tmp_path / "articles" / "ferry.json"
    fields = {"title": "Ferry runs again", "text": "The ferry runs again from Monday, the board said."}
    path.write_text(json.dumps(fields | {"address": "https://news.example/old"}))
    edited(place)
    work_off(place)
    takes = count(place, TakeRow)
    path.write_text(json.dumps(fields | {"address": "https://news.example/new"}))
    second, _ = edited(place, quiet=Quiet(seconds=0))
    assert [step.kind for step in step_rows(place, second)] == ["prepare"]
    work_off(place)
    assert "speak" not in [step.kind for step in step_rows(place, second)]
    assert count(place, TakeRow) == takes
    audio = json.loads((place.files.storage.root / "v1" / "articles" / "desk" / "ferry" / "audio").read_text())
    assert audio["article_url"] == "https://news.example/new"
    feed = feedparser.parse(place.files.storage.root / "shows" / "daily" / "feed.xml")
    assert feed.entries[0].link == "https://news.example/new"


def test_an_editor_who_regenerates_does_not_wait(place, article):
    edited(place)
    work_off(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    waiting, _ = edited(place)
    briefing = revision_row(place, waiting).briefing_id
    revision, made = again(place, briefing)
    assert made
    assert work_off(place) == 4
    assert revision_row(place, revision).state == "live"
    assert revision_row(place, waiting).state == "superseded"


def test_whoever_asks_for_it_has_the_waiting_look_begin(place, article):
    edited(place)
    work_off(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    waiting, _ = edited(place)
    assert work_off(place) == 0
    assert ask(place, "ferry")[1:] == (waiting, False)
    assert work_off(place) == 4


def test_an_edit_does_not_undo_an_editors_choice_of_voice(place, article):
    revision, _ = edited(place)
    briefing = revision_row(place, revision).briefing_id
    work_off(place)
    again(place, briefing, voice="joe")
    edit, made = edited(place)
    assert (made, revision_row(place, edit).voice) == (False, "joe")


@pytest.mark.parametrize("moment", ["before it fetches", "between its chunks", "when it publishes"])
def test_an_edit_while_it_is_made_is_what_is_heard_in_the_end(place, article, moment):
    # Given a live story that is being made again / When it is edited once more
    edited(place)
    work_off(place)
    article.write_text(ARTICLE.replace("Both sides", "All three sides").replace("four days", "five days"))
    first, _ = edited(place, quiet=Quiet(seconds=0))
    states = {"before it fetches": "preparing", "between its chunks": "speaking", "when it publishes": "publishing"}
    while revision_row(place, first).state != states[moment]:
        assert perform_next(place, tuple(Queue))
    article.write_text(ARTICLE.replace("All three", "No").replace("four days", "six days"))
    for _ in range(3):
        assert edited(place)[0] == first
    # Then it is made once more when the edits are over, and what did not change is not spoken again
    work_off(place)
    later(place, 31)
    work_off(place)
    briefing = revision_row(place, first).briefing_id
    heard, newest = live_hash(place, briefing)
    assert heard == newest
    assert count(place, RevisionRow) == (2 if moment == "before it fetches" else 3)
    assert count(place, TakeRow) == {"before it fetches": 6, "between its chunks": 8, "when it publishes": 8}[moment]
    assert revision_row(place, briefing_row(place, briefing).live_revision).chunks_reused >= 3


def test_twenty_clicks_at_once_are_one_revision_and_of_two_editors_the_last_is_heard(place, article):
    with client_of(place) as client:
        briefing = client.put("/v1/articles/desk/ferry/audio").json()
        work_off(place)
        path = f"/v1/briefings/{briefing['id']}/regenerate"
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: client.post(path, json={}).json()["revision"]["number"], range(20)))
        assert set(answers) == {2}
        # When two editors want other voices / Then the newest wins, and the older is superseded by the next step
        numbers = [
            client.post(path, json={"voice": voice}).json()["revision"]["number"] for voice in ("joe", "silence")
        ]
        assert numbers == [3, 4]
        with place.database.reading() as session:
            states = [row.state for row in session.query(RevisionRow).order_by(RevisionRow.number)]
        assert states == ["live", "superseded", "superseded", "preparing"]
        seen = [1]
        while perform_next(place, (Queue.INTERACTIVE,)):
            live = client.get(f"/v1/briefings/{briefing['id']}").json()["live"]["revision"]
            assert live >= seen[-1], "the pointer went back"
            seen.append(live)
        assert (seen[1], seen[-1]) == (1, 4)


def test_a_cms_calls_one_address_for_every_save(place, article):
    with client_of(place) as client:
        first = client.put("/v1/articles/desk/ferry/audio")
        assert first.status_code == 202
        assert first.headers["Location"].endswith(f"/v1/briefings/{first.json()['id']}")
        work_off(place)
        article.write_text(ARTICLE.replace("four days", "five days"))
        second = client.put("/v1/articles/desk/ferry/audio", json={"priority": "interactive"})
        assert (second.status_code, second.json()["revision"]["number"]) == (202, 2)
        waits = second.json()["revision"]["waiting"]
        assert (waits["code"], waits["message"]) == ("quiet_period", "Edits are waited for")
        left = datetime.fromisoformat(waits["until"]) - datetime.now(UTC)
        assert 20 < left.total_seconds() <= 30
        assert client.put("/v1/articles/desk/ferry/audio").status_code == 200
        assert second.json()["live"]["revision"] == 1
        assert client.put("/v1/articles/nosuch/ferry/audio").json()["code"] == "unknown_source"
        assert client.put("/v1/articles/desk/ferry/audio", json={"voice": "nobody"}).json()["code"] == "unknown_voice"
        assert client.get("/v1/articles/desk/ferry/audio").status_code == 200
