"""One request followed through all processes, and no secret on the way (S27)."""

from __future__ import annotations

import inspect
import io
import json
import logging
import sys

import httpx
import pytest
import structlog
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from briefing import settings
from briefing.errors import DatabaseUnavailable
from briefing.models import RevisionRow, StepRow
from briefing.observing.logs import configure, get_logger, masked
from tests.support import command
from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, work_off
from tests.support.processes import BIN, briefcast, running, wait_for


@pytest.fixture
def lines(monkeypatch):
    """What this process logs, as it is meant to: one JSON object a line."""
    told = io.StringIO()
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "INFO")
    monkeypatch.setattr(sys, "stderr", told)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure()
    ours = root.handlers[0]
    # pytest's own handlers come and go with a test's phases, and complain into our stream.
    monkeypatch.setattr(logging, "raiseExceptions", False)
    structlog.configure(cache_logger_on_first_use=False)
    assert ours.stream is told
    yield lambda: [json.loads(line) for line in told.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers, root.level = before, level


def test_a_request_is_followed_from_its_answer_to_the_last_step(place, tmp_path, lines):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as client:
        # Given a request that brings its ID / When it is worked off elsewhere
        asked = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}, headers={"X-Request-ID": "cms:4711"})
        assert asked.headers["X-Request-ID"] == "cms:4711"
        work_off(place)
        # Then every row and every line of it carries that ID
        with place.database.reading() as session:
            assert set(session.scalars(select(StepRow.request_id))) == {"cms:4711"}
            assert set(session.scalars(select(RevisionRow.request_id))) == {"cms:4711"}
        told = [line for line in lines() if line.get("request_id") == "cms:4711"]
        events = [line["event"] for line in told]
        assert events[0] == "revision recorded"
        assert {"answered", "step started", "step finished", "revision moved"} <= set(events)
        assert [line["state"] for line in told if line["event"] == "revision moved"] == [
            "speaking", "assembling", "publishing", "live",
        ]  # fmt: skip
        finished = [line for line in told if line["event"] == "step finished"]
        assert len(finished) == 8
        for line in finished:
            assert line.keys() >= {
                "briefing",
                "revision",
                "step",
                "kind",
                "attempt",
                "fence",
                "duration_s",
                "timestamp",
            }
        # And one that brings none, or what would break a log, gets a new one
        for given in (None, "x" * 65, "two words", 'quote"', "{}"):
            headers = {"X-Request-ID": given} if given else {}
            found = client.get("/v1/voices", headers=headers).headers["X-Request-ID"]
            assert found != given
            assert len(found) == 16


def test_what_is_rolled_back_is_not_told(place, lines):
    from briefing.observing import events

    def broken():
        with place.database.writing() as session:
            events.note(session, "something happened")
            session.execute(sql("no SQL"))

    with pytest.raises((OperationalError, DatabaseUnavailable)):
        broken()
    with place.database.writing() as session:
        events.note(session, "something else")
    assert [line["event"] for line in lines()] == ["something else"]


def test_libraries_log_as_we_do(lines):
    logging.getLogger("a.library").error("it broke: %s", "here")
    logging.getLogger("celery.worker").info("chatter")
    (line,) = lines()
    assert line.items() >= {"event": "it broke: here", "component": "a.library", "level": "error"}.items()


def test_logs_of_a_briefing_are_found_among_others():
    told = [
        {"event": "answered", "request_id": "r1"},
        {"event": "revision recorded", "request_id": "r1", "briefing": "b1", "revision": 7},
        {"event": "step rung", "revision": 7, "step": 3},
        {"event": "worker lost", "step": 3},
        {"event": "other", "revision": 8, "step": 4},
    ]
    text = "\n".join(["no json", *map(json.dumps, told)])
    found = [json.loads(line)["event"] for line in command.briefcast("logs", "b1", text=text).stdout.splitlines()]
    assert found == ["revision recorded", "step rung", "worker lost"]
    assert len(command.briefcast("logs", "r1", text=text).stdout.splitlines()) == 4


SECRET = "PLANTEDsecret4711"


@pytest.mark.parametrize(
    "text",
    [
        f"redis://user:{SECRET}@host/0",
        f"redis://:{SECRET}@host:6379",
        f"postgresql+psycopg://u:{SECRET}p@ss{SECRET}@host/db",
        f"s3://bucket?access_key_id=x&secret_access_key={SECRET}",
        f"https://tsa.example/?token={SECRET}",
        f"https://x/?X-Amz-Signature={SECRET}&a=b",
        f"Authorization: Bearer {SECRET}",
        f"bc_0123abcd_{SECRET}",
        f"/desk/act/{SECRET:_<43}",
        f"https://audio.example/desk/welcome/{SECRET:_<43}?told=x",
    ],
)
def test_secrets_are_masked_in_whatever_form(text, lines):
    assert SECRET not in masked(text)
    log = get_logger("test")
    log.info(text, nested={"in": [text]}, plain=text)
    logging.getLogger("library").error("%s", text)
    try:
        open(f"/none/{text}").close()  # noqa: PTH123  any error that quotes it
    except OSError:
        log.exception("it broke")
    assert SECRET not in json.dumps(lines())


def planted():
    """Every setting that may hold a secret, with one in it."""
    values = {
        "BRIEFCAST_OPENAI_KEY": SECRET,
        "BRIEFCAST_METRICS_TOKEN": SECRET,
        "BRIEFCAST_BROKER_URL": f"redis://user:{SECRET}@127.0.0.1:{free_port()}/0",
        "BRIEFCAST_OPENAI_ADDRESS": f"http://user:{SECRET}@127.0.0.1:{free_port()}/v1",
        "BRIEFCAST_TIMESTAMP_URL": f"https://127.0.0.1/?token={SECRET}",
    }
    for _, kind in inspect.getmembers(settings, inspect.isclass):
        if issubclass(kind, settings.Settings) and kind is not settings.Settings:
            for name, field in kind.model_fields.items():
                variable = f"{kind.model_config['env_prefix']}{name}".upper()
                opens = field.annotation is str and any(word in name for word in ("secret", "password", "token", "key"))
                if opens and not name.startswith("signing"):  # a file's name, told where it is missing
                    values.setdefault(variable, SECRET)
    return values


def test_no_setting_is_printed_with_its_secret(monkeypatch):
    for name, value in planted().items():
        monkeypatch.setenv(name, value)
    for _, kind in inspect.getmembers(settings, inspect.isclass):
        if issubclass(kind, settings.Settings) and kind is not settings.Settings:
            assert SECRET not in repr(kind())
            assert SECRET not in str(kind())


def test_no_planted_secret_comes_out(place, tmp_path, monkeypatch):
    # Given secrets in every setting that may hold one, Redis and engine away, and a database that is broken later
    for name, value in planted().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "DEBUG")
    port = free_port()
    seen = []
    web = [BIN / "briefcast", "serve", "--no-workers", "--port", str(port)]
    with (
        running(web, tmp_path / "web.log"),
        running([BIN / "briefcast", "dispatch"], tmp_path / "dispatch.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):
        wait_for(lambda: command.briefcast("health", "api", "--port", port).returncode == 0, "the API")
        wait_for(lambda: "degraded" in (tmp_path / "dispatch.log").read_text(), "Redis to be missed")
        key = f"bc_0123abcd_{SECRET}"
        for ask in (
            lambda: client.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"}),
            lambda: client.get("/metrics", headers={"Authorization": "Bearer other"}),
            lambda: client.get("/v1/voices", headers={"Authorization": f"Bearer {key}"}),
            lambda: client.post("/v1/briefings", headers={"Authorization": f"Bearer {key}"}, json={"article_ids": []}),
            lambda: client.get(f"/nothing?token={SECRET}"),
            lambda: client.get("/readyz"),
        ):
            answer = ask()
            seen.append(f"{answer.status_code} {answer.headers} {answer.text}")
        (place.data.data / "briefcast.db").write_bytes(b"no database at all" * 100)
        seen += [
            client.get(path, headers={"Authorization": f"Bearer {key}"}).text for path in ("/v1/voices", "/readyz")
        ]
    seen += [(tmp_path / name).read_text() for name in ("web.log", "dispatch.log")]
    done = briefcast("doctor", "--json")
    seen += [done.stdout, done.stderr]
    # Then answers, error pages, measures, logs and the doctor keep them all
    assert "briefcast_database_up 1.0" in seen[0], "the token opens"
    assert all(SECRET not in text for text in seen)
    for line in "".join(seen[-4:-2]).splitlines():
        assert json.loads(line)["event"], "all that is logged is JSON"
