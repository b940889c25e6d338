"""Digests by the API and the command: listed, asked for, refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support import digests
from tests.support.client import client_of, make_key
from tests.support.command import briefcast
from tests.support.newsroom import make_place, work_off


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, digests.NEWSROOM)
    yield place
    place.database.dispose()


def test_a_digest_is_asked_for_and_listed(place, tmp_path):
    with client_of(place) as client:
        (listed,) = client.get("/v1/digests").json()
        assert (listed["slug"], listed["at"], listed["zone"]) == ("morning", ["06:30"], digests.NOON)
        assert datetime.fromisoformat(listed["due_at"]) > datetime.now(UTC)
        assert (listed["made_at"], listed["briefing"], listed["skipped_at"]) == (None, None, None)
        # There is nothing yet
        refused = client.post("/v1/digests/morning")
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_digest")
        assert client.post("/v1/digests/evening").json()["code"] == "unknown_digest"

        digests.publish(place, tmp_path, "ferry")
        asked = client.post("/v1/digests/morning", headers={"Idempotency-Key": "one"})
        assert asked.status_code == 202
        briefing = asked.json()
        assert (briefing["kind"], briefing["articles"], briefing["show"]) == ("digest", ["desk:ferry"], "daily")
        assert asked.headers["location"] == briefing["links"]["self"]
        assert client.post("/v1/digests/morning", headers={"Idempotency-Key": "one"}).json()["id"] == briefing["id"]
        assert client.post("/v1/digests/morning").json()["id"] == briefing["id"], "one a day"
        work_off(place)
        made = client.get(briefing["links"]["self"]).json()
        assert made["state"] == "live"
        script = client.get(briefing["links"]["script"]).json()
        assert [part["role"] for part in script["segments"]] == [
            "greeting", "disclosure", "headline", "body", "body", "outro",
        ]  # fmt: skip
        assert all("own_role" not in part for part in script["segments"])
        (listed,) = client.get("/v1/digests").json()
        assert listed["briefing"] == briefing["id"]
        assert listed["issue"] == listed["issue"][:10]
        assert listed["links"]["briefing"] == briefing["links"]["self"]
        feed = client.get("/shows/daily/feed.xml").text
        day = date.fromisoformat(listed["issue"])
        assert f"The Test Ledger: {day:%B} {day.day}, {day.year}" in feed
        entries = client.get("/v1/audit").json()["entries"]
        assert [entry["action"] for entry in entries if entry["briefing"] == briefing["id"]] == ["ask", "ask"]
        # A key that may only read lists, and makes none
        client.headers["Authorization"] = f"Bearer {make_key(place, 'read')}"
        assert client.get("/v1/digests").status_code == 200
        assert client.post("/v1/digests/morning").json()["code"] == "scope_missing"


def test_the_command_tells_and_asks(place, tmp_path):
    said = briefcast("digest", "morning", cwd=tmp_path)
    assert said.returncode == 0
    assert "06:30" in said.stdout
    refused = briefcast("digest", "morning", "--now", cwd=tmp_path)
    assert (refused.returncode, "nothing_to_digest" in refused.stderr) == (3, True)
    assert "unknown_digest" in briefcast("digest", "evening", cwd=tmp_path).stderr
    digests.publish(place, tmp_path, "ferry")
    asked = briefcast("digest", "morning", "--now", cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    ((issue, briefing),) = digests.issues(place).items()
    assert briefing in asked.stdout
    assert digests.newest(place, briefing).state == "preparing"
    assert f"made     {issue}" in briefcast("digest", "morning", cwd=tmp_path).stdout
