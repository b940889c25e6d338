"""What makes something more public than it is takes the scope `publish`, by whatever request it is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from briefing.models import AuditRow
from tests.support.client import client_of, make_key
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off

#: `slow` is read in another show, whose previews are longer.
NEWSROOM = PLAIN.replace('slug = "daily"', 'slug = "daily"\npreview = {paragraphs = 1}', 1).replace(
    'slug = "held"', 'slug = "held"\npreview = {paragraphs = 9}', 1
)
MEMBERS = {"visibility": "members"}
SOON, LATER, LATEST = ((datetime.now(UTC) + timedelta(days=days)).isoformat() for days in (1, 2, 3))


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A client with all scopes, one whose key may only ask for audio, the workplace."""
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    place = make_place(tmp_path, NEWSROOM)
    for name in ("ferry", "two"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE)
    key = make_key(place, "generate")
    with client_of(place) as client:

        def weak(said, article="ferry", way="save"):
            if way == "save":
                address, method, body = f"/v1/articles/desk/{article}/audio", "PUT", said
            else:
                address, method = "/v1/briefings", "POST"
                body = {"article_ids": [f"desk:{one}" for one in article.split("+")]} | said
            return client.request(method, address, json=body, headers={"Authorization": f"Bearer {key}"})

        yield client, weak, place
    place.database.dispose()


def refused(answer):
    """Whether a request was refused for its key."""
    return (answer.status_code, answer.json().get("code")) == (403, "scope_missing")


@pytest.mark.parametrize("way", ["save", "ask"])
def test_a_key_that_asks_for_audio_closes_and_opens_nothing(made, way):
    client, weak, _ = made
    # Given a story that it says to be for members, under an embargo
    assert weak(MEMBERS | {"embargo_until": LATER}, way=way).status_code == 202
    # Then it may say so again, and shut it for longer
    for said in (MEMBERS, {"embargo_until": LATER}, {"embargo_until": LATEST}, {"paywall": {"paragraphs": 1}}, {}):
        assert weak(said, way=way).is_success, said
    # But it may not open it, wholly, in part or sooner
    opening = [{"visibility": "public"}, {"paywall": {"paragraphs": 2}}, {"paywall": {"seconds": 1}}]
    for said in [*opening, {"embargo_until": SOON}, {"embargo_until": None}]:
        assert refused(weak(said, way=way)), said
    assert "paywall" in weak({"paywall": {"paragraphs": 2}}, way=way).json()["detail"]
    # Nor by way of a show with longer previews, or of another briefing that has it
    assert refused(weak({"paywall": {"paragraphs": 2}, "show": "held"}, way=way))
    assert refused(weak({"paywall": {"paragraphs": 2}}, "ferry+two", way="ask"))
    # And who may publish, may
    for said in opening:
        assert client.put("/v1/articles/desk/ferry/audio", json=said).is_success, said
    assert client.put("/v1/articles/desk/ferry/audio", json={"embargo_until": None}).is_success
    # Then the key goes on with what is public now
    assert weak({"visibility": "public", "embargo_until": None}, way=way).is_success


def test_what_is_said_of_several_articles_is_the_briefings(made):
    _, weak, _ = made
    assert weak(MEMBERS, "ferry+two", way="ask").status_code == 202
    assert refused(weak({"visibility": "public"}, "ferry+two", way="ask"))
    assert weak({"paywall": {"paragraphs": 0}}, "ferry+two", way="ask").is_success
    assert refused(weak({"paywall": {"paragraphs": 1}}, "ferry+two", way="ask"))
    # Of one of them nothing was said
    assert weak({"visibility": "public", "paywall": {"paragraphs": 9}}).status_code == 202


def test_nothing_is_changed_by_what_is_refused_and_the_audit_says_what_was_said(made):
    client, weak, place = made
    weak(MEMBERS)
    work_off(place)
    assert refused(weak({"visibility": "public"}))
    work_off(place)
    assert client.get("/v1/articles/desk/ferry/audio", headers={"Authorization": ""}).json()["access"] == "preview"
    weak({"embargo_until": None, "paywall": {"paragraphs": 1}}, way="ask")
    weak({})
    with place.database.reading() as session:
        rows = [json.loads(row.detail or "{}") for row in session.scalars(select(AuditRow).order_by(AuditRow.id))]
    assert rows == [MEMBERS, {"paywall": {"paragraphs": 1}, "embargo_until": None}, {}]
