"""What is in hand, and how briefings are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefing import action_links, worklist
from briefing.action_links import LinkAction
from briefing.keys import Scope
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, work_off


@pytest.fixture
def asked(place, tmp_path):
    """A briefing that is live, one that failed, and one whose article has gone since."""
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as api:
        ids = {}
        for article in ("ferry", "missing"):
            answer = api.post("/v1/briefings", json={"article_ids": [f"desk:{article}"]})
            ids[article] = answer.json()["id"]
        work_off(place)
        yield ids


def test_lists_and_search_find_what_there_is(place, asked):
    with place.database.reading() as session:
        assert [one.briefing for one in worklist.lately_live(session, 10)] == [asked["ferry"]]
        (failed,) = worklist.failed(session, datetime.now(UTC), 10)
        assert (failed.briefing, failed.title, failed.error_code) == (
            asked["missing"], "desk:missing", "article_not_found",
        )  # fmt: skip
        assert worklist.failed(session, datetime.now(UTC) + timedelta(days=15), 10) == [], "history"
        assert worklist.making(session, 10) == worklist.held(session, 10) == []
        for words in ("desk:ferry", asked["ferry"], "ferry AGAIN", "runs"):
            assert [one.briefing for one in worklist.search(session, words, 10)] == [asked["ferry"]], words
        for words in ("desk:other", "ferry sinks", "%", "_", "https://nowhere.example/", "f" * 16):
            assert worklist.search(session, words, 10) == [], words
        assert worklist.titles(session, ["desk:ferry", "desk:missing"]) == {"desk:ferry": "Ferry runs again"}


def test_a_link_is_its_recipients_and_ends(place, asked):
    now = datetime.now(UTC)
    with place.database.writing() as session:
        link, secret = action_links.make(session, asked["ferry"], LinkAction.WITHDRAW, "Mara", "eve", now)
        assert action_links.find(session, secret) == link
        assert action_links.find(session, secret[:-1]) is action_links.find(session, "x" * 43) is None
        assert link.caller.name == "Mara (by link)"
        assert link.caller.may(Scope.PUBLISH)
        assert not link.caller.may(Scope.GENERATE)
        assert not link.is_over(now + timedelta(hours=71))
        assert link.is_over(now + timedelta(hours=72))
        # Of two who use it one does
        assert [action_links.use(session, link.id, now) for _ in range(2)] == [True, False]
        assert action_links.find(session, secret).is_over(now)
        long, _ = action_links.make(session, asked["ferry"], LinkAction.FIX, "n" * 500, "eve", now, timedelta(days=999))
        assert (len(long.recipient), long.ends_at) == (100, now + timedelta(days=30))
        assert [action_links.use(session, long.id, now) for _ in range(2)] == [True, True], "as often as is needed"
        assert action_links.end(session, asked["ferry"], long.id, now)
        assert not action_links.end(session, asked["missing"], long.id, now), "another briefing's"
        assert not action_links.use(session, long.id, now)
