"""A podcast taken over from another host, and a show taken out again."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree

from briefing.errors import PageRefused
from briefing.going_live.access import follow_others
from briefing.models import EpisodeRow, ShowRow
from briefing.podcasts.categories import MOST_CATEGORIES
from briefing.podcasts.newsroom import load_newsroom
from briefing.settings import FetchSettings
from tests.support.asking import ask
from tests.support.client import client_of
from tests.support.command import briefcast
from tests.support.feeds import accepted
from tests.support.newsroom import ARTICLE, PLAIN, work_off
from tests.support.old_host import GUID, old_host, picture
from worker.doctor import public
from worker.feeds.feed import ITUNES, PODCAST
from worker.installation.backup import back_up
from worker.installation.newsroom import apply
from worker.moving.move import Bounds
from worker.moving.moving_in import take_over
from worker.moving.podcast import read_podcast
from worker.moving.redirects import as_nginx
from worker.upkeep.retention import collect
from worker.workplace import Workplace

CATEGORY = f"{{{ITUNES}}}category"
PERMALINK = "https://paper.example/?p=2&preview=" + "x" * 100


@pytest.fixture
def host(monkeypatch):
    with old_host(3) as host:
        host.guids[2] = PERMALINK
        monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", urlsplit(host.address).netloc)
        yield host


def items(feed):
    return {entry.id: entry for entry in feedparser.parse(feed).entries}


def feed_of(place, slug="old"):
    return place.files.storage.read(f"shows/{slug}/feed.xml")[0]


def healthy(place):
    found = [(finding.code, finding.subject) for finding in public.look(place, fix=False)]
    assert found == []
    return True


def test_a_podcast_is_taken_over_as_it_is(place, host, tmp_path):
    host.beside["/1.txt"] = ("text/plain", b"No times.")
    host.beside["/2.json"] = ("application/json", b"{}")
    host.beside["/2.vtt"] = ("text/vtt", b"WEBVTT\n\n00:00.100 --> 00:01.200\nSaid in week two.\n")
    host.beside["/3.srt"] = ("application/srt", b"nothing of the kind")
    before = items(host.feed())
    done = briefcast("import", "feed", f"{host.address}/feed.xml", "--show", "old", "--redirects", "csv", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "taken over: Episode 1")
    now = feedparser.parse(feed_of(place))
    after = items(feed_of(place))
    # Guids, dates, texts, lengths stay; the bytes are the same
    assert list(after) == list(before)
    for guid, entry in before.items():
        assert after[guid].published_parsed == entry.published_parsed
        assert [after[guid][name] for name in ("title", "link", "summary", "itunes_episode")] == [
            entry[name] for name in ("title", "link", "summary", "itunes_episode")
        ]
        assert after[guid].content[-1].value == entry.content[-1].value
        assert after[guid].enclosures[0].length == entry.enclosures[0].length
    stored = {place.files.storage.read(urlsplit(entry.enclosures[0].href).path[1:])[0] for entry in now.entries}
    assert stored == set(host.audio.values())
    feed = feed_of(place).decode()
    assert f"<podcast:guid>{GUID}</podcast:guid>" in feed
    assert f"<itunes:new-feed-url>{place.files.feed_address('old')}</itunes:new-feed-url>" in feed
    # Nobody says of people's voices that they are AI's
    assert "ai-content" not in feed
    assert "AI assistance" not in feed
    # And every old address leads to the new one
    host.move(done.stdout)
    assert host.moved[f"{host.address}/feed.xml"] == place.files.feed_address("old")
    assert {host.moved[entry.enclosures[0].href] for entry in before.values()} == {
        entry.enclosures[0].href for entry in after.values()
    }
    # And what was said in them is read here, from the old address on, where the old host knew when; else one is told
    said = host.moved[f"{host.address}/2.vtt"]
    assert b"Said in week two." in place.files.storage.read(urlsplit(said).path[1:])[0]
    assert said in feed
    assert not {f"{host.address}{path}" for path in ("/1.txt", "/3.srt")} & set(host.moved)
    assert "the transcript of 'Episode 1' is not taken over: it has no times" in done.stderr
    assert "the transcript of 'Episode 3' is not taken over: there is no caption in it" in done.stderr
    # And the table that is printed makes the same show
    table = done.stderr.partition("[[shows]]")[2]
    (tmp_path / "briefcast.toml").write_text(f"{PLAIN.partition('[[sources]]')[0]}[[shows]]{table}\n")
    assert tomllib.loads((tmp_path / "briefcast.toml").read_text())["shows"][2]["language"] == "en-GB"
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert feed_of(place).decode() == feed
    assert healthy(place)


FILED = ["News > Politics", "News > Daily News", "Society & Culture > Documentary", "Science", "Technology"]


def test_its_categories_and_owner_are_kept_as_far_as_a_show_may_have_them(place, host, tmp_path):
    # Given a feed with categories below one another, one of them unknown, and one that Apple has no more
    done = briefcast("import", "feed", f"{host.address}/feed.xml", "--show", "old", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    # Then all that are known are in the feed, in their order and places, and with them who answers for the podcast
    channel = etree.fromstring(feed_of(place)).find("channel")
    assert [(one.get("text"), [below.get("text") for below in one]) for one in channel.findall(CATEGORY)] == [
        ("News", ["Politics", "Daily News"]),
        ("Society & Culture", ["Documentary"]),
        ("Science", []),
        ("Technology", []),
    ]
    assert accepted(feed_of(place))
    assert channel.findtext(f"{{{ITUNES}}}owner/{{{ITUNES}}}email") == "desk@paper.example"
    assert channel.find(f"{{{PODCAST}}}locked").get("owner") == "desk@paper.example"
    # And of the rest one is told, once
    notes = [line for line in done.stderr.splitlines() if "none of Apple's" in line]
    assert notes == [
        "note: the category 'Science > Alchemy' is none of Apple's: 'Science' is taken",
        "note: the category 'News & Politics' is none of Apple's: it is left out",
    ]
    # And the table that is printed says all of it
    (show,) = tomllib.loads(f"[[shows]]{done.stderr.partition('[[shows]]')[2]}")["shows"]
    assert (show["categories"], show["owner_email"]) == (FILED, "desk@paper.example")
    assert "category" not in show


def test_of_a_feed_with_any_number_of_categories_no_more_is_told_than_a_show_may_have(place, host):
    host.categories = "".join(f'<itunes:category text="Alchemy {number}"/>' for number in range(5000))
    host.categories += '<itunes:category text="Science"/>'
    done = move(place, host)
    assert (done.taken, done.show.filed_under) == (3, ("News",))
    assert len([warning for warning in done.warnings if "none of Apple's" in warning]) == MOST_CATEGORIES
    assert "of its 5001 categories the first 20 are read" in done.warnings


def test_artwork_with_exif_that_is_cut_off_stops_nothing(place, host):
    # Given a cover whose EXIF is shorter than its own head, where another place says how many dots an inch it has
    jpeg = picture(dpi=(72, 72))
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    host.cover = jpeg[:end] + b"\xff\xe1\0\x0dExif\0\0MM\0*\0" + jpeg[end:]
    # Then the podcast is taken over, with that picture
    done = move(place, host)
    assert (done.taken, done.show.artwork is not None) == (3, True)
    assert b"Exif" not in place.files.storage.read("shows/old/artwork.jpg")[0]


@pytest.mark.parametrize("owner", ["nobody", "a b@paper.example", "desk@" + "x" * 300])
def test_a_feed_without_a_known_category_or_an_owner_is_taken_all_the_same(place, host, owner):
    host.categories, host.owner = "<itunes:category/>", owner
    done = move(place, host)
    assert (done.taken, done.show.filed_under, done.show.owner_email) == (3, ("News",), "")
    assert [warning for warning in done.warnings if "nobody is named" in warning]
    assert accepted(feed_of(place))


@pytest.mark.parametrize("side", [1400, 3000])
def test_its_artwork_is_published_byte_for_byte_if_apps_take_it_so(place, host, tmp_path, side):
    host.cover = picture(side)
    show = move(place, host).show
    assert place.files.storage.read("shows/old/artwork.jpg")[0] == host.cover
    # And it still is when the show is applied, and in what is taken out again
    (tmp_path / "briefcast.toml").write_text(
        PLAIN + f'[[shows]]\nslug = "old"\ntitle = "Old"\nartwork = "{show.artwork}"\n'
    )
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert place.files.storage.read("shows/old/artwork.jpg")[0] == host.cover
    with client_of(place) as client:
        answer = client.get("/shows/old/artwork.jpg")
        assert (answer.content, answer.headers["content-type"]) == (host.cover, "image/jpeg")


def test_artwork_of_another_form_becomes_a_jpeg_and_what_apps_refuse_is_drawn(place, host):
    host.cover = picture(1500, "PNG")
    show = move(place, host).show
    published = place.files.storage.read("shows/old/artwork.jpg")[0]
    # Its address ends with .jpg, and what is there is one; what came is kept as it came
    assert (published[:2], published != host.cover) == (b"\xff\xd8", True)
    assert Path(show.artwork).read_bytes() == host.cover
    # While what is too small is not taken
    host.cover = picture(600)
    told = take_over(place, f"{host.address}/feed.xml", "small", Bounds(FetchSettings()), datetime.now(UTC))
    assert told.show.artwork is None
    assert "the artwork artwork.jpg is 600 × 600 pixels: the show's is drawn from its title" in told.warnings


def test_of_a_transcript_whose_address_leads_nowhere_nothing_is_told(place, host):
    # Given an episode with two transcripts, the worse of which is nowhere
    host.beside["/2.vtt"] = ("text/vtt", b"WEBVTT\n\n00:00.100 --> 00:01.200\nSaid in week two.\n")
    host.beside["/2.srt"] = ("application/srt", b"")
    feed = host.feed()
    host.feed = lambda: feed.replace(f"{host.address}/2.srt".encode(), b"http://[::1/2.srt")
    # Then the old host is told of the other, in whatever way it reads that
    told = as_nginx(move(place, host).redirects)
    assert "/2.vtt" in told
    assert "/2.srt" not in told


def test_doing_it_again_does_nothing_twice_and_takes_what_came_since(place, host):
    first = move(place, host)
    assert (first.taken, first.there) == (3, 0)
    host.audio[4] = host.audio[1] + host.audio[2]
    host.guids[4], host.types[4] = "late", "audio/mpeg"
    asked = len(host.seen)
    again = move(place, host)
    assert (again.taken, again.there) == (1, 3)
    assert [path.split("?")[0] for path, _ in host.seen[asked:]] == ["/feed.xml", "/audio/4.mp3"]
    assert len(items(feed_of(place))) == 4
    with place.database.reading() as session:
        assert session.query(EpisodeRow).count() == 4


def move(place, host, **bounds):
    return take_over(place, f"{host.address}/feed.xml", "old", Bounds(FetchSettings(), **bounds), datetime.now(UTC))


def test_a_download_goes_on_where_it_was_cut(place, host):
    # Given a connection that is cut in the first episode, again and again
    host.cuts = [2000, 3000, 0, 0, 0, 0]
    first = move(place, host)
    assert [title for title, _ in first.refused] == ["Episode 1"]
    # When it is tried again, by another process / Then it goes on behind the bytes that came
    asked = len(host.seen)
    assert move(place, host).taken == 1
    assert ("/audio/1.mp3?token=a%2Bb&x=1", "bytes=5000-") in host.seen[asked:]
    entry = items(feed_of(place))["old-1"]
    name = urlsplit(entry.enclosures[0].href).path[1:]
    assert place.files.storage.read(name)[0] == host.audio[1]


def test_what_changed_under_the_same_address_is_not_joined(place, host):
    host.cuts = [2000, 0, 0, 0, 0]
    move(place, host)
    host.audio[1] = host.audio[3]
    move(place, host)
    entry = items(feed_of(place))["old-1"]
    assert hashlib.sha256(host.audio[3]).hexdigest() in entry.enclosures[0].href


def test_what_is_no_mp3_or_too_large_is_named_and_the_rest_is_taken(place, host, tmp_path):
    host.types[1] = "video/mp4"
    host.audio[2] = b"<html>not found</html>"
    done = move(place, host, audio_mb=0.2)
    assert (done.taken, [title for title, _ in done.refused]) == (1, ["Episode 1", "Episode 2"])
    host.types[1] = "audio/mpeg"
    assert [why for _, why in move(place, host, audio_mb=0.001).refused if "bound" in why]
    missing = briefcast("import", "feed", f"{host.address}/nothing.xml", cwd=tmp_path)
    assert (missing.returncode, "[article_not_found]" in missing.stderr) == (3, True)


def test_hosts_on_private_networks_are_not_asked(place, host, monkeypatch, tmp_path):
    monkeypatch.delenv("BRIEFCAST_FETCH_ALLOW_PRIVATE")
    done = briefcast("import", "feed", f"{host.address}/feed.xml", cwd=tmp_path)
    assert (done.returncode, "[address_refused]" in done.stderr) == (3, True)
    assert host.seen == []


def test_it_lives_beside_new_episodes_and_survives_retention_backup_and_withdrawal(place, host, tmp_path, monkeypatch):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    move(place, host)
    ask(place, "ferry", show="old", now=datetime.now(UTC))
    work_off(place)
    assert len(items(feed_of(place))) == 4
    assert feed_of(place).count(b'purpose="ai-content">true') == 2  # the channel and the new one
    # Ten years later
    later = datetime.now(UTC) + timedelta(days=4000)
    _, cursors = collect(place, later, {})
    while cursors:
        _, cursors = collect(place, later, cursors)
    assert healthy(place)
    before = feed_of(place)
    back_up(place, tmp_path / "backup", datetime.now(UTC), 3)
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "other"))
    assert briefcast("restore", tmp_path / "backup", cwd=tmp_path).returncode == 0
    restored = Workplace()
    assert len(list((tmp_path / "other" / "imported" / "old").glob("artwork.jpg"))) == 1
    assert feed_of(restored) == before
    assert healthy(restored)
    restored.database.dispose()


def test_it_is_seen_and_withdrawn_like_any_other(place, host):
    move(place, host)
    with place.database.reading() as session:
        briefing = session.query(EpisodeRow).filter(EpisodeRow.kept_guid == "old-1").one().briefing_id
    address = items(feed_of(place))["old-1"].enclosures[0].href
    with client_of(place) as client:
        seen = client.get(f"/v1/briefings/{briefing}").json()
        assert (seen["kind"], seen["state"], seen["live"]["url"]) == ("imported", "live", address)
        assert client.post(f"/v1/briefings/{briefing}/regenerate").status_code == 202
        work_off(place)
        failed = client.get(f"/v1/briefings/{briefing}").json()
        assert (failed["revision"]["error"]["code"], failed["live"]["url"]) == ("unknown_source", address)
        client.post(f"/v1/briefings/{briefing}/retract")
        work_off(place)
        assert client.get(address).status_code == 410
    assert "old-1" not in items(feed_of(place))
    # And it does not come back with the next run
    assert [title for title, _ in move(place, host).refused] == ["Episode 1"]


def test_what_is_taken_over_into_a_show_for_members_is_for_them_alone(place, host, tmp_path):
    old = '[[shows]]\nslug = "old"\ntitle = "Old"\nvoice = "silence"\n'
    toml = PLAIN.replace("[[sources]]", f'{old}visibility = "members"\n\n[[sources]]', 1)
    for written in (toml, toml.replace('visibility = "members"', "preview = {paragraphs = 1}")):
        (tmp_path / "briefcast.toml").write_text(written)
        apply(load_newsroom(tmp_path / "briefcast.toml"), place)
        work_off(place)
        done = move(place, host)
        public, members = (len(list(one.files("audio"))) for one in (place.files.storage, place.storages.members))
        if written == toml:
            assert (public, members, done.taken, len(done.redirects), len(done.warnings)) == (0, 3, 3, 1, 3)
            # And no step stumbles over what has no script
            with place.database.writing() as session:
                follow_others(session, show="old")
            work_off(place)
            assert move(place, host).there == 3
        else:
            assert (public, members, done.there, len(done.redirects)) == (3, 0, 3, 4)
    assert healthy(place)


def test_a_show_with_a_podcast_of_its_own_keeps_its_guid(place, host, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    with place.database.reading() as session:
        own = session.get_one(ShowRow, "daily").podcast_guid
    done = take_over(place, f"{host.address}/feed.xml", "daily", Bounds(FetchSettings()), datetime.now(UTC))
    assert "keeps its own podcast:guid" in done.warnings[0]
    assert own in feed_of(place, "daily").decode()
    assert len(items(feed_of(place, "daily"))) == 4
    # While one without episodes takes that of what it takes over
    take_over(place, f"{host.address}/feed.xml", "held", Bounds(FetchSettings()), datetime.now(UTC))
    assert GUID in feed_of(place, "held").decode()


def test_a_show_is_taken_out_and_in_again_and_nothing_is_lost(place, host, tmp_path, monkeypatch):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    move(place, host)
    ask(place, "ferry", show="old", now=datetime.now(UTC))
    work_off(place)
    done = briefcast("export", "show", "old", tmp_path / "out", "--address", "https://new.example/pod", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "the feed is to be at https://new.example/pod/shows/old/feed.xml"
    out = feedparser.parse((tmp_path / "out" / "shows" / "old" / "feed.xml").read_bytes())
    assert set(items(feed_of(place))) == {entry.id for entry in out.entries}
    for entry in out.entries:
        path = tmp_path / "out" / entry.enclosures[0].href.removeprefix("https://new.example/pod/")
        assert path.stat().st_size == int(entry.enclosures[0].length)
        assert path.stat().st_nlink == 1
    raw = (tmp_path / "out" / "shows" / "old" / "feed.xml").read_text()
    # What is taken out may be taken over, and leads nobody back
    unlocked = '<podcast:locked owner="desk@paper.example">no'
    assert (unlocked in raw, "new-feed-url" in raw, GUID in raw) == (True, False, True)
    assert list((tmp_path / "out" / "briefings").rglob("transcript.vtt"))
    moved = (tmp_path / "out" / "redirects.csv").read_text()
    assert f"{place.files.feed_address('old')},https://new.example/pod/shows/old/feed.xml,301" in moved
    assert (
        place.files.storage.look("shows/old/artwork.jpg").bytes
        == (tmp_path / "out/shows/old/artwork.jpg").stat().st_size
    )
    nobody = briefcast("export", "show", "nobody", tmp_path / "out", cwd=tmp_path)
    assert (nobody.returncode, "[unknown_show]" in nobody.stderr) == (3, True)


def test_a_hostile_feed_is_read_as_text():
    bomb = b"""<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><title>T&a;&b;</title><item><title>&a;</title><guid>g</guid><description>&lt;!--</description>
<pubDate>Mon, 01 Jan 1000 00:00:00 +2359</pubDate><enclosure url="https://old.example/1.mp3" type="audio/mpeg"/></item>
<item><title>a text</title></item></channel></rss>"""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    found = read_podcast(bomb, now)
    assert (found.title, [(one.title, one.guid, one.published_at) for one in found.episodes]) == ("T", [("", "g", now)])
    for nothing in (b"", b"<html></html>", b"<rss><channel>", b"\x00"):
        with pytest.raises(PageRefused):
            read_podcast(nothing, now)
