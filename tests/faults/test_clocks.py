"""F21: clocks of hosts are set back and ahead while their processes run; the database's is right."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.support.clocks import set_clock
from tests.support.history import Reader, check
from tests.support.installation import installed
from tests.support.logged_engine import calls
from tests.support.processes import redis, wait_for

#: Seconds of a lease, and that each chunk takes to be spoken: no lease lasts so long unless it is renewed.
LEASE_S, CHUNK_S = 9, 11

TEN_MINUTES = 600


def by(clock, module, *arguments):
    """How a module is run whose processes go by a clock."""
    return [sys.executable, "-m", "tests.support.clocks", clock, module, *arguments]


def begun(desk):
    return [call for call in calls(desk.engine) if call["what"] == "begins"]


def test_clocks_set_back_and_ahead_while_processes_run_take_no_lease_and_lose_none(cluster, tmp_path):
    clocks = [tmp_path / "one", tmp_path / "other"]
    settings = {"DATABASE_URL": cluster.new_database(), "WORKERS": 2, "LEASE_S": LEASE_S}
    with (
        redis(tmp_path / "redis") as address,
        installed(tmp_path / "desk", BROKER_URL=address, **settings) as desk,
    ):
        # Given two hosts with two workers each and a dispatcher, who all look for lost leases, and a briefing whose
        # four chunks are spoken
        desk.serve()
        for clock in clocks:
            set_clock(clock, 0)
            desk.keep(clock.name, by(clock, "tests.support.workers", os.getpid()), TEST_ENGINE_S=str(CHUNK_S))
        desk.keep("dispatcher", by(clocks[1], "cli.main", "dispatch"))
        desk.write("ferry", "The ferry runs again.", "It had lain still.")
        reader = Reader(desk, ["ferry", "bridge"])
        reader.start()
        asked = [desk.ask("ferry")["id"]]
        wait_for(lambda: len(begun(desk)) == 4, "its chunks to be spoken", 120)
        # When one host's clock is set back and the other's ahead
        set_clock(clocks[0], -TEN_MINUTES)
        set_clock(clocks[1], TEN_MINUTES)
        wait_for(lambda: desk.states(asked[0]) == [("live", None)], "the first to be live", 120)
        # And each is set to where the other was, while the next briefing's are
        desk.write("bridge", "The bridge is shut.", "It is to be painted.")
        asked += [desk.ask("bridge")["id"]]
        wait_for(lambda: len(begun(desk)) == 7, "its chunks to be spoken", 120)
        set_clock(clocks[0], TEN_MINUTES)
        set_clock(clocks[1], -TEN_MINUTES)
        desk.finish()
        # Then all is made, and no lease ended early: each step was claimed once, each text spoken once
        assert [desk.states(briefing) for briefing in asked] == [[("live", None)]] * 2
        assert desk.rows("SELECT max(attempts) FROM steps WHERE kind <> 'verify'") == [(1,)]
        assert [line for name in desk.kept for line in desk.log(name) if line["event"] == "worker lost"] == []
        said = Counter((call["text"], call["voice"], call["variation"]) for call in begun(desk))
        assert set(said.values()) == {1}
        # And the dispatcher goes on sweeping, and no process had to be started again
        asked_at = "SELECT reported_at FROM health WHERE name = 'broker'"
        now = time.time()
        wait_for(lambda: desk.rows(asked_at)[0][0] > now, "the dispatcher to look again")
        assert {name: kept.starts for name, kept in desk.kept.items()} == dict.fromkeys(desk.kept, 1)
        # And the clocks were wrong
        told = [at for (at,) in desk.rows("SELECT created_at FROM takes")]
        assert any(abs(at - datetime.now(UTC)) > timedelta(minutes=5) for at in told)
        # When takes were made says nothing to the checker: it was counted above that none was spoken again
        check(desk, reader, asked, forgotten=set(said))
