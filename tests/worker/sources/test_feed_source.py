"""Feeds as sources: what is whole is read from the feed, what is not from its page, and never half a story."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
from datetime import UTC, datetime

import feedparser
import pytest

from briefing.articles.addresses import address_id
from briefing.errors import ArticleEmpty, ArticleNotFound, Misconfigured, PageRefused
from briefing.podcasts.newsroom import SourceSettings
from briefing.values import ArticleRef
from tests.support.answering import answering
from tests.support.cleaning import BOARD, FERRY
from tests.support.site import PAGE
from worker.asking.web import Page
from worker.clean import clean
from worker.sources import Polled, connect, feed
from worker.sources.feed_items import Item, read_feed

STORY = f"<p>{FERRY}</p><p>{BOARD}</p>" * 3
NAMES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(feed, "_KEPT", type(feed._KEPT)())


@pytest.fixture
def site():
    with answering() as server:
        yield server


def rss(*items, more=""):
    return f'<?xml version="1.0"?><rss version="2.0" {NAMES}><channel><title>T</title><language>en-gb</language>{more}{"".join(items)}</channel></rss>'


def item(link, content="", title="Ferry &amp;amp; crane", more="<pubDate>Sun, 10 May 2026 21:04:00 +0300</pubDate>"):
    whole = f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else ""
    return f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><dc:creator>Jo Baker</dc:creator><category>Harbour</category><description>Four days are over.</description>{more}{whole}</item>"


def source(site, path="/feed", **options):
    given = {"address": site.address + path, "allow_private": [site.host]} | options
    return connect(SourceSettings(name="wire", kind="feed", options=given))


def ref(link):
    return ArticleRef(source="wire", id=address_id(link))


def read(content, media_type="application/rss+xml", charset=None):
    raw = content.encode() if isinstance(content, str) else content
    return read_feed(Page("https://paper.example/feed", media_type, charset, raw))


def test_a_whole_text_is_read_from_the_feed_with_its_head(site):
    link = f"{site.address}/ferry?utm_source=rss"
    site.put("/feed", rss(item(link, STORY)), "application/rss+xml")
    found = source(site)
    assert isinstance(found, Polled)
    article = found.fetch(ref(link), None)
    assert (article.title, article.byline, article.tags, article.language) == (
        "Ferry & crane",
        "Jo Baker",
        ("Harbour",),
        "en-gb",
    )
    assert article.published_at == datetime(2026, 5, 10, 18, 4, tzinfo=UTC)
    assert [block.text for block in clean(article).blocks] == [FERRY, BOARD]
    assert [path for path, _ in site.asked] == ["/feed"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        f"<p>{FERRY}</p>",
        f"{STORY}<p>And then […]</p>",
        f"{STORY}<p>And then [&#8230;]</p>",
        f"{STORY}<p>And then <a href='/x'>Read more</a></p>",
        f"{STORY}<p><a href='/x'>Continue reading <span>Ferry runs again</span> »</a></p>",
        f"{STORY}<p>And then&hellip;</p><p>The post Ferry appeared first on The Ledger.</p>",
        f"{STORY}<p>Weiterlesen …</p>",
    ],
)
def test_a_beginning_is_never_read_as_the_story(site, content):
    # Given an item that is only the beginning / When it is fetched / Then its page is, from a host that is named
    link = site.put("/ferry", PAGE)
    site.put("/feed", rss(item(link, content)), "text/xml")
    article = source(site).fetch(ref(link), None)
    assert (article.form, article.body, article.authors) == ("page", PAGE.decode(), ("Jo Baker",))
    # Where its page may not be fetched, or the feed alone is to be read, it is refused
    elsewhere = "https://elsewhere.example/ferry"
    site.put("/feed", rss(item(elsewhere, content)), "text/xml")
    with pytest.raises(ArticleEmpty) as caught:
        source(site).fetch(ref(elsewhere), None)
    assert caught.value.code == "article_behind_paywall"


def test_the_feed_alone_is_read_where_the_newsroom_says_so_but_nothing_cut(site):
    link = f"{site.address}/ferry"
    site.put("/feed", rss(item(link, f"<p>{FERRY}</p>")), "text/xml")
    assert source(site, text="feed").fetch(ref(link), None).body == f"<p>{FERRY}</p>"
    site.put("/feed", rss(item(link, f"<p>{FERRY}</p><p>Read more</p>")), "text/xml")
    with pytest.raises(ArticleEmpty):
        source(site, text="feed").fetch(ref(link), None)
    site.put("/ferry", PAGE)
    site.put("/feed", rss(item(link, STORY)), "text/xml")
    assert source(site, text="page").fetch(ref(link), None).form == "page"


def test_what_left_the_feed_is_fetched_by_its_address(site):
    link = site.put("/ferry", PAGE)
    site.put("/feed", rss(), "text/xml")
    assert source(site).fetch(ref(link), link).form == "page"
    with pytest.raises(ArticleNotFound):
        source(site).fetch(ref(link), None)


def test_a_feed_that_has_not_changed_is_not_sent_again(site):
    link = f"{site.address}/ferry"
    site.put("/feed", rss(item(link, STORY)), "text/xml", ETag='"1"', Last_Modified="Sun, 10 May 2026 18:04:00 GMT")
    assert len(list(source(site).seen(None))) == 1
    assert source(site).fetch(ref(link), None).title == "Ferry & crane"
    asked = site.asked[-1][1]
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"1"', "Sun, 10 May 2026 18:04:00 GMT")
    # When it changes / Then it is read again
    site.put("/feed", rss(item(link, STORY), item(f"{link}2", STORY)), "text/xml", ETag='"2"')
    assert len(list(source(site).seen(None))) == 2


def test_items_are_seen_newest_first_and_since(site):
    dates = ["2026-05-10T10:00:00Z", "2026-05-12T10:00:00Z", "2026-05-11T10:00:00+02:00"]
    entries = [
        f"<entry><id>urn:{n}</id><title>{n}</title><link href='/{n}'/><updated>{date}</updated>"
        f"<content type='html'>{STORY.replace('<', '&lt;')}</content></entry>"
        for n, date in enumerate(dates)
    ]
    site.put("/feed", f"<feed xmlns='http://www.w3.org/2005/Atom'>{''.join(entries)}</feed>", "application/atom+xml")
    seen = list(source(site).seen(None))
    assert [one.address.rsplit("/", 1)[1] for one in seen] == ["1", "2", "0"]
    assert len(list(source(site).seen(seen[1].updated_at))) == 2
    assert {one.id for one in source(site).look([seen[0].id, "0000000000000000"])} == {seen[0].id}
    # A poll, which does both, asks for it once
    site.asked.clear()
    polled = source(site)
    assert len(list(polled.seen(None))) == len(list(polled.look([one.id for one in seen]))) == 3
    assert len(site.asked) == 1


def test_an_edit_without_a_date_is_told_by_the_texts_hash(site):
    # Given RSS, whose only date is that of publication
    link = f"{site.address}/ferry"
    site.put("/feed", rss(item(link, STORY)), "text/xml")
    (before,) = source(site).seen(None)
    site.put("/feed", rss(item(link, STORY.replace("Monday", "Tuesday"))), "text/xml")
    (after,) = source(site).seen(datetime(2026, 6, 1, tzinfo=UTC))
    assert (before.updated_at, before.text_hash == after.text_hash) == (after.updated_at, False)


def test_an_item_without_an_address_is_named_by_its_guid():
    (only,) = read(rss("<item><title>A</title><guid isPermaLink='false'>tag:7</guid></item>"))
    assert (only.id, only.link) == (hashlib.sha256(b"tag:7").hexdigest()[:16], None)
    (linked,) = read(rss("<item><guid>https://paper.example/a</guid></item>"))
    assert linked.id == address_id("https://paper.example/a")
    assert read(rss("<item><title>nameless</title><link>javascript:alert(1)</link></item>")) == []


SAMPLES = {
    "rss": rss(item("https://paper.example/a", STORY), item("https://paper.example/b", more="<pubDate>2026-05-10</pubDate>")),
    "feedburner": rss(
        "<item><title>A</title><link>https://burner.example/~r/x/1</link>"
        "<feedburner:origLink>https://paper.example/a</feedburner:origLink><author>jo@paper.example (Jo Baker)</author></item>"
    ),
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel/><item rdf:about="x"><title>A</title>'
    "<link>https://paper.example/a</link><dc:date>2026-05-10T21:04:00Z</dc:date><dc:creator>Jo Baker</dc:creator></item></rdf:RDF>",
    "atom": "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en' xml:base='https://paper.example/x/'><author><name>Jo Baker</name></author>"
    "<entry><id>urn:a</id><title type='html'>A &amp;amp; &lt;b>B&lt;/b></title><link rel='enclosure' href='a.mp3'/><link href='../a'/>"
    "<published>2026-05-10T21:04:00Z</published><updated>2026-05-11T21:04:00Z</updated><category term='harbour' label='Harbour'/>"
    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Words <em>here</em>.</p></div></content></entry></feed>",
}  # fmt: skip


@pytest.mark.parametrize("kind", SAMPLES)
def test_feeds_are_read_as_feedparser_reads_them(kind):
    # feedparser is the yardstick, not what reads (docs/decisions.md)
    told = {"content-type": "application/xml", "content-location": "https://paper.example/feed"}
    parsed = feedparser.parse(io.BytesIO(SAMPLES[kind].encode()), response_headers=told)
    items = read(SAMPLES[kind])
    assert len(items) == len(parsed.entries)
    for mine, theirs in zip(items, parsed.entries, strict=True):
        assert mine.link == theirs.get("feedburner_origlink", theirs.link)
        assert mine.title == html.unescape(re.sub("<.*?>", "", theirs.title))
        if "published_parsed" in theirs and theirs.published_parsed:
            assert mine.published_at.utctimetuple()[:6] == theirs.published_parsed[:6]
        assert mine.authors == ("Jo Baker",)
        assert bool(mine.content) == ("content" in theirs)


def test_a_json_feed_is_read():
    items = [
        {"id": 7, "url": "/a", "title": "A", "content_text": "Words.", "date_modified": "2026-05-10T21:04:00Z",
         "authors": [{"name": "Jo Baker"}], "tags": ["Harbour"], "_more": {}},
        {"id": "b", "content_html": "<p>x</p>"},
    ]  # fmt: skip
    told = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "en", "items": items}
    first, second = read(json.dumps(told), "application/feed+json")
    assert (first.link, first.media_type, first.authors, first.tags, first.language) == (
        "https://paper.example/a",
        "text/plain",
        ("Jo Baker",),
        ("Harbour",),
        "en",
    )
    assert (second.link, second.media_type, second.content) == (None, "text/html", "<p>x</p>")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"version": "x", "items": 7}',
        b"<html><body>not a feed</body></html>",
        b"<rss",
        rss(item("https://paper.example/a", STORY))[:-200].encode(),
        b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item><guid>&b;</guid></item></channel></rss>',
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><guid>&x;</guid></item></channel></rss>',
        b'<!DOCTYPE r [<!ENTITY x "y">]><rss><channel>&nbsp;<item><guid>&x;</guid></item></channel></rss>',
        b"<rss>" + b"<a>" * 100_000,
        b"<rss>&" + b"<![CDATA[" * 100_000,
        b"<rss>" + b"&" * 200_000,
    ],
)
def test_what_is_no_whole_feed_is_refused_by_name(content):
    with pytest.raises(PageRefused) as caught:
        read(content)
    assert caught.value.code == "feed_unreadable"


def test_a_feed_with_slips_is_read_if_it_is_whole():
    slips = rss(item("https://paper.example/a?x=1&y=2", STORY, title="A&nbsp;B \x08"))
    assert [(one.link, one.title) for one in read(slips)] == [("https://paper.example/a?x=1&y=2", "A B")]
    assert "&nbsp;" in read(rss(item("https://paper.example/a&b", f"{STORY}&nbsp;")))[0].content
    cyrillic = rss(item("https://paper.example/a", STORY, title="Пором")).replace('<?xml version="1.0"?>', "")
    assert read(cyrillic.encode("windows-1251"), charset="windows-1251")[0].title == "Пором"


@pytest.mark.parametrize("date", ["no date", "0000-00-00", "99999-01-01", "Mon, 99 Foo 2026", "1900-01-01", "2026-05-10T25:00:00Z"])  # fmt: skip
def test_odd_dates_are_none(date):
    assert read(rss(item("https://paper.example/a", more=f"<pubDate>{date}</pubDate>")))[0].published_at is None


def test_whole_or_not_is_told_by_length_end_and_summary():
    long = "word " * 300
    assert Item(id="a", link=None, content=long, summary=long).is_whole
    assert not Item(id="a", link=None, content="word " * 100, summary="word " * 100).is_whole
    assert Item(id="a", link=None, content="word " * 100 + ".", summary="word " * 20).is_whole
    assert not Item(id="a", link=None, content=long + "Read on »").is_whole
    assert Item(id="a", link=None, content=long + "He could read more into it, she said.").is_whole


def test_the_line_that_wordpress_puts_below_each_item_is_not_read(site):
    link = f"{site.address}/ferry"
    site.put(
        "/feed",
        rss(item(link, f"{STORY}<p>The post <a>Ferry</a> appeared first on <a>The Ledger</a>.</p>")),
        "text/xml",
    )
    cleaned = clean(source(site).fetch(ref(link), None))
    assert {piece.rule for piece in cleaned.dropped if piece.text.startswith("The post")} == {"syndication"}


def test_settings_that_cannot_be_are_refused():
    for options in ({}, {"address": "file:///etc/passwd"}, {"address": "https://x.example", "text": "half"}):
        with pytest.raises(Misconfigured):
            connect(SourceSettings(name="wire", kind="feed", options=options))
