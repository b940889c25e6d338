from __future__ import annotations

import os

import pytest

from briefing.errors import StorageUnavailable
from briefing.storage import FolderStorage, write_atomically


@pytest.fixture
def storage(tmp_path):
    return FolderStorage(tmp_path)


def put(storage, content=b"sound"):
    path = storage.temporary(".flac")
    path.write_bytes(content)
    return storage.put(path)


def test_bytes_come_back_by_their_hash(storage):
    sha256 = put(storage)
    assert storage.path(sha256).read_bytes() == b"sound"
    assert storage.intact(sha256)
    assert put(storage) == sha256
    assert not list((storage.root / "tmp").iterdir())


def test_damage_and_loss_are_seen(storage):
    sha256 = put(storage)
    storage.path(sha256).write_bytes(b"noise")
    assert not storage.intact(sha256)
    storage.remove(sha256)
    assert storage.path(sha256) is None
    storage.remove(sha256)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/x"])
def test_only_hashes_are_keys(storage, key):
    with pytest.raises(ValueError, match="sha256"):
        storage.path(key)


def test_a_reader_sees_the_old_or_the_new_content(tmp_path):
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_content_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnavailable, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_what_is_stored_is_listed(storage):
    assert list(storage.stored()) == []
    wanted = {put(storage, content): len(content) for content in (b"one", b"three")}
    stray = storage.root / "blobs" / "ab" / "stray"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"not ours")
    assert {blob.sha256: blob.bytes for blob in storage.stored()} == wanted
