"""Listeners report a word: counted, bounded, and of nobody; editors close it, and hear of it again where it is new."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from briefing.models import ReportRow, RevisionRow
from briefing.pronunciations import reports
from briefing.settings import RetentionSettings
from tests.support.asking import again
from tests.support.newsroom import work_off
from tests.support.standing import stand_still
from tests.support.stories import desk_of, published_stories
from worker.upkeep import ledgers, vocabulary


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    with published_stories(tmp_path_factory) as published:
        yield published


@pytest.fixture
def desk(published, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_TRUSTED_PROXIES", "127.0.0.1")
    with desk_of(published, tmp_path) as desk:
        yield desk


def sha256(desk, story):
    """Of the MP3 that is live of a story."""
    with desk.place.database.reading() as session:
        live = select(RevisionRow.audio_sha256).where(RevisionRow.state == "live")
        return session.scalars(live.where(RevisionRow.briefing_id == desk.stories[story])).one()


def tell(desk, word, story="ferry", *, address="203.0.113.7", **fields):
    """A listener's player reports a word, from no site of ours and without a key."""
    body = {"article": f"desk:{story}", "revision": sha256(desk, story), "word": word, "at_s": 0.5} | fields
    headers = {
        "X-Forwarded-For": address,
        "Content-Type": "text/plain;charset=UTF-8",
        "Origin": "https://paper.example",
    }
    return desk.post("/v1/reports", content=json.dumps(body), headers=headers | {"Authorization": ""})


def told(desk, **query):
    return desk.get("/v1/reports", params=query).raise_for_status().json()["reports"]


def test_what_listeners_tell_is_counted_by_word_and_briefing(desk):
    # Given three listeners, one of whom taps twice / When they report a word of one story, and one of another
    for address in ("203.0.113.7", "203.0.113.7", "203.0.113.8", "2001:db8::1"):
        answer = tell(desk, "“Makiivka,”", address=address)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    tell(desk, "Makiivka", "bridge")
    # Then each word of each story is told once, with how many told so
    assert [(one["word"], one["article"], one["count"]) for one in told(desk)] == [
        ("Makiivka", "desk:ferry", 3),
        ("Makiivka", "desk:bridge", 1),
    ]
    assert told(desk)[0]["plays"] == 7
    assert told(desk, show="held")[0]["article"] == "desk:bridge"
    # And no address is anywhere
    with desk.place.database.reading() as session:
        for table in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all():
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()
            assert "203.0.113" not in repr(rows), table


NONSENSE = (
    {"word": "Kharkiv"},  # is not said
    {"word": "not a word"},
    {"word": "…"},
    {"word": "x" * 500},
    {"word": "\u202eMakiivka"},
    {"word": 7},
    {"revision": "0" * 64},
    {"article": "desk:park"},
    {"at_s": 1e9},
    {"at_s": -1},
    {"at_s": True},
    {"at_s": "soon"},
)


def test_nonsense_is_left_out_without_a_word(desk):
    for number, fields in enumerate(NONSENSE):
        sent = {"word": "Makiivka"} | fields
        assert tell(desk, sent.pop("word"), address=f"198.51.100.{number}", **sent).status_code == 204
    for number, body in enumerate((b"", b"[]", b"{", b"null", b"\xff", b"[" * 2000)):
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        assert desk.post("/v1/reports", content=body, headers=headers).status_code == 204
    assert told(desk) == []


def test_an_address_and_an_article_are_bounded(desk, monkeypatch):
    # Given one address that reports word after word / Then it is asked to wait
    stand_still(monkeypatch, "api.reporting")
    words = ["Makiivka", "ferry", "board", "runs", "again", "News", "the", "said", "to", "The", "of", "This"]
    assert [tell(desk, word).status_code for word in words] == [204] * 10 + [429] * 2
    # And a flood from everywhere fills no table
    monkeypatch.setattr(reports, "MOST_OF_BRIEFING", 3)
    before = len(told(desk))
    for number, word in enumerate(("This", "audio", "created", "with", "AI")):
        tell(desk, word, address=f"192.0.2.{number}")
    assert len(told(desk)) == before
    assert desk.post("/v1/reports", content=b"x" * 5000, headers={"X-Forwarded-For": "192.0.2.99"}).status_code == 413


def test_a_closed_report_comes_back_with_newer_audio_alone(desk):
    tell(desk, "Makiivka")
    (one,) = told(desk)
    assert desk.post(f"/v1/reports/{one['id']}/close").status_code == 204
    assert told(desk) == []
    tell(desk, "Makiivka", address="203.0.113.20")
    assert told(desk) == []
    assert told(desk, state="closed")[0]["closed_by"] == "tests"
    # When the story is made again, and still says it wrongly
    (desk.articles / "ferry.md").write_text("# News of the ferry\n\nThe ferry to Makiivka stopped again.\n")
    again(desk.place, desk.stories["ferry"])
    work_off(desk.place)
    vocabulary.tend(desk.place)
    tell(desk, "Makiivka", address="203.0.113.21")
    (back,) = told(desk)
    assert (back["id"], back["revision"], back["count"]) == (one["id"], 2, 2)
    assert desk.post("/v1/reports/0123456789abcdef/close").json()["code"] == "unknown_report"


def test_reports_go_when_their_time_is_over_and_players_are_told_where_they_may(desk, monkeypatch):
    assert desk.get("/v1/articles/desk/ferry/audio").json()["reports"].endswith("/v1/reports")
    tell(desk, "Makiivka")
    now = datetime.now(UTC)
    with desk.place.database.writing() as session:
        session.execute(update(ReportRow).values(last_at=now - timedelta(days=181)))
    assert ledgers.let_go(desk.place.database, RetentionSettings(), now, 100)["reports"] == 1
    with desk.place.database.reading() as session:
        assert session.scalars(select(ReportRow.id)).all() == []
    # Where the newsroom does not want them, none is taken
    object.__setattr__(desk.app.state.context.audience, "word_reports", False)
    tell(desk, "Makiivka", address="203.0.113.30")
    assert told(desk) == []
