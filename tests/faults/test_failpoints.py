"""Every failpoint, with every way to fail: all work comes to its end, and the invariants hold.

One installation: the embedded runner, all of it forked, a tone for a voice, a briefing for each point and way. Raising and
killing go on at once, as their briefings do not meet; hanging is mostly waiting and comes apart. What follows stories
(digests, corrections, feeds that list others' stories, messages) is in tests/support/followers.py.
The dispatcher's point is in test_redis_frozen.py, as it needs Redis; seven more are where what leads there is laid out, and
are raised and killed at, but not hung.
"""

from __future__ import annotations

import io
import json
import os
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from unittest import mock
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import soundfile
from sqlalchemy import update

from briefing.failpoints import Action, Failpoint
from briefing.models import CondemnedRow, RevisionRow
from tests.support.asking import ask
from tests.support.engines import lend
from tests.support.failpoints import Failpoints
from tests.support.followers import SWEEPING as FOLLOWERS_SWEEPING
from tests.support.followers import Followers
from tests.support.history import Reader, check
from tests.support.installation import installed
from tests.support.logged_engine import LoggedEngine, SpareEngine
from tests.support.newsroom import work_off
from tests.support.openai_chat import openai_chat
from tests.support.processes import wait_for
from tests.support.threads import serving

TEXT = "The ferry runs again from Monday, the harbour board said."


#: By those who sweep, who have no step, and hold what the test has laid out for them.
SWEEPING = (
    Failpoint.STEP_BURIED, Failpoint.ESTIMATE_FAILED, Failpoint.AUDIENCE_FOLDED, Failpoint.AUDIENCE_LET_GO,
    Failpoint.RETENTION_LET_GO, Failpoint.RETENTION_DELETED, Failpoint.RETENTION_ERASED, *FOLLOWERS_SWEEPING,
)  # fmt: skip
WITHDRAWING = (
    Failpoint.WITHDRAW_BURIED, Failpoint.WITHDRAW_REMOVED, Failpoint.WITHDRAW_BEFORE_COMMIT,
    Failpoint.WITHDRAW_AFTER_COMMIT,
)  # fmt: skip
JINGLE = (Failpoint.JINGLE_STORED, Failpoint.JINGLE_BEFORE_COMMIT)
#: Reached where no step is bound to the log: whoever comes first fails.
ANYBODY = {
    Failpoint.STEP_CLAIMED,
    Failpoint.STEP_RELEASED,
    Failpoint.SWEEP_BEFORE_COMMIT,
    Failpoint.SWEEP_AFTER_COMMIT,
    Failpoint.GATE_TAKEN,
}
#: In tests/faults/test_redis_frozen.py; tests/worker/stream/test_streaming.py, test_placing.py and test_following.py;
#: tests/api/test_lexicon.py.
ELSEWHERE = {
    Failpoint.DISPATCHER_RUNG,
    Failpoint.STREAM_WRITTEN,
    Failpoint.STREAM_BEFORE_COMMIT,
    Failpoint.PLACE_BEFORE_COMMIT,
    Failpoint.PREVIEW_BEFORE_COMMIT,
    Failpoint.RESPEAK_RECORDED,
    Failpoint.STEP_COMES_AGAIN,
    Failpoint.POLL_NOTICED,
}

#: Inside a transaction, and left to hang until the supervisor finds out who holds the lock, or itself.
KILLED = {
    Failpoint.STEP_FINISHED,
    Failpoint.PREPARE_BEFORE_COMMIT,
    Failpoint.PUBLISH_ARTICLE,
    Failpoint.SWEEP_BEFORE_COMMIT,
}
LET_GO_OF = {
    "step", "publish", "gate", "estimate", "retention", "audience", "withdraw", "notify", "digest", "summary", "correct",
    "list", "notice",
}  # fmt: skip
LET_GO = {
    point
    for point in Failpoint
    if point.partition(".")[0] in LET_GO_OF or point.endswith((".before_commit", ".after_commit"))
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
    ends: tuple[str, str | None] = ("live", None)
    """State and code in the end."""
    voice: str = "tone"
    before: tuple[tuple[Failpoint, Action, str], ...] = ()
    """What fails first, so that the point is reached."""


_MISSING = ("failed", "article_not_found")
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
    Case("gone", {Failpoint.STEP_GIVEN_UP: "prepare"}, missing=True, ends=_MISSING),
    Case("lost", {Failpoint.STEP_CANCELLED: "prepare"}, missing=True, ends=_MISSING),
    Case("wired", {Failpoint.GATE_TAKEN: "", Failpoint.GATE_SETTLED: "speak"}, voice="wire"),
    Case("doomed", {}, before=((Failpoint.PERFORM_CLAIMED, Action.KILL, "prepare"),) * 3, ends=("failed", "worker_lost")),
]  # fmt: skip

#: Its takes are damaged before it is asked for.
ROTTEN = Case("rotten", {Failpoint.STEP_WAITS_AGAIN: "assemble"})


def upload(desk, name):
    """Upload a jingle like no other; return the ID of the request, which its step goes back to."""
    noise = 0.1 * np.random.default_rng(list(name.encode())).standard_normal(2 * 44_100)
    content = io.BytesIO()
    soundfile.write(content, noise, 44_100, format="WAV")
    answer = desk.client.post(f"/v1/jingles?name={name}&part=mark", content=content.getvalue())
    assert answer.status_code in {200, 201, 202}, answer.text
    return answer.headers["x-request-id"]


def lay_out(desk, actions, followers):
    """Have made in this process what others find: takes that are damaged afterwards, stories that are edited and withdrawn,
    and one whose first audio nobody needs any more. Return what the damaged takes say.
    """
    with mock.patch.dict(os.environ, desk.environment):
        lend(desk.place, logged=LoggedEngine(), spare=SpareEngine())
        desk.write("old", "This is about what is old.")
        ask(desk.place, "old", voice="tone")
        for action in actions:
            for name, show in ((ROTTEN.name, "weekly"), ("edited", "daily"), ("withdrawn", "daily")):
                desk.write(f"{name}-{action}", f"This is about {name}-{action}.")
                ask(desk.place, f"{name}-{action}", voice="tone", show=show)
        followers.lay_out()
        work_off(desk.place)
        ask(desk.place, "old", voice="spare")
        work_off(desk.place)
        followers.fall_due()
    with desk.place.database.writing() as session:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        session.execute(update(RevisionRow).where(RevisionRow.state == "superseded").values(finished_at=long_ago))
        session.add(CondemnedRow(sha256="0" * 64, since=0.0))
    said = set()
    for sha256, chunks in desk.rows(
        "SELECT takes.sha256, revisions.chunks FROM takes JOIN revisions ON instr(revisions.chunks, takes.key) > 0 "
        "JOIN briefings ON briefings.id = revisions.briefing_id WHERE briefings.show = 'weekly'"
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
    for it (a process lost for half an hour would tell, tests/worker/running/test_watchdog.py), and what hangs inside a
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


def ask_for_all(desk, failing, actions):
    """Ask for all briefings while nobody works, and arm their points. Returns name -> briefing."""
    asked = {}
    for case, action in product([*CASES, ROTTEN], actions):
        name = f"{case.name}-{action}"
        if not case.missing and case is not ROTTEN:
            # The word in a sentence of its own, that no other briefing has had spoken.
            said = case.word and f"{case.word[:-1]}, {action}."
            desk.write(name, *filter(None, [TEXT, said, f"This is about {name}."]))
        asked[name] = desk.ask(name, voice=case.voice)["id"]
        arm(failing, case, action, asked[name])
    for action in actions:
        # One for each point: whoever dies of another briefing's takes a worker of this one along, and a third loss ends it.
        for number, point in enumerate(JINGLE):
            failing.arm(point, action, request_id=upload(desk, f"mark-{number}-{action}"))
        failing.arm(Failpoint.NOTIFY_TOLD, action, kind="notify")
        for point in set(SWEEPING) - set(FOLLOWERS_SWEEPING):
            failing.arm(point, action)
    return asked


def withdraw(desk, failing, actions):
    """Withdraw stories, each step of it failing."""
    for action in actions:
        found = desk.rows(f"SELECT id FROM briefings WHERE articles LIKE '%withdrawn-{action}%'")[0][0]
        failing.arm(Failpoint.API_RETRACTED, action)
        desk.post(f"/v1/briefings/{found}/retract", {})
        for point in WITHDRAWING:
            failing.arm(point, action, briefing=found, kind="withdraw")


def edit(desk, failing, actions):
    """Have a CMS save a live story twice, and somebody ask for it, at once, and then for all."""
    for action in actions:
        path = f"/v1/articles/desk/edited-{action}/audio"
        failing.arm(Failpoint.STEP_PUT_BACK, action)
        for _ in range(2):
            desk.put(path, {"priority": "bulk"})
        failing.arm(Failpoint.STEP_PROMOTED, action)
        failing.arm(Failpoint.STEP_HASTENED, action)
        desk.ask(f"edited-{action}", voice="tone")


def estimate(desk, failing, actions):
    """Ask what articles cost; of each way one is measured, and one's worker is lost three times. Return their IDs."""
    made = []
    for action in actions:
        failing.arm(Failpoint.ESTIMATE_RECORDED, action)
        for point, how, times in ((Failpoint.ESTIMATE_ADDED, action, 1), (Failpoint.PERFORM_CLAIMED, Action.KILL, 3)):
            found = desk.post("/v1/estimates", {"article_ids": [f"desk:edited-{action}"]})["id"]
            request = desk.rows(f"SELECT request_id FROM steps WHERE payload LIKE '%{found}%'")[0][0]
            failing.arm(point, how, times, kind="estimate", request_id=request)
            made.append(found)
    return made


def listen(desk, failing, actions):
    """Have a player report what it played: in memory alone, and lost, where what writes it down fails."""
    audio = desk.client.get(f"/v1/articles/desk/edited-{actions[0]}/audio").json()
    event = {"event": "progress", "from_s": 0, "to_s": 1, "session": "a-page-view"}
    event |= {"article": f"desk:edited-{actions[0]}", "revision": audio["url"].rpartition("/")[2].removesuffix(".mp3")}

    def report():
        with suppress(httpx.TransportError):
            desk.client.post("/v1/plays", json={"events": [event]}, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
        time.sleep(0.3)

    for action in actions:
        failing.arm(Failpoint.AUDIENCE_NOTED, action)
        wait_for(lambda: report() or not failing.waiting(Failpoint.AUDIENCE_NOTED), "it to be written down")
    wait_for(lambda: report() or desk.rows("SELECT 1 FROM plays"), "it to be committed")


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
    with (
        hub() as (address, posts),
        openai_chat() as chat,
        installed(
            tmp_path / "desk",
            WORKERS=4,
            LEASE_S=3,
            # Only what hangs is to come to it: an honest step may take longer on a busy machine.
            STEP_S=5 if Action.HANG in actions else 60,
            WEBSUB_HUBS=f"{address}/hub",
            FETCH_ALLOW_PRIVATE=urlsplit(address).netloc,
            **Followers.settings(address, chat),
        ) as desk,
        letting_go(failing) as let_go,
    ):
        followers = Followers(desk, failing, actions)
        spoiled = lay_out(desk, actions, followers)
        # Longer than it takes to renew a lease, also where that comes late
        desk.environment |= failing.environment | {"TEST_ENGINE_SLOWLY_S": "4"}
        desk.serve("again")
        names = [case.name for case in (*CASES, ROTTEN)]
        reader = Reader(desk, ["mended", *(f"{name}-{action}" for name, action in product(names, actions))])
        reader.start()
        # When all are made
        listen(desk, failing, actions)
        asked = ask_for_all(desk, failing, actions)
        withdraw(desk, failing, actions)
        edit(desk, failing, actions)
        estimates = estimate(desk, failing, actions)
        followers.arm()
        desk.work("again")
        desk.finish(900)
        wait_for(lambda: not set(failing.waiting()) & set(product(SWEEPING, actions)), "the sweeps")
        followers.correct(posts)
        held = fail_api(desk, failing, actions)
        followers.withdraw()
        desk.finish()
        followers.end()
        desk.finish()
        # Then every failure has happened
        assert not failing.waiting(), f"never reached: {failing.waiting()}"
        happened = {(point, done) for point, done, _ in failing.happened()} | set(let_go)
        assert set(product(set(Failpoint) - ELSEWHERE, actions)) - happened == set()
        failing.let_go()
        # And every briefing has come to the end it should
        for case, action in product([*CASES, ROTTEN], actions):
            assert desk.states(asked[f"{case.name}-{action}"])[-1] == case.ends, (case.name, action)
        for briefing in held:
            # Whoever asked again when it had fetched already is answered by a revision more.
            states = [state for state, _ in desk.states(briefing) if state not in {"unchanged", "superseded"}]
            assert states == ["live", "held"]
        for action in actions:
            for number in range(len(JINGLE)):
                assert desk.client.get(f"/v1/jingles/mark-{number}-{action}/mark").json()["usable"]
            assert desk.client.get(f"/articles/desk/withdrawn-{action}.mp3").status_code == 410
            assert desk.client.get(f"/v1/articles/desk/edited-{action}/audio").status_code == 200
        states = [desk.client.get(f"/v1/estimates/{name}").json()["state"] for name in estimates]
        assert states == ["ready", "failed"] * len(actions)
        assert desk.rows("SELECT plays FROM audience") == [(1,)]
        assert not desk.rows("SELECT 1 FROM condemned WHERE since = 0")
        assert desk.rows("SELECT count(*) FROM revisions WHERE let_go_at IS NOT NULL")[0][0] >= 1
        followers.check()
        # And the invariants hold
        check(desk, reader, [*asked.values(), *held, *followers.stories.values()], forgotten=spoiled)


class _Hub(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, dict(self.headers), body))
        self.send_response(204)
        self.end_headers()


@contextmanager
def hub():
    """A server that takes all that is posted, as a WebSub hub, a webhook, a chat; yield its address and that."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    server.posts = []
    with serving(server):
        yield f"http://127.0.0.1:{server.server_address[1]}", server.posts
