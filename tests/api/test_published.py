from __future__ import annotations

import gzip
import shutil
from contextlib import ExitStack
from urllib.parse import urlsplit

import feedparser
import pytest
from starlette.datastructures import Headers

from api.small_files import takes_gzip
from tests.support.client import client_of, free_port, make_key
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.s3 import s3


@pytest.fixture(scope="module", params=["folder", "bucket"])
def published(request, tmp_path_factory):
    """An anonymous client, the path of a published MP3, and the workplace behind them, its files in a folder and in a
    bucket.
    """
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        if request.param == "bucket":
            for name, value in stack.enter_context(s3(folder / "s3")).settings("paper").items():
                patch.setenv(name, value)
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        with client_of(place) as client:
            client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]})
            work_off(place)
            client.headers.pop("Authorization")
            yield client, urlsplit(client.get("/v1/articles/desk/ferry/audio").json()["url"]).path, place
        place.database.dispose()


@pytest.fixture
def client(published):
    return published[0]


@pytest.fixture
def url(published):
    return published[1]


@pytest.fixture
def place(published):
    return published[2]


def test_an_mp3_is_served_whole_with_what_clients_need(client, url):
    answer = client.get(url, headers={"Origin": "https://paper.example"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["etag"].strip('"') == url.split("/")[-1].removesuffix(".mp3")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "last-modified" in answer.headers


def test_head_says_the_same_without_the_bytes(client, url):
    whole, head = client.get(url), client.head(url)
    assert head.content == b""
    for name in ("content-length", "etag", "content-type", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=500-", 500, None), ("bytes=-300", -300, None), ("Bytes = 10-19", 10, 20)],
)
def test_single_ranges(client, url, given, start, end):
    whole = client.get(url).content
    answer = client.get(url, headers={"Range": given})
    assert answer.status_code == 206
    assert answer.content == whole[start:end]
    first = start if start >= 0 else len(whole) + start
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


def test_several_ranges_come_in_parts(client, url):
    answer = client.get(url, headers={"Range": "bytes=0-9,100-109"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    whole = client.get(url).content
    assert whole[0:10] in answer.content
    assert whole[100:110] in answer.content


def test_a_range_beyond_the_end_is_416(client, url):
    size = len(client.get(url).content)
    answer = client.get(url, headers={"Range": f"bytes={size + 10}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    assert answer.json()["code"] == "range_not_satisfiable"


@pytest.mark.parametrize("given", ["bytes=abc", "bytes=5-2", "bytes=", "bytes=1-2,x", "bytes 0-1"])
def test_a_range_that_is_none_is_ignored(client, url, given):
    assert client.get(url, headers={"Range": given}).status_code == 200


def test_an_unknown_range_unit_is_ignored(client, url):
    assert client.get(url, headers={"Range": "seconds=1-2"}).status_code == 200


def test_if_range_and_if_none_match(client, url):
    tag = client.get(url).headers["etag"]
    assert client.get(url, headers={"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    assert client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200
    unchanged = client.get(url, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    assert client.get(url, headers={"If-None-Match": "*"}).status_code == 304
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/audio/" + "0" * 64 + ".mp3", "/audio/x.mp3", "/audio/..%2f..%2fbriefcast.db", "/audio/%2e%2e/feed.xml", "/articles/desk/none.mp3",
     "/v1/articles/desk/none/audio", "/v1/articles/../../audio", "/shows/none/feed.xml", "/shows/../feed.xml", "/embed/desk/none",
     "/v1/articles/%2e%2e/%2e%2e/audio", "/nowhere"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_problem(client, url, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "public, max-age=5")
    assert answer.json()["code"] in {"not_found", "no_audio"}


@pytest.mark.parametrize("published", ["folder"], indirect=True)
def test_no_link_is_followed_out_of_the_folder(client, url, place, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    name = "f" * 64
    (place.files.storage.root / "audio" / f"{name}.mp3").symlink_to(secret)
    assert client.get(f"/audio/{name}.mp3").status_code == 404


def test_the_alias_redirects_to_what_is_live(client, url):
    for answer in (client.get("/articles/desk/ferry.mp3"), client.head("/articles/desk/ferry.mp3")):
        assert answer.status_code == 302
        assert answer.headers["location"].endswith(url)
        assert answer.headers["cache-control"] == "public, max-age=60"


def test_an_mp3_is_kept_as_a_file_where_its_address_says_so(client, url):
    whole = client.get(url)
    assert whole.headers["content-disposition"] == "inline"
    for asked in (client.get, client.head):
        kept = asked(url, params={"download": "Zoë’s ferry"})
        assert kept.status_code == 200
        assert kept.headers["content-disposition"] == (
            "attachment; filename=\"Zoe-s-ferry.mp3\"; filename*=UTF-8''Zo%C3%AB-s-ferry.mp3"
        )
        # No cache that is purged by address knows this one: it is asked again soon.
        assert kept.headers["cache-control"] == "public, max-age=60"
        assert kept.headers["etag"] == whole.headers["etag"]
    part = client.get(f"{url}?download", headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    assert part.headers["content-disposition"] == 'attachment; filename="audio.mp3"'
    moved = client.get("/articles/desk/ferry.mp3", params={"download": "a\r\nX: b"})
    assert moved.headers["location"].endswith(f"{url}?download=a-X-b")


def test_a_feed_is_compressed_for_whoever_takes_it(client):
    path = "/shows/daily/feed.xml"
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        wire = b"".join(answer.iter_raw())
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert gzip.decompress(wire) == plain.content
    assert (answer.headers["content-encoding"], int(answer.headers["content-length"])) == ("gzip", len(wire))
    assert "content-encoding" not in plain.headers
    assert len(wire) < len(plain.content) / 2
    assert all("Accept-Encoding" in one.headers["vary"] for one in (answer, plain))
    assert answer.headers["content-type"] == plain.headers["content-type"]
    # Two representations, each with its own strong tag, by which it is asked for again
    tags = answer.headers["etag"], plain.headers["etag"]
    assert len(set(tags)) == 2
    for encoding, own, other in (("gzip", *tags), ("identity", *reversed(tags))):
        same = client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": own})
        assert (same.status_code, same.headers["etag"], same.headers["vary"]) == (304, own, plain.headers["vary"])
        asked = {"Accept-Encoding": encoding, "If-None-Match": other}
        assert client.get(path, headers=asked).status_code == 200
    head = client.head(path, headers={"Accept-Encoding": "gzip"})
    assert (head.headers["etag"], head.headers["content-length"], head.content) == (tags[0], str(len(wire)), b"")


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("gzip", True), ("br, GZip;q=0.5", True), ("*", True), ("identity, *;q=0.1", True), ("x-gzip", True),
        ("gzip;q=0", False), ("*;q=0", False), ("br", False), ("", False), ("gzip;q=0, *", False), ("gzip;q=x", False),
    ],
)  # fmt: skip
def test_who_takes_gzip(said, taken):
    assert takes_gzip(Headers({"accept-encoding": said})) is taken


def test_the_audio_json_and_the_feed_are_revalidated(client, url):
    for path in ("/v1/articles/desk/ferry/audio", "/shows/daily/feed.xml"):
        answer = client.get(path)
        assert answer.status_code == 200
        headers = answer.headers
        assert client.get(path, headers={"If-None-Match": headers["etag"]}).status_code == 304
        assert client.get(path, headers={"If-Modified-Since": headers["last-modified"]}).status_code == 304
        assert client.get(path, headers={"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 200
        assert client.get(path, headers={"If-Modified-Since": "nonsense"}).status_code == 200
        assert (
            client.get(
                path, headers={"If-None-Match": '"x"', "If-Modified-Since": headers["last-modified"]}
            ).status_code
            == 200
        )
        assert client.head(path).content == b""


def test_the_audio_json_discloses(client, url):
    audio = client.get("/v1/articles/desk/ferry/audio").json()
    assert audio["disclosure"] == "This audio is created with AI assistance."
    assert audio["ai_content"] is True
    assert audio["bytes"] == len(client.get(url).content)


def test_a_preflight_for_ranges_passes_and_the_editors_api_has_no_cors(client, url):
    preflight = {
        "Origin": "https://paper.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "Range",
    }
    assert client.options(url, headers=preflight).headers["access-control-allow-origin"] == "*"
    answer = client.get(url, headers={"Origin": "https://paper.example"})
    assert "content-range" in answer.headers["access-control-expose-headers"].lower()
    # An app names no origin, and what a cache keeps of its answer is what a page may get.
    alike = client.get(url)
    told = ("access-control-allow-origin", "access-control-expose-headers", "vary")
    assert [alike.headers.get(name) for name in told] == [answer.headers.get(name) for name in told]
    assert "origin" not in alike.headers.get("vary", "").lower()
    closed = client.get("/v1/voices", headers={"Origin": "https://paper.example"})
    assert "access-control-allow-origin" not in closed.headers
    assert closed.headers["cache-control"] == "no-store"


def test_readers_need_no_database(client, url, place):
    # Given published audio / When the database is gone / Then everything that readers fetch is still there
    database, away = place.data.data / "briefcast.db", place.data.data / "away"
    place.database.dispose()
    shutil.move(database, away)
    for path in (
        url,
        "/articles/desk/ferry.mp3",
        "/v1/articles/desk/ferry/audio",
        "/shows/daily/feed.xml",
        "/shows/daily/artwork.jpg",
        "/embed/desk/ferry",
    ):
        assert client.get(path).status_code in {200, 302}, path
    shutil.move(away, database)


def test_the_feed_is_for_podcast_apps(client, url):
    answer = client.get("/shows/daily/feed.xml")
    assert answer.headers["content-type"] == "application/rss+xml"
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert parsed.entries[0].enclosures[0].href.endswith(url)
    assert client.get("/shows/daily/artwork.jpg").headers["content-type"] == "image/jpeg"


def test_the_embed_page_is_plain_and_framed_only_where_allowed(client, url):
    answer = client.get("/embed/desk/ferry")
    page = answer.text
    assert f'{url}"' in page
    assert "Ferry runs again" in page
    assert "This audio is created with AI assistance." in page
    assert page.count("<script") == page.count('<script src="/player.js" defer></script>') == 1
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors *" in policy


def test_article_text_cannot_become_markup(client, place):
    (place.data.data.parent / "articles" / "evil.md").write_text(
        "---\ntitle: <script>alert(1)</script> & co\n---\n\nSome text to be read, of a certain length.\n"
    )
    key = {"Authorization": f"Bearer {make_key(place)}"}
    client.post("/v1/briefings", json={"article_ids": ["desk:evil"]}, headers=key)
    work_off(place)
    page = client.get("/embed/desk/evil").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert feedparser.parse(client.get("/shows/daily/feed.xml").content).bozo == 0


def test_a_date_out_of_all_bounds_is_no_date(client, url):
    headers = {"If-Modified-Since": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}
    assert client.get("/shows/daily/feed.xml", headers=headers).status_code == 200
