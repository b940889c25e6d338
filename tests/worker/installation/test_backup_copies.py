"""What a backup's folder keeps and what it lets go of: copies of the database, what was half made, stored bytes."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from briefing.errors import BriefcastError, StorageUnavailable
from briefing.models import TakeRow
from tests.support.asking import ask
from tests.support.command import briefcast
from tests.support.disks import small_disk
from tests.support.newsroom import work_off
from tests.support.processes import briefcast as process
from worker.installation import backup_copies
from worker.installation.backup import back_up


def test_a_backup_that_fails_leaves_no_copy_of_the_database(newsroom, tmp_path):
    # Given a backup, and a vault that then takes no bytes
    vault = tmp_path / "vault"
    made = back_up(newsroom, vault, datetime(2026, 5, 1, tzinfo=UTC), 10)
    shutil.rmtree(vault / "blobs")
    (vault / "blobs").write_text("in the way")
    # When the next ones fail / Then what they began is gone, and the earlier one is as it was
    for hour in (1, 2):
        with pytest.raises(StorageUnavailable):
            back_up(newsroom, vault, datetime(2026, 5, 1, hour, tzinfo=UTC), 10)
    kept = {made.database, "2026-05-01T00-00-00Z.names", "2026-05-01T00-00-00Z.json"}
    assert {path.name for path in (vault / "database").iterdir()} == kept


def test_what_a_backup_is_refused_is_told_with_its_path(newsroom, tmp_path):
    # Given a folder whose rights nobody may set / Then that is said, as of any that takes no bytes
    with pytest.raises(StorageUnavailable, match="cannot write /proc/sys: "):
        back_up(newsroom, Path("/proc/sys"), datetime.now(UTC), 10)
    # Given a picture that cannot be read
    (newsroom.data.imported / "old" / "artwork.png").mkdir(parents=True)
    with pytest.raises(StorageUnavailable, match="cannot copy .*artwork.png: Is a directory"):
        back_up(newsroom, tmp_path / "vault", datetime.now(UTC), 10)


def test_a_disk_that_is_full_of_copies_takes_the_next_backup(newsroom, tmp_path):
    now, day = datetime(2026, 5, 1, tzinfo=UTC), timedelta(days=1)
    with small_disk(tmp_path / "disk", 60) as disk:
        vault = disk.folder / "vault"
        first, second = (back_up(newsroom, vault, now + number * day, 2).database for number in range(2))
        # Given no room for another copy beside those that are to be kept / When the next backup is made
        disk.fill(leave=(vault / "database" / second).stat().st_size // 2)
        third = back_up(newsroom, vault, now + 2 * day, 2).database
        # Then the oldest copy has made room for it
        assert first not in copies(vault)
        assert copies(vault) == {second, third}


def test_of_two_backups_at_once_the_second_is_refused(newsroom, tmp_path):
    now = datetime(2026, 5, 1, tzinfo=UTC)
    vault = tmp_path / "vault"
    first = back_up(newsroom, vault, now, 3).database
    with backup_copies.alone(vault):
        refused = process("backup", vault)
        assert (refused.returncode, "backup_running" in refused.stderr) == (3, True), refused.stderr
        assert copies(vault) == {first}
    assert len(copies(vault) | {back_up(newsroom, vault, now, 3).database}) == 2, "the lock went with who held it"


def test_the_newest_whole_copy_is_never_let_go(newsroom, tmp_path):
    # Given one whole backup, and then a take that is lost
    vault, now, day = tmp_path / "vault", datetime(2026, 5, 1, tzinfo=UTC), timedelta(days=1)
    whole = back_up(newsroom, vault, now, 1).database
    lost = next(newsroom.storage.stored()).sha256
    blob = newsroom.storage.path(lost)
    content = blob.read_bytes()
    blob.unlink()
    (vault / "blobs" / lost[:2] / lost).unlink()
    # When backups go on without it / Then the whole one stays beside the newest, until there is another
    for number in (1, 2):
        made = back_up(newsroom, vault, now + number * day, 1)
        assert (made.missing, copies(vault)) == ([lost], {whole, made.database})
    blob.write_bytes(content)
    made = back_up(newsroom, vault, now + 3 * day, 1)
    assert copies(vault) == {made.database}


def copies(vault):
    return {path.name for path in (vault / "database").iterdir() if path.suffix == ".sqlite"}


def test_what_killed_backups_left_goes_after_a_day_and_nothing_else_does(newsroom, tmp_path):
    # Given what processes left that were killed, and what is somebody else's
    vault, now = tmp_path / "vault", datetime.now(UTC)
    copies = vault / "database"
    first = back_up(newsroom, vault, now - timedelta(days=3), 10)
    old = (
        "2026-05-01T00-00-00Z.pgdump",
        ".2026-05-01T00-05-00Z.sqlite.0a1b2c3d",
        ".2026-05-01T00-05-00Z.json.0a1b2c3d",
    )
    for name in (*old, "notes.txt", "2026-05-02T00-00-00Z.sqlite"):
        (copies / name).write_bytes(b"half")
    long_ago = now.timestamp() - 25 * 3600
    for path in copies.iterdir():
        if path.name != "2026-05-02T00-00-00Z.sqlite":  # it may still be being made
            os.utime(path, (long_ago, long_ago))
    # And of bytes and pictures, beside such as may still be being copied
    half = [vault / "blobs" / "ab" / f".{'ab' * 32}.0a1b2c3d", vault / "public/shows/daily/.artwork.jpg.0a1b2c3d"]
    young = vault / "blobs" / "ab" / f".{'ab' * 32}.00000000"
    for path in (*half, young):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    for path in half:
        os.utime(path, (long_ago, long_ago))
    # When
    second = back_up(newsroom, vault, now, 10)
    # Then
    assert [path.exists() for path in (*half, young)] == [False, False, True]
    kept = {first.database, second.database, "notes.txt", "2026-05-02T00-00-00Z.sqlite"}
    assert {path.name for path in copies.iterdir() if path.suffix not in {".json", ".names"}} == kept
    assert len(list(copies.glob("*.json"))) == 2


DAY = timedelta(days=1)


def forget_a_take(place):
    """Have retention's work done on a take: its row goes, and its bytes. Return its sha256."""
    with place.database.writing() as session:
        sha256 = session.scalars(select(TakeRow.sha256).order_by(TakeRow.key).limit(1)).one()
        session.execute(delete(TakeRow).where(TakeRow.sha256 == sha256))
    place.storage.path(sha256).unlink()
    return sha256


def bytes_in(vault):
    return {path.name for path in (vault / "blobs").glob("??/*")}


def grow_old(vault):
    """Have all that lies there have lain there for some days."""
    long_ago = time.time() - 30 * 86_400
    for path in vault.rglob("*"):
        os.utime(path, (long_ago, long_ago))


def test_bytes_that_no_copy_names_any_more_go_where_that_is_asked_for(newsroom, tmp_path, monkeypatch):
    # Given a take that only an older copy names
    vault, now = tmp_path / "vault", datetime.now(UTC)
    older = back_up(newsroom, vault, now - 3 * DAY, 2)
    everything, gone = bytes_in(vault), forget_a_take(newsroom)
    grow_old(vault)
    # Then it stays for as long as that copy does, and then until somebody asks for it to go
    assert back_up(newsroom, vault, now - 2 * DAY, 2, let_go=True).let_go == 0
    assert older.database in copies(vault)
    back_up(newsroom, vault, now - DAY, 1)
    assert bytes_in(vault) == everything
    done = briefcast("backup", vault, "--keep", 1, "--let-go")
    assert "let go: 1 stored files" in done.stdout
    assert bytes_in(vault) == everything - {gone}
    # While what one that found no room for all had put there is not copied again
    (tmp_path / "articles" / "dam.md").write_text("# The dam holds\n\nNobody was hurt.\n")
    ask(newsroom, "dam", now=now)
    work_off(newsroom)
    new = {blob.sha256 for blob in newsroom.storage.stored()} - bytes_in(vault)
    there = new.pop()
    (vault / "blobs" / there[:2]).mkdir(exist_ok=True)
    shutil.copy(newsroom.storage.path(there), vault / "blobs" / there[:2] / there)
    grow_old(vault)
    made = back_up(newsroom, vault, now + DAY, 1, let_go=True)
    assert (made.let_go, made.copied) == (0, len(new))
    # And what is left is a whole backup
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "elsewhere"))
    assert briefcast("restore", vault).returncode == 0


def test_a_disk_that_is_full_of_bytes_takes_the_next_backup_where_they_may_go(newsroom, tmp_path):
    now = datetime.now(UTC)
    with small_disk(tmp_path / "disk", 60) as disk:
        vault = disk.folder / "vault"
        back_up(newsroom, vault, now - 2 * DAY, 2)
        # Given bytes that an earlier copy named, and no room for another copy
        unneeded = vault / "blobs" / "ab" / ("ab" * 32)
        unneeded.parent.mkdir(exist_ok=True)
        unneeded.write_bytes(bytes(10 << 20))
        grow_old(vault)
        disk.fill()
        with pytest.raises(BriefcastError):
            back_up(newsroom, vault, now - DAY, 2)
        # When they may go / Then there is room for it
        made = back_up(newsroom, vault, now, 2, let_go=True)
        assert (made.let_go, made.missing, unneeded.exists()) == (1, [], False)


@pytest.mark.parametrize("what", ["nothing", "names", "half", "new", "none"])
def test_bytes_stay_where_it_cannot_be_told_who_needs_them(newsroom, tmp_path, what):
    # Given bytes that no copy names
    vault, now = tmp_path / "vault", datetime.now(UTC)
    back_up(newsroom, vault, now - 3 * DAY, 1)
    gone = forget_a_take(newsroom)
    back_up(newsroom, vault, now - 2 * DAY, 1)
    grow_old(vault)
    (names,) = (vault / "database").glob("*.names")
    match what:
        case "names":  # but one was cut short by a bad disk
            names.write_bytes(names.read_bytes()[:-32])
        case "half":  # but another backup is under way
            (vault / "database" / ".2026-05-01T00-00-00Z.pgdump.0a1b2c3d").write_bytes(b"half")
        case "new":  # but one that has not come to its end may have put them there
            (vault / "blobs" / gone[:2] / gone).touch()
        case "none":  # as the copies have been taken elsewhere
            shutil.rmtree(vault / "database")
    # When bytes may go / Then they do where nothing speaks against it
    assert back_up(newsroom, vault, now, 1, let_go=True).let_go == int(what == "nothing")
    assert (gone in bytes_in(vault)) == (what != "nothing")
