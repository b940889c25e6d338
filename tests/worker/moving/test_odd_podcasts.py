"""Podcasts as hosts have them in practice: odd tags, joined files, counters, dates nobody writes so, what is hidden."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import lru_cache

import feedparser
import lameenc
import numpy as np
import pytest
from lxml import etree
from PIL import Image

from briefing.errors import PageRefused, UnknownReference
from briefing.podcasts.newsroom import load_newsroom
from briefing.settings import FetchSettings
from tests.support.command import briefcast
from tests.support.feeds import accepted
from tests.support.newsroom import PLAIN
from tests.support.old_host import GUID
from worker.feeds.feed import PODCAST
from worker.installation.newsroom import apply
from worker.moving.move import Bounds
from worker.moving.moving_in import take_over

#: An ID3 tag of a version that nobody has yet, of ten bytes.
TAG_OF_TOMORROW = b"ID3\x09\0\0\0\0\0\x0a" + bytes(10)


def move(place, host, slug="old", *, say=lambda _: None, **bounds):
    bounds = Bounds(FetchSettings(), **bounds)
    return take_over(place, f"{host.address}/feed.xml", slug, bounds, datetime.now(UTC), say)


def changed(host, *pairs):
    """Have the host's feed say something else."""
    feed = host.feed

    def said():
        text = feed().decode()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return text.encode()

    host.feed = said


def feed_of(place, slug="old"):
    return place.files.storage.read(f"shows/{slug}/feed.xml")[0]


def titles(place, slug="old"):
    return [entry.title for entry in feedparser.parse(feed_of(place, slug)).entries]


@lru_cache
def noise(seconds, kilobits):
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(kilobits)
    encoder.set_in_sample_rate(44_100)
    encoder.set_channels(1)
    encoder.set_quality(7)
    encoder.silence()
    samples = np.random.default_rng(1).integers(-3000, 3000, seconds * 44_100, dtype=np.int16)
    return bytes(encoder.encode(samples.tobytes()) + encoder.flush())


def test_a_tag_that_nobody_can_read_stops_nothing(place, host):
    # Given an MP3 behind a tag of another version / Then it is taken over with its bytes, and its length is known
    host.audio[1] = TAG_OF_TOMORROW + host.audio[1]
    assert (move(place, host).taken, titles(place)) == (2, ["Episode 2", "Episode 1"])
    entry = feedparser.parse(feed_of(place)).entries[-1]
    assert (entry.itunes_duration, entry.enclosures[0].length) == ("1", str(len(host.audio[1])))


def test_what_was_taken_is_in_the_feed_whatever_ends_the_rest(place, host, monkeypatch):
    # Given a process that dies in the second episode, of what nobody has thought of
    episodes = iter([None, RuntimeError("nobody has thought of this")])

    def say(_):
        if error := next(episodes):
            raise error

    with pytest.raises(RuntimeError):
        move(place, host, say=say)
    # Then both are there: one had been told of, the other only just not
    assert titles(place) == ["Episode 2", "Episode 1"]


def test_a_joined_mp3_is_as_long_as_it_is_heard(place, host):
    # Given a spot and an episode of two bit rates in one file, and captions of all of it
    host.audio[1] = noise(2, 128) + noise(20, 32)
    captions = b"\n\n".join(b"00:%02d.000 --> 00:%02d.900\nWord%02d here." % (at, at, at) for at in range(0, 22, 2))
    host.beside["/1.vtt"] = ("text/vtt", b"WEBVTT\n\n" + captions)
    assert move(place, host).warnings == ()
    entry = feedparser.parse(feed_of(place)).entries[-1]
    assert entry.itunes_duration == "22"
    captions = [file.name for file in place.files.storage.files("briefings") if file.name.endswith(".vtt")]
    assert {place.files.storage.read(name)[0].count(b"here.") for name in captions} == {11}


def test_a_length_that_the_feed_tells_otherwise_is_told(place, host):
    length = "<itunes:duration>1:40</itunes:duration>"
    changed(host, ("<itunes:episode>1<", f"{length}<itunes:episode>1<"))
    assert move(place, host).warnings == ("'Episode 1' is 1 s long; its feed says 100 s",)


def test_addresses_behind_counters_lead_to_the_new_one_too(place, host):
    # Given a feed that has moved before, and enclosures that begin with a counter's address
    changed(host, (f"{host.address}/audio/1.mp3?token=a%2Bb&amp;x=1", f"{host.address}/counter/1.mp3"))
    old, found = f"{host.address}/feed.rss", f"{host.address}/feed.xml"
    behind = f"{host.address}/audio/1.mp3"
    host.moved = {old: found, f"{host.address}/counter/1.mp3": behind}
    first = take_over(place, old, "old", Bounds(FetchSettings()), datetime.now(UTC))
    redirects = dict(first.redirects)
    # Then all of them are redirected, also by a later run, which asks for no audio
    assert {redirects[old], redirects[found]} == {place.files.feed_address("old")}
    assert redirects[f"{host.address}/counter/1.mp3"] == redirects[behind]
    again = take_over(place, old, "old", Bounds(FetchSettings()), datetime.now(UTC))
    assert (again.taken, dict(again.redirects)) == (0, redirects)


def test_a_date_as_no_feed_should_have_it_is_read_and_one_that_nobody_can_read_refuses_its_episode(place, host):
    changed(host, ("Mon, 01 Jun 2026 06:30:00 +0300", "2026-06-01T06:30:00+03:00"), ("Mon, 02 Jun 2026", "Пн, 2 чер"))
    done = move(place, host)
    assert [title for title, why in done.refused if "cannot be read" in why] == ["Episode 2"]
    (entry,) = feedparser.parse(feed_of(place)).entries
    assert entry.published_parsed[:5] == (2026, 6, 1, 3, 30)


def test_without_a_show_two_podcasts_do_not_become_one(place, host, tmp_path):
    # Given a title of which no name can be made / Then one is to be given
    changed(host, ("The Old Show", "Новини 24"))
    with pytest.raises(UnknownReference, match="no letters"):
        move(place, host, slug=None)
    # And where another podcast has the name, too
    assert move(place, host, slug="the-old-show").taken == 2
    changed(host, ("Новини 24", "The Old Show!"), (GUID, "11111111-1e1b-5cef-ace4-edaa54e1f810"))
    with pytest.raises(UnknownReference, match="another podcast"):
        move(place, host, slug=None)
    # While the same podcast finds its own show again
    changed(host, ("11111111-1e1b-5cef-ace4-edaa54e1f810", GUID))
    assert move(place, host, slug=None).there == 2


@pytest.mark.parametrize("how", ["<itunes:block>Yes</itunes:block>", "<podcast:block>yes</podcast:block>"])
def test_a_hidden_podcast_is_not_made_public_unless_told(place, host, tmp_path, how):
    changed(host, ("<podcast:guid>", f"{how}<podcast:guid>"))
    with pytest.raises(PageRefused, match="not to be listed"):
        move(place, host)
    done = briefcast("import", "feed", f"{host.address}/feed.xml", "--show", "old", "--hidden", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    # And without a word into a show for members, where nobody else hears it
    toml = PLAIN.replace(
        "[[sources]]",
        '[[shows]]\nslug = "theirs"\ntitle = "T"\nvoice = "silence"\nvisibility = "members"\n\n[[sources]]',
        1,
    )
    (tmp_path / "briefcast.toml").write_text(toml)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert move(place, host, slug="theirs").taken == 2


def test_a_hidden_episode_is_left_out_by_name(place, host):
    changed(host, ("<itunes:episode>2<", "<itunes:block>Yes</itunes:block><itunes:episode>2<"))
    assert [title for title, why in move(place, host).refused if "itunes:block" in why] == ["Episode 2"]
    assert titles(place) == ["Episode 1"]
    assert move(place, host, hidden=True).taken == 1
    # And once it is there, it is, with the way to it
    again = move(place, host)
    assert (again.there, again.refused, len(again.redirects)) == (2, (), 3)


SAID = """<itunes:type>Serial</itunes:type><podcast:locked>yes</podcast:locked>
<podcast:updateFrequency rrule="FREQ=WEEKLY">every week</podcast:updateFrequency>
<podcast:txt purpose="verify">abc</podcast:txt><podcast:txt>nothing</podcast:txt>"""


def test_what_the_feed_says_of_the_podcast_is_kept_or_told(place, host):
    changed(host, ("<podcast:guid>", f"{SAID}<podcast:guid>"))
    done = move(place, host)
    feed = feed_of(place).decode()
    assert "<itunes:type>serial</itunes:type>" in feed
    assert '<podcast:updateFrequency rrule="FREQ=WEEKLY">every week<' in feed
    assert '<podcast:txt purpose="verify">abc<' in feed
    assert [word for word in ("podcast:locked", "'nothing'") if not any(word in one for one in done.warnings)] == []
    assert accepted(feed_of(place))


PODLOVE = """<psc:chapters xmlns:psc="http://podlove.org/simple-chapters" version="1.2">
<psc:chapter start="00:00:00.000" title="Weather" href="https://paper.example/w"/>
<psc:chapter start="00:00:00.500" title="Ferry"/><psc:chapter start="01:00:00" title="Beyond"/></psc:chapters>"""
CHAPTERS = b"""{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Budget"}, {"startTime": 0.2, "toc": false},
 {"startTime": 0.75, "title": "Council", "url": "javascript:x"}, {"startTime": NaN, "title": "?"}]}"""


def test_chapters_are_kept_from_the_feed_and_from_beside_it_and_else_told(place, host):
    changed(
        host,
        ("<itunes:episode>1<", f"{PODLOVE}<itunes:episode>1<"),
        ("<itunes:episode>2<", f'<podcast:chapters url="{host.address}/2.json"/><itunes:episode>2<'),
    )
    host.beside["/2.json"] = ("application/json+chapters", CHAPTERS)
    assert move(place, host).refused == ()
    feed = feed_of(place).decode()
    assert '<psc:chapter start="00:00:00.500" title="Ferry"/>' in feed
    assert '<psc:chapter start="00:00:00.750" title="Council"/>' in feed
    assert ('href="https://paper.example/w"' in feed, "Beyond" in feed, "javascript" in feed) == (True, False, False)
    assert accepted(feed_of(place))
    # While of what cannot be had one is told
    host.beside["/2.json"] = ("application/json+chapters", b"[]")
    done = move(place, host, slug="other")
    assert [one for one in done.warnings if "the chapters of 'Episode 2'" in one]


def test_artwork_that_could_not_be_had_comes_with_the_next_run(place, host):
    cover, host.cover = host.cover, b"<html>busy</html>"
    assert move(place, host).show.artwork is None
    drawn = place.files.storage.read("shows/old/artwork.jpg")[0]
    host.cover = cover
    assert move(place, host).show.artwork is not None
    assert place.files.storage.read("shows/old/artwork.jpg")[0] == cover != drawn


def test_items_with_one_guid_are_told_and_lead_to_the_one_that_stays(place, host):
    host.guids[2] = host.guids[1]
    done = move(place, host)
    assert (done.taken, len([one for one in done.warnings if "has the guid of" in one])) == (1, 1)
    redirects = dict(done.redirects)
    assert len({redirects[f"{host.address}/audio/{number}.mp3?token=a%2Bb&x={number}"] for number in (1, 2)}) == 1


LONG = f"<!--{'x' * 1_000_000}-->"


def test_a_feed_longer_than_any_article_is_read_with_the_page_that_it_names_by_its_path(place, host, monkeypatch):
    # Given a feed of 11 MB, the second page of which is named without a host
    older = '<atom:link rel="next" href="feed2.xml"/>'
    changed(host, ("<podcast:guid>", LONG * 11 + f"{older}<podcast:guid>"))
    second = host.feed().replace(b"old-", b"older-").replace(older.encode(), b"")
    host.beside["/feed2.xml"] = ("text/plain", second)
    done = move(place, host)
    assert done.taken == 4
    # While one that is beyond all bounds is told with what to do
    changed(host, ("<podcast:guid>", LONG * 45 + "<podcast:guid>"))
    with pytest.raises(PageRefused) as refused:
        move(place, host)
    assert (refused.value.code, "BRIEFCAST_FETCH_DECODED_MB" in refused.value.hint) == ("page_too_large", True)


@pytest.mark.parametrize("kind", ["binary/octet-stream", "application/x-rss+xml"])
def test_feeds_and_pictures_are_read_by_whatever_name_servers_have_for_them(place, host, kind):
    host.kinds = {"/feed.xml": kind, "/cover.jpg": {"binary/octet-stream": kind}.get(kind, "image/jpg")}
    done = move(place, host)
    assert (done.taken, done.show.artwork is not None) == (2, True)


@pytest.mark.parametrize(("made", "side"), [("flat", 2000), ("noise", 1400)])
def test_a_picture_of_another_form_keeps_its_side_as_far_as_apps_show_it(place, host, made, side):
    # Given a PNG of 2000 pixels, or one that is too large for apps at that side, however coarse it becomes
    picture = Image.effect_noise((2000, 2000), 200 if made == "noise" else 0).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    host.cover = out.getvalue()
    move(place, host)
    published = place.files.storage.read("shows/old/artwork.jpg")[0]
    with Image.open(io.BytesIO(published)) as picture:
        assert (picture.size, picture.format) == ((side, side), "JPEG")


def test_a_host_that_asks_to_be_asked_later_is_and_one_that_asks_for_hours_is_left(place, host):
    host.refusals = [(429, {"Retry_After": "1"}), (416, {}), None, (429, {"Retry_After": "86400"})]
    done = move(place, host)
    # Then the first comes, and the other is asked once and named
    assert ([title for title, why in done.refused if "in full" in why], titles(place)) == (["Episode 2"], ["Episode 1"])
    assert [path.partition("?")[0] for path, _ in host.seen if "audio" in path] == ["/audio/1.mp3"] * 3 + [
        "/audio/2.mp3"
    ]


@pytest.mark.parametrize(("written", "kept"), [(f"urn:uuid:{GUID}", True), ("the-old-show-of-the-paper" * 3, False)])
def test_a_guid_of_the_podcast_is_a_uuid_or_another_is_made(place, host, written, kept):
    changed(host, (GUID, written))
    done = move(place, host)
    guid = etree.fromstring(feed_of(place)).find("channel").findtext(f"{{{PODCAST}}}guid")
    assert (len(guid), guid == GUID, any("is no UUID" in one for one in done.warnings)) == (36, kept, not kept)
