"""Names of elements that sound like noise, and what must be true besides for the name to be believed."""

from __future__ import annotations

import pytest

from briefing.articles.cleaning import Cleaning
from tests.support.cleaning import BOARD, FERRY
from worker.clean.html import read_page


@pytest.mark.parametrize("lead", ["<p class='article-teaser'>{}</p>", "<div class='promo-text'><p>{}</p></div>"])
def test_a_lead_that_is_called_a_teaser_is_read_where_it_leads_nowhere(lead):
    first = FERRY.replace("ferry", "night ferry")
    story = f"<p>{FERRY}</p><p>{BOARD}</p>" + "".join(
        f"<p>{BOARD.replace('board', name)}</p>" for name in ("town", "firm")
    )
    page = f"<html><body><main><article><h1>Title</h1>{lead.format(first)}{story}</article></main></body></html>"
    assert first in [piece.text for piece in read_page(page, Cleaning()).pieces if piece.rule is None]
    linked = page.replace(first, f"<a href='/other'>{first}</a>")
    assert {piece.rule for piece in read_page(linked, Cleaning()).pieces if piece.text == first} == {"related"}


def test_a_teaser_without_a_link_that_stands_in_the_story_is_not_the_story():
    box = "This is a teaser of another story that stands in the middle without any link."
    story = [BOARD.replace("board", name) for name in ("board", "town", "firm", "state")]
    body = f"<p>{story[0]}</p><p>{story[1]}</p><div class='teaser'><p>{box}</p></div><p>{story[2]}</p><p>{story[3]}</p>"
    page = f"<html><body><main><article><h1>Title</h1>{body}</article></main></body></html>"
    assert {piece.rule for piece in read_page(page, Cleaning()).pieces if piece.text == box} == {"not-article"}
