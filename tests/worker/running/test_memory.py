"""Workers that hold too much memory are replaced: between steps at no cost, inside one at the cost of a claim (F16)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import pytest

from tests.support.asking import ask, revision_row, step_rows
from tests.support.newsroom import ARTICLE, PLAIN, make_place
from tests.support.processes import ROOT, environment, wait_for
from worker.running import memory

#: Leaks as its voice says: megabytes a call, and whether it goes on within the call for ever.
ENGINE = """
import time

import numpy as np
from voices.engine import AudioChunk, Capabilities

KEPT = []


class Leaky:
    version = "1"
    capabilities = Capabilities(text_limit=1000, online=False, silent=True)

    def model_digest(self, voice):
        return ""

    def synthesize(self, text, voice):
        while True:
            KEPT.append(np.ones(voice.parameters["megabytes"] * 125_000))
            if not voice.parameters["endless"]:
                break
            time.sleep(0.02)
        yield AudioChunk(np.zeros(22_050, dtype=np.float32), 22_050)
"""

VOICES = "".join(
    f"""
[[voices]]
id = "{name}"
name = "{name}"
language = "en"
engine = "leaky"
licence = "none"
attribution = "none"
megabytes = {megabytes}
endless = {endless}
"""
    for name, megabytes, endless in (("drip", 300, "false"), ("flood", 100, "true"))
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    packages = tmp_path / "packages"
    (packages / "leaky-1.0.dist-info").mkdir(parents=True)
    (packages / "leaky.py").write_text(ENGINE)
    (packages / "leaky-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: leaky\nVersion: 1.0\n")
    (packages / "leaky-1.0.dist-info" / "entry_points.txt").write_text("[briefcast.engines]\nleaky = leaky:Leaky\n")
    (tmp_path / "voices.toml").write_text(VOICES)
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{packages}")
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    monkeypatch.setenv("BRIEFCAST_WORKER_MEMORY_MB", "600")
    monkeypatch.setenv("BRIEFCAST_WORKERS", "1")
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "INFO")
    place = make_place(tmp_path, PLAIN)
    yield place
    place.database.dispose()


@pytest.fixture
def runner(tmp_path):
    """The embedded runner, its children forked, and its log."""
    with (tmp_path / "work.log").open("w") as log:
        command = [sys.executable, "-m", "tests.support.workers", str(os.getpid())]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        yield tmp_path / "work.log"
        process.terminate()
        process.wait(60)


def ended(place, revision):
    try:
        return revision_row(place, revision).state in {"live", "failed"}
    except sqlite3.OperationalError:
        return False


def test_what_leaks_is_replaced_between_steps_or_killed_inside_one(place, runner):
    # Given an engine that keeps 300 MB of every call, under a bound of 600
    _, dripping, _ = ask(place, "ferry", voice="drip")
    wait_for(lambda: ended(place, dripping), "the briefing", 240)
    # Then worker after worker ends, and no step was tried twice
    assert revision_row(place, dripping).state == "live"
    assert {step.attempts for step in step_rows(place, dripping) if step.kind != "verify"} == {1}
    assert runner.read_text().count("child ends for its memory") >= 2
    # Given one that grows without end inside a call / Then its worker is killed, three times over, and others go on
    _, flooding, _ = ask(place, "ferry", voice="flood")
    wait_for(lambda: ended(place, flooding), "the failure", 240)
    row = revision_row(place, flooding)
    assert (row.state, row.error_code) == ("failed", "worker_lost")
    assert "memory" in row.error_hint
    assert max(step.attempts for step in step_rows(place, flooding) if step.kind == "speak") == 3
    assert runner.read_text().count("child killed for its memory") >= 3
    _, silent, _ = ask(place, "ferry", voice="silence")
    wait_for(lambda: ended(place, silent), "another briefing", 240)
    assert revision_row(place, silent).state == "live"


def held_mb(megabytes):
    """What a process is said to hold that fills so many megabytes."""
    told = f"import sys; held = bytearray(b'x') * ({megabytes} * 10**6); print(len(held), flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", told], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        found = memory.resident_mb(child.pid)
        child.stdin.close()
    return found


def test_memory_is_measured_in_megabytes_and_no_bound_is_none():
    # In a process of its own: one that has run other tests has room that it let go of before
    assert 30 < sum(held_mb(60) - held_mb(0) for _ in range(2)) / 2 < 120
    assert not memory.is_above(os.getpid(), 0)
    assert memory.is_above(os.getpid(), 10)
    assert not memory.is_above(os.getpid(), 1_000_000)
    assert memory.resident_mb(2**22 + 1) == 0
