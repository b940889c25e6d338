"""The fault proxy before the newspaper's own server: whatever becomes of the connection, an article is read whole or its
briefing says why not, by a code, and what was there before is still heard.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.articles.addresses import address_id
from briefing.backoff import MAX_POSTPONED
from briefing.models import StepRow
from briefing.requesting import asking
from briefing.requesting.asking import Wanted
from briefing.speech import Casting
from briefing.states import Queue
from briefing.values import ArticleRef
from tests.support.asking import again, briefing_row, revision_row, step_rows
from tests.support.newsroom import make_place, work_off
from tests.support.proxy import KINDS, proxied
from tests.support.site import website

NEWSROOM = """
[[shows]]
slug = "daily"
title = "The Test Ledger"
voice = "silence"
intro = "none"
outro = "none"

[[sources]]
name = "site"
kind = "http"
hosts = ["127.0.0.1"]
allow_private = ["{host}"]
"""

#: Kind -> its number, and whether the article comes through.
FAULTS = {
    "delay": (0.1, True),
    "trickle": (1_000_000, True),
    "cut": (None, False),
    "reset": (None, False),
    "cut_after": (150, False),
    "freeze": (None, False),
    "refuse": (None, False),
}


@pytest.fixture
def newsroom(tmp_path, monkeypatch):
    """A newsroom whose articles come through the proxy, and the proxy."""
    monkeypatch.setenv("BRIEFCAST_FETCH_SECONDS", "2.5")
    with website() as site, proxied("127.0.0.1", int(site.host.rpartition(":")[2])) as proxy:
        place = make_place(tmp_path, NEWSROOM.format(host="{}:{}".format(*proxy.address)))
        yield place, proxy
        place.database.dispose()


def ask(place, proxy, name):
    """Ask for a page's audio; return (briefing, revision)."""
    address = "http://{}:{}/{}".format(*proxy.address, name)
    ref = ArticleRef(source="site", id=address_id(address))
    casting = Casting(body="silence")
    wanted = Wanted("daily", "story", (ref,), casting, Queue.INTERACTIVE, "test", addresses={str(ref): address})
    with place.database.writing() as session:
        revision, _ = asking.request(session, wanted, datetime.now(UTC))
        return revision.briefing_id, revision.id


def try_again(place):
    """What was put off is due."""
    with place.database.writing() as session:
        for step in session.query(StepRow).filter(StepRow.state == "ready"):
            step.not_before = None


def test_an_article_comes_whole_or_its_briefing_waits_and_loses_nothing(newsroom):
    place, proxy = newsroom
    assert set(FAULTS) == set(KINDS) - {"pass"}
    for kind, (number, through) in FAULTS.items():
        # Given a connection with a fault / When an article is asked for
        proxy.set(kind, number)
        _, revision = ask(place, proxy, f"story-{kind}")
        work_off(place)
        if not through:
            # Then it waits, by its code, no claim is spent and nothing is made of half a page
            (step,) = step_rows(place, revision)
            found = (step.state, step.error_code, step.attempts, step.postponed)
            assert found == ("ready", "source_unavailable", 0, 1), kind
            assert revision_row(place, revision).state == "preparing"
            # And it is made when the fault is over
            proxy.set("pass")
            try_again(place)
            work_off(place)
        row = revision_row(place, revision)
        assert row.state == "live", kind
        said = " ".join(chunk["spoken"] for chunk in row.chunks)
        assert "Crews had stopped work for four days over overtime that was not paid." in said, kind
        proxy.set("pass")


@pytest.mark.parametrize("kind", ["reset", "cut_after"])
def test_a_fault_that_stays_ends_in_a_code_and_the_old_audio_is_heard(newsroom, kind):
    # Given audio that is live, and a connection that stays broken / When the article is fetched anew
    place, proxy = newsroom
    briefing, first = ask(place, proxy, "story")
    work_off(place)
    proxy.set(kind, FAULTS[kind][0])
    anew, _ = again(place, briefing, now=datetime.now(UTC))
    for _ in range(MAX_POSTPONED + 1):
        try_again(place)
        work_off(place)
    # Then that fails by its code, and what was heard is heard
    row = revision_row(place, anew)
    assert (row.state, row.error_code) == ("failed", "source_unavailable")
    assert briefing_row(place, briefing).live_revision == first
    assert step_rows(place, anew)[0].postponed == MAX_POSTPONED
