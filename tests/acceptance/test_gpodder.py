"""gPodder as a listener's app: against our server, when its podcast moves to us, and when it leaves us again."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.support.client import client_of
from tests.support.command import briefcast
from tests.support.feeds import accepted
from tests.support.gpodder import Gpodder
from tests.support.newsroom import ARTICLE, work_off
from tests.support.old_host import old_host
from tests.support.threads import serving


@pytest.fixture
def gpodder(tmp_path):
    return Gpodder(tmp_path / "gpodder")


@pytest.fixture
def host(monkeypatch):
    with old_host(3) as host:
        monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", urlsplit(host.address).netloc)
        yield host


def publish(client, place, tmp_path, name, text=ARTICLE, show="daily"):
    (tmp_path / "articles" / f"{name}.md").write_text(text)
    client.post("/v1/briefings", json={"article_ids": [f"desk:{name}"], "show": show})
    work_off(place)


def test_it_subscribes_downloads_updates_and_takes_a_correction_for_no_new_episode(gpodder, place, tmp_path):
    with client_of(place) as client:
        feed = place.files.feed_address("daily")
        publish(client, place, tmp_path, "ferry")
        gpodder("subscribe", feed)
        [(guid, title)] = gpodder.episodes(feed)
        assert title == "Ferry runs again"
        assert "1 episodes downloaded" in gpodder("download", feed)
        audio = client.get("/articles/desk/ferry.mp3", follow_redirects=True).content
        assert gpodder.downloaded() == [audio]
        # When the story is corrected / Then it is the same episode
        publish(client, place, tmp_path, "ferry", ARTICLE.replace("four days", "fourteen days"))
        assert "0 new episodes" in gpodder("update")
        assert gpodder.episodes(feed) == [(guid, title)]
        # When there is another story / Then there is one new episode
        publish(client, place, tmp_path, "vote", ARTICLE.replace("Ferry runs again", "Council votes"))
        assert "1 new episode" in gpodder("update")
        assert [title for _, title in gpodder.episodes(feed)] == ["Council votes", "Ferry runs again"]


def test_it_crosses_to_us_and_away_again_without_a_duplicate_or_a_loss(gpodder, host, place, tmp_path):
    # Given a listener with all there is at the old host
    gpodder("subscribe", f"{host.address}/feed.xml")
    gpodder("download", f"{host.address}/feed.xml")
    before = gpodder.episodes()
    assert len(before) == 3
    # When the podcast moves to us, the old host redirects, and we publish a story
    printed = briefcast(
        "import", "feed", f"{host.address}/feed.xml", "--show", "old", "--redirects", "csv", cwd=tmp_path
    )
    host.move(printed.stdout)
    asked = len(host.seen)
    with client_of(place) as client:
        publish(client, place, tmp_path, "ferry", show="old")
        accepted(client.get("/shows/old/feed.xml").content)
        # Then the listener has that as the one new episode, and nothing else is fetched again
        assert "1 new episode" in gpodder("update")
        after = gpodder.episodes()
        assert [after[0][1], *after[1:]] == ["Ferry runs again", *before]
        assert "1 episodes downloaded" in gpodder("download")
        assert len(gpodder.downloaded()) == 4
        assert [path for path, _ in host.seen[asked:]] == ["/feed.xml"]
        # And whoever had only subscribed fetches an old episode at its old address
        late = client.get(f"{host.address}/audio/1.mp3?token=a%2Bb&x=1", follow_redirects=True)
        assert late.content == host.audio[1]
    # When it moves on from us to plain files elsewhere, with the redirects where we were
    folder = tmp_path / "out"
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))) as elsewhere:
        address = f"http://127.0.0.1:{elsewhere.server_address[1]}"
        briefcast("export", "show", "old", folder, "--address", address, cwd=tmp_path)
        with old_host(0, port=urlsplit(place.files.address).port) as where_we_were:
            where_we_were.move((folder / "redirects.csv").read_text())
            assert "0 new episodes" in gpodder("update")
            assert gpodder.episodes() == after
            assert [path for path, _ in where_we_were.seen] == ["/shows/old/feed.xml"]
        # Then it is subscribed there, with the same episodes
        assert f"{address}/shows/old/feed.xml" in gpodder("list")
        accepted((folder / "shows" / "old" / "feed.xml").read_bytes())


class Quiet(SimpleHTTPRequestHandler):
    """Plain files."""

    def log_message(self, *_):
        pass
