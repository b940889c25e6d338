"""Transcript -> JSON: a transcript of the podcast namespace (version 1.0.0) with a segment for each word.

Its format allows segments of any length and names one word as the most precise. What it lacks stands beside it: the
programme's `duration`, its `language`, its `disclosure`, how sure a time is, and how words make sentences and passages.
Apps that know only the format skip that; a player needs it to show the text as text.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from briefing.audio import MASTER_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.transcript import Passage, Transcript


def render(transcript: Transcript) -> str:
    """Return the transcript as JSON; the last word ends with the programme."""
    passages = [passage for passage in transcript.passages if passage.words]
    named = len(transcript.speakers) > 1
    words = [word for passage in passages for word in _words(passage, named=named)]
    if words:
        words[-1]["endTime"] = _seconds(transcript.samples)
    content = {
        "version": "1.0.0",
        "title": transcript.title,
        "language": transcript.language,
        "duration": _seconds(transcript.samples),
        "disclosure": transcript.disclosure,
        "segments": words,
        "passages": list(_passages(passages)),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _words(passage: Passage, *, named: bool) -> Iterator[dict[str, Any]]:
    usual = _usual_timing(passage)
    for word in passage.words:
        said: dict[str, Any] = {"speaker": passage.speaker} if named else {}
        said |= {
            "startTime": _seconds(word.first),
            "endTime": _seconds(word.last),
            "body": passage.text[word.start : word.end],
        }
        yield said if word.timing == usual else said | {"timing": word.timing}


def _passages(passages: list[Passage]) -> Iterator[dict[str, Any]]:
    done = 0
    for passage in passages:
        yield {
            "id": passage.segment,
            "role": passage.role.value,
            "article": passage.article,
            "startTime": _seconds(passage.first),
            "endTime": _seconds(passage.last),
            "timing": _usual_timing(passage),
            "sentences": [done + number for number in passage.sentences],
            "words": [done, done + len(passage.words)],
        }
        done += len(passage.words)


def _usual_timing(passage: Passage) -> str:
    """Return how most of a passage's times came about; words of which that is not true say so themselves."""
    return Counter(word.timing for word in passage.words).most_common(1)[0][0]


def _seconds(samples: int) -> float:
    return round(samples / MASTER_RATE, 3)
