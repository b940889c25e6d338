"""Runs the measurement named on the command line, or the main job's; what follows the name is its own."""

from __future__ import annotations

import signal
import sys

from tests.bench import (
    api,
    celery_faults,
    desk,
    encoders,
    kokoro,
    listeners,
    loudness,
    main_job,
    overhead,
    peers,
    radius,
    redis_away,
    serve,
    steptable,
    stream,
    takes,
    text,
    timings,
)

_BENCHES = {
    "api": api.run,
    "celery": celery_faults.run,
    "claims": steptable.run_claims,
    "desk": desk.run,
    "encoders": encoders.run,
    "kokoro": kokoro.run,
    "listeners": listeners.run,
    "loudness": loudness.run,
    "main": main_job.run,
    "overhead": overhead.run,
    "peers": peers.run,
    "radius": radius.run,
    "redis": redis_away.run,
    "queue": steptable.run_queue,
    "serve": serve.run,
    "stream": stream.run,
    "sound": main_job.run_sound,
    "takes": takes.run,
    "text": text.run,
    "timings": timings.run,
}

name, *arguments = sys.argv[1:] or ["main"]
if name not in _BENCHES:
    sys.exit(f"there is no bench {name!r}; there are: {', '.join(_BENCHES)}")
# What a bench has started is ended with it, also where it is told to stop.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
_BENCHES[name](*arguments)
