"""A shift: each step is claimed by the transaction that finishes the one before, and never for nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from briefing.models import StepRow
from briefing.states import Queue, StepKind, StepState
from tests.support.asking import ask, revision_row, step_rows
from worker.running.perform import perform_next
from worker.running.shift import Shift, Wanted
from worker.tasks import speak

ORDER = (Queue.INTERACTIVE, Queue.ONLINE, Queue.BULK)
ARTICLE = "# The ferry runs\n\n" + "\n\n".join(f"The ferry runs again from day {day}." for day in range(12))


@pytest.fixture
def revision(place, tmp_path):
    """A revision whose chunks are to be spoken."""
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    revision = ask(place, "ferry")[1]
    perform_next(place, ORDER)
    return revision


def shift(place, following=lambda _: Wanted(ORDER, (StepKind.SPEAK,))):
    return Shift(place, following)


def states(place, revision, kind=StepKind.SPEAK):
    return [StepState(row.state) for row in step_rows(place, revision) if row.kind == kind]


def test_a_chunk_costs_one_transaction_and_each_is_spoken_once(place, revision):
    # Given chunks to speak / When one worker's shift speaks them
    many, counts = len(states(place, revision)), {"commit": 0, "rollback": 0}
    assert many > 10
    for name in ("commit", "rollback"):
        event.listen(place.database.engine, name, lambda _, name=name: counts.update({name: counts[name] + 1}))
    mine = shift(place)
    assert perform_next(place, ORDER, shift=mine)
    done = 1
    while mine.goes_on:
        assert perform_next(place, (), shift=mine)
        done += 1
    # Then a look and a claim begin it, and each chunk is one transaction
    assert (done, counts) == (many, {"commit": many + 1, "rollback": 1})
    assert {row.attempts for row in step_rows(place, revision) if row.kind == StepKind.SPEAK} == {1}
    assert set(states(place, revision)) == {StepState.DONE}
    assert revision_row(place, revision).state == "assembling"


def test_who_is_told_to_stop_claims_nothing_more(place, revision):
    mine = shift(place, lambda _: None)
    assert perform_next(place, ORDER, shift=mine)
    assert not mine.goes_on
    assert StepState.LEASED not in states(place, revision)


def test_what_was_claimed_is_given_back_unspent_when_something_unforeseen_ends_the_process(
    place, revision, monkeypatch
):
    # Given a worker that breaks when its step is finished and the next one claimed
    def breaks(point):
        if point == "speak.after_commit":
            raise ZeroDivisionError

    monkeypatch.setattr(speak, "reach", breaks)
    mine = shift(place)
    with pytest.raises(ZeroDivisionError):
        perform_next(place, ORDER, shift=mine)
    # Then the step is done, and the next is as if nobody had claimed it
    assert not mine.goes_on
    assert states(place, revision).count(StepState.DONE) == 1
    assert StepState.LEASED not in states(place, revision)
    assert sum(row.attempts for row in step_rows(place, revision) if row.kind == StepKind.SPEAK) == 1


def test_where_the_finishing_fails_nothing_is_claimed(place, revision, monkeypatch):
    def breaks(point):
        if point == "speak.before_commit":
            raise ZeroDivisionError

    monkeypatch.setattr(speak, "reach", breaks)
    mine = shift(place)
    with pytest.raises(ZeroDivisionError):
        perform_next(place, ORDER, shift=mine)
    assert not mine.goes_on
    assert set(states(place, revision)) == {StepState.READY}


def test_a_step_that_comes_too_late_changes_nothing_and_the_next_is_claimed_all_the_same(place, revision, monkeypatch):
    # Given a worker whose lease is taken from it while it speaks
    speaking = speak.speak

    def overtaken(chunk, speaker, storage):
        with place.database.writing() as session:
            session.query(StepRow).filter(StepRow.state == "leased").update({"fence": StepRow.fence + 1})
        return speaking(chunk, speaker, storage)

    monkeypatch.setattr(speak, "speak", overtaken)
    before, mine = revision_row(place, revision), shift(place)
    assert perform_next(place, ORDER, shift=mine)
    after = revision_row(place, revision)
    assert (after.chunks_left, after.spoken_s) == (before.chunks_left, before.spoken_s)
    assert mine.goes_on
    assert states(place, revision).count(StepState.LEASED) == 2


def test_what_the_claim_read_along_is_what_the_step_goes_by(place, revision, monkeypatch):
    # Given a chunk whose take is there already / When a shift comes to it / Then the engine is not asked
    with place.database.reading() as session:
        rows = session.query(StepRow).filter(StepRow.kind == "speak").order_by(StepRow.rank, StepRow.id).all()
        keys = [row.payload["chunk"]["key"] for row in rows]
    mine = shift(place)
    assert perform_next(place, ORDER, shift=mine)
    with place.database.writing() as session:
        second = session.get_one(StepRow, rows[2].id)
        second.payload = {**second.payload, "chunk": {**second.payload["chunk"], "key": keys[0]}}
    assert perform_next(place, (), shift=mine)
    assert mine._next.speaking is None
    monkeypatch.setattr(speak, "speak", None)
    assert perform_next(place, (), shift=mine)
