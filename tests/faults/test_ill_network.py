"""The network to Redis or to PostgreSQL late, slow, cut or reset while stories are made: none is lost, none made twice."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.history import Reader, check
from tests.support.installation import installed
from tests.support.processes import procfile, redis, wait_for
from tests.support.proxy import proxied

#: Kind of illness -> its number, see tests.support.proxy: seconds for each block, bytes a second.
ILLNESSES = {"delay": 0.01, "trickle": 10_000, "cut": None, "reset": None}


@pytest.fixture(scope="module")
def desk(tmp_path_factory, cluster):
    """The Procfile's processes, to which a proxy stands before Redis and one before PostgreSQL; the test itself looks past
    them.
    """
    folder = tmp_path_factory.mktemp("ill")
    with ExitStack() as stack:
        broker = stack.enter_context(proxied("127.0.0.1", urlsplit(stack.enter_context(redis(folder / "redis"))).port))
        database = stack.enter_context(proxied("127.0.0.1", cluster.port))
        address = cluster.new_database()
        settings = {"DATABASE_URL": address, "BROKER_URL": f"redis://127.0.0.1:{broker.address[1]}/0"}
        made = stack.enter_context(installed(folder / "desk", WORKERS=1, LEASE_S=4, TICK_S=2, **settings))
        through = cluster.address_of(address.rpartition("/")[2], database.address[1])
        made.environment |= {"BRIEFCAST_DATABASE_URL": through}
        made.serve()
        made.keep("dispatcher", procfile("dispatcher", 0))
        # One process of Celery takes from every queue.
        command = [
            part.replace("--queues interactive ", "--queues interactive,bulk ") for part in procfile("worker", 1)
        ]
        made.keep("worker", command)
        made.proxies = {"redis": broker, "postgresql": database}
        yield made


@pytest.mark.parametrize("server", ["redis", "postgresql"])
@pytest.mark.parametrize("kind", ILLNESSES)
def test_stories_are_made_once_through_an_ill_network(desk, server, kind):
    proxy, first, second = desk.proxies[server], f"{kind}-{server}-first", f"{kind}-{server}-second"
    desk.write(first, f"The ferry of {kind} goes slowly past {server}.")
    desk.write(second, f"The market of {kind} is open again at {server}.")
    reader = Reader(desk, [first, second], pause_s=2)
    reader.start()
    for one in desk.proxies.values():
        one.set("pass")  # also where the test before failed
    # Given a story that is being spoken
    asked = [desk.ask(first, key=first)["id"]]
    wait_for(lambda: desk.rows("SELECT 1 FROM steps WHERE kind = 'speak' AND state = 'leased'"), "it to be spoken", 120)
    # When the network falls ill, and another is asked for
    seen = proxy.connections
    proxy.set(kind, ILLNESSES[kind])
    if kind in {"cut", "reset"}:
        wait_for(lambda: proxy.connections > seen, "somebody to be cut who comes again")
    if server == "postgresql" and kind != "delay":
        # Refused, or nobody knows: the caller asks once more when it is well, by the same key.
        assert tried(desk, second, 2 if kind == "trickle" else 30) in ({202, 503, None} if kind == "trickle" else {503})
        proxy.set("pass")
    elif kind in {"cut", "reset"}:
        # A worker at work would do the second without having been told of it.
        wait_for(lambda: not desk.rows("SELECT 1 FROM steps WHERE state = 'leased'"), "the worker to be idle")
    asked.append(desk.ask(second, key=second)["id"])
    if kind == "delay":
        wait_for(lambda: desk.states(asked[0])[-1] == ("live", None), "the first to be live all the same", 120)
    elif server == "redis" and kind != "trickle":
        wait_for(lambda: desk.client.get("/readyz").json()["broker"] == "degraded", "the dispatcher to find out")
    elif kind == "trickle":
        rung = "SELECT 1 FROM steps JOIN revisions ON revisions.id = revision_id WHERE rung_at > 0 AND briefing_id = "
        wait_for(lambda: desk.rows(f"{rung}'{asked[1]}'"), "the second to be rung through the trickle", 120)
    proxy.set("pass")
    # Then both are made, each by one revision, and the invariants hold
    desk.finish()
    assert [desk.states(briefing) for briefing in asked] == [[("live", None)]] * 2
    check(desk, reader, asked)


def tried(desk, article, seconds):
    """Ask once; return the answer's status, None where there was none in time."""
    with suppress(httpx.TransportError):
        body, headers = {"article_ids": [f"desk:{article}"]}, {"Idempotency-Key": article}
        return desk.client.post("/v1/briefings", json=body, headers=headers, timeout=seconds).status_code
    return None
