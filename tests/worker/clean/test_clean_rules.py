"""What editors decide about cleaning: a source's settings, quotations, footnotes, tables, teasers, languages."""

from __future__ import annotations

import time

import pytest

from briefing.articles.cleaning import Cleaning
from briefing.errors import Misconfigured
from briefing.podcasts.newsroom import SourceSettings
from briefing.podcasts.show import Show
from briefing.script import Role
from briefing.values import Article, BlockKind
from tests.support.cleaning import BOARD, FERRY, REF, cleaned, read, rules
from worker.clean import check_cleaning, clean
from worker.clean.draft import Piece
from worker.clean.extract import Evidence
from worker.clean.html import _choose, _own_byline, read_page
from worker.clean.shape import shape
from worker.clean.walk import Walked
from worker.prepare import write_script


def test_a_sources_xpaths_are_never_read():
    markup = f"<p>{FERRY}</p><div class='weather'><p>{BOARD}</p></div>"
    assert read(markup) == [FERRY, BOARD]
    pruning = Cleaning(prune_xpath=("//div[@class='weather']",))
    assert read(markup, pruning) == [FERRY]
    assert rules(markup, pruning) == {BOARD: "source-xpath"}


def test_an_xpath_that_is_none_is_refused_when_applied_and_when_used():
    faulty = Cleaning(prune_xpath=("//div[",))
    with pytest.raises(Misconfigured, match="prune_xpath '//div\\['"):
        check_cleaning(faulty)
    with pytest.raises(Misconfigured) as caught:
        clean(Article(ref=REF, media_type="text/html", body=f"<p>{FERRY}</p>"), faulty)
    assert caught.value.code == "invalid_settings"


def test_a_sources_phrases_drop_blocks_and_short_ones_only_whole_blocks():
    cleaning = Cleaning(drop_phrases=("a meeting of almost three", "Ledger", "weather"))
    assert read(f"<p>{FERRY}</p><p>{BOARD}</p><p>LEDGER:</p><p>The Ledger reported it first.</p>", cleaning) == [
        BOARD,
        "The Ledger reported it first.",
    ]


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"prune": ["//p"]}, "cleaning.prune"),
        ({"drop_phrases": ["…"]}, "cleaning.drop_phrases"),
        ({"tables": "read"}, "cleaning.tables"),
        ({"least_words": 0}, "cleaning.least_words"),
        ({"speak_class": "a b"}, "cleaning.speak_class"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_field(table, field, tmp_path):
    from briefing.podcasts.newsroom import load_newsroom

    path = tmp_path / "briefcast.toml"
    lines = "\n".join(f"{name} = {value!r}" for name, value in table.items())
    path.write_text(
        f'[[shows]]\nslug = "s"\ntitle = "S"\n[[sources]]\nname = "desk"\nkind = "files"\nfolder = "."\n[sources.cleaning]\n{lines}\n'
    )
    with pytest.raises(Misconfigured, match=f"sources.0.{field}"):
        load_newsroom(path)


def test_settings_are_read_beside_a_sources_options(tmp_path):
    from briefing.podcasts.newsroom import load_newsroom

    path = tmp_path / "briefcast.toml"
    path.write_text(
        '[[shows]]\nslug = "s"\ntitle = "S"\n[[sources]]\nname = "desk"\nkind = "files"\nfolder = "."\n'
        '[sources.cleaning]\ntables = "mention"\nprune_xpath = ["//aside"]\n'
    )
    source = load_newsroom(path).sources[0]
    assert source.cleaning == Cleaning(tables="mention", prune_xpath=("//aside",))
    assert set(source.options) == {"folder"}


def test_no_audio_is_honoured_and_the_opt_in_class_speaks_what_would_be_dropped():
    markup = (
        f"<p>{FERRY}</p><p class='no-audio'>{BOARD}</p>"
        "<figure><figcaption class='briefcast-speak'>Two boats at dawn.</figcaption></figure>"
        "<p class='briefcast-speak'>Read also: The other story</p>"
    )
    assert read(markup) == [FERRY, "Two boats at dawn.", "Read also: The other story"]
    assert read("<aside class='aloud'><p>A note.</p></aside>", Cleaning(speak_class="aloud")) == ["A note."]


def test_the_opt_in_class_speaks_on_pages_too():
    page = (
        f"<html><body><article><h1>Ferry</h1><p>{FERRY}</p><p>{BOARD}</p></article>"
        "<footer><p class='briefcast-speak'>The board meets again in May.</p></footer></body></html>"
    )
    pieces = shape(read_page(page, Cleaning()).pieces, "Ferry", None)
    assert [piece.text for piece in pieces if piece.to_read] == [FERRY, BOARD, "The board meets again in May."]


def test_a_table_is_dropped_or_mentioned_with_its_caption():
    markup = f"<p>{FERRY}</p><table><caption>Fares from May</caption><tr><td>Adults</td><td>2</td></tr></table><p>{BOARD}</p>"
    article = Article(ref=REF, media_type="text/html", body=markup, title="Title")
    dropped = write_script([article], Show(slug="s", title="S"))
    assert [segment.role for segment in dropped.segments].count(Role.TABLE) == 0
    mentioned = write_script([article], Show(slug="s", title="S"), {"desk": Cleaning(tables="mention")})
    assert [(segment.role, segment.written) for segment in mentioned.segments][-3:] == [
        (Role.BODY, FERRY),
        (Role.TABLE, "The written article has a table here: Fares from May."),
        (Role.BODY, BOARD),
    ]
    assert [entry.text for entry in mentioned.dropped] == ["Fares from May", "Adults", "2"]


def test_only_the_articles_own_tables_are_mentioned():
    table = "<table><tr><td>Adults</td><td>2</td></tr></table>"
    page = f"<html><body>{table}<nav>{table}</nav><article><h1>Ferry</h1><p>{FERRY}</p><aside>{table}</aside>{table}<p>{BOARD}</p></article>{table}</body></html>"
    pieces = read_page(page, Cleaning(tables="mention")).pieces
    spoken = [piece.kind for piece in pieces if piece.rule is None and piece.text != "Ferry"]
    assert spoken == [BlockKind.PARAGRAPH, BlockKind.TABLE, BlockKind.PARAGRAPH]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de-AT", "Im geschriebenen Artikel steht hier eine Tabelle."),
        ("fr", "L’article écrit comporte ici un tableau."),
        ("es", "El artículo escrito incluye aquí una tabla."),
        ("uk", "У тексті статті тут є таблиця."),
        ("xx", None),
    ],
)
def test_the_tables_line_follows_the_language(language, words):
    article = Article(
        ref=REF, media_type="text/html", language=language, body=f"<p>{FERRY}</p><table><tr><td>2</td></tr></table>"
    )
    script = write_script([article], Show(slug="s", title="S"), {"desk": Cleaning(tables="mention")})
    assert [segment.written for segment in script.segments if segment.role is Role.TABLE] == ([words] if words else [])


@pytest.mark.parametrize(
    "mark",
    [
        "<sup><a href='#fn1'>1</a></sup>",
        "<a href='#footnote-2' class='x'>[2]</a>",
        "<sup class='footnote'>3</sup>",
        "<a href='#9f1c2d3e-aaaa-4bbb-8ccc-1234567890ab'><sup>4</sup></a>",
        "<a href='#fnref1'>↩</a>",
    ],
)
def test_footnote_marks_are_taken_out_of_the_sentence_and_recorded(mark):
    assert read(f"<p>The ferry runs again{mark} from Monday.</p>") == ["The ferry runs again from Monday."]
    assert set(rules(f"<p>The ferry runs again{mark} from Monday.</p>").values()) <= {"footnote-mark", "blank"}


@pytest.mark.parametrize("sum_", ["E = mc<sup>2</sup>, he wrote.", "See <a href='/rules#5'>rule 5</a> of the port."])
def test_exponents_and_links_are_no_footnote_marks(sum_):
    assert rules(f"<p>{sum_}</p>") == {}


def test_markdown_footnotes_go_too():
    body = f"{FERRY}[^1]\n\n{BOARD}\n\n[^1]: According to the minutes.\n"
    cleaned_article = clean(Article(ref=REF, media_type="text/markdown", body=body))
    assert [block.text for block in cleaned_article.blocks] == [FERRY, BOARD]
    assert {(entry.text, entry.rule) for entry in cleaned_article.dropped} == {
        ("1", "footnote-mark"),
        ("According to the minutes.", "footnotes"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "“We looked at every way of keeping one lane open. None of them was safe.”",
        "“We looked at every way of keeping one lane open.",  # goes on in the next paragraph
        '"We looked at every way of keeping one lane open."',
        "„Wir haben jeden Weg geprüft, eine Spur offen zu halten.“",
        "« Nous avons tout essayé pour garder une voie ouverte. »",
        "«Ми шукали спосіб залишити одну смугу відкритою».",
    ],
)
def test_a_paragraph_that_is_one_quotation_is_a_quote(text):
    assert [piece.kind for piece in cleaned(f"<p>{FERRY}</p><p>{text}</p>")] == [BlockKind.PARAGRAPH, BlockKind.QUOTE]


@pytest.mark.parametrize(
    "text",
    [
        "“None of them was safe,” she said.",
        "“Yes,” he said. “And no, of course, as ever.”",
        '"A" and then "B", said the clerk.',
        "“Yes.”",
    ],
)
def test_a_paragraph_with_a_quotation_is_none(text):
    assert cleaned(f"<p>{FERRY}</p><p>{text}</p>")[1].kind is BlockKind.PARAGRAPH


def test_a_pull_quote_goes_when_it_repeats_the_body_and_stays_when_it_does_not():
    again = "<figure class='wp-block-pullquote'><blockquote><p>Nobody would say what the new engine had cost, or who ordered it</p><cite>Ann Lee</cite></blockquote></figure>"
    fresh = "<figure class='wp-block-pullquote'><blockquote><p>An engine is not a secret, it is a noise.</p></blockquote></figure>"
    assert read(f"<p>{FERRY}</p>{again}<p>{BOARD}</p>{fresh}<p>And so it ended.</p>") == [
        FERRY,
        BOARD,
        "An engine is not a secret, it is a noise.",
        "And so it ended.",
    ]


def test_sources_without_settings_are_cleaned_as_usual():
    assert SourceSettings(name="a", kind="files").cleaning == Cleaning()


def test_a_name_within_a_sentence_tears_nothing_out_of_it():
    markup = f"<p>{FERRY}</p><p>He cited <a class='promo-link' href='/x'>the report</a> and left.</p><p><span class='ad'>Ad</span></p>"
    assert read(markup) == [FERRY, "He cited the report and left."]


def test_a_heading_of_an_unlucky_name_is_read():
    assert read(f"<p>{FERRY}</p><h2 class='banner-title'>What it cost</h2><p>{BOARD}</p>") == [
        FERRY,
        "What it cost",
        BOARD,
    ]


def test_one_br_ends_a_paragraph_only_after_a_long_sentence():
    assert read(f"<div>{FERRY}<br>{BOARD}</div>") == [FERRY, BOARD]
    assert read("<p>Roses are red,<br>the ferry is blue.</p>") == ["Roses are red, the ferry is blue."]


def test_a_box_that_was_taken_for_the_story_does_not_count():
    # Given an extractor that found the box on the page, and the story once the box was out
    box = Walked(kind=BlockKind.PARAGRAPH, text=BOARD, rule="appeal")
    story = Walked(kind=BlockKind.PARAGRAPH, text=FERRY)
    assert _choose([box, story], Evidence([BOARD]), Evidence([FERRY]), Evidence(())) == [False, True]
    # And where both found the story, the page as it is counts
    aside = Walked(kind=BlockKind.PARAGRAPH, text="Short.")
    assert _choose([story, aside], Evidence([FERRY]), Evidence([FERRY, "Short."]), Evidence(())) == [True, False]


@pytest.mark.parametrize("mark", ["ADVERTISEMENT", "Read more", "Sign up for our newsletter", "Share", "Get our app"])
def test_a_short_paragraph_after_an_advertisement_is_read(mark):
    story = f"Ferry runs again from Monday\n\nBy Ann Lee\n\n{FERRY}\n\n{mark}\n\nNobody on the board would say more.\n"
    cleaned_article = clean(Article(ref=REF, media_type="text/plain", form="page", body=story))
    assert [block.text for block in cleaned_article.blocks] == [FERRY, "Nobody on the board would say more."]


@pytest.mark.parametrize(
    ("byline", "text"),
    [
        ("AP", "Apple shares rose 3% on Monday."),
        ("BBC", "BBC bosses resigned on Monday."),
        ("Reuters", "Reuters won the case on Monday, a court said."),
        ("Reuters", "Reuters won the case"),
    ],
)
def test_a_sentence_that_begins_like_the_authors_name_is_read(byline, text):
    assert _own_byline(text, byline) is None


@pytest.mark.parametrize(
    "text", ["Jo Baker", "BY JO BAKER, Political Editor", "Jo Baker | 4 March 2026", "Jo Baker, 10:32 GMT"]
)
def test_the_authors_own_line_is_read_from_the_head_only(text):
    assert _own_byline(text, "Jo Baker")


@pytest.mark.parametrize(
    ("markup", "text", "rule"),
    [
        ("The raid killed <s>five</s> six people.", "The raid killed six people.", "struck"),
        ("The raid killed <del>five</del> six people.", "The raid killed six people.", "struck"),
        ("The raid killed <strike>five</strike> six people.", "The raid killed six people.", "struck"),
        ("In <ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby> it rained.", "In 東京 it rained.", "ruby"),
    ],
)
def test_struck_text_and_a_second_spelling_are_not_read(markup, text, rule):
    assert read(f"<p>{markup}</p>") == [text]
    assert rule in rules(f"<p>{markup}</p>").values()


def test_struck_text_of_markdown_is_not_read():
    article = Article(ref=REF, media_type="text/markdown", body="The raid killed ~~five~~ six people.\n")
    assert [block.text for block in clean(article).blocks] == ["The raid killed six people."]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("About 10<sup>6</sup> of them.", "About 10^6 of them."),
        ("About 10<sup>-6</sup> of it.", "About 10^-6 of it."),
        ("On the 4<sup>th</sup> of May, 5 km<sup>2</sup> burned.", "On the 4th of May, 5 km2 burned."),
    ],
)
def test_an_exponent_stays_apart_from_its_number(markup, text):
    assert read(f"<p>{markup}</p>") == [text]


def test_a_blockquote_that_shares_letters_or_a_phrase_with_the_body_is_read():
    body = f"<p>The wonder of the ferry is that it runs.</p><p>They told him to “resign at once” on Friday.</p><p>{FERRY}</p>"
    assert read(f"{body}<blockquote>He won.</blockquote><blockquote>Resign at once!</blockquote>")[-2:] == [
        "He won.",
        "Resign at once!",
    ]
    assert read(f"<p>{FERRY} {BOARD}</p><blockquote>{BOARD}</blockquote>") == [f"{FERRY} {BOARD}"]


def test_a_timelines_dates_and_a_programmes_times_are_read():
    markup = (
        f"<p>March 4, 2026</p><p>{FERRY}</p><p>24 February 2022</p><p>Russia invaded.</p><p>10:30</p><p>{BOARD}</p>"
    )
    assert read(markup) == [FERRY, "24 February 2022", "Russia invaded.", "10:30", BOARD]
    assert read(f"<p>{FERRY}</p><p>Published: 24 February 2022</p><p>{BOARD}</p>") == [FERRY, BOARD]


def test_long_pull_quotes_on_a_long_page_cost_little_time():
    quotes = [Piece(kind=BlockKind.QUOTE, text=f"x{n} " + "abcdefg hij " * 80, pull_quote=True) for n in range(199)]
    body = [Piece(kind=BlockKind.PARAGRAPH, text=f"p{n} " + "zzz yyyy " * 300) for n in range(1000)]
    started = time.process_time()
    assert all(piece.to_read for piece in shape(quotes + body, None, None))
    assert time.process_time() - started < 30  # it took minutes
