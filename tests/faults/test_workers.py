"""Workers that are killed, stopped, that hang or crash (rows F1, F2, F4, F5 and F16 of docs/guarantees.md)."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from contextlib import contextmanager
from unittest import mock

from mutagen.id3 import ID3

from briefing.failpoints import Action, Failpoint
from tests.support.asking import ask
from tests.support.engines import lend
from tests.support.failpoints import Failpoints
from tests.support.history import Reader, check
from tests.support.installation import Installation, installed
from tests.support.logged_engine import LoggedEngine, SpareEngine, calls
from tests.support.newsroom import work_off
from tests.support.processes import alive, descendants, wait_for

TWENTY = [f"Sentence number {number} says something of its own." for number in range(1, 19)]


def unsigned(path):
    """What a published MP3 is but for its credentials: its frames of sound, and its tag without the manifest."""
    tags = ID3(path)
    said = sorted((name, str(frame)) for name, frame in tags.items() if not name.startswith("GEOB"))
    sound = path.read_bytes()[tags.size :]
    return hashlib.sha256(sound).hexdigest(), said


def live_mp3(desk, article):
    return (desk.data / "public" / "articles" / "desk" / f"{article}.mp3").resolve()


def unfaulted(folder, article, paragraphs):
    """The same article made by one process to which nothing happens; its MP3."""
    desk = Installation(folder)
    desk.write(article, *paragraphs)
    with mock.patch.dict(os.environ, desk.environment):
        lend(desk.place, logged=LoggedEngine(), spare=SpareEngine())
        ask(desk.place, article, voice="tone")
        work_off(desk.place)
    desk.close()
    return live_mp3(desk, article)


@contextmanager
def asked(tmp_path, paragraphs, **settings):
    """An installation without workers yet, whose processes can be made to fail; a briefing it was asked for; its reader."""
    failing = Failpoints(tmp_path / "failing")
    with installed(tmp_path / "desk", **settings) as desk:
        desk.environment |= failing.environment
        desk.serve()
        desk.write("ferry", *paragraphs)
        briefing = desk.ask("ferry")["id"]
        reader = Reader(desk, ["ferry"])
        reader.start()
        yield desk, failing, briefing, reader


def test_killed_in_mid_chunk_and_while_encoding(tmp_path):
    """F1 and F2. Leases of a minute: whoever is done sooner has not waited for one."""
    with asked(tmp_path, TWENTY, WORKERS=2, LEASE_S=60) as (desk, failing, briefing, reader):
        # Given a worker that is killed in the tenth chunk, and one that is killed when half of the MP3 is written
        failing.arm(Failpoint.SPEAK_STORED, Action.PASS, times=9, briefing=briefing)
        failing.arm(Failpoint.SPEAK_STORED, Action.KILL, briefing=briefing)
        failing.arm(Failpoint.ASSEMBLE_ENCODING, Action.PASS, times=3, briefing=briefing)
        failing.arm(Failpoint.ASSEMBLE_ENCODING, Action.KILL, briefing=briefing)
        desk.work()
        desk.finish()
        # Then one chunk of twenty was spoken once more, and none because of the second
        assert [state for state, _ in desk.states(briefing)] == ["live"]
        assert not failing.waiting()
        spoken = desk.spoken()
        assert len(set(spoken)) == 20
        assert len(spoken) == 21
        assert sorted(desk.rows("SELECT kind, attempts FROM steps WHERE attempts > 1")) == [
            ("assemble", 2),
            ("speak", 2),
        ]
        (again,) = {said for said in spoken if spoken.count(said) == 2}
        first, second = [
            call["at"] for call in calls(desk.engine) if call["what"] == "begins" and call["text"] == again[0]
        ]
        assert second - first < 30, "the dead worker's lease was waited for"
        # And what is published is, but for its signature, what it is when nothing happens
        assert unsigned(live_mp3(desk, "ferry")) == unsigned(unfaulted(tmp_path / "calm", "ferry", TWENTY))
        # And nothing runs but the workers, and the file that was half written goes when it is an hour old
        wait_for(lambda: len(descendants(desk.kept["workers"].pid)) == 2, "the second killed one to be replaced")
        (stray,) = (desk.data / "tmp").glob("*.mp3")
        os.utime(stray, (time.time() - 3700, time.time() - 3700))
        wait_for(lambda: not stray.exists(), "the sweep")
        check(desk, reader, [briefing])


def test_a_whole_tree_of_workers_is_killed(tmp_path):
    """F4. The leases of the dead run out; nothing else is done twice."""
    with asked(tmp_path, TWENTY, WORKERS=2, LEASE_S=5) as (desk, failing, briefing, reader):
        failing.arm(Failpoint.SPEAK_STORED, Action.PASS, times=5)
        failing.arm(Failpoint.SPEAK_STORED, Action.HANG)
        desk.work()
        wait_for(failing.happened, "the workers to begin")
        wait_for(lambda: (Failpoint.SPEAK_STORED, Action.HANG) not in failing.waiting(), "the sixth chunk")
        family = [desk.kept["workers"].pid, *descendants(desk.kept["workers"].pid)]
        desk.kept["workers"].kill()
        wait_for(lambda: not any(map(alive, family)), "all of them to be gone")
        desk.finish()
        assert [state for state, _ in desk.states(briefing)] == ["live"]
        spent = sum(attempts - 1 for (attempts,) in desk.rows("SELECT attempts FROM steps"))
        assert 1 <= spent <= 2, "what the two workers held, and no more"
        assert len(desk.spoken()) <= 20 + spent
        check(desk, reader, [briefing])


def test_a_worker_that_was_stopped_past_its_lease_changes_nothing(tmp_path):
    """F5. Another does the step and publishes; the one that goes on finds its fence outdated."""
    with asked(tmp_path, TWENTY[:2], WORKERS=1, LEASE_S=4) as (desk, failing, briefing, reader):
        # Given a worker that has made the MP3 and not said so yet, stopped with its supervisor until its lease is over
        failing.arm(Failpoint.ASSEMBLE_STORED, Action.HANG)
        desk.work()
        wait_for(failing.happened, "the MP3")
        stopped = desk.kept["workers"]
        stopped.kill(signal.SIGSTOP)
        begun = time.time()
        # When another host's workers come, finish and publish
        desk.keep("workers2", [sys.executable, "-m", "tests.support.workers", os.getpid()])
        desk.finish()
        assert [state for state, _ in desk.states(briefing)] == ["live"]
        before = desk.rows("SELECT key, sha256 FROM masters"), desk.rows("SELECT id, live_revision FROM briefings")
        steps = desk.rows("SELECT id, state, fence, attempts FROM steps ORDER BY id")
        # And the stopped one goes on
        failing.let_go()
        stopped.kill(signal.SIGCONT)
        finished = lambda: [  # noqa: E731
            line
            for line in desk.log("workers")
            if line.get("kind") == "assemble" and line["event"] in {"step finished", "lease lost"}
        ]
        wait_for(finished, "the stopped worker to end its step")
        time.sleep(0.5)
        # Then nothing is changed by it: the pointer, the master, the steps
        after = desk.rows("SELECT key, sha256 FROM masters"), desk.rows("SELECT id, live_revision FROM briefings")
        assert after == before
        assert desk.rows("SELECT id, state, fence, attempts FROM steps ORDER BY id") == steps
        assert max(attempts for *_, attempts in steps) == 2
        paused = [(pid, begun, time.time()) for *_, pid in failing.happened()]
        check(desk, reader, [briefing], paused=paused)


def test_engines_that_crash_and_hang_cost_their_own_briefings_only(tmp_path):
    """F16. Three claims each, then dead with a code; all others are made meanwhile."""
    with installed(tmp_path / "desk", WORKERS=3, LEASE_S=3, STEP_S=8) as desk:
        desk.serve()
        desk.write("crash", "The market is crashing.")
        desk.write("hang", "The works are halting.")
        bad = [desk.ask(name, voice="spare")["id"] for name in ("crash", "hang")]
        reader = Reader(desk, ["good0", "good1", "good2", "good3"])
        reader.start()
        desk.work()

        def hung():
            return [call["at"] for call in calls(desk.engine) if call["text"] == "The works are halting."]

        wait_for(hung, "a worker to hang")
        good = []
        for number in range(4):
            desk.write(f"good{number}", f"Number {number} is well.")
            good.append(desk.ask(f"good{number}")["id"])
        desk.finish()
        assert [desk.states(briefing)[-1][0] for briefing in good] == ["live"] * 4
        assert [desk.states(briefing)[-1] for briefing in bad] == [("failed", "worker_lost")] * 2
        # And the hanging one, which holds a worker for eight seconds each time, was not waited for
        said = [call["at"] for call in calls(desk.engine) if call["what"] == "ends" and "is well" in call["text"]]
        assert said[0] < hung()[2]
        begun = [call["text"] for call in calls(desk.engine) if call["what"] == "begins"]
        for text in ("The market is crashing.", "The works are halting."):
            assert begun.count(text) == 3
        dead = desk.rows("SELECT kind, attempts, error_code FROM steps WHERE state = 'dead' AND attempts = 3")
        assert dead == [("speak", 3, "worker_lost")] * 2
        check(desk, reader, [*bad, *good])


def test_a_briefing_whose_chunks_all_hang_holds_one_worker_after_the_first_was_lost(tmp_path):
    """F16. Counted, not timed: three workers begin it, the third claim of one of its chunks ends it."""
    with installed(tmp_path / "desk", WORKERS=3, LEASE_S=3, STEP_S=8) as desk:
        desk.serve()
        desk.write("hang", *(f"Works of number {number} are halting." for number in range(8)))
        bad = desk.ask("hang", voice="spare")["id"]
        reader = Reader(desk, ["good0", "good1", "good2"])
        reader.start()
        desk.work()

        def halting():
            begun = [call["text"] for call in calls(desk.engine) if call["what"] == "begins"]
            return [text for text in begun if "halting" in text]

        wait_for(lambda: len(halting()) == 3, "all three workers to hang", 120)
        good = []
        for number in range(3):
            desk.write(f"good{number}", f"Number {number} is well.")
            good.append(desk.ask(f"good{number}")["id"])
        desk.finish()
        assert [desk.states(briefing)[-1][0] for briefing in good] == ["live"] * 3
        assert desk.states(bad)[-1] == ("failed", "worker_lost")
        begun = halting()
        assert sorted(begun.count(text) for text in set(begun)) == [1, 1, 3], begun
        check(desk, reader, [bad, *good])
