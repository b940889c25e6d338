"""Redis by `rediss://` (S23): rung through by who knows its password, and only where its certificate is one we trust."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import trustme

from briefing.errors import Misconfigured
from briefing.settings import WorkSettings
from tests.support.asking import ask, revision_row
from tests.support.brokers import redis_over_tls
from tests.support.newsroom import ARTICLE
from tests.support.processes import ROOT, environment, procfile, running, wait_for
from worker.doctor.broker import look

PASSWORD = "very-secret-words"


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    """Yield the address of a Redis over TLS without its query, and the file of the authority that vouches for it."""
    folder, authority = tmp_path_factory.mktemp("tls"), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ours.pem")
    with redis_over_tls(folder / "redis", authority.issue_cert("127.0.0.1"), PASSWORD) as port:
        yield f"rediss://:{PASSWORD}@127.0.0.1:{port}/0", folder / "ours.pem"


def asked(address):
    """What becomes of asking Redis as dispatcher and workers do."""
    program = "from worker.running import broker; print(broker.ask())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(BRIEFCAST_BROKER_URL=address),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_step_is_rung_by_tls_and_the_password_is_in_no_log(redis, place, tmp_path, monkeypatch):
    # Given dispatcher and worker of the Procfile, and an address that names the authority
    address, authority = redis
    told = {"BROKER_URL": f"{address}?ssl_ca_certs={authority}", "LOG_LEVEL": "INFO", "WORKERS": "1", "TICK_S": "0.25"}
    for name, value in told.items():
        monkeypatch.setenv(f"BRIEFCAST_{name}", value)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    # When a story is asked for
    _, revision, _ = ask(place, "ferry")
    names = ("dispatcher", "worker")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(running(procfile(name, 1), tmp_path / f"{name}.log"))
        # Then its steps are rung through Redis, which is how workers hear of any, and it is made
        wait_for(lambda: revision_row(place, revision).state == "live", "the story to be live")
    assert not any(PASSWORD in (tmp_path / f"{name}.log").read_text() for name in names)
    # And the doctor gets in too, and finds nothing wrong
    assert list(look(SimpleNamespace(database=place.database, work=WorkSettings()), fix=False)) == []


@pytest.mark.parametrize("query", ["", "?ssl_ca_certs={others}"], ids=["nobody's", "another's"])
def test_a_certificate_that_nobody_vouches_for_is_refused_and_said(redis, tmp_path, query):
    # Given an address that names no authority, so that this machine's count, or another one
    address, _ = redis
    trustme.CA().cert_pem.write_to_path(tmp_path / "others.pem")
    # When Redis is asked / Then it is not told the password, and whoever runs it reads why
    code, said = asked(address + query.format(others=tmp_path / "others.pem"))
    assert code != 0
    assert "certificate verify failed" in said
    assert PASSWORD not in said


def test_a_word_that_would_turn_the_check_off_unseen_is_no_setting(monkeypatch):
    monkeypatch.setenv("BRIEFCAST_BROKER_URL", f"rediss://:{PASSWORD}@127.0.0.1/0?ssl_cert_reqs=require")
    with pytest.raises(Misconfigured, match="required, optional or none") as refused:
        WorkSettings()
    assert PASSWORD not in str(refused.value)


def test_what_redis_is_asked_without_its_password_is_refused_and_said(redis):
    address, authority = redis
    code, said = asked(f"{address.replace(PASSWORD, 'another')}?ssl_ca_certs={authority}")
    assert code != 0
    assert "WRONGPASS" in said or "invalid username-password" in said
