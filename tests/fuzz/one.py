"""Fuzzes one target in this process, for `__main__`: TARGET, then libFuzzer's own arguments."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["api", "briefing", "worker", "voices"]):
    from tests.fuzz.targets import TARGETS

name, *options = sys.argv[1:]
atheris.Setup([sys.argv[0], *options], TARGETS[name])
atheris.Fuzz()
