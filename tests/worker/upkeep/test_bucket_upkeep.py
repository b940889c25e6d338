"""Doctor and retention on a bucket: what is missing, damaged or nobody's there, and what goes and what never does."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import feedparser
import pytest
from sqlalchemy import select

from briefing.models import MasterRow, TakeRow
from briefing.public_names import alias_name, artwork_name, audio_name
from briefing.storage.interfaces import YOUNG_S
from briefing.values import ArticleRef
from tests.support.asking import ask, revision_row
from tests.support.client import free_port
from tests.support.command import briefcast
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.s3 import s3
from worker.doctor import foreign, public, stored
from worker.upkeep import retention
from worker.upkeep.condemned import GRACE_S
from worker.upkeep.cutoffs import Gone

PUBLIC = "paper/public/"
ALIAS = alias_name(ArticleRef(source="desk", id="ferry"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def house(server, tmp_path_factory):
    """A newsroom in a bucket, with one live article: for all tests here, which mend what they break."""
    folder = tmp_path_factory.mktemp("house")
    settings = server.settings("paper") | {"BRIEFCAST_DATA": str(folder / "var"), "BRIEFCAST_LOG_LEVEL": "ERROR"}
    settings["BRIEFCAST_PUBLIC_URL"] = f"http://127.0.0.1:{free_port()}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        place = make_place(folder)
        made(place, ARTICLE)
        yield place, settings
        place.database.dispose()


@pytest.fixture
def place(house, monkeypatch):
    place, settings = house
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return place


def made(place, text):
    (place.data.data.parent / "articles" / "ferry.md").write_text(text)
    briefing, revision, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    return briefing, revision


def found(look, place, *, fix=False):
    return {(finding.code, bool(finding.mended)) for finding in look(place, fix)}


def mended(look, place, code):
    """Check that a fault is found, mended, and found no more."""
    assert found(look, place) == {(code, False)}
    assert found(look, place, fix=True) == {(code, True)}
    assert found(look, place) == set()


def one(place, column):
    with place.database.reading() as session:
        return session.scalars(select(column).order_by(column)).first()


def blob_key(sha256):
    return f"paper/private/blobs/{sha256[:2]}/{sha256}"


def there(server, prefix=""):
    return set(server.keys(prefix))


def forget_copy(place, sha256):
    """As on a host that has no copy of it."""
    (place.storage._copies.find(sha256) or place.storage.temporary(".x")).unlink(missing_ok=True)


def test_a_take_that_is_lost_or_damaged_in_the_bucket_is_told_apart_and_forgotten(place, server):
    with place.database.reading() as session:
        row = session.scalars(select(TakeRow).order_by(TakeRow.sha256)).first()
        values = {column.key: getattr(row, column.key) for column in TakeRow.__table__.columns}
    whole = server.get(blob_key(row.sha256)).content
    for code in ("take_missing", "take_corrupt"):
        for copied in (True, False):
            server.delete(blob_key(row.sha256)) if code == "take_missing" else server.put(blob_key(row.sha256), b"flip")
            if not copied:
                forget_copy(place, row.sha256)
            mended(stored.look, place, code)
            assert blob_key(row.sha256) not in there(server)
            # As speaking it again does.
            path = place.storage.temporary(".flac")
            path.write_bytes(whole)
            assert place.storage.put(path) == row.sha256
            with place.database.writing() as session:
                session.add(TakeRow(**values))
    assert found(stored.look, place) == set()


def test_an_mp3_comes_back_from_its_public_copy_and_the_public_copy_from_it(place, server):
    sha256 = one(place, MasterRow.sha256)
    whole = server.get(blob_key(sha256)).content
    for spoil in (server.delete, lambda key: server.put(key, b"flipped")):
        for look, key, missing, corrupt in (
            (stored.look, blob_key(sha256), "master_missing", "master_corrupt"),
            (public.look, f"{PUBLIC}{audio_name(sha256)}", "public_missing", "public_corrupt"),
        ):
            spoil(key)
            forget_copy(place, sha256)
            mended(look, place, corrupt if key in there(server) else missing)
            assert server.get(key).content == whole


def test_an_alias_is_put_back_whatever_was_done_to_it(place, server):
    key, whole = PUBLIC + ALIAS, server.get(PUBLIC + ALIAS)
    target = {"x-amz-meta-target": whole.headers["x-amz-meta-target"]}
    server.delete(key)
    mended(public.look, place, "public_missing")
    server.put(key, b"another's")
    mended(public.look, place, "public_missing")
    server.put(key, whole.content, **{"x-amz-meta-target": audio_name("0" * 64)})
    mended(public.look, place, "public_outdated")
    server.put(key, b"x" * len(whole.content), **target)
    mended(public.look, place, "public_corrupt")
    after = server.get(key)
    assert after.content == whole.content
    for name in ("cache-control", "content-type", "x-amz-meta-target"):
        assert after.headers[name] == whole.headers[name]


def test_every_public_object_is_missed_and_written_anew(place, server):
    # Artwork comes from elsewhere: `briefcast apply` draws it.
    everything = there(server, PUBLIC) - {PUBLIC + artwork_name(slug) for slug in ("daily", "held")}
    assert len(everything) > 10
    for key in everything:
        server.delete(key)
    assert {code for code, _ in found(public.look, place, fix=True)} == {"public_missing"}
    assert found(public.look, place) == set()
    assert everything <= there(server, PUBLIC)


def test_an_mp3_larger_than_what_is_read_at_once_is_looked_through(place, server):
    # Given an MP3 of 25 MB at the address of what is live, which is another's
    sha256 = one(place, MasterRow.sha256)
    server.put(PUBLIC + audio_name(sha256), os.urandom(25_000_000))
    # When it is looked at / Then the look goes on to its end and it is put right
    mended(public.look, place, "public_corrupt")


def test_what_nobody_names_goes_when_it_is_old_and_nothing_else(place, server, monkeypatch):
    path = place.storage.temporary(".x")
    path.write_bytes(b"nobody's")
    orphan = place.storage.put(path)
    server.put(PUBLIC + audio_name("0" * 64), b"nobody's either")
    before = there(server)
    assert found(stored.look, place, fix=True) | found(public.look, place, fix=True) == set(), "young"
    # A bucket says itself how old its objects are: what passes is the doctor's time.
    later = SimpleNamespace(time=lambda: time.time() + YOUNG_S + 60)
    monkeypatch.setattr(stored, "time", later)
    monkeypatch.setattr(foreign, "time", later)
    monkeypatch.setattr(public, "time", later)
    mended(stored.look, place, "orphan")
    mended(public.look, place, "public_orphan")
    assert before - there(server) == {blob_key(orphan), PUBLIC + audio_name("0" * 64)}


def test_the_command_mends_a_bucket(place, server):
    server.delete(PUBLIC + ALIAS)
    done = briefcast("doctor", "--fix")
    assert done.returncode == 1, "nothing serves it here"
    assert f"public_missing  {ALIAS}" in done.stdout
    assert "mended: written anew" in done.stdout
    assert PUBLIC + ALIAS in there(server)


def passed(place, now):
    gone, cursors = retention.collect(place, now, {})
    while cursors:
        more, cursors = retention.collect(place, now, cursors)
        gone += more
    return gone


def test_what_was_replaced_goes_from_the_bucket_and_what_is_named_never_does(place, server):
    # Given audio that was replaced by an edit of one paragraph, and audio that an editor holds
    old = one(place, MasterRow.sha256)
    briefing, second = made(place, ARTICLE.replace("four days", "no fewer than fourteen days"))
    _, held, _ = ask(place, "ferry", show="held", now=datetime.now(UTC))
    work_off(place)
    assert revision_row(place, held).state == "held"
    first = there(server)
    # When its days are not over / Then nothing goes
    now = datetime.now(UTC)
    assert passed(place, now + timedelta(days=20)) == Gone()
    assert there(server) == first
    # When they are, and the hour after / Then its MP3, what lay beside it, and the take that it alone had
    later = now + timedelta(days=91)
    assert passed(place, later).revisions == 1
    assert PUBLIC + audio_name(old) not in there(server)
    assert blob_key(old) in there(server), "its bytes wait for an hour"
    for _ in range(2):
        passed(place, later)
        later += timedelta(seconds=GRACE_S + YOUNG_S)
    gone = first - there(server)
    with place.database.reading() as session:
        named = {name for row in session.scalars(select(MasterRow)) for name in (row.sha256, row.transcript)}
        named |= set(session.scalars(select(TakeRow.sha256)))
    assert blob_key(old) in gone
    assert there(server, "paper/private/blobs/") == {blob_key(sha256) for sha256 in named}
    assert all(f"/briefings/{briefing}/1/" in key or "/blobs/" in key or key.endswith(".mp3") for key in gone)
    # And what feed, alias, JSON and the revisions that are live and held name is there
    feed = feedparser.parse(place.files.storage.read("shows/daily/feed.xml")[0])
    base = place.files.address
    for entry in feed.entries:
        assert PUBLIC + entry.enclosures[0].href.removeprefix(f"{base}/") in there(server)
    assert PUBLIC + place.files.storage.target(ALIAS) in there(server)
    for revision in (second, held):
        row = revision_row(place, revision)
        assert {chunk["key"] for chunk in row.chunks} <= _keys(place)
        with place.database.reading() as session:
            assert place.storage.intact(session.get_one(MasterRow, row.master_key).sha256, afresh=True)
    assert found(stored.look, place) | found(public.look, place) == set()


def _keys(place):
    with place.database.reading() as session:
        return set(session.scalars(select(TakeRow.key)))
