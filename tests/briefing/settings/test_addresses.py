"""An address with a password that is not percent-encoded is refused by a word on what to do, and none of it is told."""

from __future__ import annotations

import subprocess

import pytest

from briefing.database import Database, parse_address
from briefing.errors import Misconfigured
from briefing.settings import DataSettings, WorkSettings
from tests.support.processes import BIN, briefcast, environment

BROKERS = [
    "ab/geheim",
    "ab#geheim",
    "ab?geheim",
    "12/geheim",
    "12#geheim",
    "12?geheim",
    "geheim[",
    "/geheim",
    "#geheim",
]
DATABASES = ["ab@geheim", "a@geheim/b", "a@b:geheim", "a@geheim?b", "@geheim", "a:geheim@b"]


@pytest.mark.parametrize("password", BROKERS)
def test_a_brokers_password_that_is_not_encoded_is_refused_and_not_told(password, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_BROKER_URL", f"redis://:{password}@redis:6379/0")
    with pytest.raises(Misconfigured, match="BRIEFCAST_BROKER_URL.*percent-encode the password") as caught:
        WorkSettings()
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("password", DATABASES)
def test_a_databases_password_that_is_not_encoded_is_refused_and_not_told(password, monkeypatch):
    address = f"postgresql://briefcast:{password}@db.internal:5432/briefcast"
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", address)
    with pytest.raises(Misconfigured, match="percent-encode the password") as caught:
        DataSettings()
    assert "geheim" not in str(caught.value)
    with pytest.raises(Misconfigured) as caught:
        parse_address(address)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "redis://127.0.0.1:6379/0",
        "redis://:with%2Fand%23and%40@redis:6379/0",
        "rediss://me:word@redis:6379/0?ssl_ca_certs=/etc/ca@home.pem",
        "redis://me:a@b@redis:6379/0",
        "redis://[::1]:6379/1",
        "redis+socket:///run/redis/redis.sock?virtual_host=1",
        "sentinel://:word@a:26379;sentinel://:word@b:26379",
    ],
)
def test_a_brokers_address_that_can_be_read_is_taken(address, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_BROKER_URL", address)
    assert WorkSettings().broker_url == address


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://briefcast@/briefcast?host=a:5432&host=b:5432&target_session_attrs=read-write",
        "postgresql+psycopg://briefcast:with%40and/and#@db:5432/briefcast?sslmode=verify-full&sslrootcert=/ca@home.pem",
        "postgresql://briefcast@[::1]:5432/briefcast",
        "postgresql:///briefcast",
        "sqlite:////srv/news@home/b.db",
    ],
)
def test_a_databases_address_that_can_be_read_is_taken(address, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", address)
    assert Database(DataSettings().database_address).engine.url.host in {None, "db", "::1"}


def test_neither_the_doctor_nor_a_worker_says_any_of_it(monkeypatch):
    monkeypatch.setenv("BRIEFCAST_BROKER_URL", "redis://:geheim/12@redis:6379/0")
    done = briefcast("doctor")
    assert (done.returncode, "percent-encode" in done.stderr, "Traceback" in done.stderr) == (3, True, False)
    worker = [BIN / "celery", "-A", "worker.celery", "worker", "--queues", "bulk"]
    said = subprocess.run(worker, env=environment(), capture_output=True, text=True, check=False, timeout=180)
    assert (said.returncode != 0, "percent-encode" in said.stdout + said.stderr) == (True, True)
    assert "geheim" not in said.stdout + said.stderr + done.stderr + done.stdout
