"""An installation on SQLite and folders moves to PostgreSQL, and to a bucket, and nobody who listens or asks notices."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select, text, update

from api.app import create_app
from briefing import steps
from briefing.accounts import listeners
from briefing.database import Database
from briefing.following import connections
from briefing.models import Base, RevisionRow, StepRow, TakeRow, WorkerRow
from briefing.observing import workers
from briefing.public_names import AUDIO, audio_name
from briefing.requesting import asking
from briefing.secrets import sealing
from briefing.sql.schema import migrate
from briefing.states import Queue
from tests.support.asking import again, ask, revision_row
from tests.support.client import make_key, served
from tests.support.command import briefcast
from tests.support.digests import NEWSROOM, make, publish, write
from tests.support.newsroom import make_place, work_off
from tests.support.old_host import old_host, picture
from tests.support.s3 import s3
from worker.doctor import examine
from worker.installation.relocate import held
from worker.workplace import Workplace

INNER = '\n[[shows]]\nslug = "inner"\ntitle = "Inner"\nvoice = "silence"\nintro = "none"\nvisibility = "members"\n'


@pytest.fixture
def old(tmp_path, monkeypatch):
    """A newsroom on SQLite: stories that everybody hears, one replaced, one withdrawn, one for members, a digest, a
    listener, and a show that was taken over from another host.
    """
    place = make_place(tmp_path, NEWSROOM + INNER)
    with old_host(1) as host:
        host.pictures["/1.png"] = picture(form="PNG")
        monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", urlsplit(host.address).netloc)
        assert briefcast("import", "feed", f"{host.address}/feed.xml", "--show", "moved", cwd=tmp_path).returncode == 0
    for name in ("ferry", "tram", "park", "board"):
        publish(place, tmp_path, name, show="inner" if name == "board" else "daily")
    publish(place, tmp_path, "tram", "The tram is late.", "It comes at nine.")
    gone = publish(place, tmp_path, "rumour")
    make(place)
    with place.database.writing() as session:
        asking.retract(session, gone, datetime.now(UTC))
        listeners.add(session, "inner", "Ada", datetime.now(UTC))
    work_off(place)
    place.data.named.mkdir()
    (place.data.named / "intro.flac").write_bytes(b"music")
    with place.database.writing() as session:
        # Nothing serves the files here, so the looks from outside are left out.
        session.execute(update(StepRow).where(StepRow.kind == "verify").values(state="done"))
    yield place
    place.database.dispose()


def brought_along(place):
    """What an installation has from elsewhere, by its path in the data folder."""
    folders = (place.data.imported, place.data.named)
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(place.data.data): path.read_bytes() for path in found}


def rows(database):
    """Every row of every table, as Python's values."""
    with database.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all())) for table in Base.metadata.sorted_tables
        }


def files(place):
    """Every file that readers or members fetch, with its bytes; but for links that nginx alone follows."""
    return {
        (name, file.name): b"".join(storage.blocks(storage.target(file.name) or file.name))
        for name, storage in (("public", place.storages.public), ("members", place.storages.members))
        for file in storage.files()
        if not file.name.startswith("moved/")
    }


@pytest.fixture(params=["folder", "bucket"])
def elsewhere(request, cluster, tmp_path, monkeypatch):
    """Name a new PostgreSQL in the settings, and either the old folder or a bucket and a new one."""

    def name(*, migrated=False):
        monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database(migrated=migrated))
        for setting, value in server.settings("paper").items() if server else ():
            monkeypatch.setenv(setting, value)
        if server:
            monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "new"))
        return server

    if request.param == "folder":
        server = None
        yield name
        return
    with s3(tmp_path / "s3") as server:
        yield name


def made_in(place, show):
    """What becomes of a story in a show."""
    _, revision, _ = ask(place, "park", show=show, now=datetime.now(UTC))
    work_off(place)
    return revision_row(place, revision).state


def test_nobody_notices(old, elsewhere, tmp_path):
    # Given an installation at rest, a key of it, and a secret sealed in it
    key, sealed = make_key(old, "read"), sealing.seal("the key of a CMS", "here")
    kept = brought_along(old)
    assert len(kept) >= 2, "the picture of the show that was taken over, and a jingle that a backup brought"
    with old.database.reading() as session:
        spoken = set(session.scalars(select(TakeRow.key)))
        newest = session.scalar(select(func.max(RevisionRow.id)))
    told, heard = rows(old.database), files(old)
    assert sum(name.startswith("gone/") for _, name in heard) > 3
    assert {("members", "shows/inner/feed.xml"), ("public", "shows/moved/feed.xml")} <= heard.keys()
    old.database.dispose()
    # When it is relocated
    bucket = elsewhere()
    done = briefcast("relocate", old.data.data)
    assert done.returncode == 0, done.stderr
    # And the old folder is there no more, where another took its place
    old.data.data.rename(tmp_path / "gone" if bucket else old.data.data)
    # Then every row is there, and every file with its bytes
    place = Workplace()
    assert place.database.engine.dialect.name == "postgresql"
    assert rows(place.database) == told
    assert files(place) == heard
    assert sealing.unseal(sealed, "here") == "the key of a CMS"
    assert brought_along(place) == kept
    if bucket:
        for beginning, ending, kind, cache in (
            ("audio/", ".mp3", AUDIO.media_type, AUDIO.cache),
            ("briefings/", ".png", "image/png", AUDIO.cache),
            ("shows/daily/", "feed.xml", "application/rss+xml", "public, max-age=60"),
        ):
            public = (name for whose, name in heard if whose == "public")
            named = next(name for name in public if name.startswith(beginning) and name.endswith(ending))
            told = bucket.get(f"paper/public/{named}").headers
            assert (told["content-type"], told["cache-control"]) == (kind, cache)
        mp3 = next(name for whose, name in heard if whose == "members" and name.startswith("audio/"))
        assert bucket.get(f"paper/members/{mp3}").headers["cache-control"] == "private, no-store"
    # And the key is let in, and the audio heard
    with served(create_app()) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        assert client.get("/v1/voices", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        assert client.get("/articles/desk/ferry.mp3", follow_redirects=True).headers["content-type"] == "audio/mpeg"
        assert client.get("/articles/desk/rumour.mp3").status_code == 410
    # And what is asked for again says the same; an edit becomes a new revision, of which only what is new is spoken
    tram, same, _ = ask(place, "tram", now=datetime.now(UTC))
    work_off(place)
    assert revision_row(place, same).state == "unchanged"
    write(tmp_path, "tram", "The tram is late.", "It comes at ten.")
    revision, _ = again(place, tram, now=datetime.now(UTC))
    work_off(place)
    made = revision_row(place, revision)
    assert (made.state, revision > same > newest) == ("live", True), "numbers go on where they were"
    with place.database.reading() as session:
        assert spoken <= set(session.scalars(select(TakeRow.key)))
        new = select(StepRow).where(StepRow.revision_id == revision, StepRow.kind == "speak")
        assert len(session.scalars(new).all()) == 1
    # And in the show that was taken over from another host, with the picture that came from there
    assert made_in(place, "moved") == "live"
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == "verify").values(state="done"))
    found = [(finding.code, finding.subject) for finding in examine(place, fix=False)]
    assert {code for code, _ in found} <= {"public_address"}, found
    place.database.dispose()


def refused(code, *arguments):
    done = briefcast("relocate", *arguments)
    assert (done.returncode, f"[{code}]" in done.stderr) == (3, True), done.stderr + done.stdout
    return done.stderr


@pytest.fixture
def small(tmp_path):
    """An installation without a story, at rest."""
    place = make_place(tmp_path)
    make_key(place, "read")
    place.database.dispose()
    return place


@pytest.fixture
def new(cluster, monkeypatch):
    """An empty PostgreSQL that the settings name."""
    address = cluster.new_database()
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", address)
    return Database(address)


@pytest.mark.parametrize("options", [(), ("--rows-only",)])
def test_what_the_old_keys_seal_opens_also_after_a_trial_and_without_files(options, small, new, tmp_path, monkeypatch):
    # Given an installation with a sealed secret and a picture that it took over
    picture = Path("imported") / "moved" / "artwork.jpg"
    (small.data.data / picture).parent.mkdir(parents=True)
    (small.data.data / picture).write_bytes(b"of the old host")
    sealed, old_key = sealing.seal("the key of a CMS", "here"), sealing.ring().ids[0]
    # And a new data folder, in which a trial sealed and took over too
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "new"))
    of_trial, trial_key = sealing.seal("of the trial", "here"), sealing.ring().ids[0]
    (tmp_path / "new" / picture).parent.mkdir(parents=True)
    (tmp_path / "new" / picture).write_bytes(b"of the trial")
    # When
    done = briefcast("relocate", small.data.data, *options)
    # Then both secrets open, the picture is the one that the rows mean, and all that is said
    assert done.returncode == 0, done.stderr
    assert sealing.ring().ids == (trial_key, old_key)
    assert (sealing.unseal(sealed, "here"), sealing.unseal(of_trial, "here")) == ("the key of a CMS", "of the trial")
    assert (sealing.key_file().stat().st_mode & 0o777, (tmp_path / "new" / picture).read_bytes()) == (
        0o600,
        b"of the old host",
    )
    assert "sealing: 1 of the old installation's keys added" in done.stdout
    new.dispose()


def test_a_secret_that_no_key_at_hand_opens_is_told(small, new, monkeypatch):
    # Given keys in the settings alone, among which the old installation's is not
    with small.database.writing() as session:
        row = connections.locked(session, "ghost", datetime.now(UTC))
        row.keys = {"admin_key": sealing.seal("secret", "source ghost, admin_key")}
    (lost,) = sealing.ring().ids
    monkeypatch.setenv("BRIEFCAST_SEALING_KEYS", sealing.new_key())
    # When / Then
    done = briefcast("relocate", small.data.data)
    assert (done.returncode, f"sealed by the key {lost}" in done.stderr) == (1, True), done.stderr
    small.database.dispose()
    new.dispose()


def test_what_cannot_be_right_is_refused_by_its_name(small, new, tmp_path, monkeypatch):
    data = small.data.data
    # No installation there; an older one; the same one; PostgreSQL from elsewhere
    (tmp_path / "nothing").mkdir()
    refused("no_installation", tmp_path / "nothing")
    refused("not_postgresql", data, "--database", new.address.replace("/test", "/other"))
    refused("same_database", data, "--database", new.address)
    with monkeypatch.context() as patch:
        patch.delenv("BRIEFCAST_DATABASE_URL")
        refused("same_database", data)
        patch.setenv("BRIEFCAST_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
        refused("not_postgresql", data)
    migrate(small.database, "0030")
    assert "0030" in refused("schema_differs", data)
    migrate(small.database)
    migrate(new, "0030")
    assert "0030" in refused("schema_differs", data)
    migrate(new)
    # Rows are there already
    assert briefcast("relocate", data).returncode == 0
    assert "already" in refused("not_empty", data)
    new.dispose()


def test_what_is_still_served_is_left_alone_until_it_has_stopped(small, new):
    told = workers.Report("here:1:1", "worker", "here", 1, "1", {})
    with small.database.writing() as session:
        workers.report(session, told)
    assert " s; those" in refused("still_served", small.data.data)
    # Said goodbye, but for a step that one who was killed still holds
    with small.database.writing() as session:
        workers.mark_stopped(session, "here:1:1")
    ask(small, "ferry")
    with small.database.writing() as session:
        assert steps.claim(session, holder="here:2:1", lease_s=60, queues=tuple(Queue))
    refused("still_served", small.data.data)
    with small.database.writing() as session:
        session.execute(update(StepRow).values(lease_until=1.0))
    assert briefcast("relocate", small.data.data).returncode == 0
    with new.reading() as session:
        assert session.scalars(select(StepRow.holder)).all() == ["here:2:1"]
        assert session.scalars(select(WorkerRow.name)).all() == ["here:1:1"]
    small.database.dispose()
    new.dispose()


def test_nobody_writes_to_the_old_database_meanwhile_and_it_stays_as_it_was(small):
    path = small.data.data / "briefcast.db"
    before = rows(small.database)
    with held(small.database) as connection:
        assert connection.scalar(text("SELECT count(*) FROM keys")) == 1
        with (
            closing(sqlite3.connect(path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("UPDATE keys SET name = 'another'")
    assert rows(small.database) == before
    with closing(sqlite3.connect(path, timeout=0)) as other, other:
        other.execute("UPDATE keys SET name = 'another'")
    small.database.dispose()


def test_a_row_that_postgresql_does_not_take_leaves_it_empty_and_is_named(small, new):
    path = small.data.data / "briefcast.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE keys SET name = ?", ("x" * 129,))
    assert "keys" in refused("row_refused", small.data.data)
    assert not any(rows(new).values())
    # Put right, all of it comes; JSON as it was to the letter, and its null is no NULL
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("""UPDATE keys SET name = 'tab\tnew\nline \\N', scopes = '{"b": 1.50,  "a": "é\\u0000"}'""")
        columns = "secret_sha256, scopes, created_at, limits"
        for number, limits in enumerate(("NULL", "'null'")):
            connection.execute(
                f"INSERT INTO keys (id, name, {columns}) SELECT 'k{number}', 'n', secret_sha256, scopes, created_at, {limits}"
                " FROM keys WHERE id NOT LIKE 'k_'"
            )
    assert briefcast("relocate", small.data.data).returncode == 0
    with new.reading() as session:
        kept = session.execute(text("SELECT scopes::text, name FROM keys WHERE id NOT LIKE 'k_'")).one()
        assert kept == ('{"b": 1.50,  "a": "é\\u0000"}', "tab\tnew\nline \\N")
        nulls = session.execute(text("SELECT limits::text FROM keys WHERE id LIKE 'k_' ORDER BY id")).scalars()
        assert list(nulls) == [None, "null"]
    new.dispose()


@pytest.mark.parametrize("does", ["NEW.podcast_guid := upper(NEW.podcast_guid); RETURN NEW", "RETURN NULL"])
def test_what_postgresql_gives_back_otherwise_or_not_at_all_is_found_and_nothing_is_kept(does, small, new, cluster):
    # Given a database that changes or drops what it is given
    body = f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {does}; END$$"
    trigger = "CREATE TRIGGER meddle BEFORE INSERT ON shows FOR EACH ROW EXECUTE FUNCTION meddle()"
    for statement in (body, trigger):
        cluster.sql(statement, new.engine.url.database)
    # When / Then
    assert "shows" in refused("copy_differs", small.data.data)
    assert not any(rows(new).values())
    new.dispose()


def test_an_interrupted_run_copies_no_file_twice_and_damage_is_told(old, cluster, tmp_path, monkeypatch):
    # Given an installation of which one MP3 is damaged, and a row that is refused at first
    blob = next(blob for blob in old.storage.stored() if (old.data.data / "public" / audio_name(blob.sha256)).exists())
    old.storage.path(blob.sha256).write_bytes(b"flipped")
    old.database.dispose()
    source = old.data.data / "briefcast.db"
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE shows SET podcast_guid = podcast_guid || podcast_guid")
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    with s3(tmp_path / "s3") as server:
        monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "new"))
        for setting, value in server.settings("paper").items():
            monkeypatch.setenv(setting, value)
        refused("row_refused", old.data.data)
        there = len(server.keys())
        # When it is run again / Then nothing is copied again, and the damaged one is told and not there
        with closing(sqlite3.connect(source)) as connection, connection:
            connection.execute("UPDATE shows SET podcast_guid = substr(podcast_guid, 1, 36)")
        done = briefcast("relocate", old.data.data)
        assert (done.returncode, blob.sha256 in done.stderr) == (1, True), done.stderr
        assert " 0 of them copied now" in done.stdout
        assert len(server.keys()) == there
        assert not any(blob.sha256 in key for key in server.keys("paper/p"))
