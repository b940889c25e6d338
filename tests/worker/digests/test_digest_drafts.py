"""What a digest reads: of which parts of its stories, for how long, in whose words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digesting.digest import Digest
from briefing.podcasts.show import Show
from briefing.script import OUR_WORDS, Role, ScriptArticle, Segment, segment_id
from worker.digests import digest as stage

NOW = datetime(2026, 11, 28, 6, 30, tzinfo=UTC)
SHOW = Show(slug="daily", title="The Daily", transition=None)


def story(number, *texts, points=0):
    ref = f"desk:s{number}"
    parts = [(Role.HEADLINE, f"Headline {number}"), (Role.BYLINE, "By N."), (Role.DISCLOSURE, "AI.")]
    parts += [(Role.BODY, texts[0])] if points else []
    parts += [(Role.LEAD_IN, "In short:")] if points else []
    parts += [(Role.KEY_POINT, f"Point {number}.{point}.") for point in range(points)]
    parts += [(Role.BODY, text) for text in texts]
    segments = tuple(
        Segment(id=segment_id(ref, role, text, place), article=ref, role=role, written=text, spoken=text)
        for place, (role, text) in enumerate(parts)
    )
    head = ScriptArticle(
        ref=ref, title=f"Headline {number}", byline="N.", published_at=None, address=None, content_hash="x"
    )
    return stage.Story(head, "en", segments)


def seconds(script):
    """Fifteen characters a second and half a second after each."""
    return sum(len(part.spoken) / 15 + 0.5 for part in script.segments)


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(20, 400), min_size=1, max_size=8), min_size=1, max_size=8),
    st.integers(1, 6),
    st.integers(0, 20),
    st.booleans(),
)
def test_every_word_is_the_editors_and_there_is_time_for_it(lengths, minutes, paragraphs, points):
    stories = [
        story(
            number,
            *("Word " * (length // 5) + f"{number}.{place}." for place, length in enumerate(paragraphs_)),
            points=2 * points,
        )
        for number, paragraphs_ in enumerate(lengths)
    ]
    digest = Digest(slug="m", show="daily", minutes=minutes, parts={"first_paragraphs": paragraphs})
    drafted = stage.draft(stories, digest, SHOW, NOW)
    script = stage.fit(drafted, seconds, minutes * 60)
    written = {one.article.ref: "\n".join(part.written for part in one.segments) for one in stories}
    for part in script.segments:
        if part.role not in OUR_WORDS:
            assert part.written in written[part.article]
    assert [part.role for part in script.segments].count(Role.DISCLOSURE) == 1
    begun = stage.script(drafted, {0: 1} if drafted.stories[0].pieces else {0: 0})
    assert seconds(script) <= max(minutes * 60, seconds(begun))
    # No story goes on where the one before had no time to, and none is cut but between its paragraphs
    assert {article.ref for article in script.articles} <= set(written)
    ids = [part.id for part in script.segments]
    assert len(ids) == len(set(ids))
    left = [
        piece for told in drafted.stories for piece in told.pieces
        if told.article.ref in {article.ref for article in script.articles} and piece[0].id not in ids
    ]  # fmt: skip
    if left:
        shortest = min(sum(len(part.spoken) / 15 + 0.5 for part in piece) for piece in left)
        longest = max(sum(len(part.spoken) / 15 + 0.5 for part in piece) for piece in left)
        assert seconds(script) + max(shortest, longest) > minutes * 60


def test_parts_decide_what_is_read_of_a_story():
    one = story(1, "Above.", "Below.", "Last.", points=2)

    def read(**parts):
        digest = Digest(slug="m", show="daily", parts=parts, greeting="", sign_off="")
        return [part.written for part in stage.script(stage.draft([one], digest, SHOW, NOW)).segments][1:]

    points = ["In short:", "Point 1.0.", "Point 1.1."]
    assert read() == ["Headline 1", "Above.", *points, "Above.", "Below."]
    assert read(standfirst=False, first_paragraphs=0) == ["Headline 1", *points]
    assert read(headline=False, standfirst=False, key_points=False) == ["Above.", "Below."]


def test_a_paragraph_that_leads_to_what_is_not_read_is_not_read():
    one = story(1, "What happened.", "These are the names:")
    digest = Digest(slug="m", show="daily", greeting="", sign_off="")
    assert [part.written for part in stage.script(stage.draft([one], digest, SHOW, NOW)).segments][
        -1
    ] == "What happened."


@pytest.mark.parametrize(
    ("language", "hour", "greeting"),
    [
        ("en", 6, "Good morning. It is Saturday, November 28, 2026. This is The Daily."),
        ("en-GB", 16, "Good afternoon. It is Saturday, 28 November 2026. This is The Daily."),
        ("de", 20, "Guten Abend. Heute ist Samstag, 28. November 2026. Das ist The Daily."),
        ("uk", 6, "Доброго ранку. Сьогодні субота, 28 листопада 2026. Це The Daily."),
        ("eo", 6, "The Daily. sabato, la 28-a de Novembro 2026."),
    ],
)
def test_the_greeting_is_in_the_shows_language(language, hour, greeting):
    digest = Digest(slug="m", show="daily")
    one = stage.Story(story(1, "A.").article, language, story(1, "A.").segments)
    drafted = stage.draft([one], digest, SHOW, NOW.replace(hour=hour))
    assert drafted.opening[0].written == greeting


def test_wording_is_the_newsrooms():
    digest = Digest(
        slug="m",
        show="daily",
        greeting="{show}, {date}.",
        transitions=("Also:", "And:"),
        sign_off="",
        title="Today: {date}",
    )
    drafted = stage.draft([story(number, "A.") for number in range(4)], digest, SHOW, NOW)
    assert drafted.title == "Today: November 28, 2026"
    said = [part.written for part in stage.script(drafted).segments if part.role in OUR_WORDS]
    assert said == ["The Daily, Saturday, November 28, 2026.", SHOW.disclosure, "Also:", "And:", "Also:"]
    # With a jingle between the stories, that says it, unless a word is asked for
    jingle = SHOW.model_copy(update={"transition": "house"})
    plain = stage.draft([story(number, "A.") for number in range(2)], Digest(slug="m", show="daily"), jingle, NOW)
    assert not [part for part in stage.script(plain).segments if part.role is Role.TRANSITION]


def test_a_story_with_nothing_to_read_is_left_out():
    digest = Digest(slug="m", show="daily", parts={"headline": False})
    empty = story(1, "Names:")
    drafted = stage.draft([empty, story(2, "A.")], digest, SHOW, NOW)
    assert [told.article.ref for told in drafted.stories] == ["desk:s2"]
