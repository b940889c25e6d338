"""What a shift does about a claim of which nobody knows whether it came through, and about a take it cannot read."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from briefing import steps
from briefing.errors import DatabaseUnavailable
from briefing.models import StepRow, TakeRow
from briefing.states import Queue, StepKind
from tests.support.asking import ask, step_rows
from worker.running.perform import perform_next
from worker.running.shift import Shift, Wanted
from worker.tasks import speak

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ORDER = (Queue.INTERACTIVE, Queue.ONLINE, Queue.BULK)
ARTICLE = "# The ferry runs\n\n" + "\n\n".join(f"The ferry runs again from day {day}." for day in range(6))


@pytest.fixture
def revision(place, tmp_path):
    """A revision whose chunks are to be spoken."""
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    revision = ask(place, "ferry")[1]
    perform_next(place, ORDER)
    return revision


@pytest.fixture
def mine(place):
    return Shift(place, lambda _: Wanted(ORDER, (StepKind.SPEAK,)))


def chunks(place, revision):
    return [row for row in step_rows(place, revision) if row.kind == StepKind.SPEAK]


def cut_once(place, monkeypatch, *, committed, meanwhile=lambda: None):
    """Have the transaction that finishes the next chunk lose its connection at COMMIT, which is `committed` or not."""
    speaking, writing = speak.speak, place.database.writing

    @contextmanager
    def cut():
        monkeypatch.setattr(place.database, "writing", writing)
        with writing() as session:
            yield session
            if not committed:
                # It rolls back; the caller is told what he would be told of a lost connection.
                raise DatabaseUnavailable("the connection was lost")
        meanwhile()
        raise DatabaseUnavailable("the connection was lost")

    def spoken(*given):
        take = speaking(*given)
        monkeypatch.setattr(speak, "speak", speaking)
        monkeypatch.setattr(place.database, "writing", cut)
        return take

    monkeypatch.setattr(speak, "speak", spoken)


def test_a_claim_that_came_through_unseen_is_given_back_unspent(place, revision, mine, monkeypatch):
    # Given a worker that is cut off as it finishes a chunk and claims the next, and both came through
    cut_once(place, monkeypatch, committed=True)
    assert perform_next(place, ORDER, shift=mine)
    assert [row.state for row in chunks(place, revision)].count("done") == 1
    assert [row.state for row in chunks(place, revision)].count("leased") == 1, "ours, which we do not know of"
    assert not mine.goes_on
    # When it goes on / Then that step is done as if it had never been claimed, at once and not when its lease runs out
    while perform_next(place, ORDER, shift=mine):
        pass
    assert {(row.state, row.attempts) for row in chunks(place, revision)} == {("done", 1)}


def test_a_claim_that_did_not_come_through_leaves_anothers_of_the_same_fence_alone(place, revision, mine, monkeypatch):
    # Given a worker that is cut off and nothing came through / When another worker claims the step it would have had
    cut_once(place, monkeypatch, committed=False)
    assert perform_next(place, ORDER, shift=mine)
    doubtful = mine._doubtful
    with place.database.writing() as session:
        theirs = steps.claim(session, holder="another", lease_s=60.0, queues=ORDER, step_id=doubtful.step_id)
    assert (theirs.step_id, theirs.fence) == (doubtful.step_id, doubtful.fence), "no fence tells the two apart"
    # Then the first gives nothing back
    mine.end()
    with place.database.reading() as session:
        row = session.get_one(StepRow, theirs.step_id)
        assert (row.state, row.holder, row.attempts) == ("leased", "another", 1)


def test_a_doubt_is_kept_while_the_database_is_away(place, revision, mine, monkeypatch):
    cut_once(place, monkeypatch, committed=True)
    assert perform_next(place, ORDER, shift=mine)
    doubtful, writing = mine._doubtful, place.database.writing

    def away():
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(place.database, "writing", away)
    assert mine.take() is None
    assert mine._doubtful is doubtful
    monkeypatch.setattr(place.database, "writing", writing)
    mine.end()
    assert mine._doubtful is None
    assert "leased" not in {row.state for row in chunks(place, revision)}


def test_a_take_that_cannot_be_read_costs_its_own_step_and_not_the_one_before(place, revision, mine):
    # Given a chunk of which a newer worker has stored a take, in words of its own
    with place.database.writing() as session:
        first, second = session.scalars(
            select(StepRow).where(StepRow.kind == "speak").order_by(StepRow.rank, StepRow.id).limit(2)
        )
        wrong = {"sha256": "0" * 64, "rate": 22050, "samples": 1, "loudness_lufs": None, "words": []}
        assert first.payload["chunk"]["key"] != second.payload["chunk"]["key"]
        session.add(TakeRow(key=second.payload["chunk"]["key"], timing="by a clock", created_at=NOW, **wrong))
        first_id, second_id = first.id, second.id
    # When the chunk before it is finished, with which it is claimed / Then that one is done
    assert perform_next(place, ORDER, shift=mine)
    assert mine.goes_on
    # And it meets what it cannot read by itself
    with pytest.raises(ValueError, match="by a clock"):
        perform_next(place, (), shift=mine)
    with place.database.reading() as session:
        assert session.get_one(StepRow, first_id).state == "done"
        row = session.get_one(StepRow, second_id)
        assert (row.state, row.attempts) == ("ready", 1)
