"""Rows of ledgers go when their time is over, on both databases, and none that work still goes by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing import steps
from briefing.accounts import action_links, audit, users
from briefing.accounts.action_links import LinkAction
from briefing.accounts.audit import Action
from briefing.accounts.roles import Role
from briefing.database import Database
from briefing.errors import Misconfigured
from briefing.models import (
    ActionLinkRow,
    AuditRow,
    BriefingRow,
    EstimateRow,
    IdempotencyRow,
    LaneRow,
    ShowRow,
    SpentRow,
)
from briefing.requesting import estimates, ranks, spending
from briefing.requesting.cost import Cost
from briefing.requesting.ranks import next_rank
from briefing.requesting.spending import KEY, SHOW, Spoken
from briefing.settings import RetentionSettings
from briefing.states import Queue, StepKind
from tests.support.command import briefcast
from worker.upkeep import ledgers, retention
from worker.upkeep.cutoffs import Gone

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
KEEP = RetentionSettings()


def days(number):
    return timedelta(days=number)


def gone(database, now=NOW, batch=200):
    return {name: number for name, number in ledgers.let_go(database, KEEP, now, batch).items() if number}


def left(database, column):
    with database.reading() as session:
        return sorted(session.scalars(select(column)))


def test_audit_rows_go_after_two_years(any_database):
    with any_database.writing() as session:
        for age in (0, 729, 731, 3000):
            audit.record(session, NOW - days(age), Action.ASK, None, detail=str(age))
    with any_database.reading() as session:
        assert ledgers.due(session, KEEP, NOW)["audit"] == 2
    assert gone(any_database) == {"audit": 2}
    assert left(any_database, AuditRow.detail) == ["0", "729"]
    assert gone(any_database) == {}


def test_links_go_with_what_is_told_of_them_and_those_for_passwords_when_they_are_over(any_database):
    with any_database.writing() as session:
        show = {"slug": "daily", "settings": {}, "listed": True, "position": 0, "podcast_guid": "g"}
        session.add(ShowRow(**show))
        session.flush()
        session.add(BriefingRow(id="b", identity="i", show="daily", kind="story", articles=[], created_at=NOW))
        user = users.add(session, "eve", Role.EDITOR, None, NOW - days(900))
        session.flush()
        for age in (1, 740):
            action_links.make(session, "b", LinkAction.FIX, str(age), "eve", NOW - days(age))
        users.welcome(session, user.name, NOW - days(3))
    assert gone(any_database) == {"links": 1, "welcomes": 1}
    assert left(any_database, ActionLinkRow.recipient) == ["1"]


def test_estimates_go_thirty_days_after_they_confirm_nothing_any_more(any_database):
    with any_database.writing() as session:
        for age in (36, 38):
            row = estimates.ask(session, [("desk:x", None)], "daily", None, "k", NOW - days(age))
            estimates.add_part(session, row.id, Cost(), (), NOW - days(age))
        # One whose turn has not come for weeks: its steps will look for it.
        measured = estimates.ask(session, [("desk:x", None)], "daily", None, "k", NOW - days(60)).id
    assert gone(any_database) == {"estimates": 1}
    assert measured in left(any_database, EstimateRow.id)
    assert min(left(any_database, EstimateRow.created_at)) == NOW - days(60)
    with any_database.writing() as session:
        estimates.add_part(session, measured, Cost(), (), NOW)
    assert gone(any_database) == {"estimates": 1}


def test_what_was_spent_goes_a_day_at_a_time_and_never_from_under_a_budget(any_database, monkeypatch):
    with any_database.writing() as session:
        for age in (0, 19, 399, 402):
            for owner, name in ((KEY, "k"), (SHOW, "daily")):
                spending.charge(session, owner, name, [Spoken("piper", 10, 0, 0.0)], NOW - days(age))
    assert gone(any_database) == {"spent": 2}
    assert len(left(any_database, SpentRow.day)) == 6
    with any_database.reading() as session:
        assert spending.spent(session, SHOW, "daily", "2026-05").characters == 20
    monkeypatch.setenv("BRIEFCAST_KEEP_SPENT_DAYS", "31")
    with pytest.raises(Misconfigured, match="BRIEFCAST_KEEP_SPENT_DAYS"):
        RetentionSettings()


def test_a_place_in_line_is_forgotten_when_nothing_waits_there(any_database):
    # Given a lane that was served, one with much before it, the newest, and one that was used just now
    with any_database.writing() as session:
        for lane, times in (("old/daily", 3), ("busy/daily", 40), ("newest/daily", 60), ("today/daily", 5)):
            for _ in range(times):
                rank = next_rank(session, Queue.BULK, lane)
            if lane == "busy/daily":
                steps.record(session, StepKind.PREPARE, Queue.BULK, rank=rank)
        session.execute(update(LaneRow).values(used_at=NOW.timestamp() - 31 * 86_400))
        # The newest tells how far the queue has come; an older process did not say when it used one.
        session.execute(update(LaneRow).where(LaneRow.lane == "today/daily").values(used_at=None))
    # When it is let go / Then the served one alone
    assert gone(any_database) == {"lanes": 1}
    assert left(any_database, LaneRow.lane) == ["busy/daily", "newest/daily", "today/daily"]
    # And whoever comes back there stands where a new one stands: beside what is served now
    with any_database.writing() as session:
        served = next_rank(session, Queue.BULK, "another/daily")
        assert next_rank(session, Queue.BULK, "old/daily") == served
    assert gone(any_database, NOW + days(31)) == {}, "what waits comes before it"


def test_a_lane_that_goes_while_it_is_asked_for_is_there_again(cluster, monkeypatch):
    database = Database(cluster.new_database())
    with database.writing() as session:
        next_rank(session, Queue.BULK, "k/daily")
    add, calls = ranks.add_unless_there, []

    def adding(*given, **values):
        # The real one; only that retention comes in just behind it cannot be had without a hand.
        done = add(*given, **values)
        if not calls:
            with database.writing() as other:
                other.delete(other.get_one(LaneRow, (Queue.BULK.value, "k/daily")))
        calls.append(done)
        return done

    monkeypatch.setattr(ranks, "add_unless_there", adding)
    with database.writing() as session:
        assert next_rank(session, Queue.BULK, "k/daily") == 0
    assert calls == [False, True]
    database.dispose()


def test_retention_tells_and_takes_all_of_them(place):
    now = datetime.now(UTC)
    with place.database.writing() as session:
        for _ in range(450):
            audit.record(session, now - days(800), Action.ASK, None)
        session.add(
            IdempotencyRow(
                key_id="k", idempotency_key="x", fingerprint="f", answered_id="b", status=202, created_at=now - days(8)
            )
        )
        spending.charge(session, KEY, "k", [Spoken("piper", 10, 0, 0.0)], now - days(500))
    assert retention.foreseen(place, now) == Gone(answers=1, spent=1, audit=450)
    # More than a batch: the command goes on until nothing is left
    done = briefcast("retention")
    told = dict(line.split(": ") for line in done.stdout.splitlines())
    assert (told["audit"], told["spent"], told["answers"], told["estimates"]) == ("450", "1", "1", "0")
    assert retention.foreseen(place, now) == Gone()
    # And the sweep does it by and by
    with place.database.writing() as session:
        for _ in range(250):
            audit.record(session, now - days(800), Action.ASK, None)
    for _ in range(3):
        retention.tend(place)
    assert left(place.database, AuditRow.id) == []
