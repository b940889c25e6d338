"""Redis takes connections and never answers (row F10): the API does not notice, the dispatcher gives up and recovers."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from briefing.failpoints import Action, Failpoint
from tests.support.failpoints import Failpoints
from tests.support.history import Reader, check
from tests.support.installation import installed
from tests.support.processes import procfile, redis, wait_for
from tests.support.proxy import proxied


def broker(desk):
    return desk.client.get("/readyz").json()["broker"]


@pytest.mark.long
def test_a_frozen_redis(tmp_path):
    failing = Failpoints(tmp_path / "failing")
    with redis(tmp_path / "redis") as address, proxied("127.0.0.1", urlsplit(address).port) as proxy:
        url = f"redis://127.0.0.1:{proxy.address[1]}/0"
        with installed(tmp_path / "desk", WORKERS=1, LEASE_S=3, BROKER_URL=url) as desk:
            desk.environment |= failing.environment
            desk.serve()
            dispatcher = desk.keep("dispatcher", procfile("dispatcher", 0))
            desk.keep("worker", procfile("worker", 1))
            desk.write("ferry", "The ferry runs again from Monday.")
            desk.write("market", "The market is open again.")
            reader = Reader(desk, ["ferry", "market"])
            reader.start()
            # Given all is well
            first = desk.ask("ferry")["id"]
            desk.finish()
            assert broker(desk) == "ok"
            # When Redis freezes / Then requests are accepted all the same, and the trouble is told
            proxy.set("freeze")
            second = desk.ask("market", seconds=5)["id"]
            wait_for(lambda: broker(desk) == "degraded", "the dispatcher to give up")
            assert desk.states(second) == [("preparing", None)]
            # And when it goes on, so does the work, by the same dispatcher
            proxy.set("pass")
            desk.finish()
            assert [desk.states(name)[-1] for name in (first, second)] == [("live", None)] * 2
            wait_for(lambda: broker(desk) == "ok", "its recovery to be told")
            assert dispatcher.starts == 1

            # Given a dispatcher that ends, or is killed, between ringing and noting so / Then a ring too many does no harm
            for action in (Action.RAISE, Action.KILL):
                failing.arm(Failpoint.DISPATCHER_RUNG, action)
                starts = dispatcher.starts
                desk.post(f"/v1/briefings/{first}/regenerate", {})
                wait_for(lambda: dispatcher.starts > starts, "the dispatcher to end")  # noqa: B023  called here
                desk.finish()
            # And one that hangs there holds nobody up but for as long as it hangs
            failing.arm(Failpoint.DISPATCHER_RUNG, Action.HANG)
            desk.post(f"/v1/briefings/{first}/regenerate", {})
            wait_for(lambda: not failing.waiting(), "the dispatcher to hang")
            failing.let_go()
            desk.finish()
            check(desk, reader, [first, second])
