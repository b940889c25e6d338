"""`briefcast serve` before it serves, and `briefcast logs` of what it and others wrote."""

from __future__ import annotations

import json
import socket

from tests.support.command import briefcast as briefcast_here
from tests.support.processes import briefcast


def test_a_port_that_is_taken_is_told_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = briefcast("serve", "--port", port)
    assert done.returncode == 3
    said, hint = done.stderr.strip().splitlines()
    assert (f"127.0.0.1:{port}" in said, "[cannot_listen]" in said, "--port" in hint) == (True, True, True)
    assert not (tmp_path / "var" / "briefcast.db").exists(), "nothing has begun"


def test_a_host_that_is_no_address_of_this_machine_is_told():
    done = briefcast("serve", "--host", "192.0.2.1", "--port", "0")
    assert (done.returncode, "[cannot_listen]" in done.stderr) == (3, True)


def test_logs_are_read_behind_what_compose_and_kubectl_write_before_each_line():
    lines = [{"briefing": "5f2b8c1e9a7d4036", "step": 7}, {"step": 7, "event": "step {started}"}, {"step": 8}]
    found = [json.dumps(line) for line in lines]
    for prefix in ("", "web-1  | ", "[pod/briefcast-web-5f/web] ", "2026-05-01T12:00:00Z "):
        given = "".join(f"{prefix}{line}\n" for line in found) + "no { json\n"
        assert briefcast_here("logs", "5f2b8c1e9a7d4036", text=given).stdout.splitlines() == found[:2]
