from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import feedparser
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from briefing.audio import Cue
from briefing.podcasts.show import Show
from briefing.values import Kept
from tests.support.feeds import accepted, schema
from worker.feeds.feed import ITUNES, PODCAST, Channel, Episode, render

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


def test_all_readers_accept_all_that_a_feed_may_have():
    show = SHOW.model_copy(
        update={
            "owner_email": "desk@paper.example",
            "frequency": "every day",
            "frequency_rule": "FREQ=DAILY",
            "txt": {"verify": "abc", "applepodcastsverify": "def"},
            "new_feed": "https://b.example/feed.xml",
        }
    )
    links = (("next", "https://a.example/1.xml"), ("prev-archive", "https://a.example/1.xml"))
    channel = replace(CHANNEL, show=show, guid=str(UUID(int=1)), hubs=("https://hub.example/",), links=links)
    chapters = tuple(
        Cue(kind="chapter", ref=str(index), title=f"Part {index}", start=index * 441_000, end=(index + 1) * 441_000)
        for index in range(4)
    )
    transcripts = (("https://a.example/t.vtt", "text/vtt"), ("https://a.example/t.json", "application/json"))
    full = episode(
        2, byline="Ann " * 50 + ", Bo Lee and Cy Ng", language="en-GB", chapters=chapters, chapters_address="https://a.example/c.json",
        transcripts=transcripts,
    )  # fmt: skip
    kept = Kept(
        described="<p>Old.</p>", notes="<p>Notes</p>", author="P", explicit=True, season=2, number=7, kind="bonus"
    )
    old = episode(1, guid="https://old.example/?p=1&x=<y>", disclosure="", byline=None, kept=kept)
    podcast = accepted(render(channel, [full, old]))
    assert (podcast["title"], podcast["itunes_author"], podcast["explicit"]) == ("The Daily", "The Paper", False)
    assert podcast["cover_url"] == "https://a.example/a.jpg"
    first, second = podcast["episodes"]
    assert [(chapter["start"], chapter["title"]) for chapter in first["chapters"]][:2] == [
        (0, "Part 0"),
        (10, "Part 1"),
    ]
    assert (first["total_time"], first["enclosures"][0]["file_size"]) == (95, 1002)
    assert "00:00:10 Part 1" in first["description"]
    assert "AI assistance" in first["description_html"]
    assert (second["guid"], second["number"], second["description_html"]) == (old.guid, 7, "<p>Notes</p>")
    people = [person.text for person in etree.fromstring(render(channel, [full])).iter(f"{{{PODCAST}}}person")]
    assert [len(people[0]), *people[1:]] == [128, "Bo Lee", "Cy Ng"]
    private = render(replace(channel, private=True, hubs=()), [full, old])
    assert b"<itunes:block>Yes</itunes:block>" in private
    assert b"new-feed-url" not in private
    for other in (render(channel, []), render(replace(channel, archive=True, hubs=()), [full]), private):
        accepted(other)


def test_categories_stand_below_one_another_and_are_escaped():
    # Given a show with one category twice, each time with another below it, and one with none
    filed = (
        "News > Politics",
        "Society & Culture > Documentary",
        "News > Daily News",
        "Society & Culture",
        "Technology",
    )
    show = Show(slug="daily", title="The Daily", categories=filed)
    feed = render(replace(CHANNEL, show=show, guid=str(UUID(int=1))), [episode(language="en")])
    # Then each stands once, in the order given, with all that is below it
    assert accepted(feed)
    found = etree.fromstring(feed).find("channel").findall(f"{{{ITUNES}}}category")
    assert [(one.get("text"), [below.get("text") for below in one]) for one in found] == [
        ("News", ["Politics", "Daily News"]),
        ("Society & Culture", ["Documentary"]),
        ("Technology", []),
    ]
    assert b'text="Society &amp; Culture"' in feed
    # And nothing stands deeper, nor without a name
    for wrong in (
        b'<itunes:category text="Politics"><itunes:category text="x"/></itunes:category>',
        b"<itunes:category/>",
    ):
        assert not schema().validate(etree.fromstring(feed.replace(b'<itunes:category text="Politics"/>', wrong))), (
            wrong
        )


def test_the_channel_says_of_ai_what_its_episodes_say():
    def said(*episodes):
        channel = etree.fromstring(render(CHANNEL, episodes)).find("channel")
        return [txt.text for txt in channel.findall(f"{{{PODCAST}}}txt") if txt.get("purpose") == "ai-content"]

    people, machine = episode(1, kept=Kept(ai=False)), episode(2)
    nobody_knows = episode(3, kept=Kept())
    assert said(people, machine, nobody_knows) == ["true"]
    assert said(people) == ["false"]
    assert said(people, nobody_knows) == []
    assert said() == ["true"]


def test_the_schema_refuses_what_apps_refuse():
    feed = render(replace(CHANNEL, guid=str(UUID(int=1))), [episode(1, language="en")])
    assert accepted(feed)
    for right, wrong in (
        (b'length="1001"', b'length=""'),
        (b"<itunes:explicit>false", b"<itunes:explicit>no"),
        (b'isPermaLink="false"', b'isPermaLink="no"'),
        (b"<podcast:locked>yes", b"<podcast:locked>maybe"),
        (b"<pubDate>Fri, 01", b"<pubDate>01"),
        (b"<itunes:duration>95", b"<itunes:duration>1:35"),
        (b"<podcast:medium>", b"<podcast:unknown/><podcast:medium>"),
        (b"<podcast:medium>", b"<podcast:block>maybe</podcast:block><podcast:medium>"),
        (b"<podcast:medium>", b"<itunes:block>no</itunes:block><podcast:medium>"),
    ):
        assert right in feed
        assert not schema().validate(etree.fromstring(feed.replace(right, wrong))), wrong


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
