"""What commands do where the settings name no installation, or one that is another user's: nothing, and say so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.command import briefcast


@pytest.mark.parametrize("arguments", [["doctor"], ["doctor", "--fix"], ["backup", "vault"]])
def test_where_no_installation_is_doctor_and_backup_say_so_and_make_nothing(arguments, tmp_path):
    # Given a shell that has none of the settings that the processes are given
    done = briefcast(*arguments)
    # Then whoever reads it learns that, and no second, empty installation begins
    assert done.returncode == 3
    assert "[no_installation]" in done.stderr
    assert str(tmp_path / "var") in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_nothing_has_migrated_is_no_installation(empty_address, monkeypatch, tmp_path):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", empty_address)
    if empty_address.startswith("sqlite"):
        (tmp_path / "b.db").touch()
    for arguments in (["doctor"], ["backup", tmp_path / "vault"]):
        done = briefcast(*arguments)
        assert (done.returncode, "[no_installation]" in done.stderr) == (3, True)
    assert not (tmp_path / "vault").exists()


def test_a_database_that_is_away_is_no_missing_installation(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", "postgresql://briefcast@127.0.0.1:1/briefcast")
    done = briefcast("doctor")
    assert (done.returncode, "database_unavailable" in done.stdout) == (1, True)
    assert "[database_unavailable]" in briefcast("backup", tmp_path / "vault").stderr


def test_the_doctor_looks_at_an_older_schema_before_what_rests_on_it():
    assert briefcast("migrate", "--to", "0007").returncode == 0
    done = briefcast("doctor")
    assert (done.returncode, [line.split()[0] for line in done.stdout.splitlines()[::2]]) == (1, ["schema", "1"])


def test_looking_makes_no_credentials(place):
    briefcast("doctor")
    assert not (place.data.data / "signing").exists()


@pytest.mark.parametrize("command", [["migrate"], ["keys", "list"], ["doctor"], ["backup", "vault"]])
def test_root_touches_no_folder_of_another_user(command, monkeypatch):
    # Given a folder that belongs to Briefcast's user, and a shell of root's
    folder = Path(os.environ["BRIEFCAST_DATA"])
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 10001, 10001)
    # As the tests may run as any user, who is not root here, it is only said that they are.
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    done = briefcast(*command)
    # Then nothing is made in it that its user could not write any more, and the way is named
    assert (done.returncode, "[wrong_user]" in done.stderr, "sudo -u" in done.stderr) == (3, True, True)
    assert list(folder.iterdir()) == []


def test_root_does_what_touches_no_folder_and_what_is_its_own(monkeypatch):
    assert briefcast("migrate").returncode == 0
    folder = Path(os.environ["BRIEFCAST_DATA"])
    if os.geteuid() == 0:
        assert briefcast("keys", "list").returncode == 0
        os.chown(folder, 10001, 10001)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    done = briefcast("logs", "any")
    assert (done.returncode, done.stderr) == (0, "")
