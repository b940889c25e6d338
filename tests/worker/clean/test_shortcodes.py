"""Shortcodes that no plugin rendered are never read; what editors write in brackets is."""

from __future__ import annotations

import pytest

from tests.support.cleaning import BOARD, FERRY, read, rules


@pytest.mark.parametrize(
    "code",
    [
        "[newsletter_signup list=”daily”]",
        '[newsletter list="daily" colour=red]',
        "[/newsletter]",
        "[gallery]",
        "[donate_box]",
        "[poll id=7 /]",
        "[contact-form-7 404 “Write to us”]",
        "[embed]https://video.example/watch?v=1[/embed]",
        "[embed width=1]\nhttps://video.example/watch\n[/embed]",
    ],
)
def test_a_shortcode_goes_wherever_it_stands_and_is_in_the_ledger(code):
    told = " ".join(code.split())
    assert read(f"<p>{FERRY}</p><p>{code}</p>") == [FERRY]
    assert read(f"<p>{FERRY} {code} {BOARD}</p>") == [f"{FERRY} {BOARD}"]
    assert rules(f"<p>{FERRY} {code} {BOARD}</p>") == {told: "shortcode"}
    assert read(f"<p><b>{FERRY}</b> {code} {BOARD}</p>") == [f"{FERRY} {BOARD}"]


@pytest.mark.parametrize(
    "text",
    [
        "“It [sic] were the board,” he said, and left the room at once.",
        "He told the [former] minister that [the so-called experts] were wrong about all of it.",
        "Let [x = y] stand for what the board [allegedly] paid in [May 2026] for it.",
        "It is [“quoted”] and [… shortened] and [1] and [A] and [] and [ ], as editors do.",
        "An open [bracket list=daily never closes here, and the sentence goes on.",
    ],
)
def test_what_editors_write_in_brackets_is_read(text):
    assert read(f"<p>{text}</p>") == [text]


def test_what_stands_between_two_shortcodes_is_the_editors_own():
    assert read(f"<p>[box title=”x”]{FERRY}[/box]</p><p>[highlight]{BOARD}[/highlight]</p>") == [FERRY, BOARD]


def test_text_that_shows_code_is_left_as_it_is():
    assert read(f"<p>{FERRY}</p><p>Write <code>[gallery ids=1]</code> where the pictures are to be.</p>") == [
        FERRY,
        "Write [gallery ids=1] where the pictures are to be.",
    ]


def test_a_page_of_brackets_costs_little():
    text = "[a " * 50_000 + "[/" * 50_000 + "[embed]" + "x" * 50_000
    assert read(f"<p>{FERRY}</p><p>{text}</p>")[0] == FERRY


@pytest.mark.parametrize(
    "name",
    "wp-block-jetpack-related-posts jp-relatedposts sharedaddy wp-block-embed wp-block-buttons wp-block-read-more "
    "wp-block-table-of-contents wp-block-jetpack-donations wp-block-jetpack-contact-form yarpp wpcf7".split(),
)
def test_boxes_of_wordpress_are_not_read(name):
    assert read(f"<p>{FERRY}</p><div class='{name}'><p>{BOARD}</p></div>") == [FERRY]
