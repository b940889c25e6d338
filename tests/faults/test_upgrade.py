"""F23: old and new version side by side finish the same briefings, while hosts are replaced one by one."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack

import pytest

from tests.support.crowd import crowd
from tests.support.next_version import MIGRATION, next_version
from tests.support.processes import ROOT, running, wait_for

#: Samples a character of the old engine and of the new one: 60 and 40 ms at 22,050 Hz.
PACE = {"1": 60 * 22.05, "2": 40 * 22.05}

LIVE = "SELECT CAST(\"cast\" AS TEXT), CAST(chunks AS TEXT) FROM revisions WHERE state = 'live'"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def address(request, tmp_path):
    """Where the database is: PostgreSQL's goes through the same and is left to the long tests."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'b.db'}"
    return request.getfixturevalue("cluster").new_database(migrated=False)


def stopped_s(process):
    """Seconds until a process that was told to stop has ended by itself."""
    asked = time.monotonic()
    process.terminate()
    assert process.wait(60) == 0
    return time.monotonic() - asked


def test_a_rolling_upgrade_loses_nothing_and_mixes_no_voices(tmp_path, address):
    newer = next_version(tmp_path / "next")
    with crowd(tmp_path, NARRATOR_WAIT_S="5", DATABASE_URL=address) as product, ExitStack() as stack:

        def start(version, name, *arguments):
            command = [sys.executable, "-m", "cli.main", *arguments]
            return stack.enter_context(running(command, tmp_path / f"{name}.log", PYTHONPATH=str(version)))

        api = ("serve", "--no-workers", "--port", str(product.port))
        taken_s = []

        # Given an installation of the old version in the midst of its work
        old_api, first = start(ROOT, "api", *api), start(ROOT, "first", "work")
        wait_for(product.answers, "the API")
        assert set(product.ask_for(7)) == {202}
        wait_for(product.live, "the first to be live")

        # When the API is replaced, which brings the newer schema / Then old workers go on, also one that starts on it
        taken_s.append(stopped_s(old_api))
        start(newer, "newer-api", *api)
        wait_for(product.answers, "the newer API")
        assert product.rows("SELECT version_num FROM alembic_version") == [(MIGRATION,)]
        second = start(ROOT, "second", "work")
        unknown = record_unknown(product)
        assert set(product.ask_for(5)) == {202}
        wait_for(lambda: product.live() >= 12, "the old workers to go on")
        # And what only newer ones know stays ready, no claim spent
        assert step(product, unknown) == ("ready", 0)

        # When the workers are replaced, one after the other, both versions having work at hand meanwhile
        taken_s.append(stopped_s(first))
        start(newer, "newer-first", "work")
        wait_for(lambda: step(product, unknown) == ("done", 1), "a newer worker to do what only it knows")
        assert set(product.ask_for(6)) == {202}
        taken_s.append(stopped_s(second))
        assert set(product.ask_for(2)) == {202}
        wait_for(product.all_live, "all to be live", 120, every=0.1)

        # Then nothing is lost, no claim was spent twice, and each stopped in time
        assert product.asked == 20
        assert max(taken_s) <= 40
        wait_for(lambda: not product.rows("SELECT id FROM steps WHERE state IN ('ready', 'leased')"), "the rest")
        assert product.rows("SELECT max(attempts) FROM steps") == [(1,)]
        died = product.rows("SELECT DISTINCT error_code FROM steps WHERE state = 'dead'")
        assert died in ([], [("narrator_away",)]), "only what was cut anew for the newer engine"
        assert product.rows("SELECT count(*) FROM tallies")[0][0] > 1
        check_narrators(product)
        for log in tmp_path.glob("*.log"):
            assert "Traceback" not in log.read_text(), log.name


def record_unknown(product):
    """Record a step as the newer version would; its ID."""
    columns = "kind, queue, seq, payload, state, fence, attempts, postponed"
    values = "'tally', 'interactive', 0, '{}', 'ready', 0, 0, 0"
    return product.rows(f"INSERT INTO steps ({columns}) VALUES ({values}) RETURNING id")[0][0]


def step(product, step_id):
    return product.rows("SELECT state, attempts FROM steps WHERE id = :id", id=step_id)[0]


def check_narrators(product):
    """Check that each briefing is spoken by the one engine it pinned, by how fast its takes are."""
    takes = dict(product.rows("SELECT key, samples FROM takes"))
    seen = set()
    for cast, chunks in product.rows(LIVE):
        version = json.loads(cast)["body"]["engine_version"]
        seen.add(version)
        for chunk in json.loads(chunks):
            assert abs(takes[chunk["key"]] - len(chunk["spoken"]) * PACE[version.split()[0]]) <= 2, (
                "another engine's take"
            )
    assert {version.split()[0] for version in seen} == {"1", "2"}
