"""An engine for tests with real workers: deterministic, fast, writes down every call, and fails where the text says so.

Every process of an installation finds it by its entry point (see installation.py). Words in a text decide:

    slowly    takes a second, or what TEST_ENGINE_SLOWLY_S says
    halting   never ends
    crashing  ends the process by SIGSEGV
    mute      cannot be spoken by this voice
    busy      is put off the first time
    leaving   is told to stop the first time
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from voices.engine import AudioChunk, Capabilities, Word
from voices.errors import EngineBusy, EngineFailed

#: Names the folder of the log and of what happens only once.
FOLDER = "TEST_ENGINE_FOLDER"

RATE = 22_050
_PER_CHARACTER = RATE // 50


class LoggedEngine:
    """A tone for each text, its pitch by the text, the voice and the variation."""

    version = "1"
    capabilities = Capabilities(text_limit=1000, online=False, variations=True, silent=True, word_timings=True)

    def model_digest(self, voice):
        return ""

    def synthesize(self, text, voice, pronunciations=(), variation=0):
        log("begins", text, voice.id, variation)
        self._fault(text)
        name, usual = ("TEST_ENGINE_SLOWLY_S", "1") if "slowly" in text else ("TEST_ENGINE_S", "0.02")
        time.sleep(float(os.environ.get(name, usual)))
        digest = hashlib.sha256(f"{text}|{voice.id}|{variation}".encode()).digest()
        length = len(text) * _PER_CHARACTER
        tone = 0.2 * np.sin(np.arange(length) * (2 * np.pi * (200 + digest[0] * 2 + digest[1] / 256) / RATE))
        log("ends", text, voice.id, variation)
        yield AudioChunk(tone.astype(np.float32), RATE, words(text))

    def _fault(self, text):
        if "halting" in text:
            signal.pause()
        if "crashing" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
            time.sleep(60)
        if "mute" in text and type(self) is LoggedEngine:
            raise EngineFailed("it has no voice for this")
        if "busy" in text and once(text):
            raise EngineBusy("rate limited", retry_after_s=0.1)
        if "leaving" in text and once(text):
            raise SystemExit


class SpareEngine(LoggedEngine):
    """The same, and speaks what the other cannot."""


class WireEngine(LoggedEngine):
    """The same as a service, behind a gate."""

    capabilities = replace(LoggedEngine.capabilities, online=True)


def words(text):
    found, at = [], 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        found.append(Word(start, at, start * _PER_CHARACTER, at * _PER_CHARACTER))
    return tuple(found)


def log(what, text, voice, variation):
    line = {"at": time.time(), "pid": os.getpid(), "what": what, "text": text, "voice": voice, "variation": variation}
    handle = os.open(Path(os.environ[FOLDER]) / "calls", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, (json.dumps(line) + "\n").encode())
    finally:
        os.close(handle)


def calls(folder):
    """What was logged, as dictionaries in order."""
    with suppress(FileNotFoundError):
        return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]
    return []


def once(text):
    """Whether this is the first time for this text, among all processes."""
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    try:
        (Path(os.environ[FOLDER]) / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
