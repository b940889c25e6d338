"""The checker sees what it is there to see: each doctored history is refused, by the number of its invariant."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from tests.support.history import Facts, Reading, violations
from worker.encode import encode


@pytest.fixture(scope="module")
def mp3(tmp_path_factory):
    path = tmp_path_factory.mktemp("mp3") / "tone.mp3"
    encode([0.1 * np.sin(np.arange(44_100) * 0.05).astype(np.float32)], path)
    return path.read_bytes()


def sha(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def facts(mp3):
    """A history of two revisions in which all is well."""
    old, new = mp3, mp3[:-1] + b"\0"
    audio = [b'{"revision": %d}' % number for number in (1, 2)]
    contents = {sha(content): content for content in (old, new, old[100:200], *audio)}
    paths = [f"/audio/{sha(content)}.mp3" for content in (old, new)]
    json = "/v1/articles/desk/ferry/audio"
    return Facts(
        accepted=["b1", "b1"],
        revisions=[(1, "b1", 1, "superseded", None), (2, "b1", 2, "live", None), (3, "b1", 3, "failed", "worker_lost")],
        live={"b1": 2},
        steps=[
            (1, 1, "speak", "done", 1, None),
            (2, 2, "speak", "done", 3, None),
            (3, 3, "speak", "dead", 3, "worker_lost"),
        ],
        readings=[
            Reading(1, json, 404, sha(b"")),
            Reading(2, json, 200, sha(audio[0]), revision=1),
            Reading(3, paths[0], 200, sha(old)),
            Reading(4, paths[0], 206, sha(old[100:200]), span=(100, 199)),
            Reading(5, json, 200, sha(audio[1]), revision=2),
            Reading(6, paths[1], 200, sha(new)),
            Reading(7, paths[0], 200, sha(old)),
        ],
        contents=contents,
        spoken=[("It runs.", "tone", 0, 10.0, 77), ("It runs.", "tone", 0, 10.5, 78)],
        finished={("It runs.", "tone", 0): 11.0},
        stored={sha(old): sha(old), sha(new): sha(new)},
    )


def test_a_sound_history_is_accepted(facts):
    assert violations(facts) == []


def _with(name, change):
    def doctored(facts):
        return replace(facts, **{name: change(getattr(facts, name))})

    return doctored


def _read(reading):
    return _with("readings", lambda readings: [*readings, reading])


def _cut_short(facts):
    part = b"ID3 and nothing else"
    facts.contents[sha(part)] = part
    return replace(facts, readings=[*facts.readings, Reading(8, f"/audio/{sha(part)}.mp3", 200, sha(part))])


def _wrong_range(facts):
    facts.contents[sha(b"else")] = b"else"
    return replace(facts, readings=[*facts.readings, Reading(8, facts.readings[2].path, 206, sha(b"else"), (100, 199))])


def _other_bytes(facts):
    return replace(
        facts, readings=[*facts.readings, Reading(8, facts.readings[2].path, 200, facts.readings[5].content)]
    )


def _gone(facts):
    return replace(facts, readings=[*facts.readings, Reading(8, facts.readings[2].path, 404, sha(b""))])


def _half_json(facts):
    facts.contents[sha(b"{")] = b"{"
    return replace(facts, readings=[*facts.readings, Reading(8, facts.readings[0].path, 200, sha(b"{"), revision=2)])


def _half_feed(facts):
    facts.contents[sha(b"<rss>")] = b"<rss>"
    return replace(facts, readings=[*facts.readings, Reading(8, "/shows/daily/feed.xml", 200, sha(b"<rss>"))])


DOCTORED = {
    "a request that vanished": ("I1", _with("accepted", lambda found: [*found, "b2"])),
    "a revision that is stuck": ("I1", _with("revisions", lambda found: [*found, (4, "b1", 4, "speaking", None)])),
    "a revision that was late too soon": ("I1", _with("revisions", lambda found: [*found, (4, "b1", 4, "failed", "overdue")])),
    "a step that is stuck": ("I1", _with("steps", lambda found: [*found, (4, 2, "verify", "leased", 1, None)])),
    "an address whose bytes changed": ("I2", _other_bytes),
    "a public file of another name": ("I2", _with("stored", lambda found: found | {"0" * 64: "1" * 64})),
    "an MP3 that cannot be decoded": ("I3", _cut_short),
    "a part of something else": ("I3", _wrong_range),
    "half of a JSON": ("I3", _half_json),
    "half of a feed": ("I3", _half_feed),
    "two live revisions": ("I4", _with("revisions", lambda found: [*found, (4, "b1", 4, "live", None)])),
    "a pointer to what is not live": ("I4", _with("live", lambda _: {"b1": 1})),
    "a reader who hears an older one": ("I4", _read(Reading(8, "/v1/articles/desk/ferry/audio", 200, sha(b'{"revision": 1}'), revision=1))),
    "old audio that is gone": ("I5", _gone),
    "a reader met with an error": ("I5", _read(Reading(8, "/shows/daily/feed.xml", 503, sha(b"")))),
    "a fourth claim": ("I6", _with("steps", lambda found: [*found, (4, 2, "speak", "done", 4, None)])),
    "a finished chunk spoken again": ("I7", _with("spoken", lambda found: [*found, ("It runs.", "tone", 0, 20.0, 79)])),
    "a failure without a code": ("I8", _with("revisions", lambda found: [*found, (4, "b1", 4, "failed", None)])),
    "a failure of no list": ("I8", _with("steps", lambda found: [*found, (4, 2, "speak", "dead", 1, "oops")])),
}  # fmt: skip


@pytest.mark.parametrize("doctored", DOCTORED)
def test_a_doctored_history_is_refused(facts, doctored):
    number, doctor = DOCTORED[doctored]
    found = violations(doctor(facts))
    assert found
    assert {said.partition(":")[0] for said in found} == {number}


def test_a_worker_that_was_stopped_explains_a_second_speaking(facts):
    again = replace(facts, spoken=[*facts.spoken, ("It runs.", "tone", 0, 20.0, 78)], paused=[(78, 10.6, 19.9)])
    assert violations(again) == []
    other = replace(again, paused=[(79, 10.6, 19.9)])
    assert violations(other)
