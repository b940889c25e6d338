"""Redirects that old hosts are given, as their server reads them."""

from __future__ import annotations

import shutil

import httpx

from tests.support.nginx import EXAMPLES, nginx
from worker.moving.redirects import as_nginx


def test_a_real_nginx_leads_on_from_every_old_address(tmp_path):
    old, name = "http://127.0.0.1", f"/audio/{'a' * 64}.mp3"
    redirects = [
        (f"{old}{name}", "https://new.example/1.mp3"),
        (f"{old}/a%20b%22%5C$1.mp3", "https://new.example/2.mp3"),
        (f"{old}/?feed=podcast", "https://new.example/feed.xml"),
        (f'{old}/a.mp3?x=$1"', "https://new.example/$3.mp3"),
        (f"{old}/%ff.mp3", "https://new.example/4.mp3"),
        ("http://other.example" + name, "https://new.example/5.mp3"),
        (old, "https://new.example/"),
    ]
    (tmp_path / "public").mkdir()
    (tmp_path / "redirects.conf").write_text(as_nginx([*redirects, *((f"{old}/{n}{name}", "x") for n in range(3000))]))
    examples = tmp_path / "examples"
    shutil.copytree(EXAMPLES, examples)
    server = examples / "files-only.conf"
    server.write_text(server.read_text().replace("listen 80;", f"listen 80;\n    include {tmp_path}/redirects.conf;"))
    with nginx(tmp_path / "nginx", tmp_path / "public", examples=examples) as address:

        def leads_to(path, **headers):
            return httpx.get(address + path, headers=headers, timeout=60).headers.get("location")

        for before, after in redirects[:3]:
            assert leads_to(before.removeprefix(old)) == after
        assert leads_to("/a.mp3?x=%241%22") == "https://new.example/%243.mp3"
        assert leads_to("/%ff.mp3") == "https://new.example/4.mp3"
        assert leads_to(name, Host="other.example") == "https://new.example/5.mp3"
        assert leads_to("/") == "https://new.example/"
        assert leads_to("/?feed=other") == "https://new.example/"
        assert leads_to("/b.mp3") is None
