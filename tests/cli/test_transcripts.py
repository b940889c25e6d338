"""`briefcast narrate --transcript`, Piper speaking: what the files say of the sound that is really in the MP3."""

from __future__ import annotations

import json

import pytest
import webvtt
from lxml import html

from tests.support.audio import joined
from tests.support.command import briefcast
from tests.support.processes import ROOT
from worker.sound.files import decoded

ARTICLE = ROOT / "samples" / "articles" / "harbour-bridge.html"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A folder with an MP3 by Piper and all its transcripts, and its decoded length in seconds."""
    folder = tmp_path_factory.mktemp("told")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        done = briefcast(
            "narrate",
            ARTICLE,
            "-o",
            "out.mp3",
            "--transcript",
            "vtt,srt,json,html",
            "--report",
            "report.json",
            cwd=folder,
        )
    assert done.returncode == 0, done.stderr
    return folder, len(joined(decoded(folder / "out.mp3", 44_100))) / 44_100


def test_every_transcript_ends_with_the_decoded_audio(told):
    folder, heard_s = told
    for parsed in (webvtt.read(folder / "out.vtt"), webvtt.from_srt(folder / "out.srt")):
        hours, minutes, rest = parsed.captions[-1].end.split(":")
        assert int(hours) * 3600 + int(minutes) * 60 + float(rest) == pytest.approx(heard_s, abs=0.05)
    words = json.loads((folder / "out.json").read_text())
    assert words["segments"][-1]["endTime"] == pytest.approx(heard_s, abs=0.05)
    assert words["duration"] == pytest.approx(heard_s, abs=0.05)
    page = html.fromstring((folder / "out.html").read_text())
    assert float(page.find(".//main").get("data-duration")) == pytest.approx(heard_s, abs=0.05)
    assert page.find(".//audio").get("src") == "out.mp3"


def test_they_say_every_written_word_and_the_report_says_how_sure_their_times_are(told):
    folder, _ = told
    report = json.loads((folder / "report.json").read_text())
    words = json.loads((folder / "out.json").read_text())["segments"]
    assert " ".join(word["body"] for word in words) == " ".join(part["written"] for part in report["segments"])
    assert "$4.2" in {word["body"] for word in words}
    assert sum(report["word_times"].values()) == len(words)
    # Each word is said inside its segment.
    at = 0
    for part in report["segments"]:
        own = words[at : at + len(part["written"].split())]
        at += len(own)
        assert part["start_s"] - 0.001 <= own[0]["startTime"]
        if part is not report["segments"][-1]:
            assert own[-1]["endTime"] <= part["end_s"] + 0.001


def test_chapters_come_from_the_storys_headings(told):
    folder, heard_s = told
    chapters = json.loads((folder / "report.json").read_text())["chapters"]
    assert [chapter["title"] for chapter in chapters] == [
        "Harbour bridge to close for nine weeks",
        "How people will cross",
        "Who pays",
    ]
    assert chapters[0]["start_s"] == 0
    assert chapters[-1]["end_s"] == pytest.approx(heard_s, abs=0.05)


def test_only_what_is_asked_for_is_written(tmp_path):
    done = briefcast("narrate", ARTICLE, "-o", "out.mp3", "--voice", "silence", "--transcript", " srt")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.glob("out.*")} == {"out.mp3", "out.srt"}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [(("--transcript", "vtt,doc"), "no format 'doc'"), (("--transcript", "json", "--report", "out.json"), "names of their own")],
)  # fmt: skip
def test_what_cannot_be_written_is_told_before_anything_is_spoken(arguments, fault):
    done = briefcast("narrate", ARTICLE, "-o", "out.mp3", *arguments)
    assert done.returncode == 2
    assert fault in done.stderr
