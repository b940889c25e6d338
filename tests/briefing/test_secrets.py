"""Secrets come from the environment or a file, and go nowhere else (S27)."""

from __future__ import annotations

import io
import json
import sys
import time

import httpx
import pytest
import structlog

from briefing.errors import Misconfigured
from briefing.observing import logs
from briefing.settings import DataSettings, SpeechSettings, WorkSettings
from briefing.settings.base import SECRET
from tests.support.processes import BIN, briefcast, running, wait_for

SECRETS = [
    (SpeechSettings, "openai_key", "BRIEFCAST_OPENAI_KEY", "sk-very-secret-words"),
    (DataSettings, "database_url", "BRIEFCAST_DATABASE_URL", "postgresql+psycopg://me:very-secret-words@db.example/b"),
    (WorkSettings, "broker_url", "BRIEFCAST_BROKER_URL", "redis://:very-secret-words@redis.example:6379/1"),
]


def plain(value):
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


@pytest.mark.parametrize(("kind", "name", "variable", "secret"), SECRETS)
def test_a_secret_may_stand_in_a_file_that_the_environment_names(tmp_path, monkeypatch, kind, name, variable, secret):
    path = tmp_path / "secret"
    path.write_text(f"{secret}\n")
    monkeypatch.setenv(f"{variable}_FILE", str(path))
    assert plain(getattr(kind(), name)) == secret
    # And the variable itself counts before the file
    monkeypatch.setenv(variable, "redis://other/0")
    assert plain(getattr(kind(), name)) == "redis://other/0"
    # And a file that is not there is told by its variable
    monkeypatch.setenv(f"{variable}_FILE", str(tmp_path / "none"))
    with pytest.raises(Misconfigured, match=f"{variable}_FILE"):
        kind()


@pytest.mark.parametrize(("kind", "name", "variable", "secret"), SECRETS)
def test_no_setting_shows_a_secret(monkeypatch, kind, name, variable, secret):
    monkeypatch.setenv(variable, secret)
    assert "very-secret" not in repr(kind())
    assert kind.model_fields[name].json_schema_extra == SECRET


def test_a_faulty_secret_is_named_and_not_quoted(monkeypatch):
    monkeypatch.setenv("BRIEFCAST_BROKER_URL", "amqp://me:very-secret-words@host/")
    with pytest.raises(Misconfigured, match="BRIEFCAST_BROKER_URL") as caught:
        WorkSettings()
    chain = [caught.value, caught.value.__cause__]
    assert "very-secret" not in "".join(map(str, chain))


TEXTS = [
    "bc_0123abcd_{} was refused",
    "connection to postgresql://me:{}@db.example/b failed",
    "redis://:p@ss:{}@redis.example:6379/0",
    "redis://:a/{}@redis.example:6379/0",
    "Authorization: Bearer sk-{}",
    "proxy said Basic {}==",
    "https://s3.example/b?X-Amz-Signature={}&x=1",
    "host=db user=me password={} dbname=b",
    "aws_secret_access_key={}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_line_of_the_log_shows_a_secret_however_deep_it_lies(monkeypatch, text):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "INFO")
    told = text.format("verysecretwords")
    logs.configure()
    log = structlog.get_logger(component="test").bind()
    try:
        log.info("plain", message=told, deep={"a": [told, {"b": (told,)}]}, error=ValueError(told))
        try:
            int(told)
        except ValueError:
            log.exception(told)
    finally:
        structlog.reset_defaults()
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert all(json.loads(line)["component"] == "test" for line in lines)
    assert "verysecretwords" not in out.getvalue()
    assert "***" in out.getvalue()


def test_what_a_caller_sends_cannot_begin_a_line_of_the_log(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "INFO")
    logs.configure()
    try:
        structlog.get_logger().bind().info("asked", article='x\n{"event": "all well"}\r\x1b[2J\u2028\x85')
    finally:
        structlog.reset_defaults()
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().isascii()
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    "told",
    [
        "/members/0a1b2c3d.1790000000.0.{}/audio/a.mp3",
        "/members/0a1b2c3d.1790000000.0123456789abcdef.{}/shows/daily/feed.xml",
        "/listeners/0123456789abcdef/{}/feed.xml",
        "/desk/act/{}",
        "whsec_{}",
        "whsec_{}==",
    ],
)
def test_what_opens_something_is_masked_where_a_value_is_nothing_else(told):
    secret = "S3cr_t-" + "x" * 36
    said = logs.masked(told.format(secret))
    assert secret not in said
    assert said.startswith(told.partition("{")[0])


@pytest.mark.parametrize(
    "text", ["a" * 100_000 + " =", "secret" * 16_000 + " =", "a://:" * 20_000, "bc_" * 33_000, "a-" * 50_000 + "="]
)
def test_a_long_word_takes_as_long_as_it_is(text):
    # Its square would be minutes
    began = time.process_time()
    logs.masked(text)
    assert time.process_time() - began < 10


def test_addresses_without_secrets_stay_readable():
    for text in (
        "http://a.example:8000/x?y=1",
        "https://news.example/@ann",
        "at 10:30 ann@a.example wrote",
        "step 3 of 5",
    ):
        assert logs.masked(text) == text


def test_a_server_without_its_database_says_so_and_no_password(tmp_path, monkeypatch):
    # Given a server and a command whose database is away, and whose address holds a password
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", "postgresql+psycopg://me:very-secret-words@127.0.0.1:1/b")
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "DEBUG")
    told = briefcast("keys", "list")
    assert told.returncode == 4
    assert "very-secret" not in told.stdout + told.stderr
    # When the API is asked without one / Then no answer and no line of its log has it
    code = "from api.app import create_app; import uvicorn; uvicorn.run(create_app(), port={}, log_level='debug')"
    from tests.support.client import free_port

    port = free_port()
    command = [BIN / "python", "-c", code.format(port)]
    with (
        running(command, tmp_path / "api.log"),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):

        def up():
            try:
                return client.get("/livez")
            except httpx.TransportError:
                return None

        wait_for(up, "the API")
        key = {"Authorization": "Bearer bc_0123abcd_" + "a" * 43}
        answers = [client.get("/v1/voices", headers=key), client.get("/readyz"), client.get("/docs/errors")]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"]
    assert "very-secret" not in "".join(answer.text + str(answer.headers) for answer in answers)
    log = (tmp_path / "api.log").read_text()
    assert "very-secret" not in log
    assert "a" * 43 not in log
