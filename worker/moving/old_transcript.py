"""Another host's WebVTT, SubRip or JSON transcript -> a transcript like ours. Pure; fetches nothing.

A caption's time is shared out among its words by their length, so each says that it is estimated. What has no times
(HTML, plain text) is none of these.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from briefing.audio import MASTER_RATE
from briefing.script import Role
from briefing.transcript import Passage, Transcript, WordCue
from worker.words.text import clean_characters, one_line, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Media types that are read, the best first, and which file of ours says the same. Some hosts have names of their own
#: for SubRip.
TIMED_TYPES = {
    "text/vtt": "transcript.vtt",
    "application/x-subrip": "transcript.srt",
    "application/srt": "transcript.srt",
    "text/srt": "transcript.srt",
    "application/json": "transcript.json",
}

#: Captions and letters of one transcript: some nine hours of speech. A longer one is no transcript of an episode.
_MOST = 40_000
_MOST_LETTERS = 500_000

#: Characters after which the next sentence begins a paragraph, as captions know none.
_PARAGRAPH = 500

# Strangers' text: no pattern looks over a stretch of it twice.
_MOMENT = r"((?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3})"
_TIMES = re.compile(rf"{_MOMENT}[ \t]{{0,9}}-->[ \t]{{0,9}}{_MOMENT}")
_VOICE = re.compile(r"<v(?:\.[^ <>]{1,99})?[ \t]([^<>]+)>")
_TAG = re.compile(r"<[^<>]*>")
_NO_CAPTION = ("WEBVTT", "NOTE", "STYLE", "REGION")
_ENDS_SENTENCE = re.compile(r"[.!?…]['\"”’)\]]*$")
_WORD = re.compile(r"\S+")


class _Caption(NamedTuple):
    start: float
    end: float
    """Seconds."""
    speaker: str
    text: str


def read_transcript(
    content: bytes, media_type: str, *, title: str, language: str, article: str, samples: int
) -> Transcript | None:
    """Return what a transcript of an MP3 of so many samples says; None where nothing in it can be read. `article` is
    what it is of, as "source:id".
    """
    told = content.decode("utf-8-sig", errors="replace")
    found = _of_json(told) if media_type == "application/json" else _of_captions(told)
    captions = _in_order(found, samples / MASTER_RATE)
    passages = tuple(
        _passage(captions, number, article, samples) for number, captions in enumerate(_paragraphs(captions), start=1)
    )
    if not passages:
        return None
    return Transcript(language=language, title=title, disclosure="", samples=samples, passages=passages)


def _of_captions(told: str) -> Iterator[_Caption]:
    """WebVTT and SubRip differ in nothing that matters here."""
    for block in re.split(r"\n[ \t]*\n", told.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip().split("\n")
        times = next(((number, found) for number, line in enumerate(lines[:2]) if (found := _TIMES.search(line))), None)
        if times is None or lines[0].startswith(_NO_CAPTION):
            continue
        number, found = times
        said = " ".join(lines[number + 1 :])
        voice = _VOICE.search(said)
        text = unescaped(_TAG.sub("", said))
        yield _Caption(_seconds(found[1]), _seconds(found[2]), unescaped(voice[1]) if voice else "", text)


def _seconds(text: str) -> float:
    *whole, last = text.replace(",", ".").split(":")
    total = 0.0
    for part in whole:
        total = total * 60 + int(part)
    return total * 60 + float(last)


def _of_json(told: str) -> Iterator[_Caption]:
    """The podcast namespace's JSON: segments with startTime, endTime, body and, where it changes, the speaker."""
    try:
        segments: Any = json.loads(told)["segments"]
        speaker = ""
        for segment in segments:
            speaker = str(segment.get("speaker") or speaker)
            start = float(segment["startTime"])
            yield _Caption(start, float(segment.get("endTime", start)), speaker, str(segment.get("body") or ""))
    except (ArithmeticError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return


def _in_order(captions: Iterable[_Caption], seconds: float) -> list[_Caption]:
    """Return captions cleaned and one after the other, within the audio."""
    kept: list[_Caption] = []
    letters = 0
    for found in sorted(captions, key=lambda one: one.start):
        start = max(found.start, kept[-1].end if kept else 0.0)
        text, end = one_line(clean_characters(found.text)), min(found.end, seconds)
        if not text or not start <= end:
            continue
        # Rolling captions say the last line once more.
        if kept and kept[-1].text == text and found.start <= kept[-1].end:
            continue
        letters += len(text)
        if len(kept) >= _MOST or letters > _MOST_LETTERS:
            return kept
        kept.append(_Caption(start, end, one_line(clean_characters(found.speaker))[:100], text))
    return kept


def _paragraphs(captions: list[_Caption]) -> Iterator[list[_Caption]]:
    paragraph: list[_Caption] = []
    letters = 0
    for caption in captions:
        if paragraph:
            before = paragraph[-1]
            ends = letters > _PARAGRAPH and _ENDS_SENTENCE.search(before.text) is not None
            if ends or caption.speaker != before.speaker:
                yield paragraph
                paragraph, letters = [], 0
        paragraph.append(caption)
        letters += len(caption.text)
    if paragraph:
        yield paragraph


def _passage(captions: list[_Caption], number: int, article: str, samples: int) -> Passage:
    text = " ".join(caption.text for caption in captions)
    words: list[WordCue] = []
    sentences = [0]
    at = 0
    for caption in captions:
        spans = [match.span() for match in _WORD.finditer(caption.text)]
        total = sum(end - start for start, end in spans)
        shares = accumulate((end - start for start, end in spans), initial=0)
        moments = [caption.start + (caption.end - caption.start) * share / total for share in shares]
        for (start, end), (first, last) in zip(spans, pairwise(moments), strict=True):
            if words and _ENDS_SENTENCE.search(text[words[-1].start : words[-1].end]):
                sentences.append(len(words))
            cue = (min(samples, round(first * MASTER_RATE)), min(samples, round(last * MASTER_RATE)))
            words.append(WordCue(at + start, at + end, *cue, "estimated"))
        at += len(caption.text) + 1
    return Passage(
        segment=f"{number:04}",
        article=article,
        role=Role.BODY,
        speaker=captions[0].speaker,
        text=text,
        first=words[0].first,
        last=words[-1].last,
        words=tuple(words),
        sentences=tuple(sentences),
    )
