"""Random operations, random faults, one seed: people ask and edit while processes are killed, stopped and restarted.

After Jepsen (https://jepsen.io): clients, a nemesis, and a checker of what was seen (history.py). The seed decides every
choice; what the machine makes of it differs from run to run, so a failure names the seed and keeps the folder.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

import httpx
from redis import Redis

from briefing.failpoints import Action, Failpoint
from tests.support.client import free_port
from tests.support.failpoints import Failpoints
from tests.support.history import Reader, check
from tests.support.installation import Installation
from tests.support.processes import descendants, procfile, wait_for

ARTICLES = ("ferry", "harbour", "library", "market", "school", "stadium")

#: What articles are made of; a client's edits put other sentences in.
SENTENCES = (
    "The ferry runs again from Monday, the harbour board said.",
    "Crews had stopped work for four days over unpaid overtime.",
    "Both sides are to meet again next week.",
    "Nobody was hurt, and the road was open by noon.",
    "The council voted for it by nine to four.",
    "It goes slowly, said the head of the works.",
    "A second hall is to be built behind the first.",
    "Fares stay as they are until the summer.",
)

#: Codes a revision may fail with under these faults: its worker was lost three times, or raised three times.
EXPLAINED = {"worker_lost", "internal_error"}


class Client(threading.Thread):
    """A newsroom that asks, edits, regenerates and publishes over HTTP until `over` is set."""

    def __init__(self, desk, seed, over, pause_s):
        super().__init__(name="client", daemon=True)
        self.desk, self.over, self.pause_s = desk, over, pause_s
        self.chance = random.Random(seed)
        self.accepted, self.done, self.trouble = [], Counter(), None

    def run(self):
        operations = [self.ask, self.ask, self.ask_twice, self.edit, self.regenerate, self.segments, self.publish]
        try:
            while not self.over.wait(self.chance.random() * self.pause_s):
                operation = self.chance.choice(operations)
                if operation():
                    self.done[operation.__name__] += 1
        except BaseException as error:  # noqa: BLE001  told by the main thread
            self.trouble = error

    def ask(self):
        shown = self.desk.ask(self.chance.choice(ARTICLES), show=self.chance.choice(["daily", "daily", "held"]))
        self.accepted.append(shown["id"])
        return True

    def ask_twice(self):
        """Two editors at once, with different voices."""
        article = self.chance.choice(ARTICLES)

        def ask(voice):
            with suppress(AssertionError):  # told where it is asked for alone
                self.accepted.append(self.desk.ask(article, voice=voice)["id"])

        both = [threading.Thread(target=ask, args=[voice]) for voice in ("tone", "spare")]
        for one in both:
            one.start()
        for one in both:
            one.join()
        return True

    def edit(self):
        self.desk.write(self.chance.choice(ARTICLES), *self.chance.sample(SENTENCES, 3))
        return True

    def regenerate(self):
        return self._again({"refetch": self.chance.random() < 0.7})

    def segments(self):
        briefing = self._some()
        with suppress(httpx.TransportError):
            answer = self.desk.client.get(f"/v1/briefings/{briefing}/script", timeout=5) if briefing else None
            if answer is not None and answer.status_code == 200:
                segment = self.chance.choice(answer.json()["segments"])["id"]
                return self._again({"refetch": False, "segments": [segment]}, briefing)
        return False

    def publish(self):
        briefing = self._some()
        if briefing:
            self.desk.post(f"/v1/briefings/{briefing}/publish", {}, expected=(202, 409))
        return bool(briefing)

    def _again(self, body, briefing=None):
        briefing = briefing or self._some()
        if briefing:
            # 404, 422: its script was rewritten meanwhile, and the segment is not in the new one.
            self.desk.post(f"/v1/briefings/{briefing}/regenerate", body, expected=(200, 202, 404, 422))
        return bool(briefing)

    def _some(self):
        return self.chance.choice(self.accepted) if self.accepted else None


class Nemesis:
    """Causes one fault at a time. What it does is in `done`, what it stopped in `paused`."""

    def __init__(self, desk, seed, lease_s):
        self.desk, self.lease_s = desk, lease_s
        self.chance = random.Random(seed)
        self.done, self.paused, self.away = Counter(), [], []
        self.proxies = {}

    def run(self, seconds, faults, pause_s=1.0):
        """Every fault once, in an order of the seed's, then any, until `seconds` are over."""
        first, until = self.chance.sample(faults, len(faults)), time.monotonic() + seconds
        while first or time.monotonic() < until:
            fault = first.pop() if first else self.chance.choice(faults)
            if fault(self) is not False:
                self.done[fault.__name__] += 1
            time.sleep(self.chance.random() * pause_s)

    def child(self):
        """A process that does steps; waits while there is none, as those before may just have been killed."""

        def found():
            names = [name for name in self.desk.kept if name.startswith("worker")]
            return sorted(pid for name in names for pid in descendants(self.desk.kept[name].pid))

        return self.chance.choice(wait_for(found, "a process that does steps"))

    def stop(self, pid, seconds):
        """Stop a process for a while."""
        begun = time.time()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
        self.paused.append((pid, begun, time.time()))

    def hang(self, point, seconds):
        """Have whoever comes to a point hang there, and let him go on when `seconds` are over."""
        failing, begun = self.desk.failing, time.time()
        failing.arm(point, Action.HANG)
        time.sleep(seconds)
        # It goes on with what it knew before, as one that was stopped.
        self.paused += [(pid, begun, time.time()) for pid in failing.let_go_at(point)]


def kill_worker(nemesis):
    """Kill -9 of a process that does steps."""
    with suppress(ProcessLookupError):
        os.kill(nemesis.child(), signal.SIGKILL)


def pause_worker(nemesis):
    """SIGSTOP for less than a lease."""
    nemesis.stop(nemesis.child(), nemesis.chance.uniform(0.1, 0.6) * nemesis.lease_s)


def starve_worker(nemesis):
    """SIGSTOP past the lease: another does the step, and what this one finishes is stale."""
    nemesis.stop(nemesis.child(), nemesis.lease_s * 1.6)


def kill_workers(nemesis):
    """Kill -9 of a whole tree of workers."""
    name = nemesis.chance.choice([name for name in nemesis.desk.kept if name.startswith("worker")])
    nemesis.desk.kept[name].kill()


def restart_workers(nemesis):
    """SIGTERM: steps at hand are finished or given back."""
    name = nemesis.chance.choice([name for name in nemesis.desk.kept if name.startswith("worker")])
    with suppress(ProcessLookupError):
        os.kill(nemesis.desk.kept[name].pid, signal.SIGTERM)


def kill_api(nemesis):
    nemesis.desk.kept["api"].kill()
    time.sleep(0.2)
    wait_for(nemesis.desk.answers, "the API to be back")


def restart_api(nemesis):
    with suppress(ProcessLookupError):
        os.kill(nemesis.desk.kept["api"].pid, signal.SIGTERM)
    time.sleep(0.2)
    wait_for(nemesis.desk.answers, "the API to be back")


def any_failpoint(nemesis):
    """Whoever comes first to a point of the work is killed there, or raises."""
    points = [point for point in Failpoint if not point.startswith(("api.", "jingle."))]
    point = nemesis.chance.choice(points)
    nemesis.desk.failing.arm(point, nemesis.chance.choice([Action.KILL, Action.RAISE]))


def hang_somewhere(nemesis):
    """Whoever comes first to a point of the work hangs there for a while, then goes on."""
    points = [point for point in Failpoint if not point.startswith(("api.", "jingle."))]
    nemesis.hang(nemesis.chance.choice(points), nemesis.chance.uniform(0.3, 1.6) * nemesis.lease_s)


def kill_dispatcher(nemesis):
    nemesis.desk.kept["dispatcher"].kill()


def pause_dispatcher(nemesis):
    nemesis.stop(nemesis.desk.kept["dispatcher"].pid, nemesis.lease_s)


def kill_redis(nemesis):
    """Kill -9; what it keeps on disk is there when it is back, what it does not is lost."""
    nemesis.desk.kept["redis"].kill()


def flush_redis(nemesis):
    """All messages lost, by somebody's mistake."""
    with suppress(Exception):  # it may be away
        Redis(port=nemesis.desk.redis_port, socket_timeout=2).flushall()


def restart_postgres(nemesis):
    nemesis.desk.postgres.restart()


def kill_postgres(nemesis):
    nemesis.desk.postgres.kill()
    time.sleep(nemesis.chance.random())
    nemesis.desk.postgres.start()


def freeze_postgres(nemesis):
    """Nothing answers, nothing is cut."""
    nemesis.desk.postgres.freeze()
    time.sleep(nemesis.chance.uniform(0.3, 1.6) * nemesis.lease_s)
    nemesis.desk.postgres.thaw()


def _disturbed(name):
    def fault(nemesis):
        proxy = nemesis.proxies[name]
        kind, number = nemesis.chance.choice(
            [("delay", 0.05), ("trickle", 20_000), ("cut", None), ("reset", None), ("freeze", None), ("cut_after", 900)]
        )
        begun = time.time()
        proxy.set(kind, number)
        time.sleep(nemesis.chance.uniform(0.5, 2.0))
        proxy.set("pass")
        if name == "store":
            nemesis.away.append((begun, time.time()))
        nemesis.done[f"{kind} before {name}"] += 1
        return False

    return fault


disturb_redis, disturb_database, disturb_store = _disturbed("redis"), _disturbed("postgres"), _disturbed("store")

ON_ONE_MACHINE = [
    kill_worker, pause_worker, starve_worker, kill_workers, restart_workers, kill_api, restart_api, any_failpoint,
    hang_somewhere,
]  # fmt: skip
ON_MANY = [
    kill_worker, starve_worker, kill_workers, kill_api, any_failpoint, hang_somewhere, kill_dispatcher, pause_dispatcher, kill_redis,
    flush_redis, restart_postgres, kill_postgres, freeze_postgres,
]  # fmt: skip


def one_machine(folder, **settings):
    """The API and the embedded runner on SQLite."""
    desk = _with_failpoints(folder, WORKERS=3, **settings)
    desk.serve()
    desk.work()
    return desk


def many(folder, postgres, *, appendonly=True, database=None, redis_port=None, proxied_redis=None, **settings):
    """The API, a dispatcher and two Celery workers, on PostgreSQL and Redis.

    `database` is its address and `proxied_redis` its port where something stands before them.
    """
    port = redis_port or free_port()
    desk = _with_failpoints(
        folder,
        WORKERS=1,
        DATABASE_URL=database or postgres.address,
        BROKER_URL=f"redis://127.0.0.1:{proxied_redis or port}/0",
        **settings,
    )
    desk.postgres, desk.redis_port = postgres, port
    return start_many(desk, appendonly=appendonly)


def start_many(desk, *, appendonly):
    redis = desk.folder / "redis"
    redis.mkdir()
    options = {"port": desk.redis_port, "bind": "127.0.0.1", "dir": redis, "save": "", "maxmemory-policy": "noeviction"}
    options["appendonly"] = "yes" if appendonly else "no"
    desk.keep("redis", ["redis-server", *(part for name, value in options.items() for part in (f"--{name}", value))])
    desk.serve()
    desk.keep("dispatcher", procfile("dispatcher", 0))
    for number in (1, 2):
        command = procfile("worker", number)
        # One process of Celery takes from every queue, so that two are enough for a test.
        desk.keep(
            f"worker{number}",
            [part.replace("--queues interactive ", "--queues interactive,bulk,online ") for part in command],
        )
    return desk


def _with_failpoints(folder, **settings):
    desk = Installation(folder, **settings)
    desk.failing = Failpoints(folder / "failing")
    desk.environment |= desk.failing.environment
    return desk


def _join(clients):
    for client in clients:
        client.join(120)
        assert not client.is_alive(), "a client still waits for its answer"
        if client.trouble:
            raise client.trouble


def run(desk, seed, seconds, faults, *, proxies=None, clients=2, pause_s=0.6):
    """Have clients and the nemesis at it for `seconds`; then heal, let all work end, and check. Returns figures.

    Raises AssertionError with the seed for what is broken.
    """
    print(f"seed {seed}", file=sys.stderr)
    chance = random.Random(f"{seed}-articles")
    for article in ARTICLES:
        desk.write(article, *chance.sample(SENTENCES, 3))
    reader = Reader(desk, ARTICLES, ("daily", "held"))
    reader.start()
    over = threading.Event()
    asking = [Client(desk, f"{seed}-client-{number}", over, pause_s) for number in range(clients)]
    for client in asking:
        client.start()
    nemesis = Nemesis(desk, f"{seed}-nemesis", float(desk.settings["BRIEFCAST_LEASE_S"]))
    nemesis.proxies = proxies or {}
    try:
        nemesis.run(seconds, faults)
        desk.failing.disarm()
        over.set()
        _join(asking)
        desk.finish()
        accepted = [name for client in asking for name in client.accepted]
        facts = check(desk, reader, accepted, paused=nemesis.paused, away=nemesis.away)
        failed = Counter(code for *_, state, code in facts.revisions if state == "failed")
        assert not set(failed) - EXPLAINED, f"failures that no fault explains: {failed}"
    except BaseException as error:
        error.add_note(f"seed {seed}; faults so far: {dict(nemesis.done)}; see {desk.folder}")
        raise
    finally:
        over.set()
        reader.end()
    return {
        "operations": sum((client.done for client in asking), Counter()),
        "faults": nemesis.done,
        "revisions": Counter(state for *_, state, _ in facts.revisions),
        "failed": failed,
        "steps": len(facts.steps),
        "claims beyond one": sum(max(0, attempts - 1) for *_, attempts, _ in facts.steps),
        "engine calls": len(facts.spoken),
        "chunks": len(facts.finished),
        "readings": len(facts.readings),
        "readers turned away": reader.away,
    }
