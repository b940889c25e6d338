"""The dependency audit says what it knows, against a stand-in for the vulnerability service."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests import audit
from tests.support.client import free_port
from tests.support.threads import serving

TODAY = date(2026, 5, 1)
LOCK = "".join(f"{name}==1.0 \\\n    --hash=sha256:{'0' * 64}\n" for name in ("leaky", "sound"))


class _Service(BaseHTTPRequestHandler):
    """OSV's `/v1/query`: "leaky" has a vulnerability."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send_response(405)
        self.end_headers()

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked["package"]["name"])
        if self.server.fault == "hang":
            time.sleep(20)
        vulnerability = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "details": "It leaks.", "affected": []}
        leaks = asked["package"]["name"] == "leaky" and self.server.fault != "none"
        body = json.dumps({"vulns": [vulnerability]} if leaks else {}).encode()
        self.send_response(500 if self.server.fault == "500" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def service(fault=""):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    server.asked, server.fault = [], fault
    with serving(server):
        server.address = f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        yield server


def run(tmp_path, address, accepting="", lock=LOCK):
    (tmp_path / "x.lock").write_text(lock)
    (tmp_path / "accepted.toml").write_text(accepting)
    return audit.main([tmp_path / "x.lock"], address, tmp_path / "accepted.toml", TODAY)


def accepting(until, name="CVE-2026-1"):
    return f'[[accepted]]\nid = "{name}"\nreason = "we call no such thing"\nuntil = {until}\n'


def test_what_is_found_fails_unless_it_is_accepted_today(tmp_path, capsys):
    with service() as osv:
        assert run(tmp_path, osv.address) == 1
        assert "leaky 1.0: PYSEC-2026-1, CVE-2026-1" in capsys.readouterr().out
        assert sorted(osv.asked) == ["leaky", "sound"]
        assert run(tmp_path, osv.address, accepting("2026-05-01")) == 0
        assert "clean: 2 packages, 1 accepted" in capsys.readouterr().out
        assert run(tmp_path, osv.address, accepting("2026-04-30")) == 1


def test_nothing_known_is_clean(tmp_path, capsys):
    with service("none") as osv:
        assert run(tmp_path, osv.address) == 0
    assert "clean: 2 packages" in capsys.readouterr().out


def test_offline_it_says_not_run_and_never_clean(tmp_path, capsys):
    assert run(tmp_path, f"http://127.0.0.1:{free_port()}/v1/query") == 0
    told = capsys.readouterr().out
    assert "not run" in told
    assert "clean" not in told


@pytest.mark.parametrize("fault", ["500", "hang"])
def test_a_service_in_trouble_is_not_run_and_keeps_nobody_waiting(tmp_path, capsys, monkeypatch, fault):
    monkeypatch.setattr(audit, "_REACH_S", 1)
    begun = time.monotonic()
    with service(fault) as osv:
        assert run(tmp_path, osv.address) == 0
    assert "not run" in capsys.readouterr().out
    assert time.monotonic() - begun < 60
    with service("hang") as osv, pytest.raises(audit.NotRun, match="took more than"):
        audit.look_up([tmp_path / "x.lock"], osv.address, 0.5)


def test_a_lock_that_cannot_be_read_is_not_run(tmp_path, capsys):
    with service() as osv:
        assert run(tmp_path, osv.address, lock="leaky>=1\n") == 0
    assert "not run" in capsys.readouterr().out


def test_an_acceptance_needs_a_reason_and_a_date(tmp_path):
    with pytest.raises(SystemExit, match="needs id, reason and until"):
        run(tmp_path, "http://127.0.0.1:1/", '[[accepted]]\nid = "CVE-2026-1"\n')
    assert audit.accepted(audit.ACCEPTED, TODAY) == set()


def test_both_locks_are_looked_up_whole(capsys, tmp_path):
    with service("none") as osv:
        assert audit.main(list(audit.LOCKS), osv.address, audit.ACCEPTED, TODAY) == 0
    told = capsys.readouterr().out
    assert "clean" in told, told
    assert {"fastapi", "celery", "starlette", "atheris"} <= set(osv.asked)
    assert len(set(osv.asked)) > 150
