from __future__ import annotations

import os
import resource
import signal
import subprocess
from threading import Timer

import pytest

from briefing.errors import ArticleEmpty, PageRefused
from briefing.values import Article, ArticleRef, BlockKind
from worker.clean import clean, many_pages
from worker.clean.byline import read_byline, read_date_line
from worker.clean.depth import MOST_LEVELS, check_depth
from worker.clean.phrases import noise_rule

REF = ArticleRef(source="desk", id="story")
PARAGRAPH = "The ferry runs again from Monday, the harbour board said after a meeting of almost three hours."


def page(body, head=""):
    return Article(
        ref=REF,
        media_type="text/html",
        form="page",
        body=f"<html lang='en'><head>{head}</head><body>{body}</body></html>",
    )


def fragment(body):
    return Article(ref=REF, media_type="text/html", body=body, title="Title")


def plain(body, **fields):
    return Article(ref=REF, media_type="text/plain", form="page", body=body, **fields)


def kinds(article):
    return [(block.kind, block.text) for block in clean(article).blocks]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("This audio is created with AI assistance", "player-disclosure"),
        ("Become a member today and help us keep our reporting free for all readers.", "appeal"),
        ("Thanks to 12,000 supporters", "appeal"),
        ("* indicates required", "sign-up"),
        ("Enter your email to subscribe", "sign-up"),
        ("visa masterCard americanExpress", "payment"),
        ("A bridge at dawn. (Photo by J. Doe/Agency via Getty Images)", "caption"),
        ("Read also: The other story", "read-also"),
        ("© 2026 The Harbour Ledger. All rights reserved.", "copyright"),
        ("Skip to content", "menu"),
        ("3 min read", "reading-time"),
        ("Follow us on Mastodon", "follow"),
    ],
)
def test_noise_is_known_by_its_words(line, rule):
    assert noise_rule(line) == rule


@pytest.mark.parametrize(
    "line",
    [
        "Sweden applied to become a member of NATO in 2022.",
        "Donations for the victims reached $2 million, the mayor said.",
        "“Become a member and help us fund our reporting,” the union's leaflet says.",
        "The council voted to support our troops, its speaker said.",
        "Readers of the report will find few surprises.",
        "She was asked to subscribe to the declaration and refused.",
        "The photo shows two men (one in uniform) at the gate.",
        "Visa rules will change in March.",
    ],
)
def test_news_about_money_and_members_stays(line):
    assert noise_rule(line) is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("by Asami Okafor May 21, 2026 12:04 AM 3 min read", "Asami Okafor"),
        ("By Ines Okafor and Tom Reyes", "Ines Okafor and Tom Reyes"),
        ("By ANA BRANDT | 4 March 2026", "ANA BRANDT"),
        ("By Ludwig van Beek, Mei Tanaka and Tom Reyes", "Ludwig van Beek, Mei Tanaka and Tom Reyes"),
    ],
)
def test_by_lines_are_read(line, names):
    assert read_byline(line).names == names


@pytest.mark.parametrize(
    "line",
    [
        "By Tuesday evening the water had gone.",
        "By the river, two boats lay on their side.",
        "By March, half of them had left.",
        "Bystanders said nothing.",
    ],
)
def test_sentences_that_begin_with_by_are_no_by_lines(line):
    assert read_byline(line) is None


def test_a_by_line_brings_its_date_and_time():
    found = read_byline("by Asami Okafor May 21, 2026 12:04 AM 3 min read").published_at
    assert (found.year, found.month, found.day, found.hour, found.minute) == (2026, 5, 21, 0, 4)
    assert read_date_line("Published: 21 May 2026, 15:30").hour == 15
    assert read_date_line("In May 2026 the ferry stopped.") is None


def test_a_by_line_is_never_invented():
    cleaned = clean(
        page(
            f"<article><h1>Ferry runs again</h1><p>{PARAGRAPH}</p><p>Ann Lee wrote the report, {PARAGRAPH}</p></article>"
        )
    )
    assert cleaned.byline is None


def test_key_points_and_their_lead_in_come_before_the_body():
    article = plain(
        f"Ferry runs again from Monday\n\nKey points:\n• One thing\n• Another\n\n{PARAGRAPH}\n\n• Later item\n"
    )
    assert [kind for kind, _ in kinds(article)] == [
        BlockKind.LEAD_IN,
        BlockKind.KEY_POINT,
        BlockKind.KEY_POINT,
        BlockKind.PARAGRAPH,
        BlockKind.LIST_ITEM,
    ]


def test_every_line_of_a_scraped_page_is_accounted_for():
    text = f"Menu\nSkip to content\n\nFerry runs again from Monday\n\nby Ann Lee May 1, 2026\n\n{PARAGRAPH}\n\nSubscribe\nSomething odd\n"
    cleaned = clean(plain(text))
    seen = (
        {cleaned.title, "by Ann Lee May 1, 2026"}
        | {block.text for block in cleaned.blocks}
        | {d.text for d in cleaned.dropped}
    )
    assert seen == {line for line in text.splitlines() if line}


def test_related_headlines_go_and_sub_headings_stay():
    article = plain(
        f"Menu\nSkip to content\n\nFerry runs again from Monday\n\n{PARAGRAPH}\n\nMonths after the flood the market counts its losses\n\nWhat next\n\nAnd so {PARAGRAPH}\n"
    )
    cleaned = clean(article)
    assert [block.text for block in cleaned.blocks if block.kind is BlockKind.HEADING] == ["What next"]
    assert ("related-headline", "Months after the flood the market counts its losses") in [
        (entry.rule, entry.text) for entry in cleaned.dropped
    ]


def test_a_story_that_goes_on_after_a_form_goes_on():
    article = plain(
        f"Ferry runs again from Monday\n\n{PARAGRAPH}\n\nEnter your email to subscribe\nSubscribe\n\nAnd yet, as everybody knew, {PARAGRAPH}\n"
    )
    assert len(clean(article).blocks) == 2


def test_wrapped_text_is_joined_to_paragraphs():
    article = plain(
        "Rovers win the cup\n\nLessing Rovers won the County Cup on Saturday for the first\ntime since 1958, beating Northbank after extra time in front\nof 7,412 people.\n"
    )
    assert kinds(article) == [
        (
            BlockKind.PARAGRAPH,
            "Lessing Rovers won the County Cup on Saturday for the first time since 1958, beating Northbank after extra time in front of 7,412 people.",
        )
    ]


def test_a_known_title_leaves_all_of_the_text_as_body():
    cleaned = clean(plain(f"{PARAGRAPH}\n\n{PARAGRAPH[:40]}.", title="Known"))
    assert cleaned.title == "Known"
    assert len(cleaned.blocks) == 2


def test_cms_markup_is_read_by_its_structure():
    markup = (
        f"<p>{PARAGRAPH}</p><div class='kg-card kg-signup-card'><p>Sign up for news.</p></div><h2>Next</h2>"
        "<ul><li>One <strong>bold</strong> item</li></ul><blockquote>A quote of its own.</blockquote>"
        "<p class='no-audio'>Not this.</p><p>First line<br><br>Second paragraph</p>"
    )
    assert kinds(fragment(markup)) == [
        (BlockKind.PARAGRAPH, PARAGRAPH),
        (BlockKind.HEADING, "Next"),
        (BlockKind.LIST_ITEM, "One bold item"),
        (BlockKind.QUOTE, "A quote of its own."),
        (BlockKind.PARAGRAPH, "First line"),
        (BlockKind.PARAGRAPH, "Second paragraph"),
    ]


def test_a_wrapper_named_like_noise_keeps_the_article():
    body = "".join(f"<p>{number}. {PARAGRAPH}</p>" for number in range(8))
    cleaned = clean(page(f"<div class='has-comments related'><article><h1>Ferry</h1>{body}</article></div>"))
    assert len(cleaned.blocks) == 8


def test_the_head_comes_from_json_ld_before_the_page():
    head = (
        '<script type=\'application/ld+json\'>{"@type": "NewsArticle", "headline": "From the data", '
        '"author": [{"name": "A. One"}, {"name": "B. Two"}, {"name": "C. Three"}], '
        "\"datePublished\": \"2026-05-01T10:00:00Z\"}</script><meta property='og:title' content='From the meta'>"
    )
    cleaned = clean(
        page(f"<article><h1>From the page</h1><p>{PARAGRAPH}</p><p>{PARAGRAPH} Really.</p></article>", head)
    )
    assert (cleaned.title, cleaned.byline) == ("From the data", "A. One, B. Two and C. Three")
    assert cleaned.published_at.isoformat() == "2026-05-01T10:00:00+00:00"


def test_broken_json_ld_is_passed_over():
    head = "<script type='application/ld+json'>{broken</script><meta property='og:title' content='From the meta'>"
    assert (
        clean(page(f"<article><p>{PARAGRAPH}</p><p>{PARAGRAPH} Really.</p></article>", head)).title == "From the meta"
    )


def test_markdown_front_matter_gives_the_head():
    article = Article(
        ref=REF,
        media_type="text/markdown",
        body=f"---\ntitle: From above\nauthor: Ann Lee\n---\n# Other\n\n{PARAGRAPH}\n",
    )
    cleaned = clean(article)
    assert (cleaned.title, cleaned.byline) == ("From above", "Ann Lee")
    assert [block.kind for block in cleaned.blocks] == [BlockKind.HEADING, BlockKind.PARAGRAPH]


@pytest.mark.parametrize(
    "article", [page("<nav>Home</nav>"), plain(""), plain("Menu\nSubscribe\n"), fragment("<p> </p>")]
)
def test_an_article_of_which_nothing_is_left_is_a_named_failure(article):
    with pytest.raises(ArticleEmpty) as caught:
        clean(article)
    assert caught.value.code == "article_empty"


def test_deep_markup_is_refused_before_any_parser_sees_it():
    deep = "<div>" * (MOST_LEVELS + 5) + PARAGRAPH + "</div>" * (MOST_LEVELS + 5)
    with pytest.raises(PageRefused) as caught:
        clean(page(deep))
    assert caught.value.code == "page_too_deep"


@pytest.mark.parametrize("opening", ["<!--", "<a ", "<script ", "<script>", "<", "<textarea>"])
def test_openings_without_an_end_are_looked_for_once(opening):
    # Ten megabytes of each took hours when each was looked for anew; a test that hangs has failed.
    check_depth(opening * (1_000_000 // len(opening)))


@pytest.mark.parametrize(
    "inside", ["<!-- {} -->", "<script>{}</script>", "<style>{}</STYLE >", "<textarea>{}</textarea>"]
)
def test_what_is_no_markup_does_not_nest(inside):
    check_depth(inside.format("<div>" * 500) + "<p>x</p>")


def test_many_siblings_and_unclosed_paragraphs_are_not_deep():
    body = "<h1>Ferry</h1>" + "<p>" + "<p>".join(f"{number}. {PARAGRAPH}" for number in range(400))
    assert len(clean(page(f"<article>{body}</article>")).blocks) >= 390


def test_a_page_that_exhausts_the_parser_costs_only_the_child(monkeypatch):
    monkeypatch.setattr("worker.clean._PARSE_S", 0.01)
    with pytest.raises(PageRefused) as caught:
        clean(page(f"<p>{PARAGRAPH}</p>"))
    assert caught.value.code == "page_unreadable"


def test_many_pages_have_one_process_and_one_that_exhausts_its_fork_costs_no_other(monkeypatch):
    started = []
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **how: started.append(real(*words, **how)) or started[-1])
    alone = clean(page(f"<p>{PARAGRAPH}</p>"))
    with many_pages():
        assert clean(page(f"<p>{PARAGRAPH}</p>")) == alone
        with monkeypatch.context() as patch:
            patch.setattr("worker.clean._PARSE_S", 0.01)
            with pytest.raises(PageRefused):
                clean(page(f"<p>{PARAGRAPH}</p>"))
        assert clean(page(f"<p>{PARAGRAPH}</p>")) == alone
    assert len(started) == 2, "one for the page alone, one for all the others"


def test_many_pages_go_on_where_what_reads_them_is_killed(monkeypatch):
    started = []
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **how: started.append(real(*words, **how)) or started[-1])
    with many_pages():
        whole = clean(page(f"<p>{PARAGRAPH}</p>"))
        # Killed between two pages, and over one
        started[0].kill()
        started[0].wait()
        assert clean(page(f"<p>{PARAGRAPH}</p>")) == whole
        started[1].send_signal(signal.SIGSTOP)
        Timer(0.3, started[1].kill).start()
        with pytest.raises(PageRefused):
            clean(page(f"<p>{PARAGRAPH}</p>"))
        assert clean(page(f"<p>{PARAGRAPH}</p>")) == whole
    assert len(started) == 3
    assert all(reader.poll() is not None for reader in started)


def test_many_pages_go_on_where_once_no_process_could_be_started(monkeypatch):
    real, failing = subprocess.Popen, [OSError("no room for a process")]

    def popen(*words, **how):
        if failing:
            raise failing.pop()
        return real(*words, **how)

    monkeypatch.setattr(subprocess, "Popen", popen)
    with many_pages():
        # Not a refusal of the page, which would be the end of it
        with pytest.raises(OSError, match="no room"):
            clean(page(f"<p>{PARAGRAPH}</p>"))
        assert len(clean(page(f"<p>{PARAGRAPH}</p>")).blocks) == 1


def test_that_no_process_can_be_started_is_not_said_of_the_page():
    # Given a process that may open no more files / When it is to have a page read / Then that is not the page's end:
    # it is tried again like all that is unforeseen
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            clean(page(f"<p>{PARAGRAPH}</p>"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
