"""Random operations under random faults, by fixed seeds: short here, for as long as one likes by `./run.sh soak`."""

from __future__ import annotations

import pytest

from tests.support import harness
from tests.support.postgres import postgres


def told(figures):
    """What must have happened for the run to have shown anything."""
    assert sum(figures["operations"].values()) >= 10
    assert sum(figures["faults"].values()) >= 6
    assert figures["revisions"]["live"] >= 3
    assert figures["readings"] > 50
    print(figures)


def test_on_one_machine(tmp_path):
    desk = harness.one_machine(tmp_path / "desk")
    try:
        told(harness.run(desk, 20261124, 8, harness.ON_ONE_MACHINE))
    finally:
        desk.close()


@pytest.mark.long
def test_on_many(tmp_path):
    with postgres(tmp_path / "postgres") as server:
        desk = harness.many(tmp_path / "desk", server, appendonly=False)
        try:
            told(harness.run(desk, 20261125, 10, harness.ON_MANY))
        finally:
            desk.close()
