"""What is published beside an MP3: it follows what is live, stays with what was, and can all be found again."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import feedparser
import pytest

from briefing.models import BriefingRow, MasterRow, RevisionRow
from briefing.podcasts.newsroom import load_newsroom
from tests.support.asking import again, ask, briefing_row, revision_row
from tests.support.newsroom import ARTICLE, work_off
from worker.installation.newsroom import apply
from worker.public.placing import public_files
from worker.publish import publish

NAMES = {"chapters.json", "transcript.html", "transcript.json", "transcript.srt", "transcript.vtt"}

#: What became of the briefing.
HISTORY = {"history", "history.json"}

CHAPTERED = """# Ferry runs again

The ferry runs again from Monday, the harbour board said.

## What it cost

Crews had stopped work for four days over unpaid overtime of $300K.

## What comes next

Both sides are to meet again on Nov. 20.
"""


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.write_text(CHAPTERED)
    return path


def folder(place, briefing):
    return place.files.storage.root / "briefings" / briefing


def names(path):
    return {entry.name for entry in path.iterdir() if entry.is_file()} if path.exists() else set()


def test_publishing_writes_transcripts_and_chapters(place, article):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    assert names(folder(place, briefing) / "1") == NAMES
    assert names(folder(place, briefing)) == NAMES | HISTORY
    words = json.loads((folder(place, briefing) / "transcript.json").read_text())
    written = " ".join(word["body"] for word in words["segments"])
    assert "unpaid overtime of $300K." in written
    assert "on Nov. 20." in written
    audio = json.loads((place.files.storage.root / "v1" / "articles" / "desk" / "ferry" / "audio").read_text())
    assert words["duration"] == audio["duration_s"] == words["segments"][-1]["endTime"]
    chapters = json.loads((folder(place, briefing) / "chapters.json").read_text())["chapters"]
    assert [chapter["title"] for chapter in chapters] == ["Ferry runs again", "What it cost", "What comes next"]
    assert [chapter["startTime"] for chapter in chapters] == [chapter["start_s"] for chapter in audio["chapters"]]
    # The addresses are named where readers look for them.
    base = f"{place.files.address}/briefings/{briefing}"
    assert audio["chapters_url"] == f"{base}/1/chapters.json"
    assert {(named["type"], named["url"]) for named in audio["transcripts"]} == {
        ("text/vtt", f"{base}/1/transcript.vtt"),
        ("application/x-subrip", f"{base}/1/transcript.srt"),
        ("application/json", f"{base}/1/transcript.json"),
        ("text/html", f"{base}/1/transcript.html"),
    }
    feed = (place.files.storage.root / "shows" / "daily" / "feed.xml").read_text()
    assert f'url="{base}/transcript.vtt"' in feed
    assert f'url="{base}/chapters.json"' in feed
    assert "00:00:00 Ferry runs again" in feedparser.parse(feed).entries[0].summary


def test_an_update_replaces_what_is_live_and_leaves_what_the_old_audio_says(place, article):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    article.write_text(CHAPTERED.replace("four days", "five days"))
    again(place, briefing)
    work_off(place)
    here = folder(place, briefing)
    assert "five days" in (here / "transcript.vtt").read_text().replace("\n", " ")
    assert "four days" in (here / "1" / "transcript.vtt").read_text().replace("\n", " ")
    assert (here / "transcript.json").read_bytes() == (here / "2" / "transcript.json").read_bytes()


def test_what_is_held_or_failed_leaves_nothing_public(place, article):
    briefing, _, _ = ask(place, "ferry", show="held")
    work_off(place)
    assert not folder(place, briefing).exists()
    article.write_text("")
    again(place, briefing)
    work_off(place)
    assert not folder(place, briefing).exists()


def test_a_late_publisher_writes_nothing(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    article.write_text(ARTICLE)
    again(place, briefing)
    work_off(place)
    shutil.rmtree(folder(place, briefing) / "1")
    before = (folder(place, briefing) / "transcript.vtt").read_bytes()
    with place.database.writing() as session:
        row = session.get_one(RevisionRow, first)
        row.state = "publishing"
        publish(session, row, place.storage, place.files, datetime.now(UTC))
    assert revision_row(place, first).state == "superseded"
    assert not (folder(place, briefing) / "1").exists()
    assert (folder(place, briefing) / "transcript.vtt").read_bytes() == before


def test_every_public_file_of_a_briefing_can_be_found(place, article, tmp_path):
    # Given two published revisions, a collection and another article
    briefing, _, _ = ask(place, "ferry")
    (tmp_path / "articles" / "other.md").write_text(ARTICLE.replace("Ferry", "Bus"))
    ask(place, "other")
    ask(place, "ferry", "other")
    work_off(place)
    article.write_text(ARTICLE)
    again(place, briefing)
    work_off(place)
    everything = {path for path in place.files.storage.root.rglob("*") if path.is_file()}
    # When all that is its own goes
    with place.database.reading() as session:
        own = public_files(session, session.get_one(BriefingRow, briefing), place.files)
    for name in own:
        place.files.storage.remove(name)
    # Then its MP3s, alias, JSON and all beside them are gone, and nothing else
    gone = {path.relative_to(place.files.storage.root).as_posix() for path in everything if not path.exists()}
    assert {name for name in gone if not name.startswith(("audio/", "briefings/", "moved/"))} == {
        "articles/desk/ferry.mp3", "v1/articles/desk/ferry/audio",
    }  # fmt: skip
    assert len([name for name in gone if name.startswith("audio/")]) == 2
    assert {name for name in gone if name.startswith("briefings/")} == {
        *(f"briefings/{briefing}/{part}{name}" for name in NAMES for part in ("", "1/", "2/")),
        *(f"briefings/{briefing}/{name}" for name in HISTORY),
    }
    assert (place.files.storage.root / "articles" / "desk" / "other.mp3").exists()


def test_masters_from_before_there_were_transcripts_still_work(place, article, tmp_path):
    # Given a published master as an older release stored it
    briefing, revision, _ = ask(place, "ferry")
    work_off(place)
    with place.database.writing() as session:
        row = session.get_one(MasterRow, revision_row(place, revision).master_key)
        content = {name: value for name, value in row.content.items() if name != "transcript"}
        content["cues"] = [
            {name: value for name, value in cue.items() if name not in {"link", "timing"}} for cue in content["cues"]
        ]
        row.content, row.transcript, row.chapters = content, "", []
    shutil.rmtree(place.files.storage.root / "briefings")
    # When all files are written anew / Then it has chapters, no transcript, and a feed that names none
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert names(folder(place, briefing)) == {"chapters.json"} | HISTORY
    audio = json.loads((place.files.storage.root / "v1" / "articles" / "desk" / "ferry" / "audio").read_text())
    assert audio["transcripts"] == []
    assert "podcast:transcript" not in (place.files.storage.root / "shows" / "daily" / "feed.xml").read_text()
    # And made anew, it has all of them
    article.write_text(ARTICLE)
    again(place, briefing)
    work_off(place)
    assert names(folder(place, briefing)) == NAMES | HISTORY


def test_a_lost_transcript_is_made_again(place, article):
    briefing, revision, _ = ask(place, "ferry")
    work_off(place)
    with place.database.reading() as session:
        lost = session.get_one(MasterRow, revision_row(place, revision).master_key).transcript
    place.storage.remove(lost)
    again(place, briefing)
    work_off(place)
    assert place.storage.intact(lost)
    assert names(folder(place, briefing) / "2") == NAMES
    assert briefing_row(place, briefing).live_revision != revision


def test_files_that_are_missing_come_back_with_the_settings(place, article, tmp_path):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    before = (folder(place, briefing) / "transcript.html").read_bytes()
    shutil.rmtree(place.files.storage.root / "briefings")
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert (folder(place, briefing) / "transcript.html").read_bytes() == before
