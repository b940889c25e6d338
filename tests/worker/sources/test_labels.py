"""What articles are filed under, read from pages, front matter and exports."""

from __future__ import annotations

import json

import pytest
from lxml.html import document_fromstring

from briefing.articles.labels import Labels, tidied
from briefing.values import Article, ArticleRef
from worker.clean import clean
from worker.clean.metadata import read_head, read_json_ld
from worker.sources.files import read_article

REF = ArticleRef(source="desk", id="x")
BODY = "<article><h1>Ferry</h1><p>The ferry runs again from Monday, the harbour board said on Friday.</p></article>"
LD = {
    "@type": "NewsArticle",
    "headline": "Ferry",
    "articleSection": ["Politics", "City"],
    "keywords": "harbour, strikes , harbour",
    "author": [{"name": "Olha Bondar"}, {"name": "Ihor Melnyk"}],
}
METAS = """<meta property="article:section" content="City"><meta property="article:tag" content="harbour">
<meta property="article:tag" content="strikes, all"><meta name="author" content="Olha Bondar and Ihor Melnyk">"""


def page(head):
    return f"<html><head>{head}</head><body>{BODY}</body></html>"


def filed(article):
    cleaned = clean(article)
    return cleaned.sections, cleaned.authors, cleaned.tags


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            f'<script type="application/ld+json">{json.dumps(LD)}</script><meta name="keywords" content="seo">',
            (("Politics", "City"), ("Olha Bondar", "Ihor Melnyk"), ("harbour", "strikes")),
        ),
        (
            METAS,
            (("City",), (), ("harbour", "strikes, all")),
        ),
        ('<meta name="news_keywords" content="a,b"><meta name="keywords" content="c">', ((), (), ("a", "b"))),
        ("", ((), (), ())),
    ],
)
def test_a_page_says_what_it_is_filed_under(head, found):
    tree = document_fromstring(page(head))
    said = read_head(tree, read_json_ld(tree))
    assert (said.sections, said.authors, said.tags) == found


def test_who_is_named_by_a_byline_wrote_it():
    whole = Article(ref=REF, media_type="text/html", body=page(METAS), form="page")
    assert filed(whole) == (("City",), ("Olha Bondar", "Ihor Melnyk"), ("harbour", "strikes, all"))


def test_front_matter_and_exports_say_so_too(tmp_path):
    path = tmp_path / "x.md"
    path.write_text(
        "---\ntitle: T\nsection: City\ntags: [a, 'b']\nauthor: Olha Bondar and Ihor Melnyk\n---\nOne sentence.\n"
    )
    assert filed(read_article(path, REF)) == (("City",), ("Olha Bondar", "Ihor Melnyk"), ("a", "b"))
    export = tmp_path / "y.json"
    export.write_text(
        json.dumps({"title": "T", "text": "One sentence.", "section": "City", "tags": ["a"], "byline": "A B"})
    )
    assert filed(read_article(export, REF)) == (("City",), ("A B",), ("a",))


def test_labels_do_not_make_an_article_another_one():
    plain = Article(ref=REF, media_type="text/plain", body="One sentence.")
    assert plain.model_copy(update={"tags": ("a",)}).content_hash == plain.content_hash


def test_labels_are_tidied_and_bounded():
    assert tidied([" A  b", "a B", "", 7, "c"]) == ("A b", "c")
    assert len(tidied(map(str, range(1000)))) == 50
    assert len(tidied(["x" * 1000])[0]) == 100
    told = Labels.model_validate({"sections": [], "tags": "one"})
    assert told.over(Labels(sections=("City",), authors=("A",))) == Labels(sections=(), authors=("A",), tags=("one",))
