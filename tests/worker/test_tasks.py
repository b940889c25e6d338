"""The main job step by step, with the silent voice: what is recorded, what is reused, what survives a fault."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from mutagen.id3 import ID3

from briefing import steps
from briefing.models import ArticleVersionRow, TakeRow
from briefing.pronunciations.lexicon import make_entry
from briefing.pronunciations.lexicons import put_entry
from briefing.revisions import newest_revision
from briefing.states import Queue, StepKind, StepState
from tests.support.asking import NOW, again, ask, briefing_row, revision_row, step_rows
from tests.support.newsroom import ARTICLE, work_off
from worker.running import perform
from worker.running.perform import perform_next
from worker.tasks import prepare as prepare_task
from worker.tasks import speak as speak_task


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(ARTICLE)
    return path


def audio_json(place, name="ferry"):
    return json.loads((place.files.storage.root / "v1" / "articles" / "desk" / name / "audio").read_text())


def published(place, name="ferry"):
    """The MP3 that readers of the alias get."""
    return (place.files.storage.root / "articles" / "desk" / f"{name}.mp3").resolve()


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
    entry = feedparser.parse(place.files.storage.root / "shows" / "daily" / "feed.xml").entries[0]
    assert (entry.title, entry.enclosures[0].href, int(entry.enclosures[0].length)) == (
        "Ferry runs again",
        audio["url"],
        audio["bytes"],
    )


def test_an_equal_request_shares_what_is_being_made_and_what_is_live(place, article):
    first = ask(place, "ferry")
    assert ask(place, "ferry") == (*first[:2], False)
    work_off(place)
    before = audio_json(place)
    # When it is live / Then an equal request has the article looked at, and what is live counts when nothing changed
    look = ask(place, "ferry")
    assert look[2]
    assert ask(place, "ferry") == (look[0], look[1], False)
    assert work_off(place) == 1
    assert revision_row(place, look[1]).state == "unchanged"
    assert briefing_row(place, first[0]).live_revision == first[1]
    assert audio_json(place) == before
    assert ask(place, "ferry", voice="joe")[2], "another voice is another request"


def test_an_equal_request_after_an_edit_makes_it_anew(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    second = ask(place, "ferry")[1]
    assert revision_row(place, first).state == "live", "the old audio plays until the new one is there"
    assert work_off(place) == 4  # prepare, one chunk, assemble, publish
    assert (revision_row(place, first).state, revision_row(place, second).state) == ("superseded", "live")
    assert revision_row(place, second).chunks_reused == 4
    assert briefing_row(place, briefing).live_revision == second


@pytest.mark.parametrize(("show", "state"), [("daily", "live"), ("held", "held")])
def test_an_edit_after_fetching_is_not_lost(place, article, show, state):
    # Given a revision that has fetched / When the article changes and is asked for again, sharing that revision
    briefing, first, _ = ask(place, "ferry", show=show)
    perform_next(place, tuple(Queue))
    article.write_text(ARTICLE.replace("four days", "five days"))
    assert ask(place, "ferry", show=show) == (briefing, first, False)
    work_off(place)
    # Then the article is looked at once more when that revision is through
    with place.database.reading() as session:
        newest = newest_revision(session, briefing)
    assert (newest.number, newest.state) == (2, state)
    assert "five days" in json.dumps(newest.script)


def test_an_edit_while_it_fetches_is_not_lost(place, article, monkeypatch):
    briefing, first, _ = ask(place, "ferry")
    real = prepare_task.write_script

    def edited_meanwhile(*given):
        # Patched to edit and ask at the very moment between fetching and recording what was fetched.
        if "four days" in article.read_text():
            article.write_text(ARTICLE.replace("four days", "five days"))
            assert ask(place, "ferry") == (briefing, first, False)
        return real(*given)

    monkeypatch.setattr(prepare_task, "write_script", edited_meanwhile)
    work_off(place)
    newest = revision_row(place, briefing_row(place, briefing).live_revision)
    assert (newest.number, "five days" in json.dumps(newest.script)) == (2, True)


def test_what_is_overtaken_before_it_fetched_is_looked_at_later(place, article):
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    again(place, briefing)
    segment = revision_row(place, 1).script["segments"][2]["id"]
    kept, _ = again(place, briefing, refetch=False, segments=[segment])
    work_off(place)
    assert "four days" in json.dumps(revision_row(place, kept).script)
    newest = briefing_row(place, briefing).live_revision
    assert "five days" in json.dumps(revision_row(place, newest).script)


def test_a_look_leaves_what_is_held_to_the_editor(place, article):
    _briefing, first, _ = ask(place, "ferry", show="held")
    work_off(place)
    look = ask(place, "ferry", show="held")[1]
    assert revision_row(place, first).state == "held"
    work_off(place)
    assert (revision_row(place, first).state, revision_row(place, look).state) == ("held", "unchanged")
    article.write_text(ARTICLE.replace("four days", "five days"))
    changed = ask(place, "ferry", show="held")[1]
    work_off(place)
    assert (revision_row(place, first).state, revision_row(place, changed).state) == ("superseded", "held")


def test_a_failed_look_fails_visibly_and_the_audio_stays(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    article.unlink()
    look = ask(place, "ferry")[1]
    work_off(place)
    assert (revision_row(place, look).state, revision_row(place, look).error_code) == ("failed", "article_not_found")
    assert briefing_row(place, briefing).live_revision == first


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
    old = place.files.storage.root / "audio" / before["url"].rsplit("/", 1)[1]
    assert old.exists(), "the old address still answers"


def pronounce(place, written, value, kind="alias", show=None):
    with place.database.writing() as session:
        put_entry(session, show, make_entry({"written": written, "kind": kind, "value": value}), NOW)


def test_an_edited_pronunciation_is_one_take_spoken(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    pronounce(place, "overtime", "over time")
    revision, _ = again(place, briefing, refetch=False)
    assert work_off(place) == 4  # prepare, one chunk, assemble, publish
    row = revision_row(place, revision)
    assert (row.chunks_total, row.chunks_reused, row.state) == (5, 4, "live")
    changed = {chunk["key"] for chunk in row.chunks} - {chunk["key"] for chunk in revision_row(place, first).chunks}
    assert [chunk["spoken"] for chunk in row.chunks if chunk["key"] in changed] == [
        "Crews had stopped work for four days over unpaid over time."
    ]


def test_an_equal_request_after_a_pronunciation_was_edited_makes_it_anew(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    pronounce(place, "Zaporizhzhia", "Zap", show="daily")
    look = ask(place, "ferry")[1]
    work_off(place)
    assert revision_row(place, look).state == "unchanged", "what is not in the article changes nothing"
    pronounce(place, "overtime", "over time", show="held")
    pronounce(place, "ferry", "fairy", show="daily")
    second = ask(place, "ferry")[1]
    work_off(place)
    assert (revision_row(place, first).state, revision_row(place, second).state) == ("superseded", "live")
    assert revision_row(place, second).chunks_reused == 3
    assert briefing_row(place, briefing).live_revision == second


def test_nothing_changed_speaks_and_encodes_nothing(place, article):
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    revision, _ = again(place, briefing)
    assert work_off(place) == 3  # prepare, assemble, publish
    assert revision_row(place, revision).master_key == revision_row(place, first).master_key
    assert len(feedparser.parse(place.files.storage.root / "shows" / "daily" / "feed.xml").entries) == 1


def test_an_undated_article_is_dated_by_its_first_fetch_and_stays_so(place, article):
    briefing, first, _ = ask(place, "ferry")
    perform_next(place, tuple(Queue))
    with place.database.writing() as session:
        session.query(ArticleVersionRow).one().fetched_at = datetime(2026, 1, 5, tzinfo=UTC)
    work_off(place)
    assert str(ID3(published(place))["TDRC"]) == "2026-01-05"
    # When the page changes where nobody hears it / Then it is the same MP3 on any later day
    article.write_text(f"{ARTICLE}\n<p hidden>Build 2</p>\n")
    second, _ = again(place, briefing)
    work_off(place)
    assert revision_row(place, second).versions != revision_row(place, first).versions
    assert revision_row(place, second).master_key == revision_row(place, first).master_key


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
    assert not (place.files.storage.root / "articles").exists()


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
    entry = feedparser.parse(place.files.storage.root / "shows" / "daily" / "feed.xml").entries[0]
    assert entry.title == "One runs again, and 1 more story"
    assert not (place.files.storage.root / "v1").exists(), "a collection is no article's own audio"
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


def test_all_damaged_takes_are_spoken_again_at_once(place, article):
    _, revision, _ = ask(place, "ferry")
    for _ in range(6):
        perform_next(place, tuple(Queue))
    with place.database.reading() as session:
        for victim in session.query(TakeRow):
            place.storage.path(victim.sha256).write_bytes(b"x")
    assert work_off(place) == 8  # assemble, five chunks, assemble, publish
    assert revision_row(place, revision).state == "live"


def test_a_disk_that_damages_whatever_it_is_given_ends_the_work(place, article, monkeypatch):
    _, revision, _ = ask(place, "ferry")
    monkeypatch.setattr(type(place.storage), "intact", lambda *_: False)
    work_off(place)
    assert revision_row(place, revision).error_code == "take_corrupt"


def test_a_take_that_comes_too_late_for_its_revision_is_kept(place, article, monkeypatch):
    # Given a chunk being spoken / When a newer request overtakes its revision / Then it need not be spoken again
    briefing, _, _ = ask(place, "ferry")
    perform_next(place, tuple(Queue))
    real, spoken = speak_task.speak, []

    def overtaken(chunk, speaker, storage):
        spoken.append(chunk.key)
        if len(spoken) == 1:
            again(place, briefing, now=NOW + timedelta(minutes=1))
        return real(chunk, speaker, storage)

    monkeypatch.setattr(speak_task, "speak", overtaken)
    work_off(place)
    assert len(spoken) == len(set(spoken)) == 5


def test_a_failed_regeneration_leaves_what_is_held(place, article):
    briefing, first, _ = ask(place, "ferry", show="held")
    work_off(place)
    text = article.read_text()
    article.unlink()
    again(place, briefing)
    work_off(place)
    assert revision_row(place, first).state == "held"
    # And one that succeeds takes its place
    article.write_text(text)
    newest, _ = again(place, briefing, now=NOW + timedelta(minutes=1))
    work_off(place)
    assert (revision_row(place, first).state, revision_row(place, newest).state) == ("superseded", "held")


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
    real = perform.TASKS[StepKind.SPEAK]
    overtaken = []

    def slow(lease, workplace):
        if not overtaken:
            overtaken.append(lease.step_id)
            with workplace.database.writing() as session:
                steps.release_held_by(session, workplace.holder)
            while perform_next(workplace, tuple(Queue)):
                pass
        real(lease, workplace)

    monkeypatch.setitem(perform.TASKS, StepKind.SPEAK, slow)
    assert perform_next(place, tuple(Queue))
    row = revision_row(place, revision)
    assert (row.state, row.chunks_left) == ("live", 0)
    assert all(step.state == StepState.DONE for step in step_rows(place, revision) if step.kind != "verify")
