"""Pages of many makes, each with what must be read of it and what must not; and trafilatura alone as the yardstick.

Beside each page lies its golden list: `keep` (blocks that must be read, whole), `leak` (text that must not), or the
`code` it is refused with. The words are ours; the structures are those of real sites and CMSes.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest
import trafilatura

from briefing.articles.cleaning import Cleaning
from briefing.errors import ArticleEmpty
from briefing.values import Article, ArticleRef
from tests.support.golden import ARTICLES, ROOT
from worker.clean import LEAST_WORDS_OF_PAGE, clean
from worker.clean.folding import folded
from worker.clean.html import read_fragment, read_page
from worker.clean.refusal import check
from worker.clean.shape import shape

PAGES = sorted((ROOT / "tests" / "data" / "pages").glob("*.html"))
GOLDEN = {path.stem: json.loads(path.with_suffix(".json").read_text()) for path in PAGES}
READABLE = [path for path in PAGES if "code" not in GOLDEN[path.stem]]


def pieces_of(path):
    """Read a page in this process: the child's start costs a second each."""
    read = read_page if GOLDEN[path.stem]["form"] == "page" else read_fragment
    draft = read(path.read_text(), Cleaning())
    return shape(draft.pieces, draft.title, draft.byline), draft


def faults(texts, golden):
    """Return the blocks that `texts` lack, and those they should not have."""
    said = "\n".join(map(folded, texts))
    blocks = [words for text in texts if (words := folded(text))]
    lost = [text for text in golden["keep"] if folded(text) not in said]
    leaked = [
        text
        for text in golden["leak"]
        if any(folded(text) in block and len(folded(text)) * 2 > len(block) for block in blocks)
    ]
    return lost, leaked


def by_trafilatura(path):
    text = trafilatura.extract(path.read_text(), favor_precision=True, include_comments=False, include_tables=False)
    return (text or "").split("\n")


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.stem)
def test_every_paragraph_is_read_and_nothing_leaks(path):
    pieces, _ = pieces_of(path)
    assert faults([piece.text for piece in pieces if piece.to_read], GOLDEN[path.stem]) == ([], [])


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.stem)
def test_no_worse_than_trafilatura_alone(path):
    pieces, _ = pieces_of(path)
    lost, leaked = faults([piece.text for piece in pieces if piece.to_read], GOLDEN[path.stem])
    lost_alone, leaked_alone = faults(by_trafilatura(path), GOLDEN[path.stem])
    assert len(lost) <= len(lost_alone)
    assert len(leaked) <= len(leaked_alone)


def test_taken_together_trafilatura_alone_loses_and_leaks_more():
    alone = [faults(by_trafilatura(path), GOLDEN[path.stem]) for path in READABLE]
    assert sum(len(lost) for lost, _ in alone) > 0
    assert sum(len(leaked) for _, leaked in alone) > 0


@pytest.mark.parametrize("path", [path for path in PAGES if path not in READABLE], ids=lambda path: path.stem)
def test_what_is_no_article_is_refused_by_name(path):
    pieces, draft = pieces_of(path)
    with pytest.raises(ArticleEmpty) as caught:
        check("desk:page", pieces, draft.signs, LEAST_WORDS_OF_PAGE)
    assert caught.value.code == GOLDEN[path.stem]["code"]


@pytest.mark.parametrize(
    "path", PAGES + [path for path in ARTICLES if path.suffix == ".html"], ids=lambda path: path.stem
)
def test_every_letter_of_a_page_is_accounted_for(path):
    # Given what any reader of the markup sees / Then the ledger has the same letters, each once
    import lxml.html

    markup = path.read_text()
    tree = lxml.html.document_fromstring(markup.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    for element in tree.xpath("//script|//style|//head|//comment()"):
        element.drop_tree()
    read = read_fragment if GOLDEN.get(path.stem, {}).get("form") == "fragment" else read_page
    pieces = read(markup, Cleaning()).pieces
    assert Counter(folded("".join(piece.text for piece in pieces))) == Counter(folded(tree.text_content()))


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_the_ledger_is_blocks_and_dropped_in_one_order(path):
    from worker.sources.files import read_article

    cleaned = clean(read_article(path, ArticleRef(source="samples", id="a")))
    spoken = [(entry.kind, entry.text) for entry in cleaned.ledger if entry.rule is None]
    blocks = [(block.kind, block.text) for block in cleaned.blocks]
    assert [entry for entry in spoken if entry in blocks] == blocks
    # The headline and the "by" line of a plain text are spoken as the article's head.
    assert len(spoken) - len(blocks) in {0, 2}
    assert [(e.text, e.rule) for e in cleaned.ledger if e.rule] == [(d.text, d.rule) for d in cleaned.dropped]


def test_a_page_through_the_child_is_read_alike():
    path = next(path for path in READABLE if path.stem == "unlucky-names")
    article = Article(ref=ArticleRef(source="a", id="b"), media_type="text/html", form="page", body=path.read_text())
    pieces, _ = pieces_of(path)
    assert [block.text for block in clean(article).blocks] == [piece.text for piece in pieces if piece.to_read]
