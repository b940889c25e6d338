"""Secrets as the database keeps them: sealed by a key that is not in it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from briefing.errors import Misconfigured, SecretUnreadable
from briefing.secrets import sealing
from briefing.settings import SealingSettings
from tests.support.processes import briefcast

WHOSE = "source ghost, admin_key"


def test_a_sealed_secret_opens_where_it_was_sealed_and_nowhere_else():
    sealed = sealing.seal("s3cret", WHOSE)
    assert "s3cret" not in sealed
    assert sealing.unseal(sealed, WHOSE) == "s3cret"
    # Sealed alike each time, so that rows can be compared
    assert sealing.seal("s3cret", WHOSE) == sealed
    other = f"{sealed[:20]}{'B' if sealed[20] == 'A' else 'A'}{sealed[21:]}"
    for damaged, whose in ((sealed, "source other, admin_key"), (other, WHOSE), (f"{sealed[:14]}", WHOSE)):
        with pytest.raises(SecretUnreadable) as caught:
            sealing.unseal(damaged, whose)
        assert "s3cret" not in str(caught.value)
    # And what an earlier release kept is read as it is
    assert sealing.unseal("plain", WHOSE) == "plain"


def test_the_first_key_is_made_by_itself_for_its_owner_alone_and_once():
    with ThreadPoolExecutor(8) as pool:
        sealed = set(pool.map(lambda _: sealing.seal("x", WHOSE), range(8)))
    assert len(sealed) == 1
    file = sealing.key_file()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]
    assert [path.name for path in file.parent.iterdir()] == ["keys"]


def test_a_new_key_seals_and_those_before_still_open():
    before = sealing.seal("x", WHOSE)
    ring = sealing.add_key()
    after = sealing.seal("x", WHOSE)
    assert (sealing.key_of(after), sealing.key_of(before)) == ring.ids
    assert sealing.unseal(before, WHOSE) == sealing.unseal(after, WHOSE) == "x"
    assert stat.S_IMODE(sealing.key_file().stat().st_mode) == 0o600


def test_keys_of_the_environment_count_alone(monkeypatch, tmp_path):
    file = sealing.seal("x", WHOSE)
    first, second = sealing.new_key(), sealing.new_key()
    (tmp_path / "keys").write_text(f"{first}\n{second}\n")
    monkeypatch.setenv("BRIEFCAST_SEALING_KEYS_FILE", str(tmp_path / "keys"))
    sealed = sealing.seal("x", WHOSE)
    with pytest.raises(SecretUnreadable, match="BRIEFCAST_SEALING_KEYS"):
        sealing.unseal(file, WHOSE)
    with pytest.raises(Misconfigured):
        sealing.add_key()
    # The other order: what was sealed still opens
    monkeypatch.setenv("BRIEFCAST_SEALING_KEYS", f"{second} {first}")
    assert sealing.unseal(sealed, WHOSE) == "x"
    assert sealing.seal("x", WHOSE) != sealed


@pytest.mark.parametrize("keys", ["nonsense", "QUJD", "é"])
def test_what_is_no_key_is_refused_and_not_quoted(monkeypatch, keys):
    monkeypatch.setenv("BRIEFCAST_SEALING_KEYS", keys)
    with pytest.raises(Misconfigured, match="key 1") as caught:
        sealing.seal("x", WHOSE)
    assert keys not in str(caught.value)
    assert "nonsense" not in repr(SealingSettings.model_construct(sealing_keys="nonsense"))


@pytest.mark.parametrize("content", ["broken", ""])
def test_a_file_that_cannot_be_read_is_a_fault_of_settings_and_is_not_replaced(content):
    sealing.seal("x", WHOSE)
    sealing.key_file().write_text(content)
    with pytest.raises(Misconfigured, match="sealing"):
        sealing.seal("x", WHOSE)
    assert sealing.key_file().read_text() == content


def test_where_files_are_in_a_bucket_no_key_is_made_in_a_folder_that_may_be_lost(monkeypatch):
    monkeypatch.setenv("BRIEFCAST_STORAGE_URL", "s3://newsroom")
    for sealed in (lambda: sealing.seal("x", WHOSE), sealing.add_key):
        with pytest.raises(Misconfigured, match="no key") as caught:
            sealed()
        assert (caught.value.code, "BRIEFCAST_SEALING_KEYS" in caught.value.hint) == ("no_sealing_key", True)
    assert not sealing.key_file().parent.exists()
    # What the command shows is one that may be set
    shown = briefcast("keys", "sealing", "--new")
    monkeypatch.setenv("BRIEFCAST_SEALING_KEYS", shown.stdout)
    assert sealing.unseal(sealing.seal("x", WHOSE), WHOSE) == "x"
    # And a key that is there from before goes on sealing
    monkeypatch.delenv("BRIEFCAST_SEALING_KEYS")
    sealing.add_known((b"k" * 64,))
    assert sealing.unseal(sealing.seal("x", WHOSE), WHOSE) == "x"
