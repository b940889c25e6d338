"""What is news and what is furniture, by its words."""

from __future__ import annotations

import pytest

from briefing.articles.cleaning import Cleaning
from tests.support.cleaning import BOARD, FERRY, read
from worker.clean.html import read_fragment
from worker.clean.phrases import noise_rule
from worker.clean.shape import shape


@pytest.mark.parametrize(
    "line",
    [
        "Read more books, the librarian told the children who had gathered in the reading room.",
        "Donate blood, the Red Cross urged residents on Friday, as supplies fell.",
        "Follow the money, the prosecutor told the jury, and you will find who did this.",
        "Follow us, the guide said, and forty tourists walked straight into the river.",
        "Related charges against two other men were dropped in March, court records show.",
        "Copyright law will change on Jan. 1, and libraries are preparing for it.",
        "All rights reserved, the new law says, go to the artist.",
        "Watch: That was the last word he said to his wife before the boat went down.",
        "Photo: that is the word scrawled on the back of the picture found in her attic.",
        "Share this story with your neighbors, the mayor urged residents on Friday.",
        "Support our schools, read the signs that teachers carried outside the statehouse.",
        "Become a member of the committee, he was told, or stop complaining about it.",
        "Your support has kept this library open, the director told the 300 people at the gala.",
        "Sign up by Dec. 3 at the library, 12 Elm St., if you want to speak at the hearing.",
        "To donate, send checks to the Millbrook Food Bank, 12 Elm St., Millbrook.",
        "Advertising is banned near schools from next year.",
        "Join us at the library on Friday at 7 p.m. for the reading.",
        "He gave evidence by telephone (video links from Kyiv had failed).",
        "The tax falls on income (wages and/or capital gains).",
        "Correction: An earlier version misstated the vote. It was 5-2, not 4-3.",
        "Listen.",
        "If you have information about the crash, call Crime Stoppers at 1-800-222-TIPS.",
        "Thanks to 2,500 supporters, the club was saved from closure this summer.",
        "The fund supports journalists who fled Russia, and our newsroom is one of those it has funded since 2022.",
        "Our readers will know that we have covered the donations scandal since 2020, and that coverage won a prize.",
        "Register to vote by e-mail before Friday, the deadline set by law.",
        "Become a member of NATO: that is Ukraine's aim.",
        "The mayor posted it online (photo by his wife).",
        "The label said: all rights reserved.",
        "To continue reading the riot act would be futile.",
        "Already a member? The EU says Ukraine could be.",
        "Scientists from Kyiv contributed to this report.",
        "Heavy rain contributed to this story of decline.",
        "The Associated Press contributed to this report, which Congress asked for in May.",
        "The Associated Press reported that low pay contributed to this.",
        "By signing up, volunteers agree to serve for three years.",
        "By signing up you agree to our terms, the recruits were told, and nobody read them.",
        "Follow the BBC on its way from radio to the web, and you see how the country has changed.",
        "We may earn a commission on the sale of the house, the broker said.",
        "Influencers may earn a commission when followers buy through links in their posts.",
        "The firm may get a commission for each family that it moves.",
    ],
)
def test_news_that_begins_like_promotion_stays(line):
    assert noise_rule(line) is None


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("ADVERTISEMENT", "menu"),
        ("Get our app", "app"),
        ("Credit: Jane Roe / Courier", "caption"),
        ("This is a developing story. Check back for updates.", "developing"),
        ("Reporting by Jane Doe in London; Editing by John Roe", "credit"),
        ("Related: Inspectors warned of rust in December", "read-also"),
        ("Lesen Sie auch: Warum das Freibad geschlossen bleibt", "read-also"),
        ("À lire aussi : Le port où les mouettes font la loi", "read-also"),
        ("Читайте також: Як у місті ремонтують колії", "read-also"),
        ("Підписуйтесь на наш Telegram-канал", "sign-up"),
        ("Subscribe to continue reading", "paywall"),
        ("To continue reading, log in.", "paywall"),
        ("Already a subscriber? Log in", "paywall"),
        ("The Harbour Ledger 2026. All rights reserved.", "copyright"),
        ("Three years of reporting, funded by our readers.", "appeal"),
        ("A ferry at dawn (photo by Ann Lee).", "caption"),
        ("Cet article est réservé aux abonnés", "paywall"),
        ("[newsletter_signup list=”daily”]", "shortcode"),
        ("Home > News > Local", "navigation"),
        ("10:32 GMT", "timestamp"),
        ("Please enable JavaScript to view this page.", "no-script"),
        ("Click here for the full budget.", "link-line"),
        ("The Associated Press contributed to this report.", "credit"),
        ("Associated Press writer Jane Roe in London contributed to this report.", "credit"),
        (
            "Associated Press writers Jane Roe in St. Paul, John A. Poe and Ann Lee contributed to this report.",
            "credit",
        ),
        ("AP journalist Jane Roe contributed reporting.", "credit"),
        ("Jane Roe and John Poe contributed reporting to this story.", "credit"),
        ("By signing up you agree to our terms and privacy policy.", "sign-up"),
        ("By subscribing, you accept that we may send you e-mails.", "sign-up"),
        (
            "Follow BBC Derby on Facebook, on X, or on Instagram. Send your story ideas to desk@harbour.example.",
            "follow",
        ),
        ("We may earn a commission if you buy through links on our site.", "affiliate"),
        ("The Ledger may earn a commission when you buy through links in this article.", "affiliate"),
        ("If you buy something through our links, we may earn an affiliate commission.", "affiliate"),
    ],
)
def test_furniture_is_known_by_its_words(line, rule):
    assert noise_rule(line) == rule


def test_a_line_about_the_author_goes_and_one_about_a_namesake_stays():
    note = "Jo Baker covers city hall for the Courier."
    assert read(f"<p>{FERRY}</p><p>{note}</p>") == [FERRY]
    kept = shape(read_fragment(f"<p>{FERRY}</p><p>{note}</p>", Cleaning()).pieces, "Title", "Ann Lee")
    assert [piece.text for piece in kept if piece.to_read] == [FERRY, note]


def test_an_agency_that_wrote_the_story_may_be_in_it():
    last = "The Associated Press is owned by its members, and Reuters is not."
    for byline in ("The Associated Press", "Reuters"):
        pieces = shape(read_fragment(f"<p>{FERRY}</p><p>{last}</p>", Cleaning()).pieces, "Title", byline)
        assert all(piece.to_read for piece in pieces)


def test_times_and_dates_of_a_programme_are_read():
    markup = f"<p>{FERRY}</p><dl><dt>May 21, 2026</dt><dd>The engine fails.</dd></dl><ul><li>10:30</li></ul><p>May 22, 2026</p>"
    assert read(markup) == [FERRY, "May 21, 2026", "The engine fails.", "10:30"]


def test_linked_headlines_and_the_list_below_read_also_go():
    markup = (
        f"<p>{FERRY}</p><p><a href='/x'>What the ferryman knew about the engine</a></p>"
        "<h3>Read also</h3><ul><li><a href='/1'>One</a></li><li><a href='/2'>Two</a></li></ul>"
        f"<p>{BOARD}</p><ul><li><a href='/3'>The minutes</a></li></ul>"
    )
    assert read(markup) == [FERRY, BOARD, "The minutes"]


@pytest.mark.parametrize(
    "line",
    [
        "Sign up for storm alerts by e-mail, the county told residents on Friday.",
        "Please enable JavaScript before you vote, said the clerk.",
        "This recording was made by an artificial intelligence, prosecutors said.",
        "Subscribe to the county's updates, officials urged.",
        "It is thanks to readers like you that the library is open, the mayor told them.",
    ],
)
def test_what_somebody_is_said_to_say_is_news(line):
    assert noise_rule(line) is None
    # And without the speaker it is promotion
    assert noise_rule(line.rsplit(", ", 1)[0] + ".") is not None
