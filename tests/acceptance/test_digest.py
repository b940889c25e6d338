"""A morning with the product running: the digest comes at its time, is heard, follows a correction and a withdrawal."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import feedparser
import pytest
from mutagen.id3 import ID3
from sqlalchemy import update

from briefing.database import Database
from briefing.models import DigestRow, StepRow
from tests.support import digests
from tests.support.client import free_port
from tests.support.command import briefcast
from tests.support.processes import BIN, running, wait_for
from tests.support.product import Product


@pytest.fixture
def serving(tmp_path, monkeypatch):
    """An installation of the silent newsroom with a digest, its workers embedded."""
    port = free_port()
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("BRIEFCAST_TICK_S", "0.25")
    monkeypatch.setenv("BRIEFCAST_WORKERS", "1")
    (tmp_path / "articles").mkdir()
    (tmp_path / "briefcast.toml").write_text(digests.NEWSROOM)
    applied = briefcast("apply", cwd=tmp_path)
    assert applied.returncode == 0, applied.stderr
    assert "digest morning: recorded" in applied.stdout
    key = briefcast("keys", "create", "--name", "acceptance", "--scope", "admin").stdout.strip()
    product = Product(port, key)
    product.source = "desk"
    with running([BIN / "briefcast", "serve", "--port", str(port)], tmp_path / "serve.log"):
        wait_for(product.answers, "the API")
        yield product
    product.client.close()


def turn_the_clock(product):
    """Have the digest's next time be now."""
    now = datetime.now(UTC)
    database = Database(f"sqlite:///{product.data / 'briefcast.db'}")
    with database.writing() as session:
        row = session.get_one(DigestRow, "morning")
        # As if the newsroom rose at this time.
        row.settings = row.settings | {"at": [f"{now.astimezone(ZoneInfo(digests.NOON)):%H:%M}"]}
        payload = {"digest": "morning", "due": now.isoformat(), "issue": ""}
        session.execute(update(StepRow).where(StepRow.id == row.step_id).values(payload=payload, not_before=1.0))
    database.dispose()


def listed(product):
    (found,) = product.client.get("/v1/digests").raise_for_status().json()
    return found


def test_a_digest_comes_at_its_time_and_follows_its_stories(serving, tmp_path):
    # Given two stories that are live
    for name in ("ferry", "vote"):
        digests.write(tmp_path, name)
    stories = {name: serving.finished(serving.ask(name)) for name in ("ferry", "vote")}
    # When its time comes
    turn_the_clock(serving)
    issue = wait_for(lambda: listed(serving)["briefing"], "the digest")
    link = f"/v1/briefings/{issue}"
    first = serving.finished(serving.client.get(link).json())
    # Then it is heard
    assert (first["state"], first["kind"], first["revision"]["requested_by"]) == ("live", "digest", "schedule")
    mp3 = serving.client.get(first["live"]["url"], headers={"Authorization": ""})
    (tmp_path / "digest.mp3").write_bytes(mp3.content)
    day = date.fromisoformat(listed(serving)["issue"])
    title = f"The Test Ledger: {day:%B} {day.day}, {day.year}"
    assert str(ID3(tmp_path / "digest.mp3")["TIT2"]) == title
    chapters = serving.client.get(f"/briefings/{issue}/chapters.json").json()["chapters"]
    assert [(one["title"], one["url"]) for one in chapters] == [
        (f"About {name}", f"https://paper.example/{name}") for name in ("vote", "ferry")
    ]
    page = serving.client.get(f"/briefings/{issue}/transcript.html").text
    assert "The vote story has its first paragraph here." in page
    assert "This is The Test Ledger." in page
    # And has its next time
    assert datetime.fromisoformat(listed(serving)["due_at"]) > datetime.now(UTC)

    # When a story is corrected / Then so is the digest
    digests.write(tmp_path, "vote", "The vote story begins otherwise now.", "And it goes on from there.")
    serving.finished(serving.again(stories["vote"]))
    # Files are written before the transaction ends that says what is live.
    corrected = wait_for(
        lambda: (url := serving.client.get(link).json()["live"]["url"]) != first["live"]["url"] and url,
        "the corrected digest",
    )
    assert "begins otherwise" in serving.client.get(f"/briefings/{issue}/transcript.html").text

    # When it is withdrawn / Then no address has it any more, and the digest goes on without
    serving.client.post(f"/v1/briefings/{stories['vote']['id']}/retract").raise_for_status()
    wait_for(
        lambda: (
            (found := serving.client.get(link).json()["live"]) and found["url"] not in {corrected, first["live"]["url"]}
        ),
        "the digest without it",
    )
    for url in (first["live"]["url"], corrected):
        assert serving.client.get(url).status_code == 410
    assert "vote" not in serving.client.get(f"/briefings/{issue}/transcript.html").text
    feed = serving.client.get("/shows/daily/feed.xml").content
    assert [entry.title for entry in feedparser.parse(io.BytesIO(feed)).entries] == [title, "About ferry"]
