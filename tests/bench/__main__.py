"""Runs the measurement named on the command line, or the main job's; what follows the name is its own."""

from __future__ import annotations

import sys

from tests.bench import encoders, main_job, takes, text

_BENCHES = {"main": main_job.run, "encoders": encoders.run, "text": text.run, "takes": takes.run}

name, *arguments = sys.argv[1:] or ["main"]
if name not in _BENCHES:
    sys.exit(f"there is no bench {name!r}; there are: {', '.join(_BENCHES)}")
_BENCHES[name](*arguments)
