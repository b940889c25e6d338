"""What is published is fetched from a real server as an app would: what is found, what is mended, what is told."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mutagen.id3 import ID3
from sqlalchemy import update

from briefing.backoff import MAX_POSTPONED
from briefing.models import StepRow
from briefing.states import RevisionState, StepKind, StepState
from tests.support.asking import again, ask, briefing_row, revision_row, step_rows
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, work_off
from tests.support.threads import serving
from worker.public import verify
from worker.workplace import Workplace


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.write_text(ARTICLE)
    return path


@pytest.fixture
def live(place, article):
    """(briefing, revision) of a story that is live and not yet looked at."""
    briefing, revision, _ = ask(place, "ferry")
    work_off(place)
    return briefing, revision


def look(place):
    """Have the `verify` steps done whatever they wait for; return how many were."""
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == "verify").values(not_before=None))
    return work_off(place, verify=True)


def found(place, revision):
    verification = revision_row(place, revision).verification
    return verification["state"], [finding["code"] for finding in verification["findings"]]


def verify_step(place, revision):
    return next(step for step in step_rows(place, revision) if step.kind == StepKind.VERIFY)


def public_mp3(place):
    return (place.files.storage.root / "articles" / "desk" / "ferry.mp3").resolve()


def test_what_is_published_well_is_verified_and_shown(place, live):
    briefing, revision = live
    with client_of(place) as client:
        assert client.get(f"/v1/briefings/{briefing}").json()["revision"]["verification"] is None
        assert look(place) == 1
        shown = client.get(f"/v1/briefings/{briefing}").json()["revision"]["verification"]
    assert (shown["state"], shown["findings"]) == ("verified", [])
    assert shown["checked_at"]
    assert verify_step(place, revision).state == StepState.DONE
    assert not list((place.data.data / "tmp").iterdir())


def test_an_address_that_nobody_serves_is_tried_again_and_takes_nothing_back(place, live):
    briefing, revision = live
    for tried in range(MAX_POSTPONED):
        assert look(place) == 1
        assert found(place, revision) == ("unverified", ["not_published_yet"])
        assert verify_step(place, revision).postponed == tried + 1
    assert look(place) == 1
    step = verify_step(place, revision)
    assert (step.state, step.attempts) == (StepState.DONE, 1)
    assert found(place, revision)[0] == "unverified"
    assert (revision_row(place, revision).state, briefing_row(place, briefing).live_revision) == ("live", revision)


def test_a_server_that_comes_up_later_is_verified_then(place, live):
    _, revision = live
    look(place)
    assert found(place, revision)[0] == "unverified"
    with client_of(place):
        assert look(place) == 1
    assert found(place, revision) == ("verified", [])


@pytest.mark.parametrize("counted", ["redirect", "https://prefix.example/redirect/"])
def test_what_is_counted_is_verified_too(place, article, monkeypatch, counted):
    # Given a newsroom whose feeds name an MP3 by an address that counts, ours or a service's
    monkeypatch.setenv("BRIEFCAST_AUDIENCE_ENCLOSURES", counted)
    counting = Workplace()
    _, revision, _ = ask(counting, "ferry")
    work_off(counting)
    # Then that is what its feed is looked through for
    with client_of(counting):
        assert look(counting) == 1
    assert found(counting, revision) == ("verified", [])
    counting.database.dispose()


def truncate(place):
    public = public_mp3(place)
    content = public.read_bytes()
    public.unlink()
    public.write_bytes(content[:-100])


def remove(place):
    public_mp3(place).unlink()


def point_elsewhere(place):
    alias = place.files.storage.root / "articles" / "desk" / "ferry.mp3"
    alias.unlink()
    alias.symlink_to(f"../../audio/{'0' * 64}.mp3")


def forget_the_entry(place):
    place.files.put_feed("daily", b"<rss version='2.0'><channel><title>x</title></channel></rss>")


def garble_the_feed(place):
    place.files.put_feed("daily", b"<rss><channel>")


@pytest.mark.parametrize("damage", [truncate, remove, point_elsewhere, forget_the_entry, garble_the_feed])
def test_public_files_that_do_not_match_are_written_anew(place, live, damage):
    _, revision = live
    damage(place)
    with client_of(place):
        assert look(place) == 1
    assert found(place, revision) == ("verified", [])


def test_a_lost_picture_is_told(place, live):
    _, revision = live
    (place.files.storage.root / "shows" / "daily" / "artwork.jpg").unlink()
    with client_of(place):
        look(place)
    assert found(place, revision) == ("failed", ["artwork"])


def test_a_file_damaged_in_storage_is_told_and_stays(place, live):
    # Given a stored file of which the public one is a second name / When a bit of the sound flips
    briefing, revision = live
    public = public_mp3(place)
    content = bytearray(public.read_bytes())
    content[-3000] ^= 1
    public.write_bytes(content)
    with client_of(place) as client:
        look(place)
        shown = client.get(f"/v1/briefings/{briefing}").json()["revision"]["verification"]
    # Then it is told, and tried again, and nothing is taken back
    assert found(place, revision) == ("failed", ["audio_bytes", "credentials"])
    assert "tampered" in shown["findings"][1]["detail"]
    assert verify_step(place, revision).state == StepState.READY
    assert revision_row(place, revision).state == "live"
    assert public.exists()


def test_a_retagged_file_is_told(place, live):
    _, revision = live
    tags = ID3(public_mp3(place))
    tags.delall("TXXX:AI_DISCLOSURE")
    tags.delall("COMM")
    tags.save()
    with client_of(place):
        look(place)
    state, codes = found(place, revision)
    assert state == "failed"
    assert {"audio_bytes", "disclosure", "credentials"} <= set(codes)


class _Plain(SimpleHTTPRequestHandler):
    """A plain file server over the public folder, of the kind that knows no Range."""

    def log_message(self, *_):
        pass


class _Troubled(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send_error(503)

    def do_GET(self):
        self.send_error(503)


def serve(place, handler):
    port = int(place.public.public_url.rsplit(":", 1)[1])
    return serving(ThreadingHTTPServer(("127.0.0.1", port), handler))


def test_a_server_without_ranges_is_told(place, live):
    _, revision = live
    root = place.files.storage.root
    with serve(place, lambda *given: _Plain(*given, directory=os.fspath(root))):
        look(place)
    state, codes = found(place, revision)
    # The alias is the same file there, which is well; Range and Accept-Ranges are what apps need and it has not.
    assert (state, codes) == ("failed", ["audio_headers", "audio_range"])


def test_a_server_in_trouble_is_tried_again(place, live):
    _, revision = live
    with serve(place, _Troubled):
        look(place)
    assert found(place, revision) == ("unverified", ["not_published_yet"])
    assert verify_step(place, revision).state == StepState.READY


def test_what_is_not_live_any_more_is_not_looked_at(place, live, article):
    briefing, revision = live
    article.write_text(ARTICLE.replace("four days", "five days"))
    second, _ = again(place, briefing)
    work_off(place)
    with client_of(place):
        assert look(place) == 2
    assert revision_row(place, revision).state == RevisionState.SUPERSEDED
    assert revision_row(place, revision).verification is None
    assert found(place, second) == ("verified", [])


def test_another_shows_reading_has_no_alias_to_look_at(place, article, tmp_path):
    from briefing.podcasts.newsroom import load_newsroom
    from tests.support.newsroom import NEWSROOM
    from worker.installation.newsroom import apply

    toml = tmp_path / "briefcast.toml"
    toml.write_text(NEWSROOM + '\n[[shows]]\nslug = "weekly"\ntitle = "Weekly"\nvoice = "silence"\n')
    apply(load_newsroom(toml), place)
    _, revision, _ = ask(place, "ferry", show="weekly")
    work_off(place)
    with client_of(place):
        look(place)
    assert found(place, revision) == ("verified", [])


def test_what_an_editor_publishes_is_looked_at_too(place, article):
    briefing, revision, _ = ask(place, "ferry", show="held")
    work_off(place)
    with client_of(place) as client:
        client.post(f"/v1/briefings/{briefing}/publish").raise_for_status()
        work_off(place, verify=True)
    assert found(place, revision) == ("verified", [])


def test_a_feed_of_a_stranger_is_parsed_without_looking_anything_up():
    bomb = b"""<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>
    <rss><channel><item><guid>&b;</guid><enclosure url="u" length="1" type="audio/mpeg"/></item></channel></rss>"""
    assert verify._enclosure(bomb, "root") is None
    good = b"<rss><channel><item><guid>g</guid><enclosure url='u' length='1' type='t'/></item></channel></rss>"
    assert verify._enclosure(good, "g") == ("u", "1", "t")
