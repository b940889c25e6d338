"""One narrator a briefing, also while engines are upgraded: no worker speaks for an engine or model it does not have."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from briefing.models import StepRow, TakeRow
from briefing.speech import Cast
from briefing.states import Queue, StepKind
from tests.support.asking import ask, revision_row, step_rows
from tests.support.engines import VOICES, ScriptedEngine, lend
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.running.perform import perform_next


class NewerEngine(ScriptedEngine):
    """The same, of the next version."""

    version = "2"


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "voices.toml").write_text(VOICES)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    place = make_place(tmp_path, PLAIN.replace('voice = "silence"', 'voice = "first"', 1))
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def begun(place, chunks):
    """A revision pinned to the old engine, `chunks` of its five chunks spoken by it; its ID."""
    lend(place, scripted=ScriptedEngine())
    _, revision, _ = ask(place, "ferry", voice="first")
    for _ in range(1 + chunks):
        assert perform_next(place, tuple(Queue))
    return revision


def speaking(place, revision):
    return [step for step in step_rows(place, revision) if step.kind == StepKind.SPEAK.value]


def takes(place):
    with place.database.reading() as session:
        return {row.key for row in session.query(TakeRow)}


def made_due(place):
    """Let the time pass until steps that were put off are due."""
    with place.database.writing() as session:
        session.execute(update(StepRow).values(not_before=None))


def pinned(place, revision):
    return Cast.stored(revision_row(place, revision).cast).body.engine_version


def test_a_chunk_is_left_for_a_worker_that_has_the_pinned_engine(place):
    # Given a revision in mid-speech, and a worker that has been upgraded
    revision = begun(place, 2)
    newer = NewerEngine()
    lend(place, scripted=newer)
    # When it takes up what is left / Then it speaks nothing, and spends no claim
    work_off(place)
    assert newer.said == []
    left = [step for step in speaking(place, revision) if step.state == "ready"]
    assert {(step.attempts, step.postponed, step.error_code) for step in left} == {(0, 1, "narrator_away")}
    assert len(left) == 3
    # And when a worker with the old engine comes by, it goes on as if nothing had been
    lend(place, scripted=ScriptedEngine())
    made_due(place)
    work_off(place)
    assert revision_row(place, revision).state == "live"
    assert pinned(place, revision) == "1"
    assert takes(place) == {chunk["key"] for chunk in revision_row(place, revision).chunks}


def test_where_nobody_has_it_any_more_the_whole_is_spoken_by_the_one_that_is_there(place):
    # Given the same, and no worker of the old version left
    revision = begun(place, 2)
    old = takes(place)
    newer = NewerEngine()
    lend(place, scripted=newer)
    for _ in range(6):
        work_off(place)
        made_due(place)
    # Then all of it is spoken anew, also what had been spoken, and no take of the old engine is in it
    row = revision_row(place, revision)
    assert (row.state, row.fallbacks) == ("live", [])
    assert pinned(place, revision) == "2"
    assert len(newer.said) == 5
    assert not old & {chunk["key"] for chunk in row.chunks}
    # And no step spent more than one claim, and none died but those that were cancelled
    rows = step_rows(place, revision)
    assert max(step.attempts for step in rows) == 1
    assert {step.error_code for step in rows if step.state == "dead"} == {"narrator_away"}


def test_a_chunk_is_left_by_a_worker_that_has_no_such_engine(place):
    # Given a revision in mid-speech, and a worker on which its engine is not installed
    revision = begun(place, 2)
    place.speakers._engines._loaded.pop("scripted")
    lend(place, other=ScriptedEngine())
    # When it takes up what is left / Then nothing is given up, and no other voice steps in
    work_off(place)
    left = [step for step in speaking(place, revision) if step.state == "ready"]
    assert {(step.attempts, step.postponed, step.error_code) for step in left} == {(0, 1, "narrator_away")}
    assert len(left) == 3
    assert revision_row(place, revision).fallbacks == []
    # And whoever has it goes on
    lend(place, scripted=ScriptedEngine())
    made_due(place)
    work_off(place)
    assert (revision_row(place, revision).state, pinned(place, revision)) == ("live", "1")


def test_where_nobody_has_any_such_engine_the_fallback_speaks_all_of_it(place):
    revision = begun(place, 2)
    place.speakers._engines._loaded.pop("scripted")
    lend(place, other=ScriptedEngine())
    for _ in range(6):
        work_off(place)
        made_due(place)
    row = revision_row(place, revision)
    assert (row.state, [(one["voice"], one["by"]) for one in row.fallbacks]) == ("live", [("first", "second")])
    assert Cast.stored(row.cast).body.voice == "second"


def test_rows_of_a_newer_version_are_read(place):
    # Given a show and a chunk with fields that a newer version has added
    revision = begun(place, 2)
    with place.database.writing() as session:
        for step in session.query(StepRow).filter_by(kind="speak", state="ready"):
            step.payload = {"chunk": {**step.payload["chunk"], "emphasis": 2}, "hint": "new"}
        row = session.get_one(type(revision_row(place, revision)), revision)
        row.show = {**row.show, "tempo": 1.1}
    # When an older one works through them / Then it is made
    work_off(place)
    assert revision_row(place, revision).state == "live"
