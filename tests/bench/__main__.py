"""Runs the measurements named on the command line, or the main job's."""

from __future__ import annotations

import sys

from tests.bench import encoders, main_job

_BENCHES = {"main": main_job.run, "encoders": encoders.run}

for name in sys.argv[1:] or ["main"]:
    if name not in _BENCHES:
        sys.exit(f"there is no bench {name!r}; there are: {', '.join(_BENCHES)}")
    _BENCHES[name]()
