"""Every fuzz target on its kept inputs and on some hundred changed ones; `./run.sh fuzz` goes on from there."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from tests.fuzz.targets import TARGETS, corpus
from tests.support.processes import ROOT

#: Changed inputs per target; those that are slow to read get fewer.
CHANGED = dict.fromkeys(TARGETS, 300) | {"html": 60, "jingle": 60, "picture": 40}

_ODD = [b"\x00", b"\xff", b"\xed\xa0\x80", b"<", b"&", b"]]>", b"%", b"\xe2\x80\xa8", b"-", b"9" * 40, b"\\u0000", b'"']


def changed(content, chance):
    """The input with a few bytes cut, doubled, put in or turned."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(found))
        kind = chance.randrange(4)
        if kind == 0:
            found[at:at] = chance.choice(_ODD)
        elif kind == 1:
            del found[at : at + chance.randint(1, 12)]
        elif kind == 2 and at < len(found):
            found[at] = chance.randrange(256)
        else:
            found[at:at] = found[at : at + chance.randint(1, 60)]
    return bytes(found)


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_is_read_or_refused_by_name(name):
    kept = corpus(name)
    assert len(kept) >= 3
    chance = random.Random(20260501)
    TARGETS[name](b"")
    for content in kept:
        TARGETS[name](content)
    for number in range(CHANGED[name]):
        content = changed(kept[number % len(kept)], chance)
        try:
            TARGETS[name](content)
        except Exception as error:
            message = f"{name} broke at {content!r}"
            raise AssertionError(message) from error


def test_the_page_on_security_names_every_target():
    page = (ROOT / "docs" / "security.md").read_text().partition("## Fuzzing")[2]
    assert {name for name in TARGETS if f"`{name}`" not in page} == set()


def test_the_fuzzer_itself_runs(tmp_path):
    # What it finds new goes to the first folder, so that a run of the tests leaves nothing among our files.
    options = ["-runs=200", "-seed=1", "-max_len=200", f"-artifact_prefix={tmp_path}/", str(tmp_path)]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.one",
            "ranges",
            *options,
            str(ROOT / "tests" / "fuzz" / "corpus" / "ranges"),
        ],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert b"Done 200 runs" in done.stderr
