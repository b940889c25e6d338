"""Chapters from headings and articles, as JSON, in the feed and in show notes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import feedparser
from lxml import etree

from briefing.audio import MASTER_RATE, Cue, Take
from briefing.podcasts.show import Show
from briefing.script import Role, Script, ScriptArticle, Segment
from briefing.speech import Chunk
from worker.feeds.feed import PODCAST, PSC, Channel, Episode, render
from worker.transcript.chapters import chapters_json, stamps
from worker.transcript.cues import Placed, place_cues

SECOND = MASTER_RATE


def placed(*roles, articles=1):
    """Cues of articles with a segment for each role, each heard for five seconds and followed by one of silence."""
    refs = [f"a:{number}" for number in range(articles)]
    heads = tuple(
        ScriptArticle(ref=ref, title=f"Title {ref}", byline=None, published_at=None, address=address, content_hash="")
        for ref, address in zip(refs, ["https://news.example/0", "javascript:alert(1)", None], strict=False)
    )
    segments = [
        Segment(id=f"{ref}{number}", article=ref, role=role, written=f"{role.value} {number}", spoken="w")
        for ref in refs
        for number, role in enumerate(roles)
    ]
    script = Script(language="en", title="T", articles=heads, segments=tuple(segments), dropped=())
    take = Take(key="k", sha256="0" * 64, rate=MASTER_RATE, samples=5 * SECOND, loudness_lufs=None)
    chunks = [Chunk(key="k", segment=segment.id, spoken="w.") for segment in segments]
    places = [Placed(take, (2 + 6 * number) * SECOND, 5 * SECOND) for number in range(len(segments))]
    total = (2 + 6 * len(segments)) * SECOND
    return [cue for cue in place_cues(script, chunks, places, total) if cue.kind == "chapter"], total


def told(chapters):
    return [(cue.title, cue.start // SECOND, cue.end // SECOND) for cue in chapters]


def test_a_story_with_two_headings_has_chapters_by_them():
    chapters, total = placed(Role.HEADLINE, Role.BODY, Role.HEADING, Role.BODY, Role.HEADING, Role.BODY)
    assert told(chapters) == [("Title a:0", 0, 14), ("heading 2", 14, 26), ("heading 4", 26, 38)]
    assert chapters[-1].end == total
    assert {cue.link for cue in chapters} == {"https://news.example/0"}


def test_one_heading_makes_no_chapters():
    chapters, _ = placed(Role.HEADLINE, Role.BODY, Role.HEADING, Role.BODY)
    assert told(chapters) == [("Title a:0", 0, 26)]
    assert stamps(chapters) == []


def test_a_collection_has_one_for_each_article_whatever_their_headings():
    chapters, _ = placed(Role.HEADLINE, Role.HEADING, Role.HEADING, articles=3)
    assert told(chapters) == [("Title a:0", 0, 20), ("Title a:1", 20, 38), ("Title a:2", 38, 56)]
    # And what is no web address is no link.
    assert [cue.link for cue in chapters] == ["https://news.example/0", "", ""]


CHAPTERS = (
    Cue(kind="chapter", start=0, end=65 * SECOND, ref="a:1", title="First & <best>", link="https://news.example/1"),
    Cue(kind="chapter", start=65 * SECOND + 100, end=4000 * SECOND, ref="a:2", title="Second"),
    Cue(kind="chapter", start=4000 * SECOND, end=4100 * SECOND, ref="a:3", title="Third"),
)


def test_json_chapters_are_of_version_1_2():
    given = json.loads(chapters_json("The programme", CHAPTERS))
    assert given["version"] == "1.2.0"
    assert given["chapters"][0] == {
        "startTime": 0.0,
        "endTime": 65.0,
        "title": "First & <best>",
        "url": "https://news.example/1",
    }
    assert given["chapters"][1] == {"startTime": 65.002, "endTime": 4000.0, "title": "Second"}


def test_time_stamps_begin_at_zero():
    assert stamps(CHAPTERS) == ["00:00:00 First & <best>", "00:01:05 Second", "01:06:40 Third"]


def item(**fields):
    values = {
        "guid": "g",
        "title": "T",
        "link": None,
        "summary": "It began on Monday.",
        "published_at": datetime(2026, 5, 1, tzinfo=UTC),
        "audio_address": "https://a.example/x.mp3",
        "audio_bytes": 1,
        "duration_s": 4100,
        "disclosure": "This audio is created with AI assistance.",
        "language": "en-GB",
        "transcripts": (
            ("https://a.example/briefings/b/transcript.vtt", "text/vtt"),
            ("https://a.example/briefings/b/transcript.json", "application/json"),
        ),
        "chapters": CHAPTERS,
        "chapters_address": "https://a.example/briefings/b/chapters.json",
    }
    channel = Channel(
        Show(slug="s", title="S"), "guid", "https://a.example/f", "https://a.example/a.jpg", "https://a.example"
    )
    feed = render(channel, [Episode(**(values | fields))])
    parsed = feedparser.parse(feed)
    assert not parsed.bozo
    return etree.fromstring(feed).find("channel/item"), parsed.entries[0]


def test_the_feed_names_transcripts_and_chapters():
    found, _ = item()
    assert [dict(part.attrib) for part in found.findall(f"{{{PODCAST}}}transcript")] == [
        {"url": "https://a.example/briefings/b/transcript.vtt", "type": "text/vtt", "language": "en-GB", "rel": "captions"},
        {"url": "https://a.example/briefings/b/transcript.json", "type": "application/json", "language": "en-GB"},
    ]  # fmt: skip
    chapters = {"url": "https://a.example/briefings/b/chapters.json", "type": "application/json+chapters"}
    assert dict(found.find(f"{{{PODCAST}}}chapters").attrib) == chapters
    listed = found.find(f"{{{PSC}}}chapters")
    assert listed.get("version") == "1.2"
    assert [dict(part.attrib) for part in listed] == [
        {"start": "00:00:00.000", "title": "First & <best>", "href": "https://news.example/1"},
        {"start": "00:01:05.002", "title": "Second"},
        {"start": "01:06:40.000", "title": "Third"},
    ]


def test_show_notes_have_the_time_stamps_and_the_disclosure():
    found, entry = item()
    lines = found.findtext("description").split("\n")
    assert lines == [
        "It began on Monday. This audio is created with AI assistance.",
        "",
        "00:00:00 First & <best>",
        "00:01:05 Second",
        "01:06:40 Third",
    ]
    notes = entry.content[0].value
    assert "00:00:00 First &amp; &lt;best&gt;<br" in notes
    assert "AI assistance" in notes


def test_one_chapter_is_no_chapter():
    found, entry = item(chapters=CHAPTERS[:1])
    assert found.find(f"{{{PODCAST}}}chapters") is None
    assert found.find(f"{{{PSC}}}chapters") is None
    assert "00:00:00" not in entry.summary


def test_however_long_the_description_the_disclosure_stays():
    many = tuple(CHAPTERS[1].model_copy(update={"title": f"Chapter {number} " + "x" * 60}) for number in range(200))
    for fields in (
        {"summary": "wörd " * 2000, "chapters": ()},
        {"chapters": many},
        {"summary": "wörd " * 2000, "chapters": many},
    ):
        found, _ = item(**fields)
        text = found.findtext("description")
        assert len(text.encode()) <= 4000
        assert "This audio is created with AI assistance." in text
    # And cut between chapters, not inside one.
    assert text.split("\n")[-1].endswith("x" * 60)
