"""What the database tells of the whole installation, at the moment of a scrape: queues, revisions, workers, disk.

Read in one look; bounded in its labels: queues, states, kinds, engines and codes. No IDs.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from sqlalchemy import case, func, select

from briefing import gates
from briefing.database import clock_s
from briefing.models import ConnectionRow, GateRow, HealthRow, RevisionRow, SourceRow, StepRow, WorkerRow
from briefing.observing.backups import last_backup
from briefing.observing.endings import LATELY_S, ended_lately, given_up, last_success
from briefing.observing.measures import MEASURES, Measure, parse
from briefing.observing.workers import RETIRED, SILENT_S, added
from briefing.states import ACTIVE, Queue, RevisionState, StepKind, StepState
from briefing.steps import waiting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prometheus_client.core import Metric
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from api.context import Context

_QUEUES = [queue.value for queue in Queue]

#: States in which revisions are few: those that are over are counted as they end, in the last hour.
_UNFINISHED = [state.value for state in (*sorted(ACTIVE), RevisionState.HELD)]


@dataclass(frozen=True)
class Gauge:
    """A measure's name, what it says, its labels, and its values by them."""

    name: str
    documentation: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


@dataclass(frozen=True)
class Seen:
    """All that was read."""

    gauges: Sequence[Gauge]
    counts: Mapping[str, float]
    """The workers' own, added up; see `briefing.observing.measures`."""


def read(context: Context) -> Seen:
    """Look at database and disk. Raises DatabaseUnavailable."""
    with context.database.reading() as session:
        now = clock_s(session)
        gauges = [
            *_steps(session, now),
            *_revisions(session, now),
            *_workers(session, now),
            *_beside(session),
            *_sources(session),
        ]
        reports = session.scalars(select(WorkerRow.measures)).all()
    return Seen([*gauges, *_disk(context)], added(reports))


def _steps(session: Session, now: float) -> list[Gauge]:
    ready, state = StepState.READY.value, StepRow.state
    due, waits = waiting.is_due(now), waiting.since()
    # What waits for an engine that is given a rest is ready, and stands for no lack of workers.
    not_gated = case((~waiting.is_gated(), waits))
    by_queue = (
        select(StepRow.queue, func.count(), func.min(not_gated)).where(state == ready, due).group_by(StepRow.queue)
    )
    depths, ages = dict.fromkeys(_QUEUES, 0.0), dict.fromkeys(_QUEUES, 0.0)
    for queue, count, oldest in session.execute(by_queue):
        depths[queue], ages[queue] = float(count), max(0.0, now - oldest) if oldest is not None else 0.0
    put_off = (state == ready, StepRow.not_before > now, StepRow.kind != StepKind.POLL.value)
    delayed = session.scalar(select(func.count()).where(*put_off)) or 0
    leased = dict.fromkeys(_QUEUES, 0.0) | {
        queue: float(count)
        for queue, count in session.execute(
            select(StepRow.queue, func.count()).where(state == StepState.LEASED.value).group_by(StepRow.queue)
        )
    }
    unrung, oldest = session.execute(
        select(func.count(), func.min(waits)).where(state == ready, due, *_to_be_rung(session))
    ).one()
    gated = session.scalar(select(func.count()).where(state == ready, due, waiting.is_gated())) or 0
    return [
        _by("briefcast_steps_ready", "Steps that may be claimed now.", "queue", depths),
        _by(
            "briefcast_oldest_ready_seconds",
            "How long the oldest of them has waited that no engine's rest keeps back.",
            "queue",
            ages,
        ),
        _by("briefcast_steps_leased", "Steps being performed.", "queue", leased),
        _one("briefcast_steps_delayed", "Steps put off by a failure that passes.", delayed),
        _dead(session, now),
        _one("briefcast_steps_gated", "Steps that may be claimed but for an engine that is given a rest.", gated),
        _one("briefcast_steps_unrung", "Steps that the dispatcher should have rung, and has not.", unrung),
        _one(
            "briefcast_oldest_unrung_seconds", "How long the oldest of them has waited.", max(0, now - (oldest or now))
        ),
    ]


def _to_be_rung(session: Session) -> list[ColumnElement[bool]]:
    """Which ready steps the dispatcher would ring at its next look: it rings few of a queue ahead, so only those of
    queues without a ring that nobody has answered; and none behind a shut gate. See `briefing.steps.rings`.
    """
    rung = select(StepRow.queue).where(StepRow.state == StepState.READY.value, StepRow.rung_at.is_not(None))
    answered = set(_QUEUES) - set(session.scalars(rung.distinct()))
    return [StepRow.queue.in_(sorted(answered)), StepRow.engine.in_(["", *gates.passable(session)])]


def _dead(session: Session, now: float) -> Gauge:
    found: dict[tuple[str, ...], float] = {
        (code, day): number for (code, day), number in given_up(session, now).items()
    }
    values = found or {("none", "none"): 0.0}
    told = "Work given up that nothing has replaced, by reason and day (UTC)."
    return Gauge("briefcast_dead", told, ("reason", "day"), values)


def _revisions(session: Session, now: float) -> list[Gauge]:
    open_ones: dict[tuple[str, ...], float] = {(state, "none"): 0.0 for state in _UNFINISHED}
    for state, count in session.execute(
        select(RevisionRow.state, func.count()).where(RevisionRow.state.in_(_UNFINISHED)).group_by(RevisionRow.state)
    ):
        open_ones[state, "none"] = float(count)
    ended: dict[tuple[str, ...], float] = {
        (state, code or "none"): float(count) for state, code, count in ended_lately(session, now)
    }
    good = sum(count for labels, count in ended.items() if labels[0] != RevisionState.FAILED.value)
    bad = sum(ended.values()) - good
    labels = ("state", "reason")
    return [
        Gauge("briefcast_revisions", "Revisions being made or held, by state.", labels, open_ones),
        Gauge(
            "briefcast_revisions_ended_lately",
            f"Revisions that ended in the last {LATELY_S / 60:.0f} minutes, by state and reason.",
            labels,
            ended or {("live", "none"): 0.0},
        ),
        _one(
            "briefcast_success_ratio",
            "Share of them that did not fail; 1 where none ended.",
            good / ((good + bad) or 1) if ended else 1.0,
        ),
        _one(
            "briefcast_last_success_timestamp_seconds", "When a revision last went live.", last_success(session) or 0.0
        ),
    ]


def _sources(session: Session) -> list[Gauge]:
    """How polling goes, by source: there are few, and each has one alert."""
    those = (
        select(ConnectionRow.source, ConnectionRow.failures, ConnectionRow.succeeded_at)
        .join(SourceRow, SourceRow.name == ConnectionRow.source)
        .where(SourceRow.listed, ConnectionRow.polled_at.is_not(None))
    )
    rows = session.execute(those).all()
    return [
        Gauge(
            "briefcast_source_failures",
            "Polls of a source that failed since the last that did not.",
            ("source",),
            {(name,): float(failures) for name, failures, _ in rows} or {("none",): 0.0},
        ),
        Gauge(
            "briefcast_source_last_success_timestamp_seconds",
            "When a source was last polled without a fault.",
            ("source",),
            {(name,): moment.timestamp() if moment else 0.0 for name, _, moment in rows} or {("none",): 0.0},
        ),
    ]


def _workers(session: Session, now: float) -> list[Gauge]:
    rows = session.scalars(select(WorkerRow).where(WorkerRow.name != RETIRED, WorkerRow.stopped.is_(False))).all()
    reporting: dict[tuple[str, ...], float] = {("worker",): 0.0, ("dispatcher",): 0.0, ("runner",): 0.0}
    memory: dict[tuple[str, ...], float] = {}
    for row in rows:
        if now - row.reported_at < SILENT_S:
            reporting[(row.role,)] = reporting.get((row.role,), 0.0) + 1
            if row.role == "worker":
                memory[(row.host,)] = memory.get((row.host,), 0.0) + (row.memory_bytes or 0)
    started = max((row.step_at for row in session.scalars(select(WorkerRow)) if row.step_at is not None), default=0.0)
    silent = sum(1 for row in rows if now - row.reported_at >= SILENT_S)
    return [
        Gauge("briefcast_processes", "Processes that reported within a minute, by role.", ("role",), reporting),
        _one("briefcast_processes_silent", "Processes that fell silent without a goodbye.", silent),
        Gauge("briefcast_engine_memory_bytes", "Memory of the workers of a host, models included.", ("host",), memory),
        _one("briefcast_last_step_started_timestamp_seconds", "When a worker last began a step.", started),
    ]


def _beside(session: Session) -> list[Gauge]:
    broker = session.get(HealthRow, "broker")
    found = [
        _one(
            "briefcast_broker_up", "Whether the broker is well, or not needed.", broker is None or broker.state == "ok"
        )
    ]
    found.append(
        _one(
            "briefcast_last_backup_timestamp_seconds",
            "When a whole backup was last made, by `briefcast backup`; 0 where none was.",
            last_backup(session) or 0.0,
        )
    )
    gates = session.execute(select(GateRow.engine, GateRow.state)).all()
    stopped: dict[tuple[str, ...], float] = {(engine,): float(state != "closed") for engine, state in gates}
    found.append(Gauge("briefcast_engine_breaker_open", "Whether an engine is given a rest.", ("engine",), stopped))
    return found


def _disk(context: Context) -> list[Gauge]:
    try:
        usage = shutil.disk_usage(context.data.data)
    except OSError:
        return []
    return [
        _one("briefcast_disk_free_bytes", "Free bytes where the data folder is.", usage.free),
        _one("briefcast_disk_bytes", "Bytes of that disk in all.", usage.total),
    ]


def _one(name: str, documentation: str, value: float) -> Gauge:
    return Gauge(name, documentation, (), {(): float(value)})


def _by(name: str, documentation: str, label: str, values: Mapping[str, float]) -> Gauge:
    return Gauge(name, documentation, (label,), {(key,): value for key, value in values.items()})


def families(seen: Seen) -> list[Metric]:
    """Return what was seen as Prometheus' client writes it; what has been counted nowhere yet is there as 0."""
    found: list[Metric] = []
    for gauge in seen.gauges:
        family = GaugeMetricFamily(gauge.name, gauge.documentation, labels=gauge.labels)
        for labels, value in sorted(gauge.values.items()):
            family.add_metric(labels, value)
        found.append(family)
    by_measure: dict[str, dict[tuple[str, ...], dict[str, float]]] = {name: {} for name in MEASURES}
    for key, value in seen.counts.items():
        if parsed := parse(key):
            measure, part, labels = parsed
            by_measure[measure.name].setdefault(labels, {})[part] = value
    return found + [_family(MEASURES[name], samples) for name, samples in by_measure.items()]


def _family(measure: Measure, samples: Mapping[tuple[str, ...], Mapping[str, float]]) -> Metric:
    if not measure.buckets:
        counter = CounterMetricFamily(measure.name, measure.documentation, labels=measure.labels)
        for labels, parts in sorted((samples or {tuple("" for _ in measure.labels): {"": 0.0}}).items()):
            counter.add_metric(labels, parts.get("", 0.0))
        return counter
    histogram = HistogramMetricFamily(measure.name, measure.documentation, labels=measure.labels)
    for labels, parts in sorted((samples or {tuple("" for _ in measure.labels): {}}).items()):
        histogram.add_metric(labels, _cumulated(measure, parts), sum_value=parts.get("sum", 0.0))
    return histogram


def _cumulated(measure: Measure, parts: Mapping[str, float]) -> list[Any]:
    total, buckets = 0.0, []
    for number, bound in enumerate((*map(str, measure.buckets), "+Inf")):
        total += parts.get(str(number), 0.0)
        buckets.append([bound, total])
    return buckets
