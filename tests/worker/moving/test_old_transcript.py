"""Another host's transcripts, read into one like ours."""

from __future__ import annotations

import json

import pytest

from worker.moving.old_transcript import read_transcript
from worker.public.companions import transcript as formats
from worker.transcript.page import Around

VTT = """WEBVTT - by a host

NOTE made by hand
00:00:00.000 --> 00:00:09.000

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v.loud Olha Bondar>The <b>ferry</b> &amp; its crew.

00:00:02.500 --> 00:00:04.000
<v Ihor>It runs.

00:00:03.500 --> 00:00:05.000
<v Ihor>It runs.

01:00:00.000 --> 01:00:01.000
Behind the end.
"""
SRT = "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\nThe ferry\r\nruns.\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nAgain.\r\n"
JSON = json.dumps(
    {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Olha", "startTime": 0.5, "endTime": 1, "body": "The ferry runs."},
            {"startTime": 1, "endTime": 2, "body": "It does."},
            {"speaker": "Ihor", "startTime": 2, "endTime": 3, "body": "Since when?"},
        ],
    }
)


def read(told, kind):
    return read_transcript(told.encode(), kind, title="E", language="en", article="imported:x", samples=441_000)


@pytest.mark.parametrize(
    ("told", "kind", "passages"),
    [
        (VTT, "text/vtt", [("Olha Bondar", "The ferry & its crew.", 1.0, 2.5), ("Ihor", "It runs.", 2.5, 4.0)]),
        (SRT, "application/x-subrip", [("", "The ferry runs. Again.", 1.0, 4.0)]),
        (JSON, "application/json", [("Olha", "The ferry runs. It does.", 0.5, 2.0), ("Ihor", "Since when?", 2.0, 3.0)]),
    ],
)
def test_captions_become_passages_and_their_words_share_their_time(told, kind, passages):
    found = read(told, kind)
    assert [(one.speaker, one.text, one.first / 44_100, one.last / 44_100) for one in found.passages] == passages
    for passage in found.passages:
        assert "".join(passage.text[word.start : word.end] for word in passage.words) == passage.text.replace(" ", "")
        ends = [moment for word in passage.words for moment in (word.first, word.last)]
        assert ends == sorted(ends)
        assert {word.timing for word in passage.words} == {"estimated"}
    # And every file of ours can be made of it
    assert all(formats.render(found, Around("Show", "/x.mp3", (), "")).values())


def test_a_long_talk_is_cut_into_paragraphs_at_the_ends_of_sentences():
    told = "\n\n".join(
        f"00:00:{at / 10:06.3f} --> 00:00:{at / 10 + 0.1:06.3f}\nA caption of about forty letters, number {at}{'.' if at % 3 else ','}"
        for at in range(60)
    )
    passages = read(told, "text/vtt").passages
    assert len(passages) > 3
    assert all(len(one.text) < 700 and one.text.endswith(".") for one in passages[:-1])
    assert [len(one.sentences) for one in passages[:-1]] == [len(one.sentence_words()) for one in passages[:-1]]


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("", "text/vtt"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "text/vtt"),
        ("<html>no</html>", "application/x-subrip"),
        ("{}", "application/json"),
        ('{"segments": [1]}', "application/json"),
        ("[" * 5000, "application/json"),
        (f'{{"segments": [{{"startTime": {"1" * 400}, "body": "x"}}]}}', "application/json"),
        ('{"segments": [{"startTime": "NaN", "body": "x"}]}', "application/json"),
        ("9" * 5000 + ":00:01.000 --> 00:02.000\nx", "text/vtt"),
        ("00:01.000 --> 00:02.000\n" + "<v " * 300_000, "text/vtt"),
        ("00:01.000 --> 00:02.000\n" + "word " * 300_000, "text/vtt"),
    ],
)
def test_what_is_no_transcript_is_none(told, kind):
    assert read(told, kind) is None


def test_a_character_of_thousands_of_digits_is_none_and_holds_no_podcast_up():
    (passage,) = read(f"00:01.000 --> 00:02.000\n<v &#{'1' * 5000};>Said &#x{'f' * 5000};", "text/vtt").passages
    assert (passage.speaker, passage.text) == ("\N{REPLACEMENT CHARACTER}", "Said \N{REPLACEMENT CHARACTER}")
