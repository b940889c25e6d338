"""What is in hand, and how briefings are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from briefing import action_links, keys, users, worklist
from briefing.action_links import LinkAction
from briefing.keys import Scope
from briefing.models import RevisionRow
from briefing.roles import Role
from briefing.script import Script
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


def test_links_end_with_the_right_to_make_them(place, asked):
    now = datetime.now(UTC)
    with place.database.writing() as session:

        def made(by):
            return action_links.make(session, asked["ferry"], LinkAction.WITHDRAW, "Mara", by, now)[1]

        for name in ("eve", "ann", "cat"):
            users.add(session, name, Role.EDITOR, None, now)
        kept, *ended = made("cat"), made("eve"), made("ann"), made("cms")
        users.remove(session, "eve", now)
        users.set_role(session, "ann", Role.VIEWER, now)
        ids = [keys.create(session, "cms", [Scope.ADMIN], now).split("_")[1] for _ in range(2)]
        keys.revoke(session, ids[0], now)
        assert not action_links.find(session, ended[2]).is_over(now), "its key was renewed"
        keys.revoke(session, ids[1], now)
        assert [action_links.find(session, one).is_over(now) for one in (kept, *ended)] == [False, True, True, True]


def test_a_link_shows_no_words_of_what_is_withdrawn_and_counts_against_quotas(place, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_LIMIT_BRIEFINGS_A_DAY", "1")
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as api:
        briefing = api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
        work_off(place)
        with place.database.writing() as session:
            _, secret = action_links.make(session, briefing, LinkAction.RESPEAK, "Mara", "eve", datetime.now(UTC))
            script = Script.stored(session.scalars(select(RevisionRow.script)).one())
        path, own = f"/{action_links.path_of(secret)}", {"Origin": str(api.base_url).rstrip("/")}
        said = script.segments[-1].written
        assert said in unescape(api.get(path).text)
        answers = [api.post(path, data={"segment": one.id}, headers=own) for one in script.segments[:3]]
        assert [answer.status_code for answer in answers] == [200, 429, 429]
        work_off(place)
        assert api.post(f"/v1/briefings/{briefing}/retract").status_code == 202
        assert said not in unescape(api.get(path).text)


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
