"""Every failpoint, with every way to fail: all work comes to its end, and the invariants hold.

One installation for each way: the embedded runner with forked children, a tone for a voice, a briefing for each point.
The dispatcher's point is in test_dispatcher.py, as it needs Redis.
"""

from __future__ import annotations

import io
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile

from briefing.failpoints import Action, Failpoint
from tests.support.failpoints import Failpoints
from tests.support.history import Reader, check
from tests.support.installation import installed

TEXT = "The ferry runs again from Monday, the harbour board said."


JINGLE = (Failpoint.JINGLE_STORED, Failpoint.JINGLE_BEFORE_COMMIT)
API = (Failpoint.API_ASKED, Failpoint.API_REGENERATED, Failpoint.API_PUBLISHED)
#: Reached where no step is bound to the log: whoever comes first fails.
ANYBODY = {Failpoint.STEP_CLAIMED, Failpoint.STEP_RELEASED, Failpoint.SWEEP_BEFORE_COMMIT, Failpoint.SWEEP_AFTER_COMMIT}
#: The last two by tests/worker/test_placing.py.
ELSEWHERE = {Failpoint.DISPATCHER_RUNG, Failpoint.PLACE_BEFORE_COMMIT, Failpoint.PREVIEW_BEFORE_COMMIT}

#: Inside a transaction, and left to hang until the supervisor finds out who holds the lock, or itself.
KILLED = {
    Failpoint.STEP_FINISHED,
    Failpoint.PREPARE_BEFORE_COMMIT,
    Failpoint.PUBLISH_ARTICLE,
    Failpoint.SWEEP_BEFORE_COMMIT,
}
LET_GO = {
    point
    for point in Failpoint
    if point.startswith(("step.", "publish.")) or point.endswith((".before_commit", ".after_commit"))
} - KILLED


@dataclass(frozen=True)
class Case:
    """A briefing, and the points at which its steps fail: one for each kind of step, so that none fails twice."""

    name: str
    points: dict[Failpoint, str]
    """Point -> kind of the step that fails there; empty for the supervisor."""
    word: str = ""
    """A sentence whose word has the engine do what leads there."""
    missing: bool = False
    """The article is not there."""
    before: tuple[tuple[Failpoint, Action, str], ...] = ()
    """What fails first, so that the point is reached."""


_LOST = ((Failpoint.PERFORM_CLAIMED, Action.KILL, "verify"),)

#: Each row: prepare, speak, assemble, publish, and what is special.
CASES = [
    Case("first", {Failpoint.PERFORM_CLAIMED: "prepare", Failpoint.SPEAK_BEFORE: "speak",
                   Failpoint.ASSEMBLE_BEFORE: "assemble", Failpoint.PUBLISH_BEFORE: "publish",
                   Failpoint.VERIFY_BEFORE: "verify"}),
    Case("second", {Failpoint.PREPARE_FETCHED: "prepare", Failpoint.SPEAK_STORED: "speak",
                    Failpoint.ASSEMBLE_ENCODING: "assemble", Failpoint.PUBLISH_AUDIO: "publish",
                    Failpoint.VERIFY_BEFORE_COMMIT: "verify"}),
    Case("third", {Failpoint.PREPARE_BEFORE_COMMIT: "prepare", Failpoint.SPEAK_BEFORE_COMMIT: "speak",
                   Failpoint.ASSEMBLE_SIGNED: "assemble", Failpoint.PUBLISH_COMPANIONS: "publish",
                   Failpoint.STEP_RELEASED: ""}, before=_LOST),
    Case("fourth", {Failpoint.PREPARE_AFTER_COMMIT: "prepare", Failpoint.SPEAK_AFTER_COMMIT: "speak",
                    Failpoint.ASSEMBLE_STORED: "assemble", Failpoint.PUBLISH_ALIAS: "publish",
                    Failpoint.SWEEP_BEFORE_COMMIT: ""}, before=_LOST),
    Case("fifth", {Failpoint.STEP_RECORDED: "prepare", Failpoint.STEP_FINISHED: "speak",
                   Failpoint.ASSEMBLE_BEFORE_COMMIT: "assemble", Failpoint.PUBLISH_ARTICLE: "publish",
                   Failpoint.SWEEP_AFTER_COMMIT: ""}, before=_LOST),
    Case("sixth", {Failpoint.STEP_CLAIMED: "", Failpoint.STEP_READIED: "speak",
                   Failpoint.ASSEMBLE_AFTER_COMMIT: "assemble", Failpoint.PUBLISH_BEFORE_COMMIT: "publish"}),
    Case("seventh", {Failpoint.STEP_RENEWED: "speak", Failpoint.PUBLISH_AFTER_COMMIT: "publish"}, word="It goes slowly."),
    Case("busy", {Failpoint.STEP_POSTPONED: "speak"}, word="The line is busy."),
    Case("leaving", {Failpoint.STEP_GIVEN_BACK: "speak"}, word="The last boat is leaving."),
    Case("again", {Failpoint.STEP_RETRIED: "speak"}, before=((Failpoint.SPEAK_BEFORE, Action.RAISE, "speak"),)),
    Case("mute", {Failpoint.RECAST_BEFORE_COMMIT: "recast"}, word="The horn is mute."),
    Case("gone", {Failpoint.STEP_GIVEN_UP: "prepare"}, missing=True),
    Case("lost", {Failpoint.STEP_CANCELLED: "prepare"}, missing=True),
]  # fmt: skip

#: Its takes are damaged before it is asked for.
ROTTEN = Case("rotten", {Failpoint.STEP_WAITS_AGAIN: "assemble"})


def upload(desk, name):
    noise = 0.1 * np.random.default_rng(1).standard_normal(2 * 44_100)
    content = io.BytesIO()
    soundfile.write(content, noise, 44_100, format="WAV")
    answer = desk.client.post(f"/v1/jingles?name={name}&part=mark", content=content.getvalue())
    assert answer.status_code in {200, 201, 202}, answer.text


def rot(desk):
    """Damage all takes of an article that another show has had spoken; return what they say."""
    desk.write(ROTTEN.name, "This is about what rots.")
    desk.ask(ROTTEN.name, show="weekly")
    desk.finish()
    said = set()
    for sha256, chunks in desk.rows(
        "SELECT takes.sha256, revisions.chunks FROM takes, revisions WHERE instr(revisions.chunks, takes.key) > 0"
    ):
        path = desk.place.storage.path(sha256)
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        said |= {(chunk["spoken"], chunk["voice"], chunk["variation"]) for chunk in json.loads(chunks)}
    return said


def arm(failing, case, action, briefing):
    for point, done, kind in case.before:
        failing.arm(point, done, briefing=briefing, kind=kind)
    for point, kind in case.points.items():
        failing.arm(point, action, **({} if point in ANYBODY else {"briefing": briefing, "kind": kind}))


@contextmanager
def letting_go(failing):
    """Let go on after a second, as when a disk or a network stalls: what hangs after its step is done, since nobody waits
    for it (a process lost for half an hour would tell, tests/worker/test_watchdog.py), and what hangs inside a
    transaction, but for `KILLED`: the supervisor kills each of these alike, two seconds later.
    """
    over = threading.Event()

    def keep():
        while not over.wait(0.3):
            for path in failing.folder.glob("*@*@hang.*"):
                point = path.name.partition("@")[0]
                if Failpoint(point) in LET_GO and time.time() - path.stat().st_ctime > 1:
                    path.unlink(missing_ok=True)
                    over.let_go.append(point)

    over.let_go = []
    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    yield over.let_go
    over.set()
    thread.join()


def fail_workers(desk, failing, action):
    """Ask for all briefings while nobody works, arm their points, and have them made. Returns name -> briefing."""
    asked = {}
    for case in [*CASES, ROTTEN]:
        if not case.missing and case is not ROTTEN:
            desk.write(case.name, *filter(None, [TEXT, case.word, f"This is about {case.name}."]))
        asked[case.name] = desk.ask(case.name)["id"]
        arm(failing, case, action, asked[case.name])
    for point in JINGLE:
        failing.arm(point, action, kind="jingle")
    upload(desk, "morning")
    desk.work()
    desk.finish(300)
    return asked


def fail_api(desk, failing, action):
    """Fail at each request's point; the client comes again. Returns the briefing."""
    desk.write("held", TEXT)
    failing.arm(Failpoint.API_ASKED, action)
    held = desk.ask("held", show="held")["id"]
    desk.finish()
    assert desk.states(held)[-1][0] == "held"
    failing.arm(Failpoint.API_PUBLISHED, action)
    desk.post(f"/v1/briefings/{held}/publish", {}, expected=(202, 409))
    failing.arm(Failpoint.API_REGENERATED, action)
    desk.post(f"/v1/briefings/{held}/regenerate", {"refetch": False})
    desk.finish()
    return held


@pytest.mark.parametrize("action", [Action.RAISE, Action.KILL, pytest.param(Action.HANG, marks=pytest.mark.long)])
def test_every_failpoint(action, tmp_path):
    # Given an installation in which every point is armed once, and a reader who listens all the while
    failing = Failpoints(tmp_path / "failing")
    with installed(tmp_path / "desk", WORKERS=4, LEASE_S=2, STEP_S=5) as desk:
        desk.serve(**failing.environment)
        desk.environment |= failing.environment
        desk.work()
        spoiled = rot(desk)
        desk.kept.pop("workers").stop()
        reader = Reader(desk, [case.name for case in [*CASES, ROTTEN]])
        reader.start()
        # When all are made
        with letting_go(failing) as let_go:
            asked = fail_workers(desk, failing, action)
        held = fail_api(desk, failing, action)
        # Then every failure has happened
        assert not failing.waiting(), f"never reached: {failing.waiting()}"
        happened = {point for point, done, _ in failing.happened() if done == action} | set(map(Failpoint, let_go))
        assert happened == set(Failpoint) - ELSEWHERE
        failing.let_go()
        # And every briefing is live, or failed where its article is missing
        for case in [*CASES, ROTTEN]:
            expected = ("failed", "article_not_found") if case.missing else ("live", None)
            assert desk.states(asked[case.name])[-1] == expected, case.name
        assert desk.states(held)[-1] == ("held", None)
        assert desk.client.get("/v1/jingles/morning/mark").json()["usable"]
        # And the invariants hold
        check(desk, reader, [*asked.values(), held], forgotten=spoiled)
