"""F6 to F9: whatever becomes of Redis, requests are taken, nothing is lost, and work goes on by itself after."""

from __future__ import annotations

import re
import signal
import time
from contextlib import ExitStack

import pytest

from tests.support.brokers import broker
from tests.support.crowd import crowd
from tests.support.installation import Kept
from tests.support.processes import environment, procfile, wait_for
from tests.support.steptable import rows
from worker.running.broker import judge

#: Briefings asked for in each test; in the soak the number of the fault matrix.
BRIEFINGS = [10, pytest.param(100, marks=pytest.mark.long)]


@pytest.fixture(scope="module", params=BRIEFINGS)
def installation(request, tmp_path_factory):
    """The Procfile's processes on a Redis that tests may break. It begins without persistence.

    Each is started again when it ends, as by systemd.
    """
    folder = tmp_path_factory.mktemp("broker")
    with broker(folder / "redis") as redis, crowd(folder, BROKER_URL=redis.address) as product, ExitStack() as stack:
        redis.start(appendonly="no")
        product.kept = {}
        for name, port in (("web", product.port), ("dispatcher", 0), ("worker", 1)):
            product.kept[name] = Kept(procfile(name, port), folder / f"{name}.log", environment())
            stack.callback(product.kept[name].stop)
        wait_for(product.answers, "the API")
        product.redis, product.folder, product.many = redis, folder, request.param
        yield product


def check_whole(product):
    """Check that all that was asked for is live, and that no claim was lost or step given up on the way."""
    wait_for(product.all_live, f"{product.asked} to be live", 60 + 6 * product.many, every=0.1)
    wait_for(lambda: not rows(product.data, "SELECT id FROM steps WHERE state IN ('ready', 'leased')"), "the rest")
    assert rows(product.data, "SELECT DISTINCT state FROM steps") == [("done",)]
    assert rows(product.data, "SELECT max(attempts) FROM steps") == [(1,)], "duplicates find their step taken"
    assert rows(product.data, "SELECT count(*) FROM revisions") == [(product.asked,)]


def said_in(product, name, words):
    return lambda: words in (product.folder / f"{name}.log").read_text()


def measure(product, name):
    """The figure of a measure without labels, as Prometheus reads it on this machine."""
    answer = product.client.get("/metrics", headers={"Authorization": ""})
    return float(re.search(rf"^{name} (\S+)$", answer.text, re.MULTILINE)[1])


def status(product):
    answer = product.client.get("/readyz")
    assert answer.status_code == 200
    return answer.json()["broker"]


def test_redis_killed_or_emptied_forgets_its_messages_and_nothing_is_lost(installation):
    # Given a Redis without persistence, of which dispatcher and worker have warned
    for name in ("dispatcher", "worker"):
        wait_for(said_in(installation, name, "appendonly is off"), f"the {name}'s warning")
    # When it is emptied again and again in the midst of the work, and killed / Then all is made
    assert set(installation.ask_for(installation.many - 2)) == {202}
    for _ in range(8):
        installation.redis.client.flushall()
        time.sleep(0.1)
    installation.redis.kill()
    assert set(installation.ask_for(2)) == {202}
    installation.redis.start(appendonly="yes")
    check_whole(installation)


def test_redis_restarted_with_its_log_goes_on(installation):
    before = installation.live()
    assert set(installation.ask_for(installation.many - 2)) == {202}
    wait_for(lambda: installation.live() > before, "the first of them")
    installation.redis.stop()
    assert set(installation.ask_for(2)) == {202}
    installation.redis.start(appendonly="yes")
    check_whole(installation)


def test_redis_away_for_a_while_keeps_no_caller_waiting_and_needs_no_hand(installation):
    installation.redis.kill()
    wait_for(lambda: status(installation) == "degraded", "its absence to be told")
    assert set(installation.ask_for(installation.many // 2)) == {202}
    assert installation.live() < installation.asked
    installation.redis.start(appendonly="yes")
    check_whole(installation)
    wait_for(lambda: status(installation) == "ok", "its return to be told")


def test_redis_full_refuses_and_nothing_is_lost(installation):
    # Given no memory left / Then requests are taken, the backlog is told, and none of it is lost
    redis = installation.redis.client
    redis.config_set("maxmemory", 1)
    assert set(installation.ask_for(installation.many // 2)) == {202}
    wait_for(lambda: status(installation) == "degraded", "the lack of memory to be told")
    wait_for(lambda: measure(installation, "briefcast_steps_unrung") > 0, "the backlog to be told")
    assert measure(installation, "briefcast_oldest_unrung_seconds") > 0
    wait_for(said_in(installation, "dispatcher", "its memory is full"), "the dispatcher's warning")
    redis.config_set("maxmemory", 0)
    check_whole(installation)
    wait_for(lambda: measure(installation, "briefcast_steps_unrung") == 0, "the backlog to be gone")


def test_a_worker_to_which_a_full_redis_refuses_its_note_goes_on(installation):
    # Given messages, and a worker that takes the first of them when no memory is left to note that it did
    redis, worker = installation.redis.client, installation.kept["worker"]
    wait_for(lambda: not redis.llen("briefcast:interactive"), "the queue to be empty")
    worker.kill(signal.SIGSTOP)
    assert set(installation.ask_for(2)) == {202}
    wait_for(lambda: redis.llen("briefcast:interactive"), "a message")
    redis.config_set("maxmemory", 1)
    worker.kill(signal.SIGCONT)
    wait_for(said_in(installation, "worker", "OutOfMemoryError"), "the refusal")
    time.sleep(1)
    # Then it is the same worker that does it all when there is room
    redis.config_set("maxmemory", 0)
    check_whole(installation)
    assert worker.starts == 1
    assert (installation.folder / "worker.log").stat().st_size < 2_000_000


def test_a_redis_that_throws_messages_away_is_told(installation):
    installation.redis.client.config_set("maxmemory-policy", "allkeys-lru")
    wait_for(said_in(installation, "dispatcher", "maxmemory-policy is allkeys-lru"), "the warning")
    installation.redis.client.config_set("maxmemory-policy", "noeviction")


def test_what_info_tells():
    assert judge({"maxmemory_policy": "noeviction", "aof_enabled": 1}) == judge({})
    assert judge({"maxmemory": 100, "used_memory": 100}).full
    assert not judge({"maxmemory": 0, "used_memory": 100}).full
    assert not judge({"maxmemory": 100, "used_memory": 200, "maxmemory_policy": "allkeys-lru"}).full
    assert len(judge({"maxmemory_policy": "allkeys-lru", "aof_enabled": 0}).warnings) == 2
