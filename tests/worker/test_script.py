from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.podcasts.show import Show
from briefing.script import Role
from briefing.values import ArticleRef, Block, BlockKind, CleanArticle
from worker.script import build, card

SHOW = Show(slug="s", title="S")


def article(number=0, **fields):
    values = {
        "ref": ArticleRef(source="desk", id=f"a{number}"),
        "title": f"Title {number}",
        "byline": "Ann Lee",
        "published_at": datetime(2026, 5, 1, tzinfo=UTC),
        "language": "en",
        "address": None,
        "blocks": (Block(kind=BlockKind.PARAGRAPH, text="First."), Block(kind=BlockKind.PARAGRAPH, text="First.")),
        "dropped": (),
    }
    return CleanArticle(**(values | fields)), "h" * 64


def test_headline_byline_disclosure_body_in_this_order():
    segments = build([article()], SHOW).segments
    assert [(segment.role, segment.written) for segment in segments] == [
        (Role.HEADLINE, "Title 0"),
        (Role.BYLINE, "By Ann Lee. May 1, 2026."),
        (Role.DISCLOSURE, "This audio is created with AI assistance."),
        (Role.BODY, "First."),
        (Role.BODY, "First."),
    ]


def test_segments_have_ids_of_their_own_that_survive_a_rebuild():
    first = [segment.id for segment in build([article()], SHOW).segments]
    assert len(set(first)) == len(first)
    assert [segment.id for segment in build([article()], SHOW).segments] == first


def test_a_collection_is_disclosed_once_before_any_story():
    script = build([article(0), article(1), article(2)], SHOW)
    roles = [segment.role for segment in script.segments]
    assert roles.count(Role.DISCLOSURE) == 1
    assert roles.index(Role.DISCLOSURE) < roles.index(Role.BODY)
    assert script.title == "Title 0, and 2 more stories"


def test_nothing_is_invented_for_what_is_missing():
    script = build([article(title=None, byline=None, published_at=None)], SHOW)
    assert [segment.role for segment in script.segments] == [Role.DISCLOSURE, Role.BODY, Role.BODY]
    assert script.title == "First."


def test_dates_and_by_lines_follow_the_language():
    written = [
        build([article(language=language)], SHOW).segments[1].written for language in ("de", "en-GB", "uk", "xx")
    ]
    assert written == ["Von Ann Lee. 1. Mai 2026.", "By Ann Lee. 1 May 2026.", "Ann Lee. 1 травня 2026 р.", "Ann Lee."]


def test_the_disclosure_is_worded_by_the_show():
    script = build([article()], SHOW.model_copy(update={"disclosure": "Read by a machine."}))
    assert script.segments[2].written == "Read by a machine."


def test_the_card_holds_the_first_words_and_no_more():
    long = article(blocks=(Block(kind=BlockKind.PARAGRAPH, text="word " * 100),))
    shown = card(build([long], SHOW), SHOW)
    assert len(shown.summary.split()) == 61
    assert shown.summary.endswith("…")


@pytest.mark.parametrize(
    ("stated", "zone", "day"),
    [
        ("2026-03-01T22:30:00+00:00", "Europe/Kyiv", "March 2"),
        ("2026-03-02T03:30:00+00:00", "America/New_York", "March 1"),
        ("2026-03-01T22:30:00+00:00", None, "March 1"),
        # Its page says in whose hours it was the first of March; a show without a zone knows better of none.
        ("2026-03-01T22:30:00-05:00", None, "March 1"),
        # A day without an hour is no moment of another zone.
        ("2026-03-01", "America/New_York", "March 1"),
        ("2026-03-01T00:00:00+00:00", "America/New_York", "March 1"),
    ],
)
def test_a_story_is_dated_by_the_shows_day(stated, zone, day):
    show = SHOW.model_copy(update={"zone": zone})
    byline = build([article(published_at=datetime.fromisoformat(stated))], show).segments[1]
    assert byline.written == f"By Ann Lee. {day}, 2026."
