from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from api.embed import clock
from api.oembed import side_of
from briefing.articles.addresses import address_id
from briefing.public_names import artwork_serving
from briefing.storage import Serving
from tests.support.client import client_of, free_port
from tests.support.newsroom import make_place, work_off
from tests.support.old_host import picture

_JSON = Serving("application/json", "no-cache")
ADDRESS = "https://www.daily.example/2026/ferry"
STORY = {
    "title": "Ferry runs again & again",
    "byline": "Ann Poe",
    "address": ADDRESS,
    "html": "<p>The ferry runs again from Monday, the harbour board said on the quay.</p>",
}
BARE = "# Market opens\n\nThe market is open again on Saturday, said the town.\n"


def own_place(folder, monkeypatch):
    """Return a workplace whose public address is where its API will be."""
    port = free_port()
    for name, value in {"DATA": folder / "var", "PUBLIC_URL": f"http://127.0.0.1:{port}"}.items():
        monkeypatch.setenv(f"BRIEFCAST_{name}", str(value))
    monkeypatch.chdir(folder)
    return make_place(folder)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedding")
    with pytest.MonkeyPatch.context() as patch:
        yield from published(folder, own_place(folder, patch))


def published(folder, place):
    (folder / "articles" / "ferry.json").write_text(json.dumps(STORY))
    (folder / "articles" / "market.md").write_text(BARE)
    with client_of(place) as client:
        for article in ("ferry", "market"):
            client.post("/v1/briefings", json={"article_ids": [f"desk:{article}"]}).raise_for_status()
        work_off(place)
        client.headers.pop("Authorization")
        yield client


def asked(client, **what):
    answer = client.get("/v1/audio", params=what)
    assert answer.status_code == 200, answer.text
    return answer.json()["audio"]


def test_an_article_is_found_by_its_address_however_it_is_written(client):
    for address in (ADDRESS, f"{ADDRESS}?utm_source=mail#top", ADDRESS.replace("www.daily", "WWW.Daily")):
        [found] = asked(client, url=address)
        assert (found["article"], found["state"]) == ("desk:ferry", "live"), address
        whole = client.get("/v1/articles/desk/ferry/audio").json()
        assert found["audio"]["url"] == whole["url"]
        assert found["audio"]["disclosure"] == whole["disclosure"]
    for address in (ADDRESS + "/other", "nonsense", "", "https://[::1", "javascript:alert(1)"):
        [found] = asked(client, url=address)
        assert (found["article"], found["state"], found["audio"]) == (None, "none", None), address


def test_which_article_an_address_is_of_is_a_file(client):
    path = f"/v1/addresses/{address_id(ADDRESS)}"
    answer = client.get(path, headers={"Origin": "https://paper.example"})
    assert answer.json() == {"article": "desk:ferry"}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.get(f"/v1/addresses/{'0' * 16}").json()["code"] == "no_audio"
    for odd in ("0", f"{'0' * 15}g", "..%2f..%2fplayer.js"):
        assert client.get(f"/v1/addresses/{odd}").status_code in {404, 422}, odd


def test_a_hundred_articles_are_answered_at_once_in_their_order(client):
    ids = [f"desk:none-{number}" for number in range(98)] + ["desk:market", "desk:ferry"]
    found = asked(client, article=ids)
    assert [one["asked"] for one in found] == ids
    assert [one["asked"] for one in found if one["state"] == "live"] == ["desk:market", "desk:ferry"]
    for bad in ([*ids, "desk:more"], []):
        answer = client.get("/v1/audio", params={"article": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_the_answer_may_be_kept_and_asked_by_any_page(client):
    answer = client.get("/v1/audio", params={"article": "desk:ferry"}, headers={"Origin": "https://paper.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "public, max-age=60"
    again = client.get("/v1/audio", params={"article": "desk:ferry"}, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_was_retracted_is_said_to_be_so_and_shown_nowhere(tmp_path, monkeypatch):
    place = own_place(tmp_path, monkeypatch)
    with client_of(place) as own:
        place.files.storage.write(
            "gone/v1/articles/desk/gone/audio", json.dumps({"state": "retracted"}).encode(), _JSON
        )
        [found] = asked(own, article="desk:gone")
        assert (found["state"], found["audio"]) == ("retracted", None)
        assert own.get("/embed/desk/gone").status_code == 410
        assert own.get(f"/oembed?url={own.base_url}/embed/desk/gone").status_code == 404


class Frame(HTMLParser):
    attributes = None

    def handle_starttag(self, tag, attributes):
        assert tag == "iframe"
        assert self.attributes is None
        self.attributes = dict(attributes)


@pytest.mark.parametrize("form", ["address", "embed", "alias", "json"])
def test_another_site_frames_the_player_by_oembed(client, form):
    whole = client.get("/v1/articles/desk/ferry/audio").json()
    base = re.match(r"https?://[^/]+", whole["artwork"])[0]
    address = {
        "address": ADDRESS,
        "embed": f"{base}/embed/desk/ferry",
        "alias": f"{base}/articles/desk/ferry.mp3",
        "json": f"{base}/v1/articles/desk/ferry/audio",
    }[form]
    answer = client.get("/oembed", params={"url": address, "maxwidth": 500, "format": "json"})
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert (told["version"], told["type"], told["title"]) == ("1.0", "rich", "Ferry runs again & again")
    assert (told["author_name"], told["width"]) == ("Ann Poe", 500)
    frame = Frame()
    frame.feed(told["html"])
    assert frame.attributes["src"] == f"{base}/embed/desk/ferry"
    assert frame.attributes["title"] == told["title"]
    assert int(frame.attributes["height"]) == told["height"]


def test_oembed_says_the_same_in_xml(client):
    told = client.get("/oembed", params={"url": ADDRESS}).json()
    root = fromstring(client.get("/oembed", params={"url": ADDRESS, "format": "xml"}).content)
    assert {child.tag: child.text for child in root} == {name: str(value) for name, value in told.items()}


def test_oembed_tells_how_large_the_shows_picture_is(client):
    # Given artwork that is drawn, then one of a show's own, as it gives it
    address = client.get("/v1/articles/desk/ferry/audio").json()["artwork"]
    published = client.get(address).content
    files = client.app.state.context.files
    for side in (1400, 2048):
        if side != 1400:
            files.write("shows/daily/artwork.jpg", picture(side), artwork_serving("jpg"))
        told = client.get("/oembed", params={"url": ADDRESS}).json()
        assert (told["thumbnail_width"], told["thumbnail_height"]) == (side, side)
    files.write("shows/daily/artwork.jpg", published, artwork_serving("jpg"))


@pytest.mark.parametrize(
    ("jpeg", "side"),
    [
        (picture(1500), 1500),
        (picture(1500, progressive=True), 1500),
        (b"\xff\xd8\xff" + picture(1500)[2:], 1500),
        (b"", None),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), None),
        (b"\xff\xd8" + b"\xff" * 64, None),
        (b"\xff\xd8\xff\xe0\x00\x00" + bytes(64), None),
        (picture(1500)[:100], None),
    ],
)
def test_a_jpegs_side_is_read_from_its_head(jpeg, side):
    assert side_of(jpeg) == side


def test_oembed_refuses_what_it_does_not_offer(client):
    for params, status, code in (
        ({"url": ADDRESS, "format": "yaml"}, 422, "invalid_request"),
        ({"url": "https://www.daily.example/none"}, 404, "no_audio"),
        ({"url": ADDRESS, "maxwidth": 0}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ):
        answer = client.get("/oembed", params=params)
        assert (answer.status_code, answer.json()["code"]) == (status, code), params


def test_the_embed_page_leads_to_its_oembed(client):
    page = client.get("/embed/desk/ferry").text
    [found] = re.findall(r'<link rel="alternate" type="application/json\+oembed"[^>]* href="([^"]+)">', page)
    told = client.get("/oembed?" + httpx.URL(found.replace("&amp;", "&")).query.decode()).json()
    assert told["title"] == "Ferry runs again & again"
    assert quote("/embed/desk/ferry", safe="") in found


def test_the_embed_page_is_shared_by_the_articles_address_or_else_its_own(client):
    artwork = client.get("/v1/articles/desk/ferry/audio").json()["artwork"]
    base = re.match(r"https?://[^/]+", artwork)[0]
    for article, address in (("ferry", ADDRESS), ("market", f"{base}/embed/desk/market")):
        assert f' page="{address}"' in client.get(f"/embed/desk/{article}").text


def test_the_scripts_come_compressed_and_are_kept_for_five_minutes(client):
    for name in ("player.js", "embed.js"):
        plain = client.get(f"/{name}", headers={"Accept-Encoding": "identity"})
        packed = client.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
        assert plain.content == packed.content  # the client unpacks
        assert packed.headers["content-encoding"] == "gzip"
        assert plain.headers["etag"] != packed.headers["etag"]
        assert client.get(f"/{name}", headers={"If-None-Match": packed.headers["etag"]}).status_code == 304
        assert packed.headers["cache-control"] == "public, max-age=300"


def test_a_length_is_written_as_the_player_writes_it(client):
    assert [clock(seconds) for seconds in (0, 65.9, 3599.9, 3600, 36_061)] == [
        "0:00", "1:05", "59:59", "1:00:00", "10:01:01",
    ]  # fmt: skip
    length = clock(client.get("/v1/articles/desk/ferry/audio").json()["duration_s"])
    assert f"<span>{length}</span>" in client.get("/embed/desk/ferry").text
