"""Transcripts for tests: passages whose words are evenly spaced, nothing of the code under test in them."""

from __future__ import annotations

import re

from briefing.audio import MASTER_RATE
from briefing.script import Role
from briefing.transcript import Passage, Transcript, WordCue

#: Samples that each word takes, and the gap after it.
WORD, GAP = 13_230, 2_205

#: Silence between two passages, in samples.
PAUSE = 22_050


def passage(text, first=MASTER_RATE, role=Role.BODY, speaker="Joe", number=0, article="a:b"):
    """A passage said from sample `first` on, a sentence ending at each full stop, question or exclamation mark."""
    words, sentences, at = [], [], first
    for match in re.finditer(r"\S+", text):
        if not words or text[words[-1].start : words[-1].end].rstrip("”\"'").endswith((".", "!", "?")):
            sentences.append(len(words))
        words.append(WordCue(match.start(), match.end(), at, at + WORD, "exact"))
        at += WORD + GAP
    return Passage(
        segment=f"{number:016x}",
        article=article,
        role=role,
        speaker=speaker,
        text=text,
        first=first,
        last=words[-1].last,
        words=tuple(words),
        sentences=tuple(sentences),
    )


def transcript(*parts, after=5 * MASTER_RATE, title="The bridge closes", language="en"):
    """A transcript of (text, fields) parts one after the other; `after` is what follows the last word, in samples."""
    passages, at = [], MASTER_RATE
    for number, part in enumerate(parts):
        text, fields = part if isinstance(part, tuple) else (part, {})
        passages.append(passage(text, at, number=number, **fields))
        at = passages[-1].last + PAUSE
    return Transcript(
        language=language,
        title=title,
        disclosure="This audio is created with AI assistance.",
        samples=at - PAUSE + after,
        passages=tuple(passages),
    )
