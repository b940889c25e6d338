"""Gates before online engines: never faster than asked, shut while the service refuses, one probe at a time (F17)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing import gates, steps
from briefing.database import Database
from briefing.gates import Bounds, Gate, GateState
from briefing.gates.gate import OPEN_S, PROBE_S
from briefing.models import GateRow, StepRow
from briefing.sql.schema import migrate
from briefing.states import Queue, StepKind, StepState
from tests.support.postgres import postgres


def gate(per_second=0.0, **fields):
    return Gate(Bounds(per_second, **fields), tokens=max(1.0, per_second), filled_at=0.0)


def after(shut, now, outcomes):
    """The gate after steps that went well (+), failed (-) or said nothing of the engine (?)."""
    for outcome in outcomes:
        shut = shut.after(now, epoch=shut.epoch, well={"+": True, "-": False, "?": None}[outcome], reason="429")
    return shut


def test_three_failures_of_five_open_it_and_fewer_do_not():
    assert after(gate(), 0, "-+-++").state is GateState.CLOSED
    assert after(gate(), 0, "--+++-+-").state is GateState.CLOSED
    opened = after(gate(), 10, "-+--")
    assert (opened.state, opened.reason) == (GateState.OPEN, "429")
    assert opened.opens_again_s(10) == OPEN_S[0]
    assert not opened.lets_through(10 + OPEN_S[0] - 0.1, 0)


def test_one_probe_at_a_time_and_twice_as_long_after_each_that_fails():
    shut, now, waits = after(gate(), 0, "---"), 0.0, []
    for _ in range(7):
        waits.append(shut.open_s)
        now += shut.open_s
        assert shut.lets_through(now, 0)
        shut = shut.taken(now, 0)
        assert shut.state is GateState.HALF_OPEN
        assert not shut.lets_through(now + 1, 0), "a second probe"
        shut = after(shut, now, "-")
    assert waits == [60, 120, 240, 480, 960, 1800, 1800]
    # When a probe succeeds / Then all is as before
    shut = after(shut.taken(now + 1800, 0), now + 1800, "+")
    assert (shut.state, shut.outcomes, shut.open_s) == (GateState.CLOSED, (), 60)


@pytest.mark.parametrize("well", [True, False, None])
def test_what_began_before_it_opened_neither_closes_nor_doubles_nor_ends_a_probe(well):
    # Given a step that began while all was well, and a breaker that has opened since
    begun = gate().taken(0, 0).epoch
    opened = after(gate(), 1, "---")
    # When it ends while the gate is shut, while a probe is under way, or after that went well / Then nothing is changed
    probing = opened.taken(61, 0)
    closed = after(probing, 62, "+")
    for now, shut in ((2, opened), (61.5, probing), (63, closed)):
        assert shut.after(now, epoch=begun, well=well, reason="late") == shut
    # And those that began after count, until it opens again
    again = after(closed, 70, "---")
    assert (again.state, again.open_s) == (GateState.OPEN, 60)
    assert again.after(71, epoch=closed.epoch, well=well) == again


def test_a_probe_that_says_nothing_is_followed_by_another():
    probing = after(gate(), 0, "---").taken(60, 0)
    assert after(probing, 61, "?").lets_through(61, 0)
    assert not probing.lets_through(60 + PROBE_S - 1, 0)
    assert probing.lets_through(60 + PROBE_S, 0), "its worker vanished"


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 900)), min_size=1, max_size=60),
    st.floats(0.1, 20),
    st.sampled_from([0, 100]),
)
def test_requests_never_exceed_the_rate(steps_asked, rate, size):
    # Given steps that come when they like / Then what is let through is at most a burst and the rate, but for the debt
    # of the last one.
    bucket, now, requests = gate(rate, request_characters=size), 0.0, []
    for pause, characters in steps_asked:
        now += pause
        if bucket.lets_through(now, 0):
            bucket = bucket.taken(now, characters)
            requests.append(max(1, -(-characters // size)) if size else 1)
    assert sum(requests[:-1]) <= max(1, rate) + rate * now + 1e-3


def test_a_clock_that_is_set_back_adds_nothing():
    spent = gate(1.0).taken(100, 0)
    assert not spent.lets_through(50, 0)
    assert spent.lets_through(101, 0)


def test_no_more_at_once_than_allowed():
    assert gate(most_at_once=2).lets_through(0, 1)
    assert not gate(most_at_once=2).lets_through(0, 2)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'b.db'}")
        migrate(database)
    else:
        database = Database(request.getfixturevalue("server").new_database())
    yield database
    database.dispose()


def prepared(database, count, bounds, engine="gtts"):
    with database.writing() as session:
        gates.ensure(session, engine, bounds)
        for _ in range(count):
            steps.record(session, StepKind.SPEAK, Queue.ONLINE, engine=engine, payload={"chunk": {"spoken": "x" * 80}})


def claim(database, holder="here:1"):
    with database.writing() as session:
        return steps.claim(session, holder=holder, lease_s=60, queues=tuple(Queue))


def test_two_workers_never_both_take_the_last_token(database):
    # Given many steps and one token an hour / When eight workers claim at once / Then one step is claimed
    prepared(database, 20, Bounds(per_second=1 / 3600))
    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(lambda number: claim(database, f"here:{number}"), range(24)))
    assert len([lease for lease in leases if lease]) == 1
    with database.reading() as session:
        assert session.query(StepRow).filter(StepRow.attempts > 0).count() == 1
        assert session.query(GateRow).one().tokens < 1


def test_at_a_shut_gate_no_claim_is_spent_and_nobody_is_told_of_work(database):
    prepared(database, 3, Bounds())
    with database.writing() as session:
        for _ in range(3):
            gates.settle(session, "gtts", epoch=None, well=False, reason="429")
    with database.reading() as session:
        assert not steps.is_due(session, tuple(Queue)), "a worker would claim, fail and claim again"
        assert steps.due_to_ring(session, 60, 100) == []
    assert claim(database) is None
    with database.reading() as session:
        assert {(row.state, row.attempts, row.postponed) for row in session.query(StepRow)} == {("ready", 0, 0)}


def test_when_its_time_has_come_one_probe_passes_and_decides(database):
    prepared(database, 3, Bounds())
    with database.writing() as session:
        for _ in range(3):
            gates.settle(session, "gtts", epoch=None, well=False, reason="429")
        session.query(GateRow).one().opened_at -= 61
    probe = claim(database)
    assert probe is not None
    # What began before, and ends now, says nothing of the probe
    with database.writing() as session:
        for well in (True, False, None):
            assert gates.settle(session, "gtts", epoch=None, well=well).state is GateState.HALF_OPEN
    assert probe.engine == "gtts"
    assert claim(database) is None
    with database.writing() as session:
        assert gates.settle(session, "gtts", epoch=probe.gate_epoch, well=True).state is GateState.CLOSED
    assert claim(database) is not None


def test_other_engines_go_on_and_so_do_steps_of_before_there_were_gates(database):
    prepared(database, 1, Bounds(per_second=1 / 3600))
    prepared(database, 1, Bounds(), engine="openai")
    with database.writing() as session:
        steps.record(session, StepKind.SPEAK, Queue.ONLINE, state=StepState.READY)
    assert sorted(claim(database).engine for _ in range(3)) == ["", "gtts", "openai"]
    assert claim(database) is None


def test_no_queue_behind_the_online_one_goes_before_what_may_pass_a_gate(database):
    # Given bulk work, and before it in the worker's order a step whose gate is open / When steps are claimed
    prepared(database, 2, Bounds(most_at_once=1))
    with database.writing() as session:
        steps.record(session, StepKind.SPEAK, Queue.BULK)

    def claimed():
        with database.writing() as session:
            order = (Queue.INTERACTIVE, Queue.ONLINE, Queue.BULK)
            return steps.claim(session, holder="here:1", lease_s=60, queues=order)

    # Then the gate's comes first, and while it is shut the other one does
    assert [claimed().queue for _ in range(2)] == [Queue.ONLINE, Queue.BULK]
    assert claimed() is None
