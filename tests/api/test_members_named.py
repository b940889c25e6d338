"""Text of articles in members' files that names other members' files: nothing of it is ever signed."""

from __future__ import annotations

import json
import re

import pytest
from lxml import etree

from api.unsigned import filled
from briefing.public_names import article_name, briefing_name
from briefing.values import ArticleRef
from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.feeds.feed import CONTENT

NEWSROOM = PLAIN.replace('slug = "daily"', 'slug = "daily"\nvisibility = "members"\npreview = false', 1)
STRANGER = {"Authorization": ""}

#: What an article would have to say to have another one's audio opened.
SECRET = "/members/-/v1/articles/desk/secret/audio"

#: The same of the feed, which the API knows by the listener's secret.
FEED = "https://elsewhere.example/members/-/shows/daily/feed.xml"

TOKEN = re.compile(r"/members/[0-9a-f]{8}\.[^/\s]+/v1/articles/")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A client, a listener's feed, and the briefing of an article that names another one wherever it can, and that one."""
    folder = tmp_path_factory.mktemp("named")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.chdir(folder)
        place = make_place(folder, NEWSROOM)
        (folder / "articles" / "gift.json").write_text(json.dumps(said()))
        (folder / "articles" / "secret.md").write_text(ARTICLE.replace("Monday", "Tuesday"))
        with client_of(place) as client:
            for ids in (["desk:gift"], ["desk:secret"], ["desk:gift", "desk:secret"]):
                both = client.post("/v1/briefings", json={"article_ids": ids}).raise_for_status().json()["id"]
            listener = client.post("/v1/shows/daily/listeners", json={"name": "reader"}).json()
            work_off(place)
            yield client, listener["feed"], both
        place.database.dispose()


def said():
    """An article that names a members' file in title, byline, address, text and what is taken for its summary."""
    body = [
        f"All of it is at {FEED} and {SECRET} as they say.",
        f'It is "url": "https://x{SECRET}" or <a href="{SECRET}">so they say</a>.',
        f'Or <enclosure url="{SECRET}"/> or <audio controls preload="none" src="{SECRET}"> as others say.',
    ]
    return {
        "title": f"https://audio.example{SECRET}",
        "byline": f"By {SECRET}",
        "address": f"https://audio.example{SECRET}",
        "text": "\n\n".join(body),
    }


def test_no_text_of_an_article_has_another_members_file_signed(made):
    client, feed, both = made

    def get(address):
        return client.get(address, headers=STRANGER).raise_for_status()

    told = get(client.post("/v1/articles/desk/gift/signed").raise_for_status().json()["address"])
    beside = {one["type"]: get(one["url"]).text for one in told.json()["transcripts"]}
    contents = {"audio": told.text, "chapters": get(told.json()["chapters_url"]).text, **beside}
    of_both = get(client.post(f"/v1/briefings/{both}/signed").json()["address"])
    contents["chapters of both"] = get(of_both.json()["chapters_url"]).text
    contents["feed"] = get(feed).text
    # Given that its text stands in all of them
    assert {name for name, content in contents.items() if SECRET not in content} <= {"application/x-subrip"}
    # Then nothing of it is signed
    for name, content in contents.items():
        assert not TOKEN.search(content), name
    # And what is ours opens: the audio from JSON, page and feed
    whole = get(told.json()["url"]).content
    page = beside["text/html"].partition('<audio controls preload="none" src="')[2].partition('"')[0]
    assert get(page).content == whole
    parsed = etree.fromstring(contents["feed"].encode())
    assert [get(url).content[:3] for url in parsed.xpath("//enclosure/@url")] == [b"ID3"] * 3
    assert [get(one).status_code for one in parsed.xpath("//*[local-name()='transcript']/@url")] == [200] * 12


def test_no_text_of_an_article_tells_another_site_of_a_listeners_feed(made):
    client, feed, _ = made
    secret = feed.split("/")[5]
    content = client.get(feed, headers=STRANGER).text
    assert "elsewhere.example/members/-/" in etree.fromstring(content.encode()).findtext(
        f"channel/item/{{{CONTENT}}}encoded"
    )
    assert content.count(secret) == 1


@pytest.mark.parametrize("name", [article_name(ArticleRef(source="desk", id="a")), briefing_name("0" * 16)])
def test_of_audio_json_the_fields_alone_are_filled_that_are_ours(name):
    written = {
        "title": f"https://x{SECRET}",
        "url": "https://x/members/-/audio/1.mp3",
        "article_url": f"https://x{SECRET}",
        "chapters": [{"title": f"https://x{SECRET}", "url": f"https://x{SECRET}"}],
        "chapters_url": "https://x/members/-/briefings/1/chapters.json",
        "transcripts": [{"type": "text/vtt", "url": "https://x/members/-/briefings/1/transcript.vtt"}],
    }
    told = json.loads(filled(name, json.dumps(written).encode(), lambda named: f"/opened/{named}"))
    ours = {
        "url": "https://x/opened/audio/1.mp3",
        "chapters_url": "https://x/opened/briefings/1/chapters.json",
        "transcripts": [{"type": "text/vtt", "url": "https://x/opened/briefings/1/transcript.vtt"}],
    }
    assert told == written | ours
