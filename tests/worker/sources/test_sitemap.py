"""Sitemaps as sources: what they name, by date and section, within bounds."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing.articles.addresses import address_id
from briefing.errors import ArticleNotFound, BriefcastError, Misconfigured, PageRefused
from briefing.following import connections
from briefing.models import ConnectionRow, StepRow
from briefing.podcasts.newsroom import SourceSettings, load_newsroom
from briefing.states import StepKind
from briefing.values import ArticleRef
from tests.support.answering import answering
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.site import PAGE
from worker.installation.newsroom import apply
from worker.sources import Polled, connect, polling, site_map, sitemap
from worker.sources.site_map import moment_of

XML = "application/xml"


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(sitemap, "_KNOWN", type(sitemap._KNOWN)())
    with answering() as server:
        yield server


def source(site, path="/sitemap.xml", **options):
    given = {"address": site.address + path, "allow_private": [site.host]} | options
    return connect(SourceSettings(name="archive", kind="sitemap", options=given))


def urlset(*entries):
    rows = "".join(f"<url><loc>{loc}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</url>" for loc, at in entries)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def index(*entries):
    rows = "".join(
        f"<sitemap><loc>{loc}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>" for loc, at in entries
    )
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'


def paths(found):
    return ["/" + one.address.split("/", 3)[3] for one in found]


def test_an_index_of_maps_gzipped_or_not_is_read_in_its_order(site):
    there = site.address
    site.put(
        "/sitemap.xml",
        index((f"{there}/new.xml", "2026-05-10"), (f"{there}/old.xml.gz", "2020-01-01"), (f"{there}/gone.xml", "")),
        XML,
    )
    site.put(
        "/new.xml", urlset((f"{there}/politics/2026/ferry", "2026-05-10T21:04:00+03:00"), (f"{there}/about", "")), XML
    )
    site.put("/old.xml.gz", gzip.compress(urlset((f"{there}/sport/crane", "2019-12")).encode()), "application/gzip")
    found = list(source(site).catalogue(None))
    assert paths(found) == ["/politics/2026/ferry", "/about", "/sport/crane"]
    assert found[0].published_at == datetime(2026, 5, 10, 18, 4, tzinfo=UTC)
    assert [one.labels.sections for one in found] == [("politics",), None, ("sport",)]
    assert found[0].id == address_id(f"{there}/politics/2026/ferry")
    # When only what is newer is wanted / Then maps that have not changed since are not fetched
    site.asked.clear()
    assert paths(source(site).catalogue(datetime(2026, 1, 1, tzinfo=UTC))) == ["/politics/2026/ferry", "/about"]
    assert "/old.xml.gz" not in [path for path, _ in site.asked]


def test_a_poll_gives_what_is_new_and_asks_for_no_file_that_is_as_it_was(site):
    there, day = site.address, "2026-05-{:02}T08:00:00Z".format
    maps = index((f"{there}/new.xml", day(12)), (f"{there}/old.xml", day(1)))
    site.put("/sitemap.xml", maps, XML, ETag='"index"')
    site.put("/new.xml", urlset((f"{there}/ferry", day(12)), (f"{there}/crane", day(11)), (f"{there}/about", "")), XML)
    site.put("/old.xml", urlset((f"{there}/vote", day(1))), XML, ETag='"old"')
    assert isinstance(source(site), Polled)
    # Newest first; what has no date is read when it is asked for
    assert paths(source(site).seen(None)) == ["/ferry", "/crane", "/vote"]
    # When only what is later is wanted, and the map is as it was
    site.put("/new.xml", urlset((f"{there}/ferry", day(12)), (f"{there}/crane", day(11))), XML, ETag='"new"')
    since = datetime(2026, 5, 11, 12, tzinfo=UTC)
    assert paths(source(site).seen(since)) == ["/ferry"]
    site.asked.clear()
    assert list(source(site).seen(since)) == []
    assert [(path, heads.get("If-None-Match")) for path, heads in site.asked] == [
        ("/sitemap.xml", '"index"'),
        ("/new.xml", '"new"'),
    ]
    # When a page is edited / Then its file is another, and it is given again
    site.put("/new.xml", urlset((f"{there}/ferry", day(13))), XML, ETag='"newer"')
    (found,) = source(site).seen(since)
    assert (found.address, found.updated_at) == (f"{there}/ferry", datetime(2026, 5, 13, 8, tzinfo=UTC))
    # What a look asks after is told where the map has it, and nothing of it is gone
    recent = datetime.now(UTC).isoformat()
    site.put("/sitemap.xml", urlset((f"{there}/ferry", recent)), XML)
    assert paths(source(site).look([found.id, "0" * 16])) == ["/ferry"]


def test_a_poll_that_looks_after_articles_asks_for_no_more_than_what_it_read(site):
    there, now = site.address, datetime.now(UTC)
    old, new = (now - timedelta(days=2)).isoformat(), now.isoformat()
    site.put("/sitemap.xml", index((f"{there}/a.xml", new), (f"{there}/b.xml", old)), XML, ETag='"i"')
    site.put("/a.xml", urlset((f"{there}/ferry", new)), XML, ETag='"a"')
    site.put("/b.xml", urlset((f"{there}/crane", old)), XML, ETag='"b"')
    ids = [address_id(f"{there}/{name}") for name in ("ferry", "crane", "vote")]
    list(source(site).seen(None))
    # Given a map that is as it was / When a poll looks after what it names / Then it is told of all it knows
    site.asked.clear()
    polled = source(site)
    assert list(polled.seen(now - timedelta(hours=1))) == []
    assert paths(polled.look(ids)) == ["/ferry", "/crane"]
    assert [path for path, _ in site.asked] == ["/sitemap.xml", "/a.xml", "/b.xml"]
    assert None not in {heads.get("If-None-Match") for _, heads in site.asked}


@pytest.mark.parametrize("costs", ["nothing", "unmarked", "files", "bytes"])
def test_what_a_poll_cost_says_when_the_next_one_may_be(site, monkeypatch, costs):
    there = site.address
    monkeypatch.setattr(sitemap, "_CHEAP_FILES", 1 if costs == "files" else 2)
    monkeypatch.setattr(sitemap, "_CHEAP_BYTES", 100 if costs == "bytes" else 10_000)
    site.put("/sitemap.xml", index((f"{there}/a.xml", "")), XML, ETag='"i"')
    mark = {} if costs == "unmarked" else {"ETag": '"a"'}
    site.put("/a.xml", urlset((f"{there}/ferry", "2026-05-12")), XML, **mark)
    pauses = []
    for _ in range(2):
        polled = source(site)
        list(polled.seen(None))
        pauses.append(polled.pause_s())
    # The second time what has a mark is as it was, and sends no bytes
    assert pauses == {"nothing": [None, None], "bytes": [300, None]}.get(costs, [300, 300])


def test_a_map_is_polled_each_minute_unless_that_is_costly_or_its_newsroom_says_otherwise(site, tmp_path):
    place = make_place(tmp_path, PLAIN)
    toml = f'{PLAIN}\n[[sources]]\nname = "map"\nkind = "sitemap"\naddress = "{site.address}/sitemap.xml"\n'
    toml += f'allow_private = ["{site.host}"]\n'

    def polled(more="", *, seconds_ago=10_000, **mark):
        """Poll so many seconds after the last time; return what was asked for, and seconds to the next."""
        (tmp_path / "briefcast.toml").write_text(toml + more)
        apply(load_newsroom(tmp_path / "briefcast.toml"), place)
        polling.tend(place)
        site.put("/sitemap.xml", urlset((f"{site.address}/ferry", "2026-05-12")), XML, **mark)
        site.asked.clear()
        with place.database.writing() as session:
            last = datetime.now(UTC) - timedelta(seconds=seconds_ago)
            session.execute(update(ConnectionRow).values(polled_at=last))
            connections.rouse(session, "map")
        work_off(place)
        with place.database.reading() as session:
            [step] = session.scalars(select(StepRow).where(StepRow.kind == StepKind.POLL.value))
            return len(site.asked), round(step.not_before - step.ready_at)

    # The first time, it is read for where to begin, too
    assert polled(ETag='"m"') == (2, 60)
    assert polled(ETag='"m"', seconds_ago=59) == (1, 60)
    assert polled(seconds_ago=59) == (1, 300)
    # Then it is left alone for as long, whatever a webhook tells of meanwhile
    assert polled(seconds_ago=200)[0] == 0
    assert polled(seconds_ago=301) == (1, 300)
    assert polled("poll = 30", seconds_ago=31) == (1, 30)
    place.database.dispose()


def test_a_look_knows_the_newest_and_keeps_no_whole_map(site, monkeypatch):
    monkeypatch.setattr(sitemap, "_MOST_LOOKED_AT", 2)
    there = site.address
    site.put("/sitemap.xml", urlset(*((f"{there}/{day}", f"2026-05-{day}") for day in (10, 13, 11, 12))), XML)
    found = source(site).look([address_id(f"{there}/{day}") for day in (10, 11, 12, 13)])
    assert paths(found) == ["/12", "/13"]


def test_a_reading_that_broke_off_is_made_again(site):
    there = site.address
    site.put(
        "/sitemap.xml", urlset((f"{there}/ferry", "2026-05-12"), (f"{there}/crane", "2026-05-11")), XML, ETag='"m"'
    )
    assert next(source(site).seen(None)).address == f"{there}/ferry"
    assert paths(source(site).seen(None)) == ["/ferry", "/crane"]
    assert paths(source(site).seen(None)) == []


def test_of_a_day_alone_the_whole_day_counts():
    day = moment_of("2026-05-12")
    assert site_map.is_since(day, datetime(2026, 5, 12, 9, tzinfo=UTC))
    assert not site_map.is_since(day, datetime(2026, 5, 13, 0, 0, 1, tzinfo=UTC))
    assert not site_map.is_since(moment_of("2026-05-12T08:00:00Z"), datetime(2026, 5, 12, 9, tzinfo=UTC))


def test_a_map_that_is_made_anew_makes_nothing_new(site):
    # Given a site that dates all its pages anew, of which one is news
    there, since = site.address, datetime(2026, 5, 1, tzinfo=UTC)
    many = [(f"{there}/story-{number}", f"2026-05-12T08:{number // 60:02}:{number % 60:02}Z") for number in range(101)]
    site.put("/sitemap.xml", urlset(*many), XML)
    found = list(source(site).seen(since))
    # Then the newest are looked at, and none of them counts as published now
    assert len(found) == 100
    assert found[0].address.endswith("/story-100")
    assert {one.published_at for one in found} == {None}
    site.put("/sitemap.xml", urlset(*many[:100]), XML)
    assert None not in {one.published_at for one in source(site).seen(since)}


def test_a_poll_reads_a_few_files_the_newest_first(site, monkeypatch):
    monkeypatch.setattr("worker.sources.sitemap._MOST_FILES", 3)
    there = site.address
    maps = [(f"{there}/{number}.xml", f"2026-05-{number:02}") for number in (1, 3, 2)]
    site.put("/sitemap.xml", index(*maps), XML)
    for number in (1, 2, 3):
        site.put(f"/{number}.xml", urlset((f"{there}/story-{number}", f"2026-05-{number:02}")), XML)
    assert paths(source(site).seen(None)) == ["/story-3", "/story-2"]


def test_a_news_map_tells_when_a_story_was_published_and_pictures_are_no_stories(site):
    site.put(
        "/sitemap.xml",
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
        f'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><image:image><image:loc>{site.address}/x.png</image:loc></image:image>'
        f"<loc>{site.address}/ferry</loc><lastmod>2026-05-12</lastmod><news:news><news:publication><news:name>The Ledger</news:name>"
        "<news:language>en</news:language></news:publication><news:publication_date>2026-05-10</news:publication_date>"
        "<news:title>Ferry runs again</news:title></news:news></url></urlset>",
        XML,
    )
    (only,) = source(site).catalogue(None)
    assert only.address == f"{site.address}/ferry"
    assert (only.published_at, only.updated_at) == (
        datetime(2026, 5, 10, tzinfo=UTC),
        datetime(2026, 5, 12, tzinfo=UTC),
    )


def test_an_article_is_fetched_by_its_address_or_found_in_the_map(site):
    link = site.put("/ferry", PAGE)
    site.put("/sitemap.xml", urlset((f"{site.address}/other", ""), (link, "")), XML)
    ref = ArticleRef(source="archive", id=address_id(link))
    assert source(site).fetch(ref, None).body == PAGE.decode()
    site.asked.clear()
    assert source(site).fetch(ref, link).address == link
    assert [path for path, _ in site.asked] == ["/ferry"]
    with pytest.raises(ArticleNotFound):
        source(site).fetch(ArticleRef(source="archive", id="0123456789abcdef"), None)


def test_nothing_of_other_hosts_is_listed_or_fetched(site):
    site.put(
        "/sitemap.xml",
        urlset(("https://elsewhere.example/a", ""), ("javascript:alert(1)", ""), (f"{site.address}/a", "")),
        XML,
    )
    assert paths(source(site).catalogue(None)) == ["/a"]
    assert len(list(source(site, hosts=["*.example"]).catalogue(None))) == 2
    site.put("/sitemap.xml", index(("https://elsewhere.example/map.xml", "")), XML)
    with pytest.raises(BriefcastError) as caught:
        list(source(site).catalogue(None))
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "feed_unreadable"),
        ("<html/>", "feed_unreadable"),
        ("<urlset><url><loc>https://x.example/</loc>", "feed_unreadable"),
        ('<!DOCTYPE u [<!ENTITY a "b">]><urlset><url><loc>https://&a;</loc></url></urlset>', "feed_unreadable"),
        ("<urlset>" + "<a>" * 100_000, "feed_unreadable"),
        ("<urlset>" + "<url><loc>https://x.example/</loc></url>" * 101 + "</urlset>", "page_too_large"),
        (gzip.compress(b" " * 51_000_000, mtime=0), "page_too_large"),
        (gzip.compress(urlset().encode(), mtime=0)[:-9], "feed_unreadable"),
        (b"\x1f\x8b nonsense", "feed_unreadable"),
    ],
)
def test_what_is_no_map_or_too_large_is_refused_by_name(site, content, code, monkeypatch):
    monkeypatch.setattr(site_map, "MOST_ADDRESSES", 100)
    site.put("/sitemap.xml", content, XML)
    with pytest.raises(PageRefused) as caught:
        list(source(site).catalogue(None))
    assert caught.value.code == code


def test_maps_that_name_one_another_end(site, monkeypatch):
    there = site.address
    site.put("/sitemap.xml", index((f"{there}/a.xml", ""), (f"{there}/sitemap.xml", "")), XML)
    site.put("/a.xml", index((f"{there}/sitemap.xml", ""), (f"{there}/b.xml", "")), XML)
    site.put("/b.xml", urlset((f"{there}/ferry", "")), XML)
    assert paths(source(site).catalogue(None)) == ["/ferry"]
    # One level more is too deep, one file more too many
    site.put("/b.xml", index((f"{there}/c.xml", "")), XML)
    with pytest.raises(PageRefused) as caught:
        list(source(site).catalogue(None))
    assert caught.value.code == "page_too_large"
    monkeypatch.setattr(site_map, "_MOST_FILES", 2)
    site.put("/b.xml", urlset(), XML)
    with pytest.raises(PageRefused):
        list(source(site).catalogue(None))


def test_ten_thousand_addresses_cost_seconds(site):
    there = site.address
    site.put("/sitemap.xml", urlset(*((f"{there}/news/{n}", "2026-05-10T21:04:00Z") for n in range(10_000))), XML)
    used = time.process_time()
    assert sum(1 for _ in source(site).catalogue(None)) == 10_000
    assert time.process_time() - used < 30


def test_dates_may_be_a_year_or_a_month_alone():
    assert moment_of("2026") == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment_of("2026-05") == datetime(2026, 5, 1, tzinfo=UTC)
    assert moment_of("2026-05-10T21:04:00.5Z") == datetime(2026, 5, 10, 21, 4, 0, 500_000, tzinfo=UTC)
    assert [moment_of(text) for text in ("", "yesterday", "2026-13", "0000")] == [None] * 4


def test_settings_that_cannot_be_are_refused():
    for options in ({}, {"address": "file:///etc/passwd"}):
        with pytest.raises(Misconfigured):
            connect(SourceSettings(name="archive", kind="sitemap", options=options))
