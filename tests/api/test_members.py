"""Members' audio by signed addresses and in private feeds; by the API itself, nginx and a bucket."""

from __future__ import annotations

import time
from contextlib import nullcontext
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest
from lxml import etree
from sqlalchemy import select

from briefing.models import ListenerRow
from tests.support.client import client_of, free_port
from tests.support.command import briefcast
from tests.support.feeds import accepted
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.nginx import nginx
from tests.support.s3 import s3
from tests.support.sentinels import ARTICLE, WORDS, found
from worker.feeds.feed import PODCAST

SHOW = 'slug = "daily"\nvisibility = "members"\npreview = {paragraphs = 2}\npreview_in_feed = true'
NEWSROOM = PLAIN.replace('slug = "daily"', SHOW, 1)
STRANGER = {"Authorization": ""}


def published(folder, patch, **settings):
    """A workplace with a briefing for members, live."""
    for name, value in settings.items():
        patch.setenv(name, value)
    place = make_place(folder, NEWSROOM)
    (folder / "articles" / "board.md").write_text(ARTICLE)
    return place


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A client, a briefing for members and the workplace; nothing of it is changed."""
    folder = tmp_path_factory.mktemp("members")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.setenv("BRIEFCAST_AUDIENCE_ENCLOSURES", "redirect")
        patch.chdir(folder)
        place = published(folder, patch)
        with client_of(place) as client:
            briefing = client.post("/v1/briefings", json={"article_ids": ["desk:board"]}).json()["id"]
            work_off(place)
            yield client, briefing, place
        place.database.dispose()


@pytest.fixture
def command(made, monkeypatch):
    """`briefcast` at work on what is made."""
    _, _, place = made
    monkeypatch.setenv("BRIEFCAST_DATA", str(place.data.data))
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", place.public.public_url)
    return briefcast


def ask(client, address, **options):
    """What somebody without a key gets."""
    headers = STRANGER | options.pop("headers", {})
    return client.request(options.pop("method", "GET"), address, headers=headers, **options)


def test_the_sites_server_has_addresses_signed_that_play(made):
    client, briefing, _ = made
    signed = client.post("/v1/articles/desk/board/signed").raise_for_status()
    assert signed.headers["cache-control"] == "private, no-store"
    assert signed.json()["access"] == "members"
    told = ask(client, signed.json()["address"], headers={"Origin": "https://paper.example"})
    assert told.headers["cache-control"] == "private, no-store"
    assert told.headers["access-control-allow-origin"] == "*"
    audio = told.json()
    assert audio["access"] == "members"
    # Everything that it names opens, whole, each as what it is
    whole = ask(client, audio["url"])
    assert (whole.headers["content-type"], len(whole.content)) == ("audio/mpeg", audio["bytes"])
    assert whole.headers["cache-control"] == "private, no-store"
    for beside in audio["transcripts"]:
        answer = ask(client, beside["url"])
        assert answer.headers["content-type"].partition(";")[0] == beside["type"]
        assert answer.headers["cache-control"] == "private, no-store"
        assert found(answer.content) == list(WORDS)
    page = next(beside["url"] for beside in audio["transcripts"] if beside["type"] == "text/html")
    heard = ask(client, page).text.partition('src="')[2].partition('"')[0]
    assert ask(client, heard).content == whole.content
    assert ask(client, audio["chapters_url"]).json()["version"] == "1.2.0"
    # A page to be framed plays all of it too, for whom it was signed, and no cache keeps it
    framed = ask(client, signed.json()["embed"])
    assert framed.headers["content-type"].startswith("text/html")
    assert framed.headers["cache-control"] == "private, no-store"
    assert framed.headers["referrer-policy"] == "no-referrer"
    theirs = framed.text.partition('signed="')[2].partition('"')[0]
    assert ask(client, theirs).json()["access"] == "members"
    assert ask(client, framed.text.partition('preload="none" src="')[2].partition('"')[0]).content == whole.content
    # Sharing it tells nobody the address
    token = signed.json()["embed"].partition("/members/")[2].partition("/")[0]
    shared = framed.text.partition('page="')[2].partition('"')[0]
    assert shared == (audio.get("article_url") or f"{client.base_url}/embed/desk/board")
    assert ask(client, f"/members/{token}/embed/desk/other").status_code == 404
    assert ask(client, f"/members/{token}/v1/articles/desk/board/audio").status_code == 404
    # The same by the briefing's ID
    other = client.post(f"/v1/briefings/{briefing}/signed").raise_for_status().json()
    assert ask(client, other["audio"]).content == whole.content
    assert ask(client, ask(client, other["address"]).json()["url"]).content == whole.content


def test_it_is_sought_in_as_any_mp3_is(made):
    client, *_ = made
    url = client.post("/v1/articles/desk/board/signed").json()["audio"]
    whole = ask(client, url)
    head = ask(client, url, method="HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))
    part = ask(client, url, headers={"Range": "bytes=100-199", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["cache-control"] == "private, no-store"
    assert ask(client, url, headers={"Range": "bytes=-5"}).content == whole.content[-5:]
    beyond = ask(client, url, headers={"Range": f"bytes={len(whole.content)}-"})
    assert (beyond.status_code, beyond.headers["cache-control"]) == (416, "private, no-store")
    again = ask(client, url, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "private, no-store")


def test_an_address_opens_its_file_alone_and_only_for_its_time(made):
    client, *_ = made
    signed = client.post("/v1/articles/desk/board/signed", json={"seconds": 60}).json()
    audio = ask(client, signed["address"]).json()
    prefix, _, name = signed["audio"].partition("/audio/")
    for wrong in (
        f"{prefix}/{audio['chapters_url'].split('/', 5)[5]}",
        f"{prefix[:-1]}{'E' if prefix.endswith('A') else 'A'}/audio/{name}",
        f"{client.base_url}/members/-/audio/{name}",
        f"{client.base_url}/audio/{name}",
        f"{prefix}/../audio/{name}",
        f"{prefix}/audio%2F..%2Faudio%2F{name}",
    ):
        answer = ask(client, wrong)
        assert answer.status_code == 404, wrong
        assert "etag" not in answer.headers
    # A tag that somebody knows does not tell whether it is there
    tag = ask(client, signed["audio"]).headers["etag"]
    for method in ("GET", "HEAD"):
        assert (
            ask(client, f"{client.base_url}/audio/{name}", method=method, headers={"If-None-Match": tag}).status_code
            == 404
        )
    # When its time is over
    signing = client.app.state.context.signing
    clock = signing._clock
    try:
        signing._clock = lambda: clock() + 60 + 61
        answer = ask(client, signed["audio"])
    finally:
        signing._clock = clock
    assert (answer.status_code, answer.json()["code"]) == (410, "address_over")
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_key_is_changed_without_a_gap_or_at_once(made, command):
    client, *_ = made
    signing = client.app.state.context.signing

    def url():
        return client.post("/v1/articles/desk/board/signed").json()["audio"]

    before = url()
    assert command("listeners", "new-key").returncode == 0
    signing._looked_at = 0.0
    after = url()
    assert before.split("/")[4].split(".")[0] != after.split("/")[4].split(".")[0]
    assert (ask(client, before).status_code, ask(client, after).status_code) == (200, 200)
    assert command("listeners", "new-key", "--at-once").returncode == 0
    signing._looked_at = 0.0
    assert (ask(client, after).status_code, ask(client, url()).status_code) == (404, 200)


def test_a_listener_has_a_feed_of_their_own_until_they_are_revoked(made, command):
    client, _, place = made
    # Given two listeners
    feeds = [client.post("/v1/shows/daily/listeners", json={"name": f"reader {n}"}).json() for n in range(2)]
    assert command("listeners", "add", "--show", "daily", "--name", "by hand").stdout.startswith("http")
    work_off(place)
    mine, other = feeds
    answer = ask(client, mine["feed"])
    assert answer.headers["cache-control"] == "private, no-store"
    # Then it is a feed that every app reads
    assert [one["guid"] for one in accepted(answer.content)["episodes"]]
    # And it is for nobody else: no directory, no hub; its own address, nothing unsigned
    parsed = feedparser.parse(answer.content)
    assert parsed.feed["itunes_block"] == 1
    assert etree.fromstring(answer.content).findtext(f"channel/{{{PODCAST}}}block") == "yes"
    assert {link["href"] for link in parsed.feed.links if link["rel"] == "self"} == {mine["feed"]}
    assert "hub" not in {link["rel"] for link in parsed.feed.links}
    assert b"/members/-/" not in answer.content
    # And its episode is the public one's, whole
    everybodys = feedparser.parse(ask(client, "/shows/daily/feed.xml").content)
    assert [entry.id for entry in parsed.entries] == [entry.id for entry in everybodys.entries]
    (enclosure,) = parsed.entries[0].enclosures
    assert len(ask(client, enclosure["href"]).content) == int(enclosure["length"])
    assert ask(client, mine["feed"], headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    theirs = feedparser.parse(ask(client, other["feed"]).content).entries[0].enclosures[0]["href"]
    assert theirs != enclosure["href"]
    # And it is counted as a podcast app's
    client.app.state.context.counting.close()
    # When they are revoked / Then all of theirs is over at once, and nothing of anybody else's
    listed = client.get("/v1/shows/daily/listeners").json()
    assert [one["name"] for one in listed["listeners"]] == ["reader 0", "reader 1", "by hand"]
    assert client.delete(f"/v1/shows/held/listeners/{mine['id']}").status_code == 404
    assert client.delete(f"/v1/shows/daily/listeners/{mine['id']}").status_code == 204
    for address in (mine["feed"], enclosure["href"]):
        over = ask(client, address)
        assert (over.status_code, over.json()["code"]) == (410, "address_over"), address
        assert ask(client, address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 410
    assert client.post("/v1/articles/desk/board/signed", json={"listener": mine["id"]}).status_code == 404
    assert ask(client, theirs).status_code == 200
    assert command("listeners", "revoke", other["id"]).returncode == 0
    assert ask(client, other["feed"]).status_code == 410
    said = command("listeners", "list").stdout
    assert [line.split("  ")[3].split()[0] for line in said.splitlines()] == ["revoked", "revoked", "listening"]
    # And no secret is kept
    secret = mine["feed"].split("/")[5]
    with place.database.reading() as session:
        assert all(secret not in str(vars(row)) for row in session.scalars(select(ListenerRow)))
    for wrong in (mine["feed"].replace(secret, "A" * 43), mine["feed"].replace(mine["id"], "0" * 16)):
        assert ask(client, wrong).status_code == 404


def test_what_becomes_everybodys_leads_there_and_what_is_withdrawn_is_gone(tmp_path, monkeypatch):
    place = published(tmp_path, monkeypatch)
    with client_of(place) as client:
        client.post("/v1/shows/daily/listeners", json={"name": "reader"})
        briefing = client.post("/v1/briefings", json={"article_ids": ["desk:board"]}).json()["id"]
        work_off(place)
        shown = client.get(f"/v1/briefings/{briefing}").json()
        assert (shown["visibility"], shown["live"]["url"]) == ("members", None)
        url = client.post("/v1/articles/desk/board/signed").json()["audio"]
        # A wish for less privacy than the show's counts for nothing
        seen = client.put(f"/v1/briefings/{briefing}/visibility", json={"visibility": "public"}).json()
        assert seen["visibility"] == "members"
        (tmp_path / "briefcast.toml").write_text(PLAIN)
        began = time.monotonic()
        assert briefcast("apply", "briefcast.toml").returncode == 0
        work_off(place)
        assert time.monotonic() - began < 60
        moved = ask(client, url)
        assert (moved.status_code, moved.headers["cache-control"]) == (302, "private, no-store")
        assert ask(client, moved.headers["location"]).status_code == 200
        kept = ask(client, ask(client, f"{url}?download=Board").headers["location"])
        assert kept.headers["content-disposition"] == 'attachment; filename="Board.mp3"'
        assert client.post("/v1/articles/desk/board/signed").json()["access"] == "public"
        # When it is members' again and withdrawn
        client.put("/v1/articles/desk/board/audio", json={"visibility": "members"})
        work_off(place)
        assert ask(client, moved.headers["location"]).status_code == 404
        url = client.post("/v1/articles/desk/board/signed").json()["audio"]
        client.post(f"/v1/briefings/{briefing}/retract")
        work_off(place)
        gone = ask(client, url)
        assert (gone.status_code, gone.json()["code"]) == (410, "withdrawn")
        assert ask(client, "/v1/articles/desk/board/audio").status_code == 410
        assert client.post("/v1/articles/desk/board/signed").status_code == 410
    place.database.dispose()


def test_what_nginx_hands_on_has_the_apis_headers_and_none_beside_them(made, tmp_path):
    # Given nginx before the API, and pages, a members' address and what other sites' pages fetch
    client, _, place = made
    signed = client.post("/v1/articles/desk/board/signed").raise_for_status().json()
    asked = ["/desk/sign-in", "/embed/desk/board", "/v1/audio?article=desk:board", "/listen/daily/none.mp3"]
    asked += [httpx.URL(signed[one]).raw_path.decode() for one in ("address", "embed")]
    names = ("content-security-policy", "cache-control", "access-control-allow-origin", "x-content-type-options")
    origin = STRANGER | {"Origin": "https://paper.example"}
    port = int(urlsplit(str(client.base_url)).port)
    with (
        nginx(tmp_path / "nginx", place.files.storage.root, "briefcast.conf", api=port) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as front,
    ):
        for path in asked:
            direct, through = ask(client, path, headers=origin), front.get(path, headers=origin)
            # Then each is answered as by the API itself: browsers refuse two origins, and apply both of two policies
            assert through.status_code == direct.status_code, path
            for name in names:
                assert through.headers.get_list(name) == direct.headers.get_list(name), (path, name)
                assert len(through.headers.get_list(name)) <= 1, (path, name)
        assert front.get(asked[0]).is_success
        assert front.get(asked[2], headers=origin).headers.get_list("access-control-allow-origin") == ["*"]
        assert front.get(asked[4]).headers.get_list("cache-control") == ["private, no-store"]


@pytest.mark.parametrize("way", ["nginx", "bucket"])
def test_somebody_else_sends_the_bytes_and_only_to_whom_we_say(tmp_path, monkeypatch, way):
    with s3(tmp_path / "s3") if way == "bucket" else nullcontext() as server:
        settings = {"BRIEFCAST_MEMBERS_ACCEL": "/accel-members/"}
        if server:
            settings = server.settings("paper") | {"BRIEFCAST_AUDIO_REDIRECT": "signed"}
        place = published(tmp_path, monkeypatch, **settings)
        with client_of(place) as client:
            client.post("/v1/briefings", json={"article_ids": ["desk:board"]})
            work_off(place)
            url = client.post("/v1/articles/desk/board/signed").json()["audio"]
            size = ask(
                client,
                ask(client, client.post("/v1/articles/desk/board/signed").json()["address"]).json()["chapters_url"],
            )
            assert size.status_code == 200
            if way == "bucket":
                sent = ask(client, url)
                assert (sent.status_code, sent.headers["cache-control"]) == (302, "private, no-store")
                # It outlives a revocation by minutes at most, and the page that frames the player may follow it
                assert "X-Amz-Expires=300" in sent.headers["location"]
                page = ask(client, client.post("/v1/articles/desk/board/signed").json()["embed"])
                media = page.headers["content-security-policy"].partition("media-src ")[2].partition(";")[0].split()
                assert "{0.scheme}://{0.netloc}".format(urlsplit(sent.headers["location"])) in media
                with httpx.Client(trust_env=False, timeout=60) as other:
                    whole = other.get(sent.headers["location"])
                    assert whole.headers["cache-control"] == "private, no-store"
                    part = other.get(sent.headers["location"], headers={"Range": "bytes=5-9"})
                assert (whole.status_code, part.content) == (200, whole.content[5:10])
            else:
                public = place.files.storage.root
                port = int(urlsplit(str(client.base_url)).port)
                with (
                    nginx(tmp_path / "nginx", public, "briefcast.conf", api=port) as address,
                    httpx.Client(base_url=address, trust_env=False, timeout=60) as reader,
                ):
                    path = urlsplit(url).path
                    whole = reader.get(path)
                    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/mpeg")
                    assert whole.headers["cache-control"] == "private, no-store"
                    part = reader.get(path, headers={"Range": "bytes=5-9"})
                    assert (part.status_code, part.content) == (206, whole.content[5:10])
                    # And by no other way
                    name = path.split("/", 3)[3]
                    for wrong in (f"/accel-members/{name}", f"/{name}", f"/../members/{name}", f"/members/{name}"):
                        assert reader.get(wrong).status_code in {400, 404}, wrong
        place.database.dispose()
