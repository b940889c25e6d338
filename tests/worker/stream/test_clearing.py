"""Streams that are over are taken away while no transaction is open, a round at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from briefing.models import RevisionRow, StepRow
from tests.support.asking import ask
from tests.support.clocks import be_off
from tests.support.newsroom import ARTICLE
from worker.stream.clearing import clear_streams
from worker.upkeep import pace


@pytest.fixture
def streams(place, tmp_path):
    """Three streams that failed, with two files each: their revisions."""
    found = []
    for name in ("ferry", "bridge", "tower"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("Ferry", name))
        briefing, revision, _ = ask(place, name)
        for file in ("0.mp3", "audio.m3u8"):
            place.files.put_stream(briefing, 1, file, b"sound")
        found.append(revision)
    with place.database.writing() as session:
        for row in session.query(RevisionRow):
            row.state, row.stream = "failed", {"pieces": []}
            row.finished_at = datetime.now(UTC) - timedelta(minutes=1)
    return found


def left(place):
    with place.database.reading() as session:
        return session.query(RevisionRow).filter(RevisionRow.stream.is_not(None)).count()


def test_no_transaction_waits_for_hundreds_of_files(place, streams, monkeypatch):
    # Given streams that are over / When they are taken away / Then nobody else waits for it, nor a connection is held
    remove, held = place.files.storage.remove, []

    def told(name):
        held.append(place.database.engine.pool.checkedout())
        remove(name)

    monkeypatch.setattr(place.files.storage, "remove", told)
    assert clear_streams(place) == 3
    assert held == [0] * 6
    assert left(place) == 0
    assert [file.name for file in place.files.storage.files("briefings")] == []
    with place.database.reading() as session:
        assert session.query(StepRow).filter_by(kind="stream", state="ready").count() == 0


def test_a_round_takes_so_long_and_the_next_goes_on(place, streams, monkeypatch):
    monkeypatch.setattr(pace, "MOST_S", -1.0)
    assert (clear_streams(place), left(place)) == (1, 2)
    monkeypatch.undo()
    assert (clear_streams(place), left(place)) == (2, 0)


def test_what_was_removed_and_not_written_down_is_removed_again(place, streams, monkeypatch):
    # Given a process that ends between a stream's files and its note
    place.files.remove_stream(briefing_of(place, streams[0]), 1)
    # Then the next round ends it
    assert (clear_streams(place), left(place)) == (3, 0)


def test_a_host_whose_clock_is_ahead_takes_no_stream_from_who_still_hears_it(place, streams, monkeypatch):
    # Given what has been live for minutes / When a host two hours ahead looks / Then whoever began with it may go on
    with place.database.writing() as session:
        session.execute(update(RevisionRow).values(state="live"))
    assert be_off(lambda: 7200.0, monkeypatch.setattr)
    assert clear_streams(place) == 0
    assert left(place) == 3


def briefing_of(place, revision):
    with place.database.reading() as session:
        return session.get_one(RevisionRow, revision).briefing_id
