"""The formats of transcripts, each read back by a parser that is not ours."""

from __future__ import annotations

import io
import json
import re

import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from briefing.audio import MASTER_RATE, Cue
from briefing.script import Role
from tests.support.transcripts import PAUSE, transcript
from worker import transcript as formats
from worker.transcript.page import Around

AROUND = Around("The Harbour Ledger", "/audio/x.mp3")

STORY = transcript(
    ("The bridge closes", {"role": Role.HEADLINE}),
    ("This audio is created with AI assistance.", {"role": Role.DISCLOSURE}),
    "It cost $300K. Nobody paid it, although the harbour board had promised in March that the city, the county and the "
    "state would share what is due for the old bridge.",
    ("“We wait,” he said.", {"role": Role.QUOTE}),
)


def rendered(given, ending, around=AROUND):
    return formats.render(given, around, [ending])[ending].decode()


def seconds(clock):
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def read(given, ending):
    """Captions as (start, end, lines, voice), by webvtt-py."""
    text = rendered(given, ending)
    parse = webvtt.from_string if ending == "vtt" else lambda srt: webvtt.from_buffer(io.StringIO(srt), "srt")
    return [(seconds(cue.start), seconds(cue.end), cue.text.split("\n"), cue.voice) for cue in parse(text).captions]


def test_webvtt_is_cut_at_sentences_and_clauses():
    assert (
        rendered(STORY, "vtt")
        == """WEBVTT

NOTE This audio is created with AI assistance.

00:00:01.000 --> 00:00:02.500
The bridge closes

00:00:02.500 --> 00:00:05.400
This audio is created with AI assistance.

00:00:05.400 --> 00:00:06.450
It cost $300K.

00:00:06.450 --> 00:00:11.350
Nobody paid it, although the harbour
board had promised in March that the city,

00:00:11.350 --> 00:00:16.700
the county and the state would share
what is due for the old bridge.

00:00:16.700 --> 00:00:23.050
“We wait,” he said.
"""
    )


def test_srt_has_the_narrow_lines_that_podcast_apps_ask_for():
    cards = rendered(STORY, "srt").split("\n\n")
    assert cards[:4] == [
        "1\n00:00:01,000 --> 00:00:02,500\nThe bridge closes",
        "2\n00:00:02,500 --> 00:00:05,400\nThis audio is created\nwith AI assistance.",
        "3\n00:00:05,400 --> 00:00:06,450\nIt cost $300K.",
        "4\n00:00:06,450 --> 00:00:09,950\nNobody paid it, although the\nharbour board had promised in",
    ]
    assert all(len(line) <= 32 for _, _, lines, _ in read(STORY, "srt") for line in lines)


def test_json_is_a_podcast_transcript_of_words_with_what_a_player_needs_beside_it():
    given = json.loads(rendered(STORY, "json"))
    assert given["version"] == "1.0.0"
    words = given["segments"]
    assert all(word.keys() == {"startTime", "endTime", "body"} for word in words)
    assert [word["body"] for word in words[:3]] == ["The", "bridge", "closes"]
    assert " ".join(word["body"] for word in words) == " ".join(passage.text for passage in STORY.passages)
    assert (words[0]["startTime"], words[0]["endTime"]) == (1.0, 1.3)
    assert words[-1]["endTime"] == given["duration"] == round(STORY.seconds, 3)
    body = given["passages"][2]
    assert (body["role"], body["timing"], body["words"]) == ("body", "exact", [10, 41])
    assert [words[number]["body"] for number in body["sentences"]] == ["It", "Nobody"]


def test_a_word_whose_time_is_less_sure_than_its_neighbours_says_so():
    passage = STORY.passages[0]
    words = (passage.words[0], passage.words[1]._replace(timing="estimated"), passage.words[2])
    given = STORY.model_copy(update={"passages": (passage.model_copy(update={"words": words}),)})
    assert [word.get("timing") for word in json.loads(rendered(given, "json"))["segments"]] == [None, "estimated", None]


@pytest.mark.parametrize("ending", ["vtt", "srt"])
def test_voices_are_named_where_there_are_several(ending):
    given = transcript("One speaks first.", ("Another is quoted.", {"speaker": "Amy <b>"}), "And the first again.")
    captions = read(given, ending)
    if ending == "vtt":
        assert "<v Joe>One speaks first." in rendered(given, "vtt")
        assert "<v Amy &lt;b&gt;>Another is quoted." in rendered(given, "vtt")
    else:
        assert rendered(given, "srt").split("\n")[2::4] == [
            "Joe: One speaks first.",
            "Amy <b>: Another is quoted.",
            "Joe: And the first again.",
        ]
        assert len(captions) == 3
    assert "Joe" not in rendered(STORY, ending)


TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            "word, and --> <b> </b> <v X> & &amp; {x} WEBVTT NOTE 1 00:00:01.000 end. Так! „так“ “Yes,” —".split()
        ),
        st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=90),
    ),
    min_size=1,
    max_size=40,
).map(" ".join)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(TEXT, st.sampled_from(["Joe", "Amy", "A name far too long for any line of text & more"])),
        min_size=1,
        max_size=4,
    )
)
def test_captions_say_every_word_in_order_within_their_lines(parts):
    given = transcript(*((text, {"speaker": speaker}) for text, speaker in parts))
    written = "".join("".join(text.split()) for text, _ in parts)
    for ending, width in (("vtt", 65), ("srt", 32)):
        captions = read(given, ending)
        times = [time for start, end, *_ in captions for time in (start, end)]
        assert times == sorted(times)
        assert all(start < end for start, end, *_ in captions)
        assert times[-1] == pytest.approx(given.seconds, abs=0.001)
        raw = [line for line in re.split("\n", rendered(given, ending)) if "NOTE" not in line or ending == "srt"]
        shown = [line for line in raw if not re.fullmatch(r"[\d:.,]+ --> [\d:.,]+", line)]
        assert all(len(line) <= width for line in shown)
        blocks = rendered(given, ending).strip("\n").split("\n\n")[2 if ending == "vtt" else 0 :]
        assert all(len(block.split("\n")) <= (3 if ending == "vtt" else 4) for block in blocks)
        if ending == "vtt":
            said = "".join(line for _, _, lines, _ in captions for line in lines)
            plain = re.sub(r"<v [^>]*>", "", "".join(line for block in blocks for line in block.split("\n")[1:]))
            unescaped = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            assert "".join(unescaped.split()) == written
            assert said


def test_a_caption_goes_when_a_long_pause_follows():
    given = transcript("Said before.", "Said after.")
    later = given.passages[1]
    moved = later.model_copy(
        update={"words": tuple(word._replace(first=word.first + 5 * MASTER_RATE, last=word.last + 5 * MASTER_RATE) for word in later.words)}
    )  # fmt: skip
    captions = read(given.model_copy(update={"passages": (given.passages[0], moved)}), "vtt")
    assert captions[0][1] == pytest.approx(given.passages[0].last / MASTER_RATE + 0.5, abs=0.002)
    assert read(given, "vtt")[0][1] == pytest.approx((given.passages[0].last + PAUSE) / MASTER_RATE, abs=0.002)


def test_the_page_has_the_storys_structure_and_times():
    story = transcript(
        ("A <b>bold</b> bridge & more", {"role": Role.HEADLINE}),
        ("By Ann Lee.", {"role": Role.BYLINE}),
        ("This audio is created with AI assistance.", {"role": Role.DISCLOSURE}),
        ("One point.", {"role": Role.KEY_POINT}),
        ("Another point.", {"role": Role.KEY_POINT}),
        "It began. It went on.",
        ("Why it matters", {"role": Role.HEADING}),
        ("“We wait.”", {"role": Role.QUOTE}),
        title="A <b>bold</b> bridge & more",
    )
    chapters = (
        Cue(kind="chapter", start=0, end=9, ref="a:b", title="A bold bridge", link="https://news.example/1"),
        Cue(kind="chapter", start=story.passages[6].first, end=story.samples, ref="a:b", title="Why it matters"),
    )
    text = rendered(story, "html", Around("The <Ledger>", "/audio/x.mp3", chapters))
    page = html.fromstring(text)
    assert page.get("lang") == "en"
    assert page.findtext(".//h1/span") == "A <b>bold</b> bridge & more"
    assert [heading.text_content() for heading in page.iter("h1", "h2", "h3")] == [
        "A <b>bold</b> bridge & more",
        "Why it matters",
    ]
    assert [item.find("p").text_content() for item in page.iter("li") if item.find("p") is not None] == [
        "One point.",
        "Another point.",
    ]
    assert [part.text for part in page.find_class("body")[0].iter("span")] == ["It began.", "It went on."]
    first = page.find_class("body")[0].find(".//span")
    assert float(first.get("data-start")) == pytest.approx(story.passages[5].first / MASTER_RATE, abs=0.001)
    assert page.findtext(".//blockquote/p/span") == "“We wait.”"
    assert page.find_class("disclosure")[0].text_content().strip().endswith("This audio is created with AI assistance.")
    assert [link.get("href") for link in page.iter("a")] == ["https://news.example/1", f"#s-{0:016x}", f"#s-{6:016x}"]
    assert "<script" not in text
    assert float(page.find(".//main").get("data-duration")) == pytest.approx(story.seconds, abs=0.001)


def test_the_page_discloses_where_nobody_says_so():
    page = html.fromstring(rendered(transcript("Just text."), "html"))
    assert [part.text for part in page.find_class("disclosure")] == ["This audio is created with AI assistance."]


def test_several_articles_are_parted_by_their_headlines():
    several = transcript(
        ("First story", {"role": Role.HEADLINE, "article": "a:1"}), ("Text of it.", {"article": "a:1"}),
        ("Second story", {"role": Role.HEADLINE, "article": "a:2"}), ("A heading", {"role": Role.HEADING, "article": "a:2"}),
        title="First story, and 1 more story",
    )  # fmt: skip
    page = html.fromstring(rendered(several, "html"))
    found = [(heading.tag, heading.text_content()) for heading in page.iter("h1", "h2", "h3")]
    assert found == [
        ("h1", "First story, and 1 more story"),
        ("h2", "First story"),
        ("h2", "Second story"),
        ("h3", "A heading"),
    ]
