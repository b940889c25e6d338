"""What a source can do wrong, by a real server that does it (F14): each fault is named, sorted, bounded and tried again
or not.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from briefing.articles.addresses import address_id
from briefing.backoff import BACKOFF_S, MAX_POSTPONED, compute_backoff
from briefing.errors import ArticleNotFound, PageRefused, SourceUnavailable
from briefing.models import RevisionRow, StepRow
from briefing.requesting import asking
from briefing.requesting.asking import Wanted
from briefing.settings import FetchSettings
from briefing.speech import Casting
from briefing.states import Queue
from briefing.values import ArticleRef
from tests.support.newsroom import make_place
from tests.support.processes import ROOT, environment
from tests.support.wrongdoer import wrongdoer
from worker.asking.web import Fetcher
from worker.running.perform import perform_next
from worker.sources import http

#: Seconds a fetch may take in these tests in place of 30, and how much later it may end on a busy machine.
BUDGET_S = 1.5
LATE_S = 30.0


@pytest.fixture(scope="module")
def site():
    with wrongdoer() as server:
        yield server


def fetch(site, path, seconds=BUDGET_S):
    return Fetcher(FetchSettings(seconds=seconds), frozenset([site.host])).fetch(site.address + path)


@pytest.mark.parametrize("path", ["/silence", "/drip-head", "/drip-body", "/endless-head"])
def test_a_server_that_takes_its_time_ends_with_the_budget(site, path):
    begun = time.monotonic()
    with pytest.raises(SourceUnavailable):
        fetch(site, path)
    assert time.monotonic() - begun < BUDGET_S + LATE_S


def test_a_name_server_that_hangs_ends_with_the_budget(monkeypatch):
    import socket

    # Given a name server that does not answer, which only the system's resolver can be made to meet
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(60) or [])
    begun = time.monotonic()
    with pytest.raises(SourceUnavailable):
        Fetcher(FetchSettings(seconds=0.5)).fetch("http://news.example/")
    assert time.monotonic() - begun < 0.5 + LATE_S


@pytest.mark.parametrize(
    ("path", "error", "code"),
    [
        ("/500", SourceUnavailable, "source_unavailable"),
        ("/no-http", SourceUnavailable, "source_unavailable"),
        ("/half-gzip", SourceUnavailable, "source_unavailable"),
        ("/404", ArticleNotFound, "article_not_found"),
        ("/410", ArticleNotFound, "article_not_found"),
        ("/loop", PageRefused, "page_unreadable"),
        ("/flood", PageRefused, "page_too_large"),
        ("/endless-chunks", PageRefused, "page_too_large"),
        ("/bomb", PageRefused, "page_too_large"),
        ("/brotli", PageRefused, "page_unreadable"),
        ("/zstd", PageRefused, "page_unreadable"),
    ],
)
def test_each_fault_has_its_code(site, path, error, code):
    with pytest.raises(error) as caught:
        fetch(site, path, seconds=30)
    assert caught.value.code == code


def test_a_loop_is_left_after_three_hops(site):
    site.asked.clear()
    with pytest.raises(PageRefused):
        fetch(site, "/loop", seconds=30)
    assert site.asked == ["/loop"] * 4


def test_a_wrong_charset_costs_a_letter_at_most_and_an_empty_page_comes_as_one(site):
    source = http.connect({"hosts": ["127.0.0.1"], "allow_private": [site.host]})
    ref = ArticleRef(source="site", id="x")
    assert source.fetch(ref, f"{site.address}/wrong-charset").body == "<p>Café</p>"
    assert source.fetch(ref, f"{site.address}/empty").body == ""


@pytest.mark.parametrize(("path", "least_s", "most_s"), [("/429", 7, 7), ("/429-date", 60, 91)])
def test_a_wish_to_wait_is_read_as_seconds_and_as_a_date(site, path, least_s, most_s):
    with pytest.raises(SourceUnavailable) as caught:
        fetch(site, path, seconds=30)
    assert least_s <= caught.value.retry_after_s <= most_s


def test_a_wish_that_is_none_is_passed_over(site):
    with pytest.raises(SourceUnavailable) as caught:
        fetch(site, "/429-nonsense", seconds=30)
    assert caught.value.retry_after_s is None


def test_no_fault_costs_much_memory(site):
    # Given a process of its own / When it meets every flood in turn / Then its memory grows by less than 100 MB
    paths = ["/flood", "/endless-chunks", "/bomb", "/endless-head", "/page"]
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, site.address, *paths],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told = json.loads(done.stdout)
    assert told["outcomes"] == ["page_too_large", "page_too_large", "page_too_large", "source_unavailable", "page"]
    assert told["grown_mb"] < 100, told


_CHILD = """
import json, sys
from urllib.parse import urlsplit
from briefing.errors import BriefcastError
from briefing.settings import FetchSettings
from worker.asking.web import Fetcher

def peak_mb():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(lines["VmHWM"].split()[0]) / 1000

address, *paths = sys.argv[1:]
fetcher = Fetcher(FetchSettings(), frozenset([urlsplit(address).netloc]))
fetcher.fetch(address + "/page")
before, outcomes = peak_mb(), []
for path in paths:
    try:
        fetcher.fetch(address + path)
        outcomes.append("page")
    except BriefcastError as error:
        outcomes.append(error.code)
print(json.dumps({"outcomes": outcomes, "grown_mb": peak_mb() - before}))
"""

# --- the step -----------------------------------------------------------------------------------------------------------

NEWSROOM = """
[[shows]]
slug = "daily"
title = "The Test Ledger"
voice = "silence"

[[sources]]
name = "site"
kind = "http"
hosts = ["127.0.0.1"]
allow_private = ["{host}"]
"""


@pytest.fixture
def newsroom(tmp_path, site):
    site.asked.clear()
    place = make_place(tmp_path, NEWSROOM.format(host=site.host))
    yield place
    place.database.dispose()


def prepared(place, address):
    """Ask for the page at `address`, and try until no try is left; return the revision's outcome and the delays, each with what the
    try took.
    """
    ref = ArticleRef(source="site", id=address_id(address))
    wanted = Wanted(
        "daily", "story", (ref,), Casting(body="silence"), Queue.INTERACTIVE, "test", addresses={str(ref): address}
    )
    with place.database.writing() as session:
        asking.request(session, wanted, datetime.now(UTC))
    delays = []
    for _ in range(20):
        with place.database.writing() as session:
            step = session.query(StepRow).filter_by(kind="prepare").one()
            if step.state == "ready":
                step.not_before = 0.0
        begun = time.time()
        if not perform_next(place, tuple(Queue)):
            break
        with place.database.reading() as session:
            step = session.query(StepRow).filter_by(kind="prepare").one()
            if step.state != "ready":
                break
            delays.append(step.not_before - begun)
    with place.database.reading() as session:
        revision = session.query(RevisionRow).one()
        return revision.state, revision.error_code, delays


@pytest.mark.parametrize(
    ("path", "code"), [("/404", "article_not_found"), ("/410", "article_not_found"), ("/bomb", "page_too_large")]
)
def test_what_is_permanent_fails_on_the_first_try_with_its_code(newsroom, site, path, code):
    state, told, delays = prepared(newsroom, site.address + path)
    assert (state, told, delays) == ("failed", code, [])
    assert site.asked == [path]


def test_what_is_transient_is_tried_five_more_times_with_growing_delays(newsroom, site):
    state, told, delays = prepared(newsroom, site.address + "/500")
    assert (state, told) == ("failed", "source_unavailable")
    assert len(delays) == MAX_POSTPONED == 5
    assert site.asked == ["/500"] * 6
    assert all(1 <= delay <= 300 + LATE_S for delay in delays)
    assert delays[-1] > 10 * delays[0]


def test_a_servers_wish_delays_the_step(newsroom, site):
    _, _, delays = prepared(newsroom, site.address + "/429")
    assert 7 <= delays[0] <= 7 + LATE_S, "the first delay by itself would be two seconds at most"


def test_delays_are_jittered_and_bounded():
    chance = random.Random(7)
    first = {round(compute_backoff(0, chance), 3) for _ in range(50)}
    last = [compute_backoff(tried, chance) for tried in range(4, 9) for _ in range(50)]
    assert len(first) > 40
    assert BACKOFF_S == (2.0, 300.0)
    assert all(1 <= delay <= 2 for delay in first)
    assert all(150 <= delay <= 300 for delay in last)
