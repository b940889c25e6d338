"""Update, correction and withdrawal through a real cache that keeps what it may for as long as it may."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest

from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.nginx import cache
from tests.support.processes import ROOT

WRONG, RIGHT = "four days", "fourteen days"


class Newsroom:
    """An installation behind a cache, and a reader who only knows the cache."""

    def __init__(self, place, client, reader, folder):
        self.place, self.client, self.reader, self.folder = place, client, reader, folder
        self.briefing = None

    def story(self, text, **said):
        (self.folder / "articles" / "ferry.md").write_text(ARTICLE.replace(WRONG, text))
        if self.briefing is None:
            self.briefing = self.client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
        else:
            self.client.post(f"/v1/briefings/{self.briefing}/regenerate", json=said)
        work_off(self.place)

    def get(self, address, **headers):
        answer = self.reader.get(urlsplit(address).path, headers=headers)
        return answer.status_code, answer.headers.get("x-cache"), answer

    def heard(self):
        """What a reader is told, by every moving address, of which MP3 to hear; asked for in both encodings."""
        found = {"json": self.get("/v1/articles/desk/ferry/audio")[2].json().get("url")}
        for encoding in ("identity", "gzip"):
            feed = feedparser.parse(self.get("/shows/daily/feed.xml", **{"Accept-Encoding": encoding})[2].text)
            found[f"feed, {encoding}"] = feed.entries[0].enclosures[0].href if feed.entries else None
        found["alias"] = self.get("/articles/desk/ferry.mp3")[2].headers.get("location")
        return {name: urlsplit(address or "").path for name, address in found.items()}


@pytest.fixture
def newsroom(tmp_path, monkeypatch):
    with ExitStack() as stack:
        made = []

        def make(*, purged):
            port = free_port()
            if purged:
                command = f"{sys.executable} {ROOT}/deploy/nginx/purge http://127.0.0.1:{port} a-secret"
                monkeypatch.setenv("BRIEFCAST_PURGE_COMMAND", command)
            place = make_place(tmp_path)
            stack.callback(place.database.dispose)
            client = stack.enter_context(client_of(place))
            at = stack.enter_context(cache(tmp_path / "cache", urlsplit(place.files.address).port, port))
            host = {"Host": urlsplit(place.files.address).netloc}
            reader = stack.enter_context(httpx.Client(base_url=at, headers=host, trust_env=False, timeout=60))
            made.append(Newsroom(place, client, reader, tmp_path))
            return made[-1]

        yield make


def test_a_correction_and_a_withdrawal_reach_every_reader_of_a_cache_that_keeps_for_a_year(newsroom):
    paper = newsroom(purged=True)
    paper.story(WRONG)
    [first] = set(paper.heard().values())
    beside = [one["url"] for one in paper.get("/v1/articles/desk/ferry/audio")[2].json()["transcripts"]]
    _, _, wrong = paper.get(first)
    assert wrong.headers["cache-control"] == "public, max-age=31536000, immutable"
    for address in (first, *beside, "/v1/articles/desk/ferry/audio", f"/briefings/{paper.briefing}/history"):
        paper.get(address)
        assert paper.get(address)[1] == "HIT", f"{address}, or the test shows nothing"
    # And nobody else purges it
    assert paper.get(first, **{"X-Briefcast-Purge": "guessed"})[1] == "HIT"

    # When it is corrected
    begun = time.monotonic()
    paper.story(RIGHT, replaces="correction")
    # Then whoever asks the cache hears what is right, by all addresses, and reads nothing of what was wrong
    [second] = set(paper.heard().values())
    assert second != first
    while (found := paper.get(first))[0] != 302:
        assert found[0] == 404, "the wrong bytes"
        assert time.monotonic() < begun + 60
        time.sleep(0.2)
    assert urlsplit(found[2].headers["location"]).path == second
    assert [paper.get(address)[0] for address in beside] == [404] * len(beside)
    assert paper.get(f"/briefings/{paper.briefing}/history.json")[2].json()["entries"][0]["kind"] == "correction"
    assert WRONG not in paper.get(f"/briefings/{paper.briefing}/transcript.html")[2].text.replace(RIGHT, "")

    # When it is withdrawn / Then everything says so
    paper.client.post(f"/v1/briefings/{paper.briefing}/retract")
    work_off(paper.place)
    gone = [first, second, "/v1/articles/desk/ferry/audio", "/articles/desk/ferry.mp3"]
    gone += [f"/briefings/{paper.briefing}/{name}" for name in ("history", "history.json", "transcript.html")]
    begun = time.monotonic()
    while {address: status for address in gone if (status := paper.get(address)[0]) != 410}:
        assert time.monotonic() < begun + 60
        time.sleep(0.2)
    assert [paper.heard()[f"feed, {encoding}"] for encoding in ("identity", "gzip")] == ["", ""]


def test_an_update_is_heard_at_once_where_something_purges(newsroom):
    paper = newsroom(purged=True)
    paper.story(WRONG)
    [first] = set(paper.heard().values())
    assert paper.get("/v1/articles/desk/ferry/audio")[1] == "HIT", "or the test shows nothing"
    paper.story(RIGHT)
    [second] = set(paper.heard().values())
    assert second != first
    assert paper.get(first)[0] == 200, "its days are not over"


@pytest.mark.long
def test_an_update_reaches_every_reader_within_a_minute_whether_anybody_purges_or_not(newsroom):
    paper = newsroom(purged=False)
    paper.story(WRONG)
    [first] = set(paper.heard().values())
    assert paper.get("/v1/articles/desk/ferry/audio")[1] == "HIT"
    begun = time.monotonic()
    paper.story(RIGHT)
    assert set(paper.heard().values()) == {first}, "kept, or the test shows nothing"
    while len(found := set(paper.heard().values())) > 1 or first in found:
        assert time.monotonic() < begun + 62
        time.sleep(1)
    assert paper.get(first)[0] == 200, "its days are not over"
