from __future__ import annotations

from datetime import UTC, datetime, timedelta

import feedparser
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from briefing.show import Show
from worker.feed import ITUNES, PODCAST, Channel, Episode, render

SHOW = Show(slug="daily", title="The Daily", description="All of it.", author="The Paper", language="en-GB")
CHANNEL = Channel(
    SHOW, "guid-of-feed", "https://a.example/shows/daily/feed.xml", "https://a.example/a.jpg", "https://a.example"
)
MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)


def episode(number=1, **fields):
    values = {
        "guid": f"guid-{number}",
        "title": f"Story {number}",
        "link": f"https://news.example/{number}",
        "summary": "It began on Monday.",
        "published_at": MAY + timedelta(hours=number),
        "audio_address": f"https://a.example/audio/{number:064x}.mp3",
        "audio_bytes": 1000 + number,
        "duration_s": 95,
        "disclosure": "This audio is created with AI assistance.",
        "byline": "Ann Lee",
    }
    return Episode(**(values | fields))


def test_a_podcast_app_finds_all_it_needs():
    parsed = feedparser.parse(render(CHANNEL, [episode(2), episode(1)]))
    assert not parsed.bozo
    assert (parsed.feed.title, parsed.feed.language, parsed.feed.author) == ("The Daily", "en-GB", "The Paper")
    assert parsed.feed.image.href == "https://a.example/a.jpg"
    first = parsed.entries[0]
    assert (first.id, first.guidislink, first.link) == ("guid-2", False, "https://news.example/2")
    audio = {"href": f"https://a.example/audio/{2:064x}.mp3", "length": "1002", "type": "audio/mpeg"}
    assert dict(first.enclosures[0]) == audio
    assert first.itunes_duration == "95"
    assert "AI assistance" in first.summary
    assert "AI assistance" in first.content[0].value


def test_required_elements_of_apple_and_psp_1_are_there():
    channel = etree.fromstring(render(CHANNEL, [episode()])).find("channel")
    for name in (
        "title",
        "link",
        "description",
        "language",
        f"{{{ITUNES}}}category",
        f"{{{ITUNES}}}explicit",
        f"{{{ITUNES}}}image",
        f"{{{PODCAST}}}guid",
    ):
        assert channel.find(name) is not None, name
    assert channel.find("{http://www.w3.org/2005/Atom}link").attrib == {
        "href": CHANNEL.feed_address,
        "rel": "self",
        "type": "application/rss+xml",
    }
    assert channel.find("item").find(f"{{{PODCAST}}}txt").attrib == {"purpose": "ai-content"}
    assert channel.find("item").findtext(f"{{{PODCAST}}}txt") == "true"


def test_equal_input_gives_equal_bytes():
    assert render(CHANNEL, [episode()]) == render(CHANNEL, [episode()])


def test_a_feed_without_episodes_is_still_a_feed():
    assert feedparser.parse(render(CHANNEL, [])).feed.title == "The Daily"


def test_long_summaries_stay_within_apples_limit():
    feed = etree.fromstring(render(CHANNEL, [episode(summary="wörd " * 2000)]))
    assert len(feed.findtext("channel/item/description").encode()) <= 4000


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.text(st.characters(codec="utf-8"), max_size=80))
def test_no_text_breaks_the_feed(title, summary):
    # Control characters, "]]>", "</title>", lone ampersands: an article may hold anything.
    feed = etree.fromstring(render(CHANNEL, [episode(title=title, summary=summary, byline=title)]))
    assert len(feed.findall("channel/item")) == 1
