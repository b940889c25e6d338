"""The main job by command, Piper speaking: a file to an MP3, and the demo."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.support import command
from tests.support.checks import check_mp3
from tests.support.processes import ROOT, briefcast
from tests.support.steptable import rows

SAMPLES = ROOT / "samples" / "articles"


def test_an_article_becomes_an_mp3(tmp_path):
    done = briefcast("narrate", SAMPLES / "cup-final.txt", "-o", "out.mp3", "--report", "report.json")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    check_mp3(tmp_path / "out.mp3", title=report["title"], duration_s=report["duration_s"])
    assert report["loudness_lufs"] is not None
    assert report["segments"][-1]["end_s"] < report["duration_s"]
    words_a_minute = report["words"] / report["duration_s"] * 60
    assert 100 < words_a_minute < 200


def test_several_articles_become_chapters(tmp_path):
    sources = [SAMPLES / "cup-final.txt", SAMPLES / "budget-vote.md"]
    done = command.briefcast("narrate", *sources, "-o", "two.mp3", "--voice", "silence", "--report", "report.json")
    assert done.returncode == 0, done.stderr
    chapters = json.loads((tmp_path / "report.json").read_text())["chapters"]
    assert [chapter["start_s"] == 0 for chapter in chapters] == [True, False]


def test_the_demo_twice_in_a_row():
    data, results, spoken = Path(os.environ["BRIEFCAST_DATA"]), [], []
    for _ in range(2):
        done = briefcast("demo", "--once", "--port", "0", "--article", "cup-final", "--workers", "1")
        assert done.returncode == 0, done.stderr
        assert "/embed/samples/cup-final" in done.stdout
        assert "/docs" in done.stdout
        results.append(json.loads(done.stdout.splitlines()[-1]))
        spoken += rows(data, "SELECT count(*) FROM steps WHERE kind = 'speak'")
    first, second = results
    assert first.keys() == {"mp3", "url", "duration_s", "words", "took_s"}
    assert Path(first["mp3"]).is_file()
    assert Path(first["mp3"]).is_relative_to(data)
    assert second["mp3"] == first["mp3"], "what is live is shared, not made again"
    assert spoken[0] == spoken[1] > (1,)


def test_the_demo_says_when_its_port_is_taken():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command.briefcast("demo", "--once", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 3
    assert "is taken" in done.stderr
    assert "--port" in done.stderr
