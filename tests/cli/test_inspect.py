"""`briefcast inspect` as a person meets it: what it says of a file, and its exit code."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mutagen.id3 import ID3, TIT2

from tests.support.command import briefcast
from tests.support.credentials import SAID, make_mp3, signer_in
from tests.support.newsroom import ARTICLE
from tests.support.threads import serving
from worker.credentials.provenance import manifest
from worker.sign import sign


@pytest.fixture
def mp3(tmp_path):
    path = make_mp3(tmp_path / "a.mp3")
    sign(path, manifest(SAID), signer_in(tmp_path / "var"))
    return path


def test_a_narrated_article_can_be_inspected_and_compared_with_its_text(tmp_path):
    article = tmp_path / "ferry.md"
    article.write_text(ARTICLE)
    assert briefcast("narrate", article, "-o", "out.mp3", "--voice", "silence").returncode == 0
    done = briefcast("inspect", "out.mp3", "--article", article)
    assert done.returncode == 0, done.stderr
    for said in (
        "VALID",
        "this newsroom's development key",
        "Ferry runs again (composite, by Briefcast",
        "This audio is created with AI assistance.",
        "silence",
        "text sha256",
        "music",
        "the text this was made from",
    ):
        assert said in done.stdout, said
    # When the article has been corrected since / Then the file was made from another text
    article.write_text(ARTICLE.replace("four days", "five days"))
    done = briefcast("inspect", "out.mp3", "--article", article)
    assert (done.returncode, "NOT the text" in done.stdout) == (8, True)


def test_json_says_all(mp3):
    done = briefcast("inspect", mp3, "--json", "--measure")
    found = json.loads(done.stdout)
    assert (done.returncode, found["state"], found["trust"]) == (0, "valid", "own")
    assert found["timeline"]["rate"] == 44_100
    assert found["tags"] == {
        "title": "Ferry runs again",
        "artist": "Ann Lee",
        "album": "The Test Ledger",
        "disclosure": SAID.disclosure,
        "voice": "Joe (piper)",
        "chapters": 0,
        "duration_s": 2.0,
    }
    assert found["sound"]["duration_s"] == 2.0
    assert -40 < found["sound"]["loudness_lufs"] < 0


def test_an_unknown_signer_is_told_and_can_be_trusted(mp3, tmp_path, monkeypatch):
    root = tmp_path / "var" / "signing" / "root.pem"
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "elsewhere"))
    done = briefcast("inspect", mp3)
    assert done.returncode == 0
    assert "the signature is intact, but the signer is not on a trust list" in done.stdout
    monkeypatch.setenv("BRIEFCAST_TRUST_ANCHORS", str(root))
    assert "BRIEFCAST_TRUST_ANCHORS names" in briefcast("inspect", mp3).stdout


def test_a_changed_file_is_tampered_with(mp3):
    tags = ID3(mp3)
    tags.add(TIT2(encoding=3, text="Something else"))
    tags.save(mp3)
    done = briefcast("inspect", mp3)
    assert done.returncode == 5
    assert "TAMPERED" in done.stdout
    assert "assertion.dataHash.mismatch" in done.stdout


def test_a_stripped_file_is_unsigned_and_its_tags_prove_nothing(mp3):
    tags = ID3(mp3)
    tags.delall("GEOB")
    tags.save(mp3)
    done = briefcast("inspect", mp3)
    assert done.returncode == 6
    assert "UNSIGNED" in done.stdout
    assert "nothing proves it" in done.stdout
    assert SAID.disclosure in done.stdout


def test_rubbish_is_told_not_a_crash(tmp_path):
    path = tmp_path / "x.mp3"
    path.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"rubbish" * 100)
    done = briefcast("inspect", path)
    assert done.returncode in {6, 7}
    assert "Traceback" not in done.stderr
    assert briefcast("inspect", tmp_path / "none.mp3").returncode == 2


def test_what_a_strangers_file_says_cannot_steer_the_terminal(tmp_path):
    path = make_mp3(tmp_path / "a.mp3")
    said = SAID.model_copy(update={"title": "\x1b[2J\x1b]0;owned\x07 title", "show": "a\r\nVALID: b"})
    sign(path, manifest(said), signer_in(tmp_path / "var"))
    done = briefcast("inspect", path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("VALID")] == [done.stdout.splitlines()[0]]


class _Files(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        media_type = "text/html" if self.path == "/page" else "audio/mpeg"
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)


def test_an_address_is_fetched_within_bounds_and_not_from_private_networks(mp3):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    server.content = mp3.read_bytes()
    address = f"http://127.0.0.1:{server.server_address[1]}/a.mp3"
    with serving(server):
        refused = briefcast("inspect", address)
        assert (refused.returncode, "address_refused" in refused.stderr) == (3, True)
        done = briefcast("inspect", address, "--allow-private")
        assert (done.returncode, done.stdout.startswith("VALID")) == (0, True), done.stderr
        page = briefcast("inspect", address.replace("a.mp3", "page"), "--allow-private")
        assert (page.returncode, "not audio" in page.stderr) == (3, True)
