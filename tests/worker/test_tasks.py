"""The main job step by step, with the silent voice: what is recorded, what is reused, what survives a fault."""

from __future__ import annotations

import json
from datetime import timedelta

import feedparser
import pytest

from briefing import steps
from briefing.models import TakeRow
from briefing.states import Queue, StepState
from tests.support.asking import NOW, again, ask, briefing_row, revision_row, step_rows
from tests.support.newsroom import ARTICLE, work_off
from worker import perform
from worker.perform import perform_next


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(ARTICLE)
    return path


def audio_json(place, name="ferry"):
    return json.loads((place.files.root / "v1" / "articles" / "desk" / name / "audio").read_text())


def published(place, name="ferry"):
    """The MP3 that readers of the alias get."""
    return (place.files.root / "articles" / "desk" / f"{name}.mp3").resolve()


def test_an_article_becomes_an_episode(place, article):
    briefing, revision, made = ask(place, "ferry")
    assert made
    # prepare, five chunks (headline, disclosure, three paragraphs), assemble, publish
    assert work_off(place) == 8
    row = revision_row(place, revision)
    assert (row.state, row.chunks_total, row.chunks_left, row.chunks_reused) == ("live", 5, 0, 0)
    assert briefing_row(place, briefing).live_revision == revision
    audio = audio_json(place)
    assert audio["duration_s"] > row.spoken_s > 5
    assert published(place).stat().st_size == audio["bytes"]
    assert audio["url"].endswith(published(place).name)
    entry = feedparser.parse(place.files.root / "shows" / "daily" / "feed.xml").entries[0]
    assert (entry.title, entry.enclosures[0].href, int(entry.enclosures[0].length)) == (
        "Ferry runs again",
        audio["url"],
        audio["bytes"],
    )


def test_an_equal_request_shares_what_is_being_made_and_what_is_live(place, article):
    first = ask(place, "ferry")
    assert ask(place, "ferry") == (*first[:2], False)
    work_off(place)
    assert ask(place, "ferry") == (*first[:2], False)
    assert work_off(place) == 0
    assert ask(place, "ferry", voice="joe")[2], "another voice is another request"


def test_one_paragraph_edited_is_one_take_spoken(place, article):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    before = audio_json(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    revision, made = again(place, briefing)
    assert made
    assert work_off(place) == 4  # prepare, one chunk, assemble, publish
    row = revision_row(place, revision)
    assert (row.chunks_total, row.chunks_reused) == (5, 4)
    assert audio_json(place)["revision"] == 2
    old = place.files.root / "audio" / before["url"].rsplit("/", 1)[1]
    assert old.exists(), "the old address still answers"


def test_nothing_changed_speaks_and_encodes_nothing(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    revision, _ = again(place, briefing)
    assert work_off(place) == 3  # prepare, assemble, publish
    assert revision_row(place, revision).master_key == revision_row(place, first).master_key
    assert len(feedparser.parse(place.files.root / "shows" / "daily" / "feed.xml").entries) == 1


def test_without_refetch_the_text_stays(place, article):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    article.write_text("# Something else\n\nEntirely.\n")
    again(place, briefing, refetch=False)
    work_off(place)
    assert audio_json(place)["title"] == "Ferry runs again"
    again(place, briefing, now=NOW + timedelta(minutes=5))
    work_off(place)
    assert audio_json(place)["title"] == "Something else"


def test_a_segment_can_be_read_anew(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    segment = revision_row(place, first).script["segments"][2]["id"]
    revision, _ = again(place, briefing, refetch=False, segments=[segment])
    assert work_off(place) == 4
    old = {chunk["segment"]: chunk["key"] for chunk in revision_row(place, first).chunks}
    new = {chunk["segment"]: chunk["key"] for chunk in revision_row(place, revision).chunks}
    assert {name for name in old if old[name] != new[name]} == {segment}
    # And it stays that way when everything is made again.
    third, _ = again(place, briefing, now=NOW + timedelta(minutes=5))
    work_off(place)
    assert {chunk["key"] for chunk in revision_row(place, third).chunks} == set(new.values())


def test_double_clicks_share_and_the_newest_wins(place, article):
    briefing, first, _ = ask(place, "ferry")
    assert again(place, briefing) == (first, False), "what has not been fetched yet is as new as can be"
    second, made = again(place, briefing, refetch=False)
    assert made
    assert [again(place, briefing, refetch=False) for _ in range(19)] == [(second, False)] * 19
    third, _ = again(place, briefing, voice="joe")
    assert revision_row(place, first).state == revision_row(place, second).state == "superseded"
    assert {step.state for step in step_rows(place, second)} == {"dead"}
    assert revision_row(place, third).state == "preparing"


def test_an_edit_between_two_clicks_is_not_lost(place, article):
    # Given a revision that has fetched already / When the article changes and an equal request comes at once
    briefing, first, _ = ask(place, "ferry")
    perform_next(place, tuple(Queue))
    article.write_text(ARTICLE.replace("four days", "five days"))
    assert again(place, briefing, now=NOW + timedelta(seconds=1)) == (first, False)
    work_off(place)
    # Then the article is looked at once more, by itself
    assert revision_row(place, first).state == "superseded"
    newest = briefing_row(place, briefing).live_revision
    assert "five days" in json.dumps(revision_row(place, newest).script)
    assert work_off(place) == 0


def test_a_show_may_hold_its_audio_for_an_editor(place, article):
    briefing, revision, _ = ask(place, "ferry", show="held")
    work_off(place)
    assert revision_row(place, revision).state == "held"
    assert briefing_row(place, briefing).live_revision is None
    assert not (place.files.root / "articles").exists()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("gone.md", None, "article_not_found"),
        ("empty.md", "# Only a title\n", "article_empty"),
        ("long.md", f"{'word ' * 25_000}", "article_too_long"),
    ],
)
def test_a_faulty_article_fails_with_its_code_and_the_old_audio_stays(place, tmp_path, name, content, code):
    path = tmp_path / "articles" / name
    path.write_text(ARTICLE)
    briefing, first, _ = ask(place, path.stem)
    work_off(place)
    before = published(place, path.stem)
    path.unlink() if content is None else path.write_text(content)
    revision, _ = again(place, briefing)
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, row.error_code) == ("failed", code)
    assert row.error_message
    assert row.error_hint
    assert briefing_row(place, briefing).live_revision == first
    assert published(place, path.stem) == before


def test_a_collection_is_one_mp3_with_its_chapters(place, tmp_path):
    for name in ("one", "two"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("Ferry", name.title()))
    briefing, revision, _ = ask(place, "one", "two")
    work_off(place)
    assert revision_row(place, revision).state == "live"
    entry = feedparser.parse(place.files.root / "shows" / "daily" / "feed.xml").entries[0]
    assert entry.title == "One runs again, and 1 more story"
    assert not (place.files.root / "v1").exists(), "a collection is no article's own audio"
    assert briefing_row(place, briefing).kind == "collection"


def test_a_damaged_take_is_spoken_again_never_stitched(place, article):
    _, revision, _ = ask(place, "ferry")
    for _ in range(6):  # prepare and all chunks
        perform_next(place, tuple(Queue))
    with place.database.reading() as session:
        victim = session.query(TakeRow).first()
    path = place.storage.path(victim.sha256)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    # assemble finds it, the chunk is spoken again, assemble, publish
    assert work_off(place) == 4
    assert revision_row(place, revision).state == "live"
    assert place.storage.intact(victim.sha256)


def test_a_lost_take_file_is_spoken_again(place, article):
    _, revision, _ = ask(place, "ferry")
    for _ in range(6):
        perform_next(place, tuple(Queue))
    with place.database.reading() as session:
        victim = session.query(TakeRow).first()
    place.storage.remove(victim.sha256)
    work_off(place)
    assert revision_row(place, revision).state == "live"


def test_a_stale_worker_changes_nothing(place, article, monkeypatch):
    # Given a worker that is overtaken while it speaks / When it finishes after all / Then its result is dropped
    _, revision, _ = ask(place, "ferry")
    perform_next(place, tuple(Queue))
    real = perform.TASKS[perform.steps.StepKind.SPEAK]
    overtaken = []

    def slow(lease, workplace):
        if not overtaken:
            overtaken.append(lease.step_id)
            with workplace.database.writing() as session:
                steps.release_held_by(session, workplace.holder)
            while perform_next(workplace, tuple(Queue)):
                pass
        real(lease, workplace)

    monkeypatch.setitem(perform.TASKS, perform.steps.StepKind.SPEAK, slow)
    assert perform_next(place, tuple(Queue))
    row = revision_row(place, revision)
    assert (row.state, row.chunks_left) == ("live", 0)
    assert all(step.state == StepState.DONE for step in step_rows(place, revision))


def test_an_older_revision_never_replaces_a_newer_one(place, article):
    briefing, first, _ = ask(place, "ferry")
    while revision_row(place, first).state != "publishing":
        perform_next(place, tuple(Queue))
    # Given a newer revision that got live first
    article.write_text(ARTICLE.replace("four", "six"))
    second, _ = again(place, briefing, now=NOW + timedelta(seconds=5))
    work_off(place)
    assert revision_row(place, first).state == "superseded"
    assert briefing_row(place, briefing).live_revision == second
