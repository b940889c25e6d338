"""The pages of a busy show's feed, and the hubs that hear of a change."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import feedparser
import pytest
from lxml import etree
from sqlalchemy import insert, select

from briefing.models import BriefingRow, EpisodeRow, RevisionRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.public_names import FEED
from tests.support.asking import ask
from tests.support.feeds import accepted
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.threads import serving
from worker.doctor.public import look
from worker.feeds import show_feed
from worker.feeds.show_feed import FEED_BYTES, FEED_ITEMS, write_feed
from worker.installation.newsroom import apply
from worker.workplace import Workplace

#: The newest episode of a show that has had five a day for three months.
NEWEST = datetime(2026, 3, 30, 18, tzinfo=UTC)
MANY = 520


def read(place, name):
    found = place.files.storage.read(name)
    return feedparser.parse(found[0]) if found else None


def links(page):
    return {link.rel: link.href for link in page.feed.links if link.rel not in {"self", "alternate"}}


def name_of(place, address):
    return address.removeprefix(place.files.address + "/")


def multiply(place, number, summary=None, first=0, newest=NEWEST):
    """Give the show of the one live briefing `number` more that sound the same, each older than the one before: from
    the one that is called by the number `first`, published at `newest`.
    """
    with place.database.writing() as session:
        briefing, revision, episode = (
            session.scalars(select(kind)).first() for kind in (BriefingRow, RevisionRow, EpisodeRow)
        )
        model = {
            kind: {column.name: getattr(row, column.name) for column in kind.__table__.columns}
            for kind, row in ((BriefingRow, briefing), (RevisionRow, revision), (EpisodeRow, episode))
        }
        card = revision.card | ({"summary": summary} if summary else {})
        rows = {BriefingRow: [], RevisionRow: [], EpisodeRow: []}
        for index in range(first, first + number):
            made = {"id": f"many{index:06}", "identity": f"many{index}", "live_revision": 1000 + index}
            rows[BriefingRow].append(model[BriefingRow] | made | {"articles": [f"desk:many{index}"]})
            rows[RevisionRow].append(model[RevisionRow] | {"id": 1000 + index, "briefing_id": made["id"], "card": card})
            moment = newest - timedelta(hours=4.8 * (index - first))
            rows[EpisodeRow].append(
                model[EpisodeRow] | {"briefing_id": made["id"], "guid": f"guid{index}", "published_at": moment}
            )
        for kind, many in rows.items():
            session.execute(insert(kind), many)


@pytest.fixture
def live(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    return place


def walk(place):
    """All guids, by following the feed from page to page as a client does; and the pages' names."""
    name, guids, names = "shows/daily/feed.xml", [], []
    while name:
        names.append(name)
        page = read(place, name)
        assert not page.bozo, name
        guids += [entry.id for entry in page.entries]
        name = name_of(place, links(page)["prev-archive"]) if "prev-archive" in links(page) else None
    return guids, names


def test_a_feed_that_has_room_has_one_page(live):
    assert links(read(live, "shows/daily/feed.xml")) == {}
    assert not list(live.files.storage.files("shows/daily/archive"))


def test_a_measurement_prefix_stands_before_enclosures_and_changes_nothing_else(live, tmp_path, monkeypatch):
    # Given what is published before downloads are measured by a service
    files = live.files.storage

    def published():
        return {file.name: files.read(file.name)[0] for file in files.files() if not file.name.endswith(".mp3")}

    before = published()
    feed = before["shows/daily/feed.xml"]
    (address,) = [item.find("enclosure").get("url") for item in etree.fromstring(feed).iter("item")]
    # When its prefix is set and the settings are applied
    monkeypatch.setenv("BRIEFCAST_AUDIENCE_ENCLOSURES", "https://prefix.example/redirect/")
    measured = Workplace()
    apply(load_newsroom(tmp_path / "briefcast.toml"), measured)
    # Then the enclosure's address is the old one behind it, without its scheme, and its length that of the MP3
    after = published()
    (item,) = etree.fromstring(after["shows/daily/feed.xml"]).iter("item")
    scheme, _, rest = address.partition("://")
    assert scheme in {"http", "https"}
    assert item.find("enclosure").get("url") == f"https://prefix.example/redirect/{rest}"
    mp3 = files.read(name_of(live, address))[0]
    assert item.find("enclosure").get("length") == str(len(mp3))
    # And nothing else is another: not the guid, nor any other address in the feed, nor what players and articles read
    assert after.pop("shows/daily/feed.xml") == feed.replace(
        f'url="{address}"'.encode(), f'url="https://prefix.example/redirect/{rest}"'.encode()
    )
    del before["shows/daily/feed.xml"]
    assert after == before
    assert accepted(files.read("shows/daily/feed.xml")[0])
    # And what only members hear is told to no service
    sha256 = hashlib.sha256(mp3).hexdigest()
    assert measured.files.of_members.enclosure_address("daily", sha256) == measured.files.of_members.audio_address(
        sha256
    )
    measured.database.dispose()


def test_every_episode_of_a_busy_show_is_found_from_its_feed(live):
    multiply(live, MANY)
    with live.database.writing() as session:
        write_feed(session, "daily", live.files)
    first = read(live, "shows/daily/feed.xml")
    assert len(first.entries) == FEED_ITEMS
    assert len(live.files.storage.read("shows/daily/feed.xml")[0]) <= FEED_BYTES
    guids, names = walk(live)
    assert {f"guid{index}" for index in range(MANY)} < set(guids)
    assert len(set(guids)) == MANY + 1
    # From the month in which the first page ends, each month once
    ends = first.entries[-1].published_parsed
    assert names[1] == f"shows/daily/archive/{ends.tm_year}-{ends.tm_mon:02}.xml"
    assert names[1:] == sorted(set(names[1:]), reverse=True)
    oldest = read(live, names[-1])
    assert "prev-archive" not in links(oldest)
    assert links(oldest)["current"] == live.files.feed_address("daily")
    assert b"<fh:archive/>" in live.files.storage.read(names[-1])[0]


def test_the_first_page_stays_small_however_long_its_items_are(live):
    multiply(live, MANY, summary="Many words of a summary. " * 160)
    with live.database.writing() as session:
        write_feed(session, "daily", live.files)
    first = live.files.storage.read("shows/daily/feed.xml")[0]
    assert 50 <= len(feedparser.parse(first).entries) < FEED_ITEMS
    assert len(first) <= FEED_BYTES
    assert len(set(walk(live)[0])) == MANY + 1


def test_a_change_writes_its_own_month_and_the_first_page_alone(live):
    multiply(live, MANY)
    storage = live.files.storage
    with live.database.writing() as session:
        write_feed(session, "daily", live.files)
    before = {file.name: storage.read(file.name) for file in storage.files("shows/daily/archive")}
    with live.database.writing() as session:
        gone = session.get_one(BriefingRow, f"many{MANY - 1:06}")
        gone.live_revision = None
        session.flush()
        write_feed(session, "daily", live.files, NEWEST - timedelta(hours=4.8 * (MANY - 1)))
    changed = [name for name, (content, told) in before.items() if storage.read(name) != (content, told)]
    oldest = min(before)
    assert changed == [oldest]
    assert f"guid{MANY - 1}" not in {entry.id for entry in read(live, oldest).entries}
    # And when a whole month goes, so does its page, and its neighbour leads nowhere
    with live.database.writing() as session:
        for entry in read(live, oldest).entries:
            row = session.scalars(select(EpisodeRow).where(EpisodeRow.guid == entry.id)).one()
            session.get_one(BriefingRow, row.briefing_id).live_revision = None
        session.flush()
        write_feed(session, "daily", live.files, NEWEST - timedelta(hours=4.8 * (MANY - 2)))
    assert storage.read(oldest) is None
    following = sorted(before)[1]
    assert "prev-archive" not in links(read(live, following))


def test_a_busy_month_is_written_anew_once_in_many_publications_and_lacks_nothing(live, monkeypatch):
    monkeypatch.setattr(show_feed, "FEED_ITEMS", 12)
    multiply(live, 15)
    with live.database.writing() as session:
        write_feed(session, "daily", live.files)
    storage = live.files.storage
    written, write = Counter(), storage.write
    monkeypatch.setattr(type(storage), "write", lambda _, name, *rest: (written.update([name]), write(name, *rest)))
    # When four times as many are published as the first page has, over the end of a month
    moments = [datetime(2026, 4, 30, 22, 40, tzinfo=UTC) + timedelta(minutes=3 * number) for number in range(48)]
    for number, moment in enumerate(moments, start=15):
        multiply(live, 1, first=number, newest=moment)
        with live.database.writing() as session:
            write_feed(session, "daily", live.files, moment)
        # Then each of them, and all before, is found from the feed at any time
        pages = b"".join(storage.read(file.name)[0] for file in storage.files("shows/daily") if "xml" in file.name)
        assert set(re.findall(rb">guid(\d+)<", pages)) == {b"%d" % known for known in range(number + 1)}
    assert written["shows/daily/feed.xml"] == len(moments)
    months = {name: times for name, times in written.items() if "/archive/" in name}
    assert {"shows/daily/archive/2026-04.xml", "shows/daily/archive/2026-05.xml"} <= months.keys()
    assert sum(months.values()) <= 20, "of 48"
    # And the doctor takes a page that waits for what it is
    assert [finding.subject for finding in look(live, fix=False) if "show" in finding.detail] == []
    # And one that is withdrawn is on no page at once, whichever page it was on
    for number in (15 + 47, 15 + 30, 15 + 5):
        with live.database.writing() as session:
            session.get_one(BriefingRow, f"many{number:06}").live_revision = None
            session.flush()
            write_feed(session, "daily", live.files, moments[number - 15])
        pages = [storage.read(name)[0] for name in (*months, "shows/daily/feed.xml")]
        assert not [page for page in pages if f">guid{number}<".encode() in page]
    storage.write("shows/daily/archive/2026-04.xml", b"<rss/>", FEED)
    assert [finding.subject for finding in look(live, fix=False) if "show" in finding.detail] == [
        "shows/daily/archive/2026-04.xml"
    ]


class Hub(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.pings.append({name: values[0] for name, values in form.items()})
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.pings, server.answers = [], []
    server.address_of_hub = f"http://127.0.0.1:{server.server_address[1]}/hub"
    with serving(server):
        yield server


@pytest.fixture
def with_hub(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_WEBSUB_HUBS", hub.address_of_hub)
    monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", f"127.0.0.1:{hub.server_address[1]}")
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def pings(place):
    with place.database.reading() as session:
        return session.scalars(select(StepRow).where(StepRow.kind == "notify").order_by(StepRow.id)).all()


def test_a_hub_hears_of_what_is_published_and_is_tried_again(with_hub, hub):
    hub.answers = [503]
    ask(with_hub, "ferry", now=datetime.now(UTC))
    work_off(with_hub)
    feed = with_hub.files.feed_address("daily")
    assert hub.pings == [{"hub.mode": "publish", "hub.topic": feed, "hub.url": feed}]
    [step] = pings(with_hub)
    assert (step.state, step.error_code, step.postponed) == ("ready", "source_unavailable", 1)
    with with_hub.database.writing() as session:
        session.get_one(StepRow, step.id).not_before = None
    work_off(with_hub)
    assert len(hub.pings) == 2
    assert pings(with_hub)[0].state == "done"
    assert links(read(with_hub, "shows/daily/feed.xml"))["hub"] == hub.address_of_hub


def test_many_changes_that_wait_are_one_ping(with_hub, hub):
    from worker.feeds.websub import record_pings

    with with_hub.database.writing() as session:
        for _ in range(3):
            record_pings(session, "daily", with_hub.files.hubs)
    assert len(pings(with_hub)) == 1


def test_a_hub_on_a_private_network_is_not_asked(with_hub, hub, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", "")
    ask(with_hub, "ferry", now=datetime.now(UTC))
    work_off(with_hub)
    assert hub.pings == []
    [step] = pings(with_hub)
    assert (step.state, step.error_code) == ("dead", "address_refused")
