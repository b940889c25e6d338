"""What publishing writes, and for whom: the article's home show, the right address, whole files, the newest revision."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import feedparser
import pytest

from briefing.errors import MasterRejected, WatermarkMissing
from briefing.models import BriefingRow, MasterRow, RevisionRow, ShowRow, SourceRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.revisions import move
from briefing.states import RevisionState
from tests.support.asking import NOW, again, ask, briefing_row, revision_row
from tests.support.newsroom import ARTICLE, NEWSROOM, work_off
from worker.installation.newsroom import apply
from worker.public.public_files import PublicFiles
from worker.publish import publish


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.write_text(ARTICLE)
    return path


def audio_json(place):
    return json.loads((place.files.storage.root / "v1" / "articles" / "desk" / "ferry" / "audio").read_text())


def titles(place, slug):
    return [entry.title for entry in feedparser.parse(place.files.storage.root / "shows" / slug / "feed.xml").entries]


def test_another_shows_reading_is_an_episode_there_and_leaves_the_article_alone(place, article, tmp_path):
    # Given an article at home in `daily` that `weekly` reads too
    (tmp_path / "briefcast.toml").write_text(
        NEWSROOM + '\n[[shows]]\nslug = "weekly"\ntitle = "W"\nvoice = "silence"\n'
    )
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    ask(place, "ferry", show="weekly")
    work_off(place)
    assert not (place.files.storage.root / "v1").exists()
    ask(place, "ferry")
    work_off(place)
    mine = audio_json(place)
    assert mine["show"] == "daily"
    # When the other show makes it again / Then both feeds have it, and readers of the article hear what they heard
    ask(place, "ferry", show="weekly")
    work_off(place)
    assert audio_json(place) == mine
    assert titles(place, "daily") == titles(place, "weekly") == ["Ferry runs again"]


def test_what_is_held_cannot_be_got_round_by_another_show(place, article, tmp_path):
    # Given an article whose home show holds its audio / When a show that does not is asked for it
    toml = NEWSROOM.replace('folder = "articles"', 'folder = "articles"\nshow = "held"', 1)
    (tmp_path / "briefcast.toml").write_text(toml)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    ask(place, "ferry", show="daily")
    work_off(place)
    # Then the article has no audio until an editor says so
    assert not (place.files.storage.root / "articles").exists()


def test_applying_writes_the_files_anew_with_the_address_of_today(place, article, tmp_path):
    ask(place, "ferry")
    work_off(place)
    place.__dict__["files"] = PublicFiles(storage=place.files.storage, address="https://audio.paper.example")
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert audio_json(place)["url"].startswith("https://audio.paper.example/audio/")
    feed = feedparser.parse(place.files.storage.root / "shows" / "daily" / "feed.xml")
    assert feed.entries[0].enclosures[0].href == audio_json(place)["url"]


def test_a_damaged_public_file_is_mended_by_publishing_again(place, article):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    name = audio_json(place)["url"].rsplit("/", 1)[1]
    public = place.files.storage.root / "audio" / name
    content = public.read_bytes()
    public.write_bytes(content[:-1] + b"\0" + b"x")  # through the link: storage and public file are one
    again(place, briefing)
    work_off(place)
    # Signed anew it has other bytes, so another address, to which all that readers follow leads now.
    mended = audio_json(place)["url"].rsplit("/", 1)[1]
    assert mended != name
    sound = (place.files.storage.root / "audio" / mended).read_bytes()
    assert hashlib.sha256(sound).hexdigest() == mended.removesuffix(".mp3")
    assert (place.files.storage.root / "articles" / "desk" / "ferry.mp3").resolve().name == mended


def test_a_damaged_copy_of_a_stored_file_is_put_there_anew(place, article):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    public = place.files.storage.root / "audio" / audio_json(place)["url"].rsplit("/", 1)[1]
    content = public.read_bytes()
    public.unlink()  # the stored file keeps its own name
    public.write_bytes(content[:-1])
    again(place, briefing)
    work_off(place)
    assert public.read_bytes() == content


def test_publishing_late_never_replaces_a_newer_revision(place, article):
    # Given revision 1 about to be published, and revision 2 live already
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    second, _ = again(place, briefing)
    work_off(place)
    assert briefing_row(place, briefing).live_revision == second
    before = audio_json(place)
    with place.database.writing() as session:
        session.get_one(RevisionRow, first).state = RevisionState.PUBLISHING.value
    # When the late publisher comes / Then it changes nothing
    with place.database.writing() as session:
        publish(session, session.get_one(RevisionRow, first), place.storage, place.files, datetime.now(UTC))
    assert revision_row(place, first).state == "superseded"
    assert briefing_row(place, briefing).live_revision == second
    assert audio_json(place) == before


def test_a_show_or_source_that_is_not_listed_any_more_keeps_what_it_published(place, article, tmp_path):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    before = audio_json(place)
    (tmp_path / "briefcast.toml").write_text('[[shows]]\nslug = "new"\ntitle = "N"\nvoice = "silence"\n')
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert titles(place, "daily") == ["Ferry runs again"]
    with place.database.reading() as session:
        assert not session.get_one(SourceRow, "desk").listed
        assert session.get_one(BriefingRow, briefing).live_revision
    # And nothing more is fetched from the source
    revision, _ = again(place, briefing)
    work_off(place)
    assert revision_row(place, revision).error_code == "unknown_source"
    assert audio_json(place)["url"] == before["url"]


def publish_held(place, revision):
    """Publish a held revision as an editor does, but for the step."""
    with place.database.writing() as session:
        row = session.get_one(RevisionRow, revision)
        move(row, RevisionState.PUBLISHING, NOW)
        publish(session, row, place.storage, place.files, NOW)


def test_held_audio_that_was_damaged_meanwhile_is_not_published(place, article):
    _, revision, _ = ask(place, "ferry", show="held")
    work_off(place)
    with place.database.reading() as session:
        master = session.get_one(MasterRow, session.get_one(RevisionRow, revision).master_key)
    path = place.storage.path(master.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(MasterRejected, match="damaged"):
        publish_held(place, revision)
    assert not (place.files.storage.root / "audio").exists()


def test_held_audio_from_before_its_show_asked_for_a_watermark_is_not_published(place, article):
    _, revision, _ = ask(place, "ferry", show="held")
    work_off(place)
    with place.database.writing() as session:
        show = session.get_one(ShowRow, "held")
        show.settings = {**show.settings, "watermark": "perth"}
    with pytest.raises(WatermarkMissing):
        publish_held(place, revision)
    with place.database.writing() as session:
        show = session.get_one(ShowRow, "held")
        show.settings = {**show.settings, "watermark": None}
    publish_held(place, revision)
    assert revision_row(place, revision).state == "live"
