"""The built file is what its source makes, small enough, and served and published as it is."""

from __future__ import annotations

import gzip
import json
import subprocess

from briefing.player import hls_script, player_script
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, work_off
from tests.support.player_build import PLAYER, installed

#: Bytes of the file as it travels; native <audio>, HLS not counted, which comes only when needed.
MOST = 30_000


def test_the_committed_files_are_what_their_source_makes(tmp_path):
    installed()
    for part, committed in (("player", player_script()), ("hls", hls_script())):
        built = tmp_path / f"{part}.js"
        subprocess.run(["npm", "run", "--silent", f"build:{part}", "--", f"--outfile={built}"], cwd=PLAYER, check=True)
        assert built.read_bytes() == committed, "build it anew: ./run.sh player"
    assert len(gzip.compress(player_script())) <= MOST


def test_types_and_pure_parts_hold():
    installed()
    for task in ("check", "test"):
        done = subprocess.run(["npm", "run", "--silent", task], cwd=PLAYER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_names_no_registry_and_nothing_of_it_ships():
    lock = json.loads((PLAYER / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    assert all("resolved" not in one and one["integrity"].startswith("sha512-") for one in packages.values())
    assert all(one["dev"] for one in packages.values())


def test_it_is_served_and_published(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    assert place.files.storage.read("player.js")[0] == player_script(), "applied"
    place.files.storage.write("player.js", b"an older one", None)
    with client_of(place) as client:
        client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).raise_for_status()
        work_off(place)
        assert place.files.storage.read("player.js")[0] == player_script(), "published"
        client.headers.pop("Authorization")
        for coding in ("gzip", "identity"):
            answer = client.get("/player.js", headers={"Accept-Encoding": coding, "Origin": "https://paper.example"})
            assert answer.content == player_script()
            assert answer.headers["content-type"].startswith("text/javascript")
            assert answer.headers["cache-control"] == "public, max-age=300"
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
            assert answer.headers["access-control-allow-origin"] == "*"
            tag = answer.headers["etag"]
            asked = {"Accept-Encoding": coding, "If-None-Match": tag}
            assert client.get("/player.js", headers=asked).status_code == 304
            head = client.head("/player.js", headers={"Accept-Encoding": coding})
            assert (head.content, head.headers["etag"]) == (b"", tag)
        assert "content-encoding" not in answer.headers
        made = client.get("/v1/articles/desk/ferry/audio").json()["made"]
        assert made == {
            "voices": ["silence"],
            "engines": ["silence"],
            "source_type": "algorithmicMedia",
            "signed": True,
        }
