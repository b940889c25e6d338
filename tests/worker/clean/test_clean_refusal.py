"""What cleaning refuses and in which language it takes an article to be."""

from __future__ import annotations

import socket

import pytest

from briefing.errors import ArticleEmpty
from briefing.podcasts.show import Show
from briefing.values import Article, ArticleRef, BlockKind
from worker.clean.draft import PaywallSign, Piece
from worker.clean.language import decide, detect, tag
from worker.clean.refusal import check
from worker.prepare import write_script

REF = ArticleRef(source="desk", id="story")
FERRY = "The ferry runs again from Monday, the harbour board said after a meeting of almost three hours."
BOARD = "Nobody on the board would say what the new engine had cost, or who had ordered it in the first place."


def text(*words, rule=None):
    return Piece(kind=BlockKind.PARAGRAPH, text=" ".join(words), rule=rule)


GATED, NOT_FREE = PaywallSign.GATE, PaywallSign.NOT_FREE


@pytest.mark.parametrize(
    ("pieces", "signs", "code"),
    [
        ([text("word " * 20)], {NOT_FREE}, "article_behind_paywall"),
        ([text("word " * 100, "…"), text("Already a subscriber?", rule="form")], set(), "article_behind_paywall"),
        ([text("word " * 100, "…")], {GATED}, "article_behind_paywall"),
        (
            [text("word " * 100), text("Subscribe to continue reading", rule="paywall")],
            {GATED},
            "article_behind_paywall",
        ),
        ([text("Subscribe to continue reading", rule="paywall")], set(), "article_behind_paywall"),
        ([text("Three words here.")], set(), "article_too_short"),
        ([text("menu", rule="menu")], set(), "article_empty"),
    ],
)
def test_a_teaser_and_a_remnant_are_refused_by_name(pieces, signs, code):
    with pytest.raises(ArticleEmpty) as caught:
        check("desk:story", pieces, signs, 8)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("pieces", "signs", "warned"),
    [
        ([text("A brief of two sentences is news. It is read.")], set(), False),
        ([text("A brief of two sentences on an open page is news.")], {GATED}, False),
        ([text("word " * 300)], {GATED, NOT_FREE}, False),
        (
            [text("A brief on a page with a log-in is news, too."), text("Already a subscriber?", rule="form")],
            set(),
            False,
        ),
        ([text("word " * 300, "…")], {NOT_FREE}, True),
        # Complete articles of metered sites
        ([text(FERRY, FERRY, FERRY, BOARD), text("Already a subscriber?", rule="form")], {NOT_FREE, GATED}, True),
        ([text("Already a subscriber? Log in", rule="paywall"), text(FERRY, BOARD)], {NOT_FREE}, True),
        ([text("Two people died near Lviv on Monday, police said.")], {NOT_FREE, GATED}, True),
        ([text(FERRY, BOARD, "“Wait…”")], {NOT_FREE}, True),
        ([text("And then, one evening, somebody picked up a telephone and …")], set(), False),
    ],
)
def test_a_brief_and_an_open_article_are_read(pieces, signs, warned):
    assert bool(check("desk:story", pieces, signs, 8)) is warned


UKRAINIAN = "Старий трамвай, що двадцять років іржавів у депо, від понеділка возить книжки."
RUSSIAN = "Старый трамвай, который двадцать лет ржавел в депо, с понедельника возит книги."


@pytest.mark.parametrize(
    ("sample", "language"),
    [
        (UKRAINIAN, "uk"),
        (RUSSIAN, "ru"),
        ("Elf Jahre lang stand das Wasser still, nun schwimmt die Stadt wieder.", "de"),
        ("Il est quatre heures du matin et la halle est froide.", "fr"),
        (f"{FERRY} Він сказав: «Їх немає».", "en"),
    ],
)
def test_language_is_detected_without_the_network(sample, language, monkeypatch):
    def refuse(*_):
        raise AssertionError

    # Patched to show that nothing is fetched: there is no other seam to see it at.
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert detect(sample).language == language


def test_a_dateline_is_too_short_to_tell():
    assert detect("Nov. 20, 2022") is None
    assert decide(None, "Makiivka.", "en") == ("en", ())


def test_what_is_stated_counts_and_a_contradiction_is_told():
    language, warnings = decide("en", f"{UKRAINIAN} {UKRAINIAN}", "en")
    assert language == "en"
    assert [warning.code for warning in warnings] == ["language_mismatch"]
    assert decide("uk-UA", UKRAINIAN, "en") == ("uk-UA", ())
    assert decide("nb", "Han sa at båten går igjen fra mandag, og at ingen vet hva motoren har kostet.", "en")[1] == ()
    assert decide("{{ page.lang }}", UKRAINIAN, "en")[0] == "uk"


def test_tags_are_written_as_bcp_47():
    assert [tag(text_) for text_ in ("en_US", " de ", "{{lang}}", "", None, "und")] == [
        "en-US",
        "de",
        None,
        None,
        None,
        None,
    ]


def test_warnings_go_with_the_script():
    article = Article(ref=REF, media_type="text/plain", body=f"{UKRAINIAN} {UKRAINIAN}", title="T", language="en")
    assert [warning.code for warning in write_script([article], Show(slug="s", title="S")).warnings] == [
        "language_mismatch"
    ]


def test_script_decides_without_the_model(monkeypatch):
    def refuse():
        raise AssertionError

    # Patched to show that the model is not even asked.
    monkeypatch.setattr("worker.clean.language._detector", refuse)
    assert (detect(UKRAINIAN).language, detect(RUSSIAN).language) == ("uk", "ru")
    assert detect("Съезд, объект, подъём, разъезд, рынок").language == "ru"
