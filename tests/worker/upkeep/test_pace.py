"""No part of the sweep holds up what comes after it, nor others' transactions while a CDN takes its time."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from briefing.requesting import asking
from tests.support.asking import ask, revision_row
from tests.support.newsroom import ARTICLE, make_place, work_off
from worker.upkeep import pace, retention
from worker.upkeep.condemned import GRACE_S
from worker.upkeep.pace import within

#: Notes each call and the addresses told by it, and whether others could write to the database meanwhile.
PURGE = """
import sqlite3, sys
addresses = sys.stdin.read().split()
database = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    database.execute("BEGIN IMMEDIATE")
    free = "free"
except sqlite3.OperationalError:
    free = "locked"
open(sys.argv[2], "a").write(" ".join([free, *addresses]) + "\\n")
"""

LATER = timedelta(days=400)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A story with three editions that were replaced, and a program that purges caches."""
    (tmp_path / "purge.py").write_text(PURGE)
    program = f"{sys.executable} {tmp_path / 'purge.py'} {tmp_path / 'var' / 'briefcast.db'} {tmp_path / 'purged'}"
    monkeypatch.setenv("BRIEFCAST_PURGE_COMMAND", program)
    place = make_place(tmp_path)
    for days in ("four", "five", "six", "seven"):
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", f"{days} days"))
        ask(place, "ferry", now=datetime.now(UTC))
        work_off(place)
    (tmp_path / "purged").unlink()
    yield place
    place.database.dispose()


def purged(tmp_path):
    calls = (tmp_path / "purged").read_text().splitlines()
    return [call.split()[0] for call in calls], {address for call in calls for address in call.split()[1:]}


def left(place):
    """The revisions whose audio has not been let go."""
    return [number for number in (1, 2, 3, 4) if revision_row(place, number).let_go_at is None]


def test_caches_are_told_once_a_round_and_nobody_waits_for_them(place, tmp_path):
    there = {place.files.address + "/" + file.name for file in place.files.storage.files("audio")}
    # When all that is old is let go in one round
    gone, _ = retention.collect(place, datetime.now(UTC) + LATER, {})
    assert (gone.revisions, left(place)) == (3, [4])
    # Then the program was called once, for all of it, while others could write
    calls, addresses = purged(tmp_path)
    assert calls == ["free"]
    assert len(there & addresses) == 3


def test_a_withdrawal_calls_it_a_few_times_however_many_revisions_there_were(place, tmp_path):
    with place.database.writing() as session:
        asking.retract(session, revision_row(place, 1).briefing_id, datetime.now(UTC))
    work_off(place)
    assert left(place) == []
    calls, _ = purged(tmp_path)
    assert len(calls) <= 4, "public files, feeds, what was let go, members' files; not one for each of four revisions"


def test_a_round_in_which_time_is_up_does_one_of_each_and_the_next_goes_on(place, monkeypatch):
    monkeypatch.setattr(pace, "MOST_S", -1.0)
    now = datetime.now(UTC) + LATER
    rounds = []
    while left(place) != [4]:
        gone, _ = retention.collect(place, now, {})
        rounds.append(gone.revisions)
    assert rounds == [1, 1, 1]
    # And so with stored bytes
    for _ in range(2):
        retention.collect(place, now, {})
    for blob in place.storage.stored():
        os.utime(place.storage.path(blob.sha256), (0, 0))
    there = len(list(place.storage.stored()))
    gone, _ = retention.collect(place, now + timedelta(seconds=GRACE_S + 1), {})
    assert (gone.blobs, len(list(place.storage.stored()))) == (1, there - 1)


def test_things_come_until_the_time_is_up_and_the_first_in_any_case():
    ticks = iter([0.0, 1.0, 4.9, 5.1, 9.0])
    assert list(within("abcde", lambda: next(ticks))) == ["a", "b", "c"]
    ticks = iter([0.0, 99.0])
    assert list(within("abc", lambda: next(ticks))) == ["a"]
    assert list(within("", lambda: 0.0)) == []
