"""What is in hand, and how briefings are found."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote

import pytest
from sqlalchemy import select

from api.desk import pages
from briefing.accounts import action_links, keys, users
from briefing.accounts.action_links import LinkAction
from briefing.accounts.keys import Scope
from briefing.accounts.roles import Role
from briefing.models import RevisionRow
from briefing.observing import worklist
from briefing.script import Script
from tests.support.client import client_of
from tests.support.desk import add_user
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


ODD = (
    "\x00", "fer\x00ry", "%", "_", "%%%_", "\\", "'", '"', "a" * 5000, "w " * 400, "\u202egnidaer", "\u200f", "مرحبا بالعالم",
    "\ud83d", "😀", "\t\n\r", "desk:", ":", "desk:" + "x" * 400, "https://", "https://[", "https://a b", "http://\x00/",
    "https://user:pw@host:99999/", "f" * 16, "<script>", "{{ 7 * 7 }}", "-1", "ſ", "İ",
)  # fmt: skip


def test_whatever_is_searched_for_is_answered(place, desk, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    briefing = desk.api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    work_off(place)
    add_user(place, "ada", "admin")
    desk.sign_in("ada")
    for words in ODD:
        answer = desk.get(f"/desk?q={quote(words, errors='surrogatepass')}")
        assert answer.status_code == 200, words
        assert "<script>" not in answer.text.partition("<main")[2], words
    # What nobody sees between the words hinders nothing
    assert briefing in desk.get("/desk?q=ferry%00%E2%80%8F%0Aagain").text
    # And the other pages that look for what they are given say so, or that it cannot be
    for path in (
        "/desk/lexicon/word?written=", "/desk/audit?who=", "/desk/audit?subject=", "/desk/audit?since=", "/desk/audience?show=",
        "/desk/lexicon/word?language=en&spoken=x&written=", "/desk/lexicon/word?show=", "/desk/work?seen=",
    ):  # fmt: skip
        for words in ODD:
            assert desk.get(f"{path}{quote(words[:250], errors='surrogatepass')}").status_code in {
                200,
                204,
                400,
                404,
            }, (
                path,
                words,
            )
    assert desk.get("/desk/audit?who=a%00b").status_code == 400
    assert desk.post("/desk/ask", article="desk:\x00").status_code == 400


def test_nothing_is_rendered_or_given_out_while_the_database_is_held(place, desk, tmp_path, monkeypatch):
    # Given an editor's desk that notes connections in use, when it renders and when it asks for a sound's bytes
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    briefing = desk.api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    work_off(place)
    add_user(place, "ada", "admin")
    desk.sign_in("ada")
    context, held = desk.api.app.state.context, []

    def noting(act):
        def noted(*arguments, **named):
            held.append(context.database.engine.pool.checkedout())
            return act(*arguments, **named)

        return noted

    # Wrapped, not replaced: the real ones answer.
    monkeypatch.setattr(pages._templates, "TemplateResponse", noting(pages._templates.TemplateResponse))
    monkeypatch.setattr(context.storages.blobs, "path", noting(context.storages.blobs.path))
    with place.database.writing() as session:
        _, secret = action_links.make(session, briefing, LinkAction.FIX, "Mara", "ada", datetime.now(UTC))
        script = Script.stored(session.scalars(select(RevisionRow.script)).one())
    here, act = f"/desk/briefings/{briefing}", f"/{action_links.path_of(secret)}"
    # When every page is asked for, and what plays on them
    for path in (
        "/desk", "/desk?q=ferry", "/desk/work", "/desk/live", here, f"{here}/standing", f"{here}/links", f"{here}/retract",
        f"{here}/segments/{script.segments[-1].id}/edit", f"{here}/compare?from=1&to=1", "/desk/shows", "/desk/voices",
        "/desk/jingles", "/desk/audience", "/desk/audience/desk/ferry", "/desk/audit", "/desk/users", "/desk/lexicon",
        "/desk/lexicon/word?written=ferry", "/desk/lexicon/import", "/desk/nowhere", act, f"{act}?segment={script.segments[-1].id}",
        f"{act}/audio.mp3", f"{here}/audio/1.mp3",
    ):  # fmt: skip
        answer = desk.get(path)
        assert answer.status_code == (404 if path == "/desk/nowhere" else 200), path
        if take := re.search(rf"{here}/takes/[0-9a-f]+[?]revision=1", answer.text) if "audio" not in path else None:
            assert desk.get(take[0]).status_code == 200
    # Then no connection was in use meanwhile
    assert len(held) >= 25
    assert set(held) == {0}


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
