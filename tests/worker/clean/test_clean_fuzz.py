"""Cleaning under whatever markup and text there is: it ends, it accounts for every letter, and it names its refusals."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress

import lxml.html
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from briefing.articles.cleaning import Cleaning
from briefing.errors import ArticleEmpty, PageRefused
from briefing.values import Article, ArticleRef, BlockKind
from worker.clean import clean
from worker.clean.depth import check_depth
from worker.clean.folding import folded
from worker.clean.html import read_fragment, read_page
from worker.clean.markdown import read_markdown
from worker.clean.plain import read_plain
from worker.clean.shape import shape
from worker.words.text import clean_characters

CLEANING = Cleaning(tables="mention", drop_phrases=("Story continues",))

WORDS = st.text("abcXYZ äñіїы .,:“”\"'1[]*#_>-|\n\t", max_size=40) | st.sampled_from(
    [
        "The ferry runs again from Monday, the harbour board said after a long meeting.",
        "Read also: Another story",
        "Subscribe to continue reading",
        "By Ann Lee",
        "May 21, 2026",
        "Advertisement",
        "“Nobody asked us,” she said, and went home through the rain.",
    ]
)
TAGS = st.sampled_from(
    "p div span a b sup h1 h2 li ul ol blockquote table tr td figure figcaption aside form nav button article main "
    "section header footer br img q cite details summary dl dt dd pre em font center noscript svg x-y".split()
)
CLASSES = st.sampled_from(
    [
        "",
        "no-audio",
        "briefcast-speak",
        "comments",
        "promo",
        "kg-cta-card",
        "pull-quote",
        "footnotes",
        "sr-only",
        "body",
    ]
)
ATTRIBUTES = st.sampled_from(
    ["", " hidden", " style='display:none'", " href='#fn1'", " aria-hidden=true", ' id="a\'b"']
)


@st.composite
def markup(draw, depth=4):
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        if depth == 0 or draw(st.booleans()):
            parts.append(draw(WORDS))
            continue
        tag = draw(TAGS)
        inner = draw(markup(depth - 1))
        end = "" if draw(st.integers(0, 5)) == 0 else f"</{tag}>"
        parts.append(f"<{tag} class='{draw(CLASSES)}'{draw(ATTRIBUTES)}>{inner}{end}")
    return "".join(parts)


SOUP = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "</",
            "<p",
            "<!--",
            "-->",
            "&amp;",
            "&#0;",
            "<script>",
            "</script>",
            "<![CDATA[",
            "]]>",
            "<p>",
            "=",
            "'",
            "\0",
        ]
    )
    | WORDS,
    max_size=30,
).map("".join)

FAST = settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def letters_of(markup_text):
    """Letters that any reader of the markup sees."""
    tree = lxml.html.document_fromstring(markup_text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    for element in tree.xpath("//script|//style|//head|//comment()|//processing-instruction()"):
        if element.getparent() is not None:
            element.drop_tree()
    return Counter(folded(tree.text_content()))


def check_ledger(draft, letters):
    pieces = shape(draft.pieces, draft.title, draft.byline, CLEANING)
    seen = Counter(folded("".join(piece.text for piece in pieces if piece.kind is not BlockKind.TABLE)))
    assert seen == letters
    assert all(piece.text for piece in pieces if piece.kind is not BlockKind.TABLE)


@FAST
@given(markup() | SOUP)
@example("<table><caption>A caption</caption><tr><td>x</td></tr></table>")
def test_every_letter_of_a_fragment_is_accounted_for(text):
    text = clean_characters(f"<div>{text}</div>")
    check_depth(text)
    check_ledger(read_fragment(text, CLEANING), letters_of(text))


@settings(FAST, max_examples=60)
@given(markup() | SOUP)
def test_every_letter_of_a_page_is_accounted_for(text):
    text = clean_characters(f"<html><body>{text}</body></html>")
    try:
        draft = read_page(text, CLEANING)
    except PageRefused:
        return
    check_ledger(draft, letters_of(text))


@FAST
@given(st.lists(WORDS, max_size=12).map("\n".join) | st.text(max_size=200), st.none() | st.just("Title"))
def test_every_letter_of_a_plain_text_is_accounted_for(text, title):
    text = clean_characters(text)
    pieces = shape(read_plain(text, title).pieces, title, None)
    # A bullet or a number before an item is how it looks, not what it says.
    missing = Counter(folded(text)) - Counter(folded("".join(piece.text for piece in pieces)))
    assert not [letter for letter in missing if letter.isalpha()]


@FAST
@given(st.lists(WORDS, max_size=10).map("\n".join))
def test_markdown_is_read_whatever_it_holds(text):
    head, html = read_markdown(clean_characters(text))
    shape(read_fragment(html, CLEANING).pieces, head.title, head.byline)


BOMBS = {
    "many siblings": "<p>x</p>" * 15_000,
    "one long word": f"<p>{'x' * 500_000}</p>",
    "one long line": f"<p>{'The ferry runs. ' * 20_000}</p>",
    "many attributes": f"<p {' '.join(f'a{n}=1' for n in range(10_000))}>Text.</p>",
    "many classes": f"<p class='{'comment-' * 50_000}'>Text.</p>",
    "many breaks": "The ferry runs again from Monday<br>" * 8_000,
    "many lists": "<ul><li>a" * 100,
    "many links": "<a href=x>The ferry runs again</a> " * 8_000,
    "many tables": "<table><tr><td>x</td></tr></table>" * 3_000,
    "unclosed inline": "<p>" + "<b>x" * 200,
    "many quotes": "<blockquote>" * 100 + "x",
    "repeated pull-quotes": "<p>The ferry runs again from Monday.</p><blockquote class=pull-quote>Runs again</blockquote>"
    * 400,
    "spaces": f"<p>{' ' * 500_000}x</p>",
    "arrows": f"<p>{'a > ' * 100_000}</p>",
    "brackets": f"<p>{'(' * 200_000}</p>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_little_time(name):
    started = time.process_time()
    check_depth(BOMBS[name])
    draft = read_fragment(BOMBS[name], CLEANING)
    shape(draft.pieces, draft.title, draft.byline, CLEANING)
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    "article",
    [
        Article(ref=ArticleRef(source="a", id="b"), media_type="text/html", form="page", body="<div>" * 5_000 + "x"),
        Article(ref=ArticleRef(source="a", id="b"), media_type="text/html", form="page", body=""),
        Article(ref=ArticleRef(source="a", id="b"), media_type="text/html", body="<p>x</p>" * 20_001),
        Article(ref=ArticleRef(source="a", id="b"), media_type="text/markdown", body="> " * 2_000 + "x"),
        Article(ref=ArticleRef(source="a", id="b"), media_type="text/plain", form="page", body="(" * 100_000),
    ],
    ids=["deep", "empty", "many", "quoted markdown", "brackets"],
)
def test_clean_gives_an_article_or_names_why_not(article):
    # Anything else that is raised fails the test by itself.
    with suppress(ArticleEmpty, PageRefused):
        clean(article)
