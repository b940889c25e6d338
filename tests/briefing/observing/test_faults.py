"""What is gone on without is in the log, with its reason, and in the counts; and nothing swallows such a fault unsaid."""

from __future__ import annotations

import re

import pytest
from structlog.testing import capture_logs

from briefing.errors import BadInput, DatabaseUnavailable, StorageUnavailable
from briefing.observing.faults import going_on
from briefing.observing.measures import counted
from tests.support.processes import ROOT


@pytest.mark.parametrize("kind", [DatabaseUnavailable, StorageUnavailable])
def test_a_fault_is_logged_with_its_reason_and_counted(kind):
    key = f"briefcast_faults||removing stray files|{kind('').code}"
    before = counted.read().get(key, 0)
    with capture_logs() as logs, going_on("removing stray files", briefing="b1"):
        raise kind("the bucket does not answer")
    (line,) = logs
    assert (line["log_level"], line["message"], line["briefing"]) == ("warning", "the bucket does not answer", "b1")
    assert counted.read()[key] == before + 1


def test_other_errors_are_raised():
    with pytest.raises(BadInput), going_on("removing stray files"):
        raise BadInput("no")


def test_no_fault_of_database_or_storage_is_swallowed_unsaid():
    for path in [found for part in ("api", "briefing", "cli", "worker") for found in (ROOT / part).rglob("*.py")]:
        said = path.read_text()
        assert not re.search(r"suppress\([^)]*(Database|Storage)Unavailable", said), (
            f"{path}: see briefing.observing.faults"
        )
        bare = r"except [^\n]*(Database|Storage)Unavailable[^\n]*:\n\s+(pass|continue)\n"
        assert not re.search(bare, said), f"{path}: see briefing.observing.faults"
