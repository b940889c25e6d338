"""An online engine that refuses: its gate opens for all workers, who waits gets the fallback, bulk work waits (F17)."""

from __future__ import annotations

import pytest

from api.waiting import waiting
from briefing import gates
from briefing.gates import GateState
from briefing.models import GateRow, RevisionRow, StepRow
from briefing.states import Queue
from tests.support.asking import ask, revision_row, step_rows
from tests.support.engines import VOICES, ScriptedEngine, lend
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.running.engine_gates import bounds_of
from worker.running.perform import perform_next
from worker.upkeep import sweep


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "voices.toml").write_text(VOICES)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    place = make_place(tmp_path, PLAIN)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


@pytest.fixture
def engine(place):
    engine = ScriptedEngine(lambda text, variation: "busy", online=True)
    lend(place, scripted=engine, other=ScriptedEngine(), third=ScriptedEngine())
    return engine


def gate(place):
    with place.database.reading() as session:
        return next(found for name, found, _ in gates.gates(session) if name == "scripted")


def test_a_service_that_refuses_is_left_alone_and_who_waits_gets_the_fallback(place, engine):
    # Given a back catalogue's article and an editor's, spoken by a service that refuses
    _, bulk, _ = ask(place, "ferry", voice="first", queue=Queue.BULK)
    _, editors, _ = ask(place, "ferry", voice="first", show="held")
    work_off(place)
    # Then it was asked three times and no more, and it is said why nothing goes on
    assert (len(engine.said), gate(place).state) == (3, GateState.OPEN)
    with place.database.reading() as session:
        seen = waiting(session, session.get_one(RevisionRow, bulk))
    assert seen["code"] == "engine_paused"
    assert "rate limited" in seen["message"]
    assert work_off(place) == 0, "a busy loop"
    # When a round is made / Then the editor's briefing goes on with one other voice, and the other one waits
    sweep.sweep(place)
    work_off(place)
    row = revision_row(place, editors)
    assert row.state == "held"
    assert {chunk["voice"] for chunk in row.chunks} == {"second"}
    assert revision_row(place, bulk).state == "speaking"
    assert max(step.attempts for step in step_rows(place, bulk)) == 1, "no claim was spent at the gate"
    # When the service answers again and the time has come / Then one probe opens the way for the rest
    engine.fault = lambda text, variation: None
    with place.database.writing() as session:
        session.get_one(GateRow, "scripted").opened_at -= 61
        for step in session.query(StepRow).filter_by(revision_id=bulk):
            step.not_before = None
    work_off(place)
    assert gate(place).state is GateState.CLOSED
    assert revision_row(place, bulk).state == "live"
    assert {chunk["voice"] for chunk in revision_row(place, bulk).chunks} == {"first"}


def test_googles_rate_counts_its_requests_and_all_workers_together(place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_GTTS_PER_SECOND", "2")
    assert bounds_of("gtts") == gates.Bounds(2.0, most_at_once=1, request_characters=100)
    assert bounds_of("anything") == gates.Bounds()


def test_a_probe_that_never_asked_the_engine_leaves_the_probe_to_the_next_step(place, engine):
    # Given an open gate whose time has come, and a step whose revision has ended meanwhile
    _, revision, _ = ask(place, "ferry", voice="first", queue=Queue.BULK)
    work_off(place)
    asked = len(engine.said)
    with place.database.writing() as session:
        session.get_one(GateRow, "scripted").opened_at -= 61
        session.get_one(RevisionRow, revision).state = "superseded"
        steps = session.query(StepRow).filter_by(revision_id=revision, kind="speak", state="ready").all()
        for step in steps:
            step.not_before = None
    # When they are done without a word to the engine / Then nothing was learnt of it
    assert work_off(place) >= len(steps) > 1
    assert len(engine.said) == asked
    assert gate(place).state is GateState.OPEN


def test_many_steps_of_one_without_a_fallback_are_not_in_the_way_of_others(place, engine, monkeypatch):
    monkeypatch.setattr("worker.running.engine_gates._MOST_AT_ONCE", 1)
    # Given an open gate, before it a revision that allows no fallback, and after it one that does
    _, refuses, _ = ask(place, "ferry", voice="first")
    _, allows, _ = ask(place, "ferry", voice="first", show="held")
    work_off(place)
    with place.database.writing() as session:
        row = session.get_one(RevisionRow, refuses)
        row.show = row.show | {"fallback": False}
    # When a round is made / Then the second one goes on
    sweep.sweep(place)
    work_off(place)
    assert (revision_row(place, refuses).state, revision_row(place, allows).state) == ("speaking", "held")


def test_a_reserved_worker_leaves_the_back_catalogue_of_online_engines_alone(place, engine):
    engine.fault = lambda text, variation: None
    ask(place, "ferry", voice="first", queue=Queue.BULK)
    assert perform_next(place, (Queue.BULK,)) is Queue.BULK
    reserved = (Queue.INTERACTIVE, Queue.ONLINE)
    assert perform_next(place, reserved, bulk=False) is None
    assert engine.said == []
    assert perform_next(place, reserved) is Queue.ONLINE
