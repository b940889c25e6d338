"""The database's disk is full (row F13): reading goes on, writing is refused and resumes, nothing is damaged."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager

import pytest

from briefing.errors import DatabaseUnavailable
from tests.support.asking import ask, revision_row
from tests.support.client import client_of
from tests.support.newsroom import make_place, work_off
from worker.upkeep.sweep import free_expired


@contextmanager
def small_disk(folder):
    """A disk of four megabytes at `folder`, where we may mount one; yields whether it is."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", folder], check=True)


class Disk:
    """Fills up and empties the disk that the database lies on; where none could be mounted, SQLite is told that it may
    not grow, which it reports in the same words.
    """

    def __init__(self, folder, mounted, database):
        self.folder, self.mounted, self.database = folder, mounted, database

    def fill(self):
        if not self.mounted:
            self._most_pages(1)
            return
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    continue

    def empty(self):
        if self.mounted:
            (self.folder / "filler").unlink()
        else:
            self._most_pages(1_000_000)

    def _most_pages(self, most):
        # One connection is all that this process then has, and the limit is the connection's.
        with self.database.reading() as session:
            session.connection().exec_driver_sql(f"PRAGMA max_page_count = {most}")


def test_the_database_on_a_full_disk(tmp_path, monkeypatch):
    with small_disk(tmp_path / "disk") as mounted:
        monkeypatch.setenv("BRIEFCAST_DATABASE_URL", f"sqlite:///{tmp_path}/disk/briefcast.db")
        monkeypatch.setenv("BRIEFCAST_DISK_FLOOR_MB", "0")
        place = make_place(tmp_path)
        disk = Disk(tmp_path / "disk", mounted, place.database)
        (tmp_path / "articles" / "ferry.md").write_text("# Ferry\n\nThe ferry runs again.\n")
        (tmp_path / "articles" / "long.txt").write_text("Long\n\n" + "The ferry runs again. " * 400)
        _, first, _ = ask(place, "ferry")
        work_off(place)
        with client_of(place) as client:
            # Given a briefing that is asked for while the disk is full
            _, revision, _ = ask(place, "long")
            disk.fill()
            # Then it cannot be made, and is not lost
            with pytest.raises(DatabaseUnavailable, match="full"):
                work_off(place)
            # And requests are refused for now, with when to come again, while readers are served
            if mounted:
                refused = client.post("/v1/briefings", json={"article_ids": ["desk:long"], "voice": "joe"})
                assert refused.status_code == 503
                assert int(refused.headers["Retry-After"]) > 0
            assert client.get("/v1/articles/desk/ferry/audio").status_code == 200
            # When there is space again / Then the database is whole and the work goes on by itself
            disk.empty()
            with place.database.reading() as session:
                assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            with place.database.writing() as session:
                session.connection().exec_driver_sql("UPDATE steps SET lease_until = 0 WHERE state = 'leased'")
            free_expired(place)
            work_off(place)
            assert revision_row(place, revision).state == "live"
            assert revision_row(place, first).state == "live"
        place.database.dispose()
