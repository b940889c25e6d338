"""Plain text, scraped or given as the article."""

from __future__ import annotations

import pytest

from briefing.articles.cleaning import Cleaning
from briefing.errors import ArticleEmpty
from briefing.values import Article
from tests.support.cleaning import BOARD, FERRY, REF
from worker.clean import clean


@pytest.mark.parametrize(
    ("text_", "title", "texts"),
    [
        (f"Mayor resigns\n\nBy Jo Baker\n\n{FERRY}\n", "Mayor resigns", [FERRY]),
        (f"Shame\n\n{FERRY}\n", "Shame", [FERRY]),
        (f"Home > News > Local\nFerry runs again from Monday\nBy Jo Baker / The Courier\n\n{FERRY}\n", "Ferry runs again from Monday", [FERRY]),
        (f"Ferry runs again from Monday\nThe engine cost four million and nobody ordered it\nBy Jo Baker\n\n{FERRY}\n",
         "Ferry runs again from Monday", ["The engine cost four million and nobody ordered it", FERRY]),
        (f"Ferry runs again from Monday\n\n{FERRY}\n\nWho voted yes:\n\nAnn Lee, Ward 1\n\nBob Ray, Ward 2\n\n{BOARD}\n",
         "Ferry runs again from Monday", [FERRY, "Who voted yes:", "Ann Lee, Ward 1", "Bob Ray, Ward 2", BOARD]),
        (f"Ferry runs again from Monday\n\nJo Baker\n\nStaff Writer\n\n{FERRY}\n", "Ferry runs again from Monday", [FERRY]),
    ],
)  # fmt: skip
def test_plain_text_in_the_forms_that_pages_are_copied_in(text_, title, texts):
    cleaned_article = clean(Article(ref=REF, media_type="text/plain", form="page", body=text_))
    assert cleaned_article.title == title
    assert [block.text for block in cleaned_article.blocks] == texts


def test_a_text_given_as_the_article_may_be_short_and_a_page_may_not():
    brief = Article(ref=REF, media_type="text/markdown", body="# Ferry runs again\n\nFrom Monday.\n")
    assert [block.text for block in clean(brief).blocks] == ["From Monday."]
    page = Article(ref=REF, media_type="text/html", form="page", body="<article><p>Page moved.</p></article>")
    for article, cleaning in ((brief, Cleaning(least_words=5)), (page, None)):
        with pytest.raises(ArticleEmpty):
            clean(article, cleaning)


def plain_article(text, form="page", title=None):
    return clean(Article(ref=REF, media_type="text/plain", form=form, body=text, title=title))


def test_a_short_lead_is_not_dropped_for_a_sub_heading_that_looks_like_the_headline():
    lead = "Up to 1,000 people fled the town of Vovchansk on Friday, the governor of the Kharkiv region said."
    cleaned_article = plain_article(f"{lead}\n\nWhat we know so far\n\n{FERRY}\n")
    assert cleaned_article.title is None
    assert [block.text for block in cleaned_article.blocks] == [lead, "What we know so far", FERRY]


@pytest.mark.parametrize(
    "line",
    [
        "The mayor of Lviv said that repairs would take until the end of the month and cost $2 million",
        "“We will fix it”",
        "The mayor, a former engineer, said:\n\nWe will fix it",
        "A month",
    ],
)
@pytest.mark.parametrize(("form", "title"), [("page", None), ("fragment", None), ("fragment", "Ferry")])
def test_a_missing_full_stop_costs_a_given_text_nothing(line, form, title):
    cleaned_article = plain_article(f"{FERRY}\n\n{BOARD}\n\n{line}\n", form, title)
    assert [block.text for block in cleaned_article.blocks] == [FERRY, BOARD, *line.split("\n\n")]


def test_a_text_of_one_line_is_read():
    assert [block.text for block in plain_article("Two people died in Lviv").blocks] == ["Two people died in Lviv"]


def test_on_a_scraped_page_quoted_and_announced_lines_are_not_stray():
    page = f"Menu\nSkip to content\n\nFerry runs again from Monday\n\n{FERRY}\n\nThe clerk, who had been on board, said:\n\n“We will fix it”\n\n{BOARD}\n\nStray words\n"
    cleaned_article = plain_article(page)
    assert [block.text for block in cleaned_article.blocks][-2:] == ["“We will fix it”", BOARD]
    assert ("Stray words", "stray-line") in [(entry.text, entry.rule) for entry in cleaned_article.dropped]


def test_a_plain_programmes_times_and_dates_are_read():
    cleaned_article = plain_article(
        f"Ferry runs again from Monday\n\n10:15\n\n{FERRY}\n\n24 February 2022\n\n{BOARD}\n\n10:30\n\nThe engine failed.\n"
    )
    assert [block.text for block in cleaned_article.blocks] == [
        FERRY,
        "24 February 2022",
        BOARD,
        "10:30",
        "The engine failed.",
    ]
