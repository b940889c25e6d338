"""Every failpoint, with every way to fail: all work comes to its end, and the invariants hold.

One installation: the embedded runner, all of it forked, a tone for a voice, a briefing for each point and way. Raising and
killing go on at once, as their briefings do not meet; hanging is mostly waiting and comes apart.
The dispatcher's point is in test_dispatcher.py, as it needs Redis.
"""

from __future__ import annotations

import io
import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from unittest import mock

import numpy as np
import pytest
import soundfile

from briefing.failpoints import Action, Failpoint
from tests.support.asking import ask
from tests.support.engines import lend
from tests.support.failpoints import Failpoints
from tests.support.history import Reader, check
from tests.support.installation import installed
from tests.support.logged_engine import LoggedEngine, SpareEngine
from tests.support.newsroom import work_off

TEXT = "The ferry runs again from Monday, the harbour board said."


JINGLE = (Failpoint.JINGLE_STORED, Failpoint.JINGLE_BEFORE_COMMIT)
API = (Failpoint.API_ASKED, Failpoint.API_REGENERATED, Failpoint.API_PUBLISHED)
#: Reached where no step is bound to the log: whoever comes first fails.
ANYBODY = {Failpoint.STEP_CLAIMED, Failpoint.STEP_RELEASED, Failpoint.SWEEP_BEFORE_COMMIT, Failpoint.SWEEP_AFTER_COMMIT}
ELSEWHERE = {Failpoint.DISPATCHER_RUNG}

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
    """Upload a jingle; return the ID of the request, which its step goes back to."""
    noise = 0.1 * np.random.default_rng(len(name)).standard_normal(2 * 44_100)
    content = io.BytesIO()
    soundfile.write(content, noise, 44_100, format="WAV")
    answer = desk.client.post(f"/v1/jingles?name={name}&part=mark", content=content.getvalue())
    assert answer.status_code in {200, 201, 202}, answer.text
    return answer.headers["x-request-id"]


def rot(desk, names):
    """Damage all takes of articles that another show has had spoken, in this process; return what they say."""
    with mock.patch.dict(os.environ, desk.environment):
        lend(desk.place, logged=LoggedEngine(), spare=SpareEngine())
        for name in names:
            desk.write(name, f"This is about {name}.")
            ask(desk.place, name, voice="tone", show="weekly")
        work_off(desk.place)
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
                    over.let_go.append((Failpoint(point), Action.HANG))

    over.let_go = []
    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    yield over.let_go
    over.set()
    thread.join()


def fail_workers(desk, failing, actions):
    """Ask for all briefings while nobody works, arm their points, and have them made. Returns name -> briefing."""
    asked = {}
    for case, action in product([*CASES, ROTTEN], actions):
        name = f"{case.name}-{action}"
        if not case.missing and case is not ROTTEN:
            # The word in a sentence of its own, that no other briefing has had spoken.
            desk.write(
                name, *filter(None, [TEXT, case.word and f"{case.word[:-1]}, {action}.", f"This is about {name}."])
            )
        asked[name] = desk.ask(name)["id"]
        arm(failing, case, action, asked[name])
    for action in actions:
        request = upload(desk, f"mark-{action}")
        for point in JINGLE:
            failing.arm(point, action, request_id=request)
    desk.work("again")
    desk.finish(300)
    return asked


def fail_api(desk, failing, actions):
    """Fail at each request's point; the client comes again. Returns the briefings."""
    held = []
    for action in actions:
        desk.write(f"held-{action}", TEXT)
        failing.arm(Failpoint.API_ASKED, action)
        held.append(desk.ask(f"held-{action}", show="held")["id"])
    desk.finish()
    for briefing, action in zip(held, actions, strict=True):
        assert desk.states(briefing)[-1][0] == "held"
        failing.arm(Failpoint.API_PUBLISHED, action)
        desk.post(f"/v1/briefings/{briefing}/publish", {}, expected=(202, 409))
        failing.arm(Failpoint.API_REGENERATED, action)
        desk.post(f"/v1/briefings/{briefing}/regenerate", {"refetch": False})
    desk.finish()
    return held


@pytest.mark.parametrize(
    "actions", [(Action.RAISE, Action.KILL), pytest.param((Action.HANG,), marks=pytest.mark.long)], ids="-".join
)
def test_every_failpoint(actions, tmp_path):
    # Given an installation in which every point is armed once for each way, and a reader who listens all the while
    failing = Failpoints(tmp_path / "failing")
    with installed(tmp_path / "desk", WORKERS=4, LEASE_S=2, STEP_S=5) as desk:
        spoiled = rot(desk, [f"{ROTTEN.name}-{action}" for action in actions])
        desk.environment |= failing.environment
        desk.serve()
        reader = Reader(desk, [f"{case.name}-{action}" for case, action in product([*CASES, ROTTEN], actions)])
        reader.start()
        # When all are made
        with letting_go(failing) as let_go:
            asked = fail_workers(desk, failing, actions)
        held = fail_api(desk, failing, actions)
        # Then every failure has happened
        assert not failing.waiting(), f"never reached: {failing.waiting()}"
        happened = {(point, done) for point, done, _ in failing.happened()} | set(let_go)
        assert set(product(set(Failpoint) - ELSEWHERE, actions)) - happened == set()
        failing.let_go()
        # And every briefing is live, or failed where its article is missing
        for case, action in product([*CASES, ROTTEN], actions):
            expected = ("failed", "article_not_found") if case.missing else ("live", None)
            assert desk.states(asked[f"{case.name}-{action}"])[-1] == expected, (case.name, action)
        for briefing in held:
            # Whoever asked again when it had fetched already is answered by a revision more.
            states = [state for state, _ in desk.states(briefing) if state not in {"unchanged", "superseded"}]
            assert states == ["live", "held"]
        for action in actions:
            assert desk.client.get(f"/v1/jingles/mark-{action}/mark").json()["usable"]
        # And the invariants hold
        check(desk, reader, [*asked.values(), *held], forgotten=spoiled)
