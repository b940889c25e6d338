"""The drill: a newsroom at work is backed up, its host destroyed, and restored on an empty one under the same address."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta

import feedparser
import httpx
import pytest
import yaml
from sqlalchemy import delete, select, update

from api.app import create_app
from briefing import steps
from briefing.models import KeyRow, RevisionRow, StepRow
from briefing.states import Queue
from tests.support.asking import ask, revision_row
from tests.support.client import make_key, served
from tests.support.command import briefcast
from tests.support.newsroom import work_off
from tests.support.postgres import binaries
from tests.support.processes import BIN, ROOT, running, wait_for
from tests.support.processes import briefcast as process
from tests.support.s3 import s3
from worker.doctor import examine
from worker.installation.backup import back_up
from worker.installation.database_copy import postgresql_environment
from worker.running.perform import perform_next
from worker.upkeep import sweep
from worker.workplace import Workplace

ENTRY = ("id", "title", "published", "summary")


def seen(place):
    """What a podcast app knows of the show."""
    feed = feedparser.parse(place.files.storage.read("shows/daily/feed.xml")[0])
    assert not feed.bozo
    return {
        entry.id: [entry[name] for name in ENTRY] + [entry.enclosures[0].href, entry.enclosures[0].length]
        for entry in feed.entries
    }


def finish(place, revision):
    """Perform what there is until a revision is live."""

    def live():
        sweep.free_expired(place)
        work_off(place)
        return revision_row(place, revision).state == "live"

    wait_for(live, "the revision that was under way")


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """Have the newsroom's files lie in a bucket; return what loses it, and has its replica take its place."""
    with s3(tmp_path / "s3") as server:
        for name, value in server.settings("paper").items():
            monkeypatch.setenv(name, value)

        def lose():
            server.make_bucket("replica")
            for key in server.keys("paper/private/blobs/"):
                found = server.get(key)
                kept = {
                    name: found.headers[name] for name in ("content-type", "cache-control") if name in found.headers
                }
                server.put(key, found.content, "replica", **kept)
            server.empty()
            monkeypatch.setenv("BRIEFCAST_STORAGE_URL", "s3://replica/paper")

        yield lose


@pytest.fixture(params=["sqlite", "postgresql", "bucket"])
def empty_house(request, monkeypatch):
    """Have the newsroom's database and storage be of each kind; return what makes the next process's a new and empty
    database, and a bucket that has stored bytes alone, as their replica elsewhere.
    """
    if request.param == "sqlite":
        return lambda **_: None
    lose_bucket = request.getfixturevalue("bucket") if request.param == "bucket" else lambda: None
    cluster = request.getfixturevalue("cluster")

    def renew(*, migrated=False):
        monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database(migrated=migrated))

    renew(migrated=True)
    monkeypatch.setenv("PATH", f"{binaries()}:{os.environ['PATH']}")

    def lose(*, migrated=False):
        lose_bucket()
        renew(migrated=migrated)

    return lose


def test_the_drill(empty_house, request, tmp_path, monkeypatch):
    newsroom = request.getfixturevalue("newsroom")  # after its database
    key = make_key(newsroom, "read")
    before, old = seen(newsroom), {file.name for file in newsroom.files.storage.files("audio")}
    assert (len(before), len(old)) == (2, 3)
    # Given audio that was held, looked through, and replaced unheard
    (tmp_path / "articles" / "draft.md").write_text("# A draft\n\nThe mayor is said to have left.\n")
    _, unheard, _ = ask(newsroom, "draft", show="held", now=datetime.now(UTC))
    work_off(newsroom)
    assert revision_row(newsroom, unheard).state == "held"
    with newsroom.database.writing() as session:
        session.execute(update(RevisionRow).where(RevisionRow.id == unheard).values(state="superseded"))
    # And work under way: a revision half spoken, one of its steps held by a worker that the fire will take
    _, late, _ = ask(newsroom, "late", now=datetime.now(UTC))
    for _ in range(3):
        perform_next(newsroom, tuple(Queue))
    with newsroom.database.writing() as session:
        assert steps.claim(session, holder="burnt:1:1", lease_s=1, queues=tuple(Queue))
    # When it is backed up twice, the second time with hardly anything to copy
    assert process("backup", tmp_path / "vault").returncode == 0
    again = process("backup", tmp_path / "vault", "--keep", 1)
    assert (again.returncode, " 0 of them new" in again.stdout) == (0, True), again.stdout + again.stderr
    assert len(list((tmp_path / "vault" / "database").iterdir())) == 3, "the newest copy, its names and its manifest"
    assert (tmp_path / "vault").stat().st_mode & 0o077 == 0
    # And the host is lost
    newsroom.database.dispose()
    shutil.rmtree(newsroom.data.data)
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "elsewhere"))
    empty_house()
    done = process("restore", tmp_path / "vault")
    assert done.returncode == 0, done.stderr
    # Then to an app nothing has happened
    place = Workplace()
    assert seen(place) == before
    with served(create_app()) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        for entry in before.values():
            played = client.get(entry[4])
            assert (played.status_code, len(played.content)) == (200, int(entry[5]))
            assert hashlib.sha256(played.content).hexdigest() in entry[4]
        assert {file.name for file in place.files.storage.files("audio")} == old, (
            "replaced audio plays as well, no other"
        )
        assert client.get("/articles/desk/ferry.mp3").status_code == 302
        # And keys work, and no others
        assert client.get("/v1/voices", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        assert (
            client.get(
                "/v1/voices", headers={"Authorization": f"Bearer {key[:-1]}{'y' if key.endswith('x') else 'x'}"}
            ).status_code
            == 401
        )
    # And what was under way goes on
    finish(place, late)
    with place.database.reading() as session:
        kept = session.get_one(RevisionRow, late)
        assert kept.chunks_left == 0
        spoken = session.scalars(select(StepRow.attempts).where(StepRow.revision_id == late, StepRow.kind == "speak"))
        assert sorted(spoken) == [1, 1, 1, 2], "only what the fire interrupted is spoken twice"
    assert seen(place).items() >= before.items()
    left = [found.code for found in examine(place, fix=False)]
    assert left == ["public_address"], "nothing serves the files any more"
    place.database.dispose()


def test_a_backup_that_is_not_whole_is_not_restored_and_a_full_house_is_left_alone(newsroom, tmp_path, monkeypatch):
    vault = tmp_path / "vault"
    now = datetime(2026, 5, 1, tzinfo=UTC)
    made = back_up(newsroom, vault, now, 10)
    assert made.missing == []
    # A newer copy without its last word, as after a crash
    (vault / "database" / "2027-01-01T00-00-00Z.sqlite").write_bytes(b"half")
    done = briefcast("restore", vault)
    assert (done.returncode, "[not_empty]" in done.stderr) == (3, True)
    assert briefcast("restore", tmp_path / "none").returncode == 3
    # Bytes that a bad disk changed are told, and left out
    blob = next((vault / "blobs").glob("??/*"))
    blob.write_bytes(b"flipped")
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "elsewhere"))
    # What an old database left would be played into the new one
    journal = tmp_path / "elsewhere" / "briefcast.db-wal"
    journal.parent.mkdir()
    journal.write_bytes(b"old")
    done = briefcast("restore", vault)
    assert (done.returncode, "[not_empty]" in done.stderr, journal.name in done.stderr) == (3, True, True)
    journal.unlink()
    done = briefcast("restore", vault)
    assert (done.returncode, blob.name in done.stderr) == (1, True)
    assert "2026-05-01" in done.stdout


def test_a_schema_in_which_nobody_has_put_anything_is_an_empty_house(empty_house, request, tmp_path, monkeypatch):
    newsroom = request.getfixturevalue("newsroom")  # after its database
    # A command in this process leaves SQLite's file open, and over what is in use nothing is restored.
    run = process if newsroom.database.engine.dialect.name == "sqlite" else briefcast
    # Given a host on which everything has been started once, which migrates, and stopped again
    back_up(newsroom, tmp_path / "vault", datetime.now(UTC), 10)
    before = seen(newsroom)
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "elsewhere"))
    empty_house(migrated=True)
    assert run("migrate").returncode == 0
    # When somebody has begun there, it is left alone
    key = run("keys", "create", "--name", "cms").stdout.split("_")[1]
    done = run("restore", tmp_path / "vault")
    assert (done.returncode, "[not_empty]" in done.stderr) == (3, True)
    assert key in run("keys", "list").stdout
    done = run("backup", tmp_path / "vault")
    assert (done.returncode, "[backup_of_nothing]" in done.stderr) == (3, True), "set up, and nothing made"
    # And else it is as good as a new one, of which no backup takes the place of what is to be restored
    place = Workplace()
    with place.database.writing() as session:
        session.execute(delete(KeyRow))
    done = run("backup", tmp_path / "vault")
    assert (done.returncode, "[backup_of_nothing]" in done.stderr) == (3, True)
    assert run("backup", tmp_path / "another").returncode == run("backup", tmp_path / "another").returncode == 0
    if place.database.engine.dialect.name == "sqlite":
        with place.database.reading() as session:
            session.execute(select(KeyRow.id))
            done = run("restore", tmp_path / "vault")
        assert (done.returncode, "[still_served]" in done.stderr) == (3, True)
    place.database.dispose()
    done = run("restore", tmp_path / "vault")
    assert (done.returncode, done.stderr) == (0, "")
    assert seen(Workplace()) == before != {}


def test_postgresqls_programs_are_told_all_that_the_address_says(monkeypatch):
    monkeypatch.setenv("PATH", "/bin")
    told = postgresql_environment(
        "postgresql+psycopg://me:word@db.internal:6432/news?sslmode=verify-full&sslrootcert=/etc/ca.pem"
        "&sslcert=/etc/me.pem&channel_binding=require&target_session_attrs=read-write&connect_timeout=7"
        "&application_name=news"
    )
    assert {name: value for name, value in told.items() if name.startswith("PG")} == {
        "PGHOST": "db.internal",
        "PGPORT": "6432",
        "PGUSER": "me",
        "PGPASSWORD": "word",
        "PGDATABASE": "news",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/etc/ca.pem",
        "PGSSLCERT": "/etc/me.pem",
        "PGCHANNELBINDING": "require",
        "PGTARGETSESSIONATTRS": "read-write",
        "PGCONNECT_TIMEOUT": "7",
        "PGAPPNAME": "news",
    }
    assert told["PATH"] == "/bin"
    told = postgresql_environment("postgresql:///news?host=/run/postgresql&port=5433")
    assert (told["PGHOST"], told["PGPORT"], told["PGDATABASE"]) == ("/run/postgresql", "5433", "news")


def test_a_damaged_take_is_told_and_not_backed_up(newsroom, tmp_path):
    blob = next(newsroom.storage.stored())
    newsroom.storage.path(blob.sha256).write_bytes(b"flipped")
    assert back_up(newsroom, tmp_path / "vault", datetime.now(UTC), 10).missing == [blob.sha256]
    assert briefcast("backup", tmp_path / "vault").returncode == 1


def test_a_backup_that_fails_does_not_end_those_to_come(newsroom, tmp_path):
    # Given a vault in which nothing can be written
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "database").write_text("in the way")
    command = [BIN / "briefcast", "backup", vault, "--every", "1"]
    with running(command, tmp_path / "backup.log", BRIEFCAST_LOG_LEVEL="WARNING") as process:
        wait_for(lambda: "backing up" in (tmp_path / "backup.log").read_text(), "the failure to be told")
        # When it can / Then there is one
        (vault / "database").unlink()
        wait_for(lambda: list((vault / "database").glob("*.json")), "a backup")
        # And it ends when it is told to, as a job that is done
        process.terminate()
        assert process.wait(60) == 0


def test_metrics_tell_when_a_whole_backup_was_made_last(newsroom, tmp_path):
    def told():
        with served(create_app()) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            lines = client.get("/metrics").text.splitlines()
        return next(
            float(line.split()[1]) for line in lines if line.startswith("briefcast_last_backup_timestamp_seconds ")
        )

    assert told() == 0.0
    # Given one without some of the bytes / Then it does not count
    path = newsroom.storage.path(next(newsroom.storage.stored()).sha256)
    content = path.read_bytes()
    path.unlink()
    assert back_up(newsroom, tmp_path / "vault", datetime.now(UTC), 10).missing
    assert told() == 0.0
    # While a whole one does
    path.write_bytes(content)
    before = time.time()
    back_up(newsroom, tmp_path / "vault", datetime.now(UTC) + timedelta(minutes=1), 10)
    assert told() >= before - 1


def healthy(vault):
    """What compose's check of the service says of a vault."""
    service = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text())["services"]["backup"]
    kind, command = service["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    command = command.replace("/srv/briefcast-backup", str(vault))
    return subprocess.run(["sh", "-c", command], check=False, capture_output=True).returncode == 0


def test_a_backup_without_some_of_the_bytes_is_an_error_and_not_healthy(newsroom, tmp_path):
    # Given a take that is lost
    vault, log = tmp_path / "vault", tmp_path / "backup.log"
    assert not healthy(vault)
    path = newsroom.storage.path(next(newsroom.storage.stored()).sha256)
    content = path.read_bytes()
    path.unlink()
    with running([BIN / "briefcast", "backup", vault, "--every", "1"], log) as process:
        # When it is backed up / Then that is an error in the log, and no whole backup
        wait_for(lambda: '"backup_incomplete"' in log.read_text(), "the lost take to be told")
        assert list((vault / "database").glob("*.json"))
        assert not healthy(vault)
        # While the next with all bytes is one
        path.write_bytes(content)
        wait_for(lambda: healthy(vault), "a whole backup")
        process.terminate()
        assert process.wait(60) == 0


def test_no_value_of_a_setting_is_in_the_manifest(newsroom, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_OPENAI_KEY", "planted-secret")
    back_up(newsroom, tmp_path / "vault", datetime.now(UTC), 10)
    (manifest,) = (tmp_path / "vault" / "database").glob("*.json")
    assert "planted-secret" not in manifest.read_text()
    assert "the value of BRIEFCAST_OPENAI_KEY" in json.loads(manifest.read_text())["elsewhere"]
    assert list((tmp_path / "vault" / "signing").iterdir())
