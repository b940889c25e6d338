"""F21: the clock of processes is set back and ahead while they run, by libfaketime, which reads its offset from a file."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.history import Reader, check
from tests.support.installation import installed
from tests.support.logged_engine import calls
from tests.support.processes import BIN, wait_for

#: Slow enough that the clock changes in the midst of chunks.
PARAGRAPHS = [f"Paragraph {number} is read slowly." for number in range(10)]


@pytest.fixture
def clock(tmp_path):
    """The file of the offset in seconds, and what processes need in their environment to go by it."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "libfaketime is missing: apt-get install libfaketime (or ./run.sh test, which does)"
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    environment = {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return offset, environment


def test_a_clock_set_back_and_ahead_while_processes_run_takes_no_lease_and_loses_none(cluster, clock, tmp_path):
    offset, environment = clock
    with installed(tmp_path / "desk", DATABASE_URL=cluster.new_database(), WORKERS=2, LEASE_S=60) as desk:
        # Given API, runner and workers on one clock, and the database on another
        desk.serve(**environment)
        desk.write("ferry", *PARAGRAPHS)
        briefing = desk.ask("ferry")["id"]
        reader = Reader(desk, ["ferry"])
        reader.start()
        desk.keep("workers", [BIN / "briefcast", "work"], **environment)

        def begun():
            return [call for call in calls(desk.engine) if call["what"] == "begins"]

        # When it is set back, ahead and right again while chunks are spoken
        for number, moved in ((2, "-600"), (5, "+600"), (8, "+0")):
            wait_for(lambda number=number: len(begun()) >= number, "more chunks to begin", 120)
            offset.write_text(f"{moved}\n")
        desk.write("late", "It came late.")
        late = desk.ask("late")["id"]
        desk.finish()
        # Then all is made, nothing is claimed twice, and the clocks were wrong
        assert [desk.states(each)[-1][0] for each in (briefing, late)] == ["live", "live"]
        assert desk.rows("SELECT max(attempts) FROM steps") == [(1,)]
        now = time.time()
        told = [call["at"] - now for call in calls(desk.engine)]
        assert min(told) < -500, "it was set back"
        assert max(told) > 300, "it was set ahead"
        check(desk, reader, [briefing, late])
