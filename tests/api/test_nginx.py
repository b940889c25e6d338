"""nginx over the public folder: alone, with everything of ours stopped, and before the API."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest

from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.nginx import checked, configured, nginx


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A public folder after publishing, with nothing of ours running any more."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        port = free_port()
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{port}")
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        with client_of(place) as client:
            client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]})
            work_off(place)
        place.database.dispose()
        (folder / "var" / "briefcast.db").unlink()
    return folder / "var" / "public", port


@pytest.fixture(scope="module")
def files(published, tmp_path_factory):
    """A client of nginx over it, at the address that feeds and audio JSON name."""
    public, port = published
    with (
        nginx(tmp_path_factory.mktemp("nginx"), public, port=port) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize("name", ["files-only.conf", "briefcast.conf"])
def test_the_configurations_are_linted_by_nginx_itself(tmp_path, name):
    status, said = checked(configured(tmp_path, name, tmp_path, port=free_port()))
    assert status == 0, said
    (tmp_path / "files.conf").write_text("sendfle on;")
    assert checked(tmp_path / "nginx.conf")[0] != 0


def test_with_everything_stopped_an_article_is_heard_from_its_id_to_its_last_byte(files):
    # Given no database, no API and no worker / When a player has the article's ID
    told = files.get("/v1/articles/desk/ferry/audio", headers={"Origin": "https://paper.example"})
    assert told.headers["content-type"] == "application/json"
    assert told.headers["access-control-allow-origin"] == "*"
    assert told.headers["cache-control"] == "public, max-age=60"
    audio = told.json()
    # Then the address it finds plays
    whole = files.get(audio["url"])
    assert whole.headers["content-type"] == "audio/mpeg"
    assert whole.headers["cache-control"] == "public, max-age=3600"
    assert len(whole.content) == audio["bytes"] == int(whole.headers["content-length"])
    # And the alias leads to the same
    assert files.get("/articles/desk/ferry.mp3").content == whole.content
    # And what is beside it is there, each as what it is
    for beside in audio["transcripts"]:
        answer = files.get(beside["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == beside["type"]
    chapters = files.get(audio["chapters_url"])
    assert chapters.headers["content-type"] == "application/json+chapters"
    assert json.loads(chapters.content)["version"] == "1.2.0"
    page = next(beside["url"] for beside in audio["transcripts"] if beside["type"] == "text/html")
    assert "frame-ancestors *" in files.get(page).headers["content-security-policy"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("?download=Ferry-runs", 'attachment; filename="Ferry-runs.mp3"'),
        ("?a=b&download=%D0%9F-1&c", "attachment; filename=\"audio.mp3\"; filename*=UTF-8''%D0%9F-1.mp3"),
        *((bad, 'attachment; filename="audio.mp3"') for bad in (
            "?download", "?download=", "?download=a%0d%0aX:%20b", "?download=..%2fa", "?download=%22", "?download=a.exe",
            f"?download={'x' * 500}", "?download=gpj%E2%80%AEexe",
        )),
        ("", None),
        ("?undownload=a", None),
    ],
)  # fmt: skip
def test_with_everything_stopped_an_mp3_is_kept_as_a_file(files, asked, expected):
    url = files.get("/v1/articles/desk/ferry/audio").json()["url"]
    for address in (url, "/articles/desk/ferry.mp3"):
        answer = files.get(httpx.URL(address + asked))
        assert answer.status_code == 200
        assert answer.headers.get("content-disposition") == expected
        assert "x" not in answer.headers
        kept = expected is not None or address != url
        assert answer.headers["cache-control"] == ("public, max-age=60" if kept else "public, max-age=3600")
    assert "content-disposition" not in files.get("/shows/daily/feed.xml?download=a").headers


@pytest.mark.parametrize("given", ["bytes=100-299", "bytes=-200", "bytes=500-", "bytes=0-9,20-29"])
def test_with_everything_stopped_players_seek(files, given):
    url = files.get("/v1/articles/desk/ferry/audio").json()["url"]
    whole = files.get(url)
    part = files.get(url, headers={"Range": given, "If-Range": whole.headers["etag"]})
    assert part.status_code == 206
    if "," in given:
        assert part.headers["content-type"].startswith("multipart/byteranges")
        assert whole.content[20:30] in part.content
    else:
        start, end = part.headers["content-range"].split()[1].split("/")[0].split("-")
        assert part.content == whole.content[int(start) : int(end) + 1]
    beyond = files.get(url, headers={"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["access-control-allow-origin"] == "*"
    assert files.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert files.head(url).headers["content-length"] == str(len(whole.content))


def test_with_everything_stopped_podcast_apps_read_the_feed_and_fetch_its_enclosure(files):
    feed = files.get("/shows/daily/feed.xml")
    assert feed.headers["content-type"].startswith("application/rss+xml")
    assert feed.headers["content-encoding"] == "gzip"
    again = files.get("/shows/daily/feed.xml", headers={"If-None-Match": feed.headers["etag"]})
    assert again.status_code == 304
    (entry,) = feedparser.parse(feed.text).entries
    (enclosure,) = entry.enclosures
    assert len(files.get(enclosure["href"]).content) == int(enclosure["length"])
    # And one that was to be counted is heard uncounted
    counted = f"/listen/daily/{urlsplit(enclosure['href']).path.rpartition('/')[2]}"
    moved = files.get(counted)
    assert moved.status_code == 302
    assert urlsplit(moved.headers["location"]).path == urlsplit(enclosure["href"]).path
    # Also by whoever wishes to keep it as a file, and nothing else that an app adds goes along
    kept = files.get(f"{counted}?a=b&download=Ferry-1")
    assert kept.headers["location"].endswith(f"{urlsplit(enclosure['href']).path}?download=Ferry-1")
    assert files.get(kept.headers["location"]).headers["content-disposition"] == 'attachment; filename="Ferry-1.mp3"'
    assert files.get("/shows/daily/artwork.jpg").headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    "path", ["/articles/desk/ferry.mp3", "/briefings/ab/1/transcript.vtt", "/shows/daily/feed.xml", "/player.js"]
)
def test_a_preflight_for_any_public_file_passes(files, path):
    answer = files.options(path, headers={"Origin": "https://paper.example", "Access-Control-Request-Method": "GET"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"Range", "If-None-Match"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert "access-control-allow-headers" not in files.get(path).headers


def test_nothing_else_is_given_out(files, published):
    public, _ = published
    (public / ".secret").write_text("in the making")
    (public / "audio" / "notes.txt").write_text("x")
    for path in ("/", "/.secret", "/audio/", "/audio/notes.txt", "/v1/briefings", "/shows/daily/", "/gone/", "/docs"):
        answer = files.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "public, max-age=5"), path


@pytest.mark.parametrize(
    "name", ["articles/desk/ferry.mp3", "briefings/ab/1/transcript.vtt", "briefings/ab/history", "shows/daily/feed.xml"]
)
def test_what_was_withdrawn_is_gone(files, published, name):
    # When an article is withdrawn, its tombstone at gone/ and its files away or not
    tombstone = published[0] / "gone" / name
    tombstone.parent.mkdir(parents=True, exist_ok=True)
    tombstone.write_text('{"state": "retracted"}')
    answer = files.get(f"/{name}")
    tombstone.unlink()
    # Then its address says so
    assert (answer.status_code, answer.headers.get_list("cache-control")) == (410, ["public, max-age=60"])
    assert answer.json() == {"state": "retracted"}
    assert answer.headers["access-control-allow-origin"] == "*"
