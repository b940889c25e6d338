"""Whose article a web address is, and what it is called there."""

from __future__ import annotations

import pytest

from briefing.articles.addresses import address_id
from briefing.articles.sites import named_by, source_of
from briefing.errors import AddressRefused, UnknownReference
from briefing.podcasts.newsroom import SourceSettings


def source(name, kind, **options):
    return SourceSettings(name=name, kind=kind, options=options)


GHOST = source("ghost", "ghost", address="https://news.example/blog")
WORDPRESS = source("wordpress", "wordpress", address="https://news.example/")
FEED = source("wire", "feed", address="https://www.daily.example/feed.xml", hosts=["*.daily.example"])
MAP = source("archive", "sitemap", address="https://old.example/sitemap.xml")
PAGES = source("web", "http", hosts=["www.paper.example"])
OTHER = source("press", "paperpress", address="https://press.example")
ALL = [GHOST, WORDPRESS, FEED, MAP, PAGES, OTHER]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://news.example/blog/ferry-runs/", "ghost:ferry-runs"),
        ("https://news.example/2026/05/ferry-runs/", "wordpress:ferry-runs"),
        ("https://news.example/?p=12", "wordpress:12"),
        # Below the site's path, not merely beginning like it
        ("https://news.example/blogroll", "wordpress:blogroll"),
        ("https://www.paper.example/a", f"web:{address_id('https://www.paper.example/a')}"),
        ("https://amp.daily.example/a", f"wire:{address_id('https://amp.daily.example/a')}"),
        ("https://old.example/a", f"archive:{address_id('https://old.example/a')}"),
    ],
)
def test_an_address_belongs_to_the_source_whose_site_it_is_on(address, expected):
    assert str(named_by(address, source_of(address, ALL))) == expected


@pytest.mark.parametrize(
    "address",
    ["https://other.example/a", "https://press.example/a", "https://evilnews.example/a", "https://news.example:8443/a",
     "http://news.example/a".replace("news", "xnews")],
)  # fmt: skip
def test_an_address_of_no_site_is_refused(address):
    with pytest.raises(AddressRefused, match="no source has the site"):
        source_of(address, ALL)


def test_where_several_fit_it_is_asked_which_one():
    address = "https://www.daily.example/a"
    second = source("sport", "feed", address="https://www.daily.example/sport.xml")
    with pytest.raises(UnknownReference, match="wire, sport") as caught:
        source_of(address, [FEED, second])
    assert caught.value.code == "ambiguous_article_id"
    # A CMS knows its own better than its feed does, and pages that the newsroom named count before all
    site = source("daily", "wordpress", address="https://www.daily.example")
    assert source_of(address, [FEED, second, site]).name == "daily"
    named = source("web", "http", hosts=["www.daily.example"])
    assert source_of(address, [FEED, second, site, named]).name == "web"


@pytest.mark.parametrize(
    "address",
    ["https://news.example/", "https://news.example/archives/123", "https://news.example/%D0%BF%D0%BE%D1%80%D1%82/",
     "https://news.example/a%2F..%2Fb"],
)  # fmt: skip
def test_an_address_that_does_not_name_one_article_is_refused(address):
    with pytest.raises(UnknownReference) as caught:
        named_by(address, source_of(address, ALL))
    assert caught.value.code == "bad_article_id"
