"""What a process counts of its own work: counters and histograms by name, kept in memory until they are reported.

Workers are other processes than the API, on other hosts maybe, and a forked child's numbers must survive it. So a
process reports what it has counted with its heartbeat (`briefing.observing.workers`), and `/metrics` adds the reports
up. Labels are kinds, engines and codes: never an ID.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from threading import Lock

#: Seconds: a silent chunk takes 0.01, a Piper sentence 1, the assembling of an hour 60.
_DURATIONS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)

#: Seconds of work for one second of speech.
_FACTORS = (0.001, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Measure:
    """Something that is counted."""

    name: str
    """As Prometheus knows it, without what it appends."""
    documentation: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets; none for a counter."""


STEP_DURATION = Measure(
    "briefcast_step_duration_seconds", "Time from claim to settlement of a step.", ("kind", "engine"), _DURATIONS
)
REALTIME_FACTOR = Measure(
    "briefcast_synthesis_realtime_factor", "Seconds of work for a second of speech.", ("engine",), _FACTORS
)
TAKES_REJECTED = Measure("briefcast_takes_rejected", "Tries of an engine that failed the check.", ("reason",))
FETCH_ERRORS = Measure("briefcast_fetch_errors", "Articles that could not be fetched.", ("code",))
ATTEMPTS = Measure("briefcast_step_attempts", "Claims of steps.", ("kind",))
STEP_FAILURES = Measure("briefcast_step_failures", "Steps that failed, whatever became of them.", ("kind", "code"))
LEASES_EXPIRED = Measure("briefcast_leases_expired", "Steps whose worker vanished.")
FENCED_OFF = Measure("briefcast_results_fenced_off", "Results that came under an outdated fence and were dropped.")
FAULTS = Measure("briefcast_faults", "Faults of database or storage that were gone on without.", ("doing", "code"))

#: All of them: what `/metrics` knows to show, and what it leaves out of reports by newer workers.
MEASURES = {
    measure.name: measure
    for measure in (
        STEP_DURATION,
        REALTIME_FACTOR,
        TAKES_REJECTED,
        FETCH_ERRORS,
        ATTEMPTS,
        STEP_FAILURES,
        LEASES_EXPIRED,
        FENCED_OFF,
        FAULTS,
    )
}

_SEPARATOR = "|"


class Measures:
    """The counts of one process. May be used by several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[str, float] = {}

    def count(self, measure: Measure, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""
        self._add(_key(measure, "", labels), by)

    def observe(self, measure: Measure, value: float, *labels: str) -> None:
        """Add a value to a histogram."""
        self._add(_key(measure, str(bisect_left(measure.buckets, value)), labels), 1.0)
        self._add(_key(measure, "sum", labels), value)

    def read(self) -> dict[str, float]:
        """Return all counts: of a counter by its labels, of a histogram also by bucket number and as `sum`."""
        with self._lock:
            return dict(self._values)

    def clear(self) -> None:
        """Begin anew, as a forked child must: its parent reports for itself."""
        with self._lock:
            self._values.clear()

    def _add(self, key: str, by: float) -> None:
        with self._lock:
            self._values[key] = self._values.get(key, 0.0) + by


def _key(measure: Measure, part: str, labels: tuple[str, ...]) -> str:
    assert len(labels) == len(measure.labels), measure.name
    return _SEPARATOR.join((measure.name, part, *labels))


def parse(key: str) -> tuple[Measure, str, tuple[str, ...]] | None:
    """Return measure, part and labels of a count's key; None for what this version does not know."""
    name, part, *labels = key.split(_SEPARATOR)
    measure = MEASURES.get(name)
    return (measure, part, tuple(labels)) if measure and len(labels) == len(measure.labels) else None


#: What this process counts.
counted = Measures()
