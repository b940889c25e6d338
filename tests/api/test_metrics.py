"""What Prometheus reads: right, bounded, for those who may."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from briefing.models import RevisionRow, StepRow
from briefing.observing import workers
from briefing.observing.measures import MEASURES, REALTIME_FACTOR, TAKES_REJECTED, Measures
from tests.support.asking import ask
from tests.support.newsroom import work_off
from tests.support.processes import ROOT
from worker.running.heartbeat import Heartbeat


def scrape(client, **headers):
    answer = client.get("/metrics", headers={"Authorization": "", **headers})
    assert answer.status_code == 200, answer.text
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return samples


def value(samples, name, **labels):
    return samples[name, tuple(sorted(labels.items()))]


def test_queues_revisions_and_workers_are_as_the_database_has_them(client, place):
    # Given a briefing that was made, and one that waits since two minutes
    ask(place, "ferry")
    work_off(place)
    _, waiting, _ = ask(place, "ferry", show="held")
    with place.database.writing() as session:
        for step in session.query(StepRow).where(StepRow.revision_id == waiting):
            step.ready_at = time.time() - 120
        for row in session.query(RevisionRow).where(RevisionRow.state == "live"):
            row.finished_at = row.created_at = row.finished_at.now(row.finished_at.tzinfo)
    Heartbeat(place, "worker")._report(stopped=False)
    found = scrape(client)
    # Then its look from outside and the waiting one's first step are ready
    assert value(found, "briefcast_steps_ready", queue="interactive") == 2
    assert 119 < value(found, "briefcast_oldest_ready_seconds", queue="interactive") < 180
    assert value(found, "briefcast_steps_leased", queue="bulk") == 0
    assert value(found, "briefcast_steps_unrung") == 2
    assert value(found, "briefcast_revisions", state="preparing", reason="none") == 1
    assert value(found, "briefcast_revisions_ended_lately", state="live", reason="none") == 1
    assert value(found, "briefcast_success_ratio") == 1
    assert time.time() - value(found, "briefcast_last_success_timestamp_seconds") < 60
    assert value(found, "briefcast_processes", role="worker") == 1
    assert value(found, "briefcast_database_up") == 1
    assert value(found, "briefcast_disk_free_bytes") > 0
    # And what the worker counted is there
    assert value(found, "briefcast_step_attempts_total", kind="speak") >= 5
    assert value(found, "briefcast_step_duration_seconds_count", kind="speak", engine="silence") >= 5
    assert value(found, "briefcast_synthesis_realtime_factor_count", engine="silence") >= 5


def looked(client):
    """What a scrape would find at this moment: answers are kept for a second."""
    from api.installation_measures import read

    gauges = read(client.app.state.context).gauges
    return {
        (gauge.name, tuple(zip(gauge.labels, labels, strict=True))): number
        for gauge in gauges
        for labels, number in gauge.values.items()
    }


def test_a_backlog_and_what_waits_at_a_gate_are_not_called_unrung(client, place):
    from briefing.models import GateRow

    # Given two ready steps since ten minutes, one of them put off once, long ago
    ask(place, "ferry")
    ask(place, "ferry", show="held")
    now = time.time()
    with place.database.writing() as session:
        first, second = session.query(StepRow).order_by(StepRow.id)
        first.ready_at = second.ready_at = now - 600
        first.not_before = now - 90_000
    found = looked(client)
    assert value(found, "briefcast_steps_unrung") == 2
    assert 599 < value(found, "briefcast_oldest_unrung_seconds") < 700
    assert 599 < value(found, "briefcast_oldest_ready_seconds", queue="interactive") < 700
    # When one of the queue is rung and unanswered / Then the others wait their turn
    with place.database.writing() as session:
        session.get(StepRow, first.id).rung_at = now
    found = looked(client)
    assert value(found, "briefcast_steps_unrung") == 0
    assert value(found, "briefcast_oldest_unrung_seconds") == 0
    # And what waits at an open breaker is not rung by design, and counted apart
    with place.database.writing() as session:
        session.add(
            GateRow(
                engine="gtts", state="open", per_second=1.0, most_at_once=1, request_characters=100, tokens=0.0,
                filled_at=0.0, outcomes=[], open_s=600.0, opened_at=now, reason="",
            )
        )  # fmt: skip
        step = session.get(StepRow, second.id)
        step.queue, step.engine = "online", "gtts"
    found = looked(client)
    assert value(found, "briefcast_steps_ready", queue="online") == value(found, "briefcast_steps_gated") == 1
    assert value(found, "briefcast_steps_unrung") == 0
    assert value(found, "briefcast_oldest_ready_seconds", queue="online") == 0, "no more workers would change that"
    # And once the breaker has closed it is to be rung
    with place.database.writing() as session:
        session.get(GateRow, "gtts").state = "closed"
    found = looked(client)
    assert (value(found, "briefcast_steps_gated"), value(found, "briefcast_steps_unrung")) == (0, 1)


@pytest.mark.usefixtures("one_day")
def test_failures_count_until_something_replaces_them(client, place, tmp_path):
    (tmp_path / "articles" / "empty.md").write_text("# Only a title\n")
    briefing, *_ = ask(place, "empty")
    work_off(place)
    found = scrape(client)
    assert value(found, "briefcast_dead", reason="article_empty", day=f"{datetime.now(UTC):%Y-%m-%d}") == 1
    assert value(found, "briefcast_success_ratio") == 0
    # Or until somebody has said that it is not to be made
    assert client.post(f"/v1/briefings/{briefing}/retract").status_code == 202
    dead = {name: number for name, number in looked(client).items() if name[0] == "briefcast_dead"}
    assert dead == {("briefcast_dead", (("reason", "none"), ("day", "none"))): 0}


def test_counts_of_all_processes_are_added_up_and_buckets_cumulated(client, place):
    for name in ("one", "two"):
        counted = Measures()
        counted.count(TAKES_REJECTED, "silent")
        for factor in (0.05, 0.15, 100):
            counted.observe(REALTIME_FACTOR, factor, "piper")
        told = workers.Report(name, "worker", "host", 1, "1", counted.read() | {"from_the_future|x": 1.0}, 1000)
        with place.database.writing() as session:
            workers.report(session, told)
    found = scrape(client)
    assert value(found, "briefcast_takes_rejected_total", reason="silent") == 2
    bucket = lambda le: value(found, "briefcast_synthesis_realtime_factor_bucket", engine="piper", le=le)  # noqa: E731
    assert (bucket("0.03"), bucket("0.1"), bucket("0.2"), bucket("5.0"), bucket("+Inf")) == (0, 2, 4, 4, 6)
    assert value(found, "briefcast_synthesis_realtime_factor_sum", engine="piper") == pytest.approx(200.4)
    assert value(found, "briefcast_engine_memory_bytes", host="host") == 2000
    assert not any("future" in name for name, _ in found)


def test_answers_are_measured_by_route_and_status_never_by_address(client):
    for number in range(20):
        client.get(f"/articles/desk/none-{number}.mp3")
        client.get(f"/no/such/page-{number}")
        client.get(f"/v1/briefings/{number:016x}")
    client.request("BREW", "/livez")
    found = scrape(client)
    count = lambda **labels: value(found, "briefcast_http_request_duration_seconds_count", **labels)  # noqa: E731
    assert count(method="GET", route="/articles/{source}/{article}.mp3", status="404") == 20
    assert count(method="GET", route="none", status="404") == 20
    assert count(method="GET", route="/v1/briefings/{briefing_id}", status="404") == 20
    assert count(method="other", route="/livez", status="405") == 1
    assert not re.search(r"none-1|page-1|0000000000000001", str(found.keys()))


def test_only_this_machine_reads_them_unless_a_token_is_set(client, monkeypatch):
    for name in ("X-Forwarded-For", "Forwarded"):
        refused = client.get("/metrics", headers={name: "203.0.113.7"})
        assert (refused.status_code, refused.json()["code"]) == (403, "metrics_refused")
    settings = client.app.state.context.metrics
    object.__setattr__(settings, "metrics_token", "sesame")
    assert client.get("/metrics", headers={"Authorization": "Bearer open"}).status_code == 403
    assert scrape(client, Authorization="Bearer sesame", **{"X-Forwarded-For": "203.0.113.7"})
    object.__setattr__(settings, "metrics_token", "")


def test_without_the_database_the_processs_own_measures_are_there(client, monkeypatch):
    from briefing.errors import DatabaseUnavailable

    def away(_):
        raise DatabaseUnavailable("away")

    monkeypatch.setattr("api.metrics.read", away)
    found = scrape(client)
    assert value(found, "briefcast_database_up") == 0
    assert not any(name.startswith("briefcast_steps") for name, _ in found)


def test_every_metric_that_an_alert_names_is_in_a_scrape(client):
    client.get("/livez")
    names = {name for name, _ in scrape(client)}
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
    wanted = set(re.findall(r"\bbriefcast_[a-z_]+", " ".join(rule["expr"] for rule in rules)))
    assert len(wanted) > 6
    assert wanted <= names
    assert {name.removesuffix("_total") for name in MEASURES} <= {
        re.sub(r"_(total|bucket)$", "", name) for name in names
    }


def test_the_open_breaker_of_an_engine_is_told_and_degrades(client, place):
    from briefing.models import GateRow

    still = {"per_second": 1.0, "most_at_once": 1, "request_characters": 100, "tokens": 0.0, "filled_at": 0.0}
    still |= {"outcomes": [], "open_s": 60.0, "reason": ""}
    with place.database.writing() as session:
        session.add_all(
            [GateRow(engine="gtts", state="open", **still), GateRow(engine="openai", state="closed", **still)]
        )
    found = scrape(client)
    assert value(found, "briefcast_engine_breaker_open", engine="gtts") == 1
    assert value(found, "briefcast_engine_breaker_open", engine="openai") == 0
    assert client.get("/readyz").json().items() >= {"status": "degraded", "engines": "stopped: gtts"}.items()


def test_readiness_does_not_wait_for_what_hangs_nor_pile_up(client, monkeypatch):
    import threading

    entered, over = [], threading.Event()

    def hang(_):
        entered.append(1)
        over.wait(60)
        return {"database": "ok", "storage": "ok", "broker": "none"}

    monkeypatch.setattr("api.health.look", hang)
    monkeypatch.setattr("api.health._ANSWER_S", 0.2)
    try:
        # Given a database that never answers / When probes go on coming
        found = [client.get("/readyz") for _ in range(5)]
        # Then each is told so, one look is under way, and the process is alive
        assert {answer.status_code for answer in found} == {503}
        assert len(entered) == 1
        assert client.get("/livez").status_code == 200
    finally:
        over.set()
    from tests.support.processes import wait_for

    wait_for(lambda: client.get("/readyz").status_code == 200, "its recovery")


def test_workers_that_fell_silent_degrade(client, place):
    from briefing.models import WorkerRow

    Heartbeat(place, "worker")._report(stopped=False)
    assert client.get("/readyz").json()["workers"] == "ok"
    with place.database.writing() as session:
        session.query(WorkerRow).one().reported_at -= 120
    time.sleep(1.1)
    assert client.get("/readyz").json().items() >= {"status": "degraded", "workers": "silent"}.items()
    Heartbeat(place, "worker")._report(stopped=True)
    time.sleep(1.1)
    assert client.get("/readyz").json().items() >= {"status": "ok", "workers": "none"}.items()
