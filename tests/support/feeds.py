"""Feeds as others read them: feedparser, podcastparser (gPodder's), and our own schema of them."""

from __future__ import annotations

import io
from functools import lru_cache

import feedparser
import podcastparser
from lxml import etree

from tests.support.processes import ROOT


@lru_cache(maxsize=1)
def schema():
    """Our schema; see the file."""
    return etree.RelaxNG(etree.parse(ROOT / "tests" / "data" / "feed.rng"))


def accepted(feed):
    """Assert that a feed is as each of the three has it; return what podcastparser says of it."""
    tree = etree.fromstring(feed)
    assert schema().validate(tree), schema().error_log
    parsed = feedparser.parse(feed)
    assert not parsed.bozo, parsed.bozo_exception
    podcast = podcastparser.parse("https://a.example/feed.xml", io.BytesIO(feed))
    # What is heard from the first on is listed so.
    newest_first = podcast.get("type") != "serial"
    assert [episode["guid"] for episode in podcast["episodes"]] == [
        entry.id for entry in sorted(parsed.entries, key=lambda entry: entry.published_parsed, reverse=newest_first)
    ]
    addresses = [entry.enclosures[0].href for entry in parsed.entries]
    assert len(set(addresses)) == len(addresses), "apps pass over an address that comes twice"
    assert len({entry.id for entry in parsed.entries}) == len(parsed.entries)
    for item in tree.iter("item"):
        assert len(item.findtext("description").encode()) <= 4000
    return podcast
