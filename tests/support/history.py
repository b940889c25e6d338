"""What happened in an installation, and whether it kept the invariants I1 to I8 of docs/guarantees.md.

Facts are gathered from the database, the public folder, the engine's log and a reader who fetches all the while; the
checker looks at facts only, so that doctored ones show that it sees.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import httpx

from api.problems import FAILURES, PROBLEMS
from briefing.errors import Overdue
from briefing.speech import VOICE_FALLBACK
from briefing.states import ACTIVE
from tests.support.logged_engine import calls
from worker.running.perform import INTERNAL_ERROR
from worker.sound.files import UnreadableSound, decoded_from

#: Seconds between a take's commit and a call of the engine for it by somebody who had looked before, and whom a busy
#: machine kept.
_LOOKED_BEFORE_S = 6.0

#: Seconds that a request may have hung at an object store which has come back since.
_STORE_BACK_S = 30.0

_AUDIO = re.compile(r"/audio/([0-9a-f]{64})\.mp3")


@dataclass(frozen=True)
class Reading:
    """One answer to a reader."""

    at: float
    path: str
    status: int
    content: str
    """Key of `Facts.contents`; empty for no body."""
    span: tuple[int, int] | None = None
    """First and last byte asked for."""
    revision: int | None = None
    """What an article's audio JSON says is live."""


@dataclass
class Facts:
    """All that the checker looks at."""

    accepted: list[str] = field(default_factory=list)
    """IDs of the briefings of accepted requests."""
    revisions: list[tuple] = field(default_factory=list)
    """(id, briefing, number, state, error_code)."""
    live: dict[str, int | None] = field(default_factory=dict)
    """Briefing -> ID of its live revision."""
    steps: list[tuple] = field(default_factory=list)
    """(id, revision, kind, state, attempts, error_code)."""
    readings: list[Reading] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    spoken: list[tuple] = field(default_factory=list)
    """Calls of the engine that began: (text, voice, variation, at, process ID)."""
    finished: dict[tuple, float] = field(default_factory=dict)
    """(text, voice, variation) -> when its take was committed first."""
    forgotten: set[tuple] = field(default_factory=set)
    """(text, voice, variation) of takes that a test damaged."""
    paused: list[tuple] = field(default_factory=list)
    """(process ID, from, to) of processes that were stopped, and went on with what they knew before."""
    away: list[tuple] = field(default_factory=list)
    """(from, to) of when the object store was kept from answering: what lies there could not be read through the API."""
    stored: dict[str, str] = field(default_factory=dict)
    """Name of a public MP3 -> sha256 of its bytes."""


class Reader(threading.Thread):
    """Fetches what readers fetch until stopped: JSON, alias, feed, whole MP3s and parts of them."""

    def __init__(self, desk, articles, shows=("daily",), pause_s=0.15):
        super().__init__(name="reader", daemon=True)
        self.desk, self.articles, self.shows, self.pause_s = desk, list(articles), shows, pause_s
        self.readings, self.contents, self.known = [], {}, []
        self.away = 0
        self._over = threading.Event()

    def stop(self):
        """Stop, and hear all that was ever published once more."""
        self.end()
        self.join(30)
        with self._client() as client:
            for path in self.known:
                self._get(client, path)

    def end(self):
        self._over.set()

    def run(self):
        with self._client() as client:
            while not self._over.is_set():
                for article in list(self.articles):
                    self._follow(client, article)
                    if self._over.wait(self.pause_s):
                        return
                for show in self.shows:
                    self._get(client, f"/shows/{show}/feed.xml")
                self._over.wait(self.pause_s)

    def _client(self):
        return httpx.Client(
            base_url=self.desk.address, trust_env=False, timeout=10, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def _follow(self, client, article):
        answer = self._get(client, f"/v1/articles/desk/{article}/audio")
        if answer is None or answer.status_code != 200:
            return
        path = _AUDIO.search(answer.json()["url"]).group()
        if path not in self.known:
            self.known.append(path)
            self._get(client, path)
        length = answer.json()["bytes"]
        first = int(time.monotonic() * 1000) % max(1, length - 100)
        self._get(client, path, span=(first, min(length - 1, first + 5000)))
        self._get(client, f"/articles/desk/{article}.mp3")

    def _get(self, client, path, span=None):
        headers = {"Range": f"bytes={span[0]}-{span[1]}"} if span else {}
        try:
            answer = client.get(path, headers=headers)
        except httpx.TransportError:
            self.away += 1
            return None
        key = hashlib.sha256(answer.content).hexdigest()
        if path.endswith((".mp3", "/audio", ".xml")):
            self.contents.setdefault(key, answer.content)
        revision = None
        if path.endswith("/audio") and answer.status_code == 200:
            revision = answer.json()["revision"]
        self.readings.append(Reading(time.time(), path, answer.status_code, key, span, revision))
        return answer


def gathered(desk, reader, accepted, *, paused=(), forgotten=(), away=()):
    """The facts of an installation whose work is done."""
    facts = Facts(accepted=list(accepted), paused=list(paused), forgotten=set(forgotten), away=list(away))
    facts.revisions = [
        tuple(row) for row in desk.rows("SELECT id, briefing_id, number, state, error_code FROM revisions")
    ]
    facts.live = dict(tuple(row) for row in desk.rows("SELECT id, live_revision FROM briefings"))
    facts.steps = [
        tuple(row) for row in desk.rows("SELECT id, revision_id, kind, state, attempts, error_code FROM steps")
    ]
    facts.readings, facts.contents = reader.readings, reader.contents
    facts.spoken = [
        (call["text"], call["voice"], call["variation"], call["at"], call["pid"])
        for call in calls(desk.engine)
        if call["what"] == "begins"
    ]
    facts.finished = _finished(desk)
    for path in (desk.data / "public" / "audio").glob("*.mp3"):
        facts.stored[path.stem] = hashlib.sha256(path.read_bytes()).hexdigest()
    return facts


def _finished(desk):
    created = {}
    for key, at in desk.rows("SELECT key, created_at FROM takes"):
        created[key] = _seconds(at)
    finished = {}
    for (chunks,) in desk.rows("SELECT chunks FROM revisions WHERE chunks IS NOT NULL"):
        # None where the revision's audio has been let go: a null of JSON, not of SQL.
        for chunk in (chunks if isinstance(chunks, list) else json.loads(chunks)) or ():
            if chunk["key"] in created:
                said = (chunk["spoken"], chunk.get("voice"), chunk.get("variation", 0))
                finished[said] = min(created[chunk["key"]], finished.get(said, created[chunk["key"]]))
    return finished


def _seconds(at):
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def violations(facts):
    """What the facts show to be broken, each by the invariant's number; nothing when all is well."""
    return [f"{name}: {said}" for name, check in INVARIANTS.items() for said in check(facts)]


def _every_request_ends(facts):
    states = defaultdict(list)
    for _, briefing, _, state, _ in facts.revisions:
        states[briefing].append(state)
    for briefing in facts.accepted:
        if briefing not in states:
            yield f"the accepted briefing {briefing} is not there"
    for revision, _, _, state, code in facts.revisions:
        if state in {active.value for active in ACTIVE}:
            yield f"revision {revision} is still {state}"
        if code == Overdue.code:
            # Deadlines are days, and a test takes minutes, whatever clocks it sets.
            yield f"revision {revision} was given up as overdue before its deadline"
    for step, _, kind, state, _, _ in facts.steps:
        if state not in {"done", "dead"}:
            yield f"step {step} ({kind}) is still {state}"


def _bytes_never_change(facts):
    whole = {}
    for reading in facts.readings:
        if (found := _AUDIO.fullmatch(reading.path)) and reading.status == 200:
            if reading.content != found.group(1):
                yield f"{reading.path} gave other bytes than its name says"
            if whole.setdefault(reading.path, reading.content) != reading.content:
                yield f"{reading.path} changed its bytes"
    for name, sha256 in facts.stored.items():
        if name != sha256:
            yield f"the public file {name}.mp3 has the bytes of {sha256}"


def _nothing_partial(facts):
    heard = {}
    for reading in facts.readings:
        found = _AUDIO.fullmatch(reading.path)
        if reading.path.endswith("/audio") and reading.status == 200:
            try:
                json.loads(facts.contents[reading.content])
            except ValueError:
                yield f"{reading.path} gave no whole JSON"
        feed = reading.path.endswith(".xml") and reading.status == 200
        if feed and not facts.contents[reading.content].rstrip().endswith(b"</rss>"):
            yield f"{reading.path} gave no whole feed"
        if not found:
            continue
        content = facts.contents.get(reading.content, b"")
        if reading.status == 200 and reading.content not in heard:
            heard[reading.content] = _decodes(content)
            if not heard[reading.content]:
                yield f"{reading.path} gave what cannot be decoded"
        if reading.status == 206:
            whole = facts.contents.get(found.group(1))
            first, last = reading.span
            if whole is not None and content != whole[first : last + 1]:
                yield f"{reading.path} gave other bytes for {first} to {last}"


def _decodes(content):
    try:
        return sum(len(block) for block in decoded_from(io.BytesIO(content), "mp3", 44_100)) > 0
    except UnreadableSound:
        return False


def _one_live_and_only_upwards(facts):
    numbers = {revision: (briefing, number) for revision, briefing, number, _, _ in facts.revisions}
    living = defaultdict(list)
    for revision, briefing, _, state, _ in facts.revisions:
        if state == "live":
            living[briefing].append(revision)
    for briefing, found in living.items():
        if found != [facts.live.get(briefing)]:
            yield f"briefing {briefing} has {found} live and points at {facts.live.get(briefing)}"
    for briefing, revision in facts.live.items():
        if revision is not None and (numbers.get(revision, (None,))[0] != briefing or revision not in living[briefing]):
            yield f"briefing {briefing} points at revision {revision}, which is not its live one"
    seen = defaultdict(list)
    for reading in facts.readings:
        if reading.revision is not None:
            seen[reading.path].append(reading.revision)
    for path, found in seen.items():
        if any(later < earlier for earlier, later in pairwise(found)):
            yield f"{path} went back: {sorted(set(found))}"


def _old_audio_plays(facts):
    known = set()
    for reading in facts.readings:
        if reading.status in {200, 206, 302}:
            known.add(reading.path)
        elif reading.path in known and not _is_excused(reading, facts):
            yield f"{reading.path} answered {reading.status} after it had been there"
        elif reading.status >= 500 and not _is_excused(reading, facts):
            yield f"{reading.path} answered {reading.status} to a reader"


def _is_excused(reading, facts):
    return reading.status >= 500 and any(begun <= reading.at <= ended + _STORE_BACK_S for begun, ended in facts.away)


def _three_claims(facts):
    for step, _, kind, _, attempts, _ in facts.steps:
        if not 0 <= attempts <= 3:
            yield f"step {step} ({kind}) was claimed {attempts} times"


def _spoken_once(facts):
    for text, voice, variation, at, pid in facts.spoken:
        said = (text, voice, variation)
        done = facts.finished.get(said)
        if done is None or said in facts.forgotten or at <= done + _LOOKED_BEFORE_S:
            continue
        if any(
            pid == stopped and begun - _LOOKED_BEFORE_S < at and begun <= done + 60
            for stopped, begun, _ in facts.paused
        ):
            continue  # it had looked, was stopped, and went on
        yield f"{text[:40]!r} was spoken again {at - done:.1f} s after its take was stored"


def _failures_have_codes(facts):
    codes = set(FAILURES) | set(PROBLEMS) | {INTERNAL_ERROR}
    for revision, _, _, state, code in facts.revisions:
        if state == "failed" and code not in codes:
            yield f"revision {revision} failed with the code {code!r}"
    for step, _, kind, state, _, code in facts.steps:
        if state == "dead" and code not in codes | {VOICE_FALLBACK}:
            yield f"step {step} ({kind}) died with the code {code!r}"


#: Number -> what looks for its violations.
INVARIANTS = {
    "I1": _every_request_ends,
    "I2": _bytes_never_change,
    "I3": _nothing_partial,
    "I4": _one_live_and_only_upwards,
    "I5": _old_audio_plays,
    "I6": _three_claims,
    "I7": _spoken_once,
    "I8": _failures_have_codes,
}


def check(desk, reader, accepted, **known):
    """Stop the reader, gather the facts and raise AssertionError for what is broken. Returns the facts."""
    reader.stop()
    facts = gathered(desk, reader, accepted, **known)
    found = violations(facts)
    assert not found, "\n".join(found[:20])
    return facts
