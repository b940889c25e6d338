"""What every storage promises, shown for the folder and for a bucket alike; and what only one of them does."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from types import SimpleNamespace

import pytest

from briefing.errors import StorageFull, StorageUnavailable
from briefing.settings import StorageSettings
from briefing.storage import Serving, bucket_blobs, open_storages, write_atomically
from briefing.storage.interfaces import YOUNG_S
from tests.support.radosgw import radosgw
from tests.support.s3 import s3

AUDIO = Serving("audio/mpeg", "public, max-age=3600")
ALIAS = Serving("audio/mpeg", "public, max-age=60")
FEED = Serving("application/rss+xml", "public, max-age=60")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with radosgw(tmp_path_factory.mktemp("radosgw")) as server:
        yield server


@pytest.fixture(params=["folder", "bucket", pytest.param("gateway", marks=pytest.mark.long)])
def storages(request, tmp_path, monkeypatch):
    if request.param != "folder":
        server = request.getfixturevalue("server" if request.param == "bucket" else "gateway")
        for name, value in server.settings(f"at/{request.node.name.partition('[')[0]}").items():
            monkeypatch.setenv(name, value)
    return open_storages(StorageSettings(), tmp_path / "data")


@pytest.fixture
def storage(storages):
    return storages.blobs


@pytest.fixture
def public(storages):
    return storages.public


def put(storage, content=b"sound", suffix=".mp3"):
    path = storage.temporary(suffix)
    path.write_bytes(content)
    return storage.put(path)


def damage(storages, sha256, content=b"noise"):
    """Change the stored bytes behind the storage's back."""
    blobs = storages.blobs
    if hasattr(blobs, "bucket"):
        blobs.bucket.write(f"blobs/{sha256[:2]}/{sha256}", content, {})
        (blobs._copies.find(sha256) or blobs.temporary(".x")).unlink(missing_ok=True)
    else:
        blobs.path(sha256).write_bytes(content)


def gathered(public, name, start, end):
    async def all_of():
        return b"".join([block async for block in public.stream(name, start, end)])

    return asyncio.run(all_of())


def test_bytes_come_back_by_their_hash(storage):
    sha256 = put(storage)
    assert storage.path(sha256).read_bytes() == b"sound"
    assert storage.intact(sha256)
    assert storage.intact(sha256, afresh=True)
    assert put(storage) == sha256
    assert not list(storage.temporary(".x").parent.iterdir())
    storage.check()


def test_damage_and_loss_are_seen_and_storing_it_again_mends(storages, storage):
    sha256 = put(storage)
    damage(storages, sha256)
    assert not storage.intact(sha256)
    assert not storage.intact(sha256, afresh=True)
    assert put(storage) == sha256
    assert storage.intact(sha256)
    assert storage.intact(sha256, afresh=True)
    storage.remove(sha256)
    assert storage.path(sha256) is None
    assert not storage.intact(sha256)
    storage.remove(sha256)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/x"])
def test_only_hashes_are_keys(storage, key):
    with pytest.raises(ValueError, match="sha256"):
        storage.path(key)


def test_what_is_stored_is_listed(storage):
    assert list(storage.stored()) == []
    wanted = {put(storage, content): len(content) for content in (b"one", b"three")}
    found = list(storage.stored())
    assert {blob.sha256: blob.bytes for blob in found} == wanted
    assert all(abs(blob.modified - time.time()) < 60 for blob in found)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/.", "a b", "x/" * 9 + "y", "ä"])
def test_no_name_climbs_out_of_its_root(public, name):
    for act in (public.read, public.look, public.path, public.target, public.remove):
        with pytest.raises(ValueError, match="not a public file's name"):
            act(name)
    with pytest.raises(ValueError, match="not a public file's name"):
        public.write(name, b"x", FEED)


def test_small_files_are_replaced_whole(public):
    name = "shows/daily/feed.xml"
    assert public.read(name) is None
    for content in (b"<old/>", b"<newer/>"):
        public.write(name, content, FEED)
        found, told = public.read(name)
        assert (found, told.name, told.bytes) == (content, name, len(content))
        assert public.look(name) == told
        assert abs(told.modified - time.time()) < 60
    public.write("briefings/1/chapters.json", b"<newer/>", FEED, twin=name)
    assert public.read("briefings/1/chapters.json")[0] == b"<newer/>"
    public.remove(name)
    public.remove(name)
    assert (public.read(name), public.look(name)) == (None, None)
    assert public.read("briefings/1/chapters.json")[0] == b"<newer/>"


def test_an_mp3_is_published_and_an_alias_follows(storages, public):
    content = os.urandom(3_000_000)
    first, second = put(storages.blobs, content), put(storages.blobs, b"newer")
    alias = "articles/desk/ferry.mp3"
    assert public.target(alias) is None
    for sha256, size in ((first, len(content)), (second, 5), (second, 5)):
        name = f"audio/{sha256}.mp3"
        public.publish(name, sha256, AUDIO)
        public.point(alias, name, sha256, ALIAS)
        assert public.target(alias) == name
        assert public.look(name).bytes == public.look(alias).bytes == size
    assert gathered(public, f"audio/{first}.mp3", 0, len(content)) == content
    assert gathered(public, f"audio/{first}.mp3", 1_048_570, 2_100_000) == content[1_048_570:2_100_000]
    assert gathered(public, f"audio/{first}.mp3", 7, 8) == content[7:8]
    # What was published is not touched by what comes later.
    damage(storages, second)
    storages.blobs.remove(first)
    assert gathered(public, f"audio/{first}.mp3", 0, len(content)) == content
    public.remove(alias)
    assert (public.target(alias), public.look(alias)) == (None, None)
    assert public.look(f"audio/{first}.mp3")


def test_a_file_of_any_size_is_read_in_blocks(storages, public):
    content = os.urandom(9_000_000)
    sha256 = put(storages.blobs, content)
    assert storages.blobs.has(sha256)
    assert not storages.blobs.has("0" * 64)
    public.publish(f"audio/{sha256}.mp3", sha256, AUDIO)
    blocks = list(public.blocks(f"audio/{sha256}.mp3"))
    assert len(blocks) > 1
    assert b"".join(blocks) == content
    assert public.blocks("audio/none.mp3") is None


def test_what_is_not_stored_is_not_published(public):
    with pytest.raises(StorageUnavailable):
        public.publish(f"audio/{'0' * 64}.mp3", "0" * 64, AUDIO)
    assert list(public.files()) == []


def test_a_damaged_public_copy_is_put_there_anew(storages, public):
    sha256 = put(storages.blobs)
    name = f"audio/{sha256}.mp3"
    public.publish(name, sha256, AUDIO)
    public.remove(name)
    public.write(name, b"sou", AUDIO)
    public.publish(name, sha256, AUDIO)
    assert public.read(name)[0] == b"sound"


def test_public_files_are_found_below_a_folder_of_names(storages, public):
    sha256 = put(storages.blobs)
    public.publish(f"audio/{sha256}.mp3", sha256, AUDIO)
    public.point("articles/desk/.odd.mp3", f"audio/{sha256}.mp3", sha256, ALIAS)
    for name in ("briefings/1/chapters.json", "briefings/1/2/chapters.json", "briefings/12/chapters.json"):
        public.write(name, b"{}", FEED)
    assert {file.name for file in public.files("briefings/1")} == {
        "briefings/1/chapters.json",
        "briefings/1/2/chapters.json",
    }
    assert {file.name for file in public.files()} == {
        f"audio/{sha256}.mp3", "articles/desk/.odd.mp3", "briefings/1/chapters.json", "briefings/1/2/chapters.json",
        "briefings/12/chapters.json",
    }  # fmt: skip
    assert list(public.files("nowhere")) == []


def test_a_reader_sees_the_old_or_the_new_content(tmp_path):
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StorageUnavailable)]
)
def test_a_failed_write_leaves_the_old_content_and_no_rest(tmp_path, monkeypatch, number, kind):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnavailable, match=os.strerror(number)) as raised:
        write_atomically(path, b"new")
    assert type(raised.value) is kind
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_strange_files_in_the_folder_are_not_ours(tmp_path):
    storage = open_storages(StorageSettings(), tmp_path).blobs
    stray = tmp_path / "blobs" / "ab" / "stray"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"not ours")
    assert list(storage.stored()) == []


@pytest.mark.parametrize(("passed_s", "anew"), [(0, False), (YOUNG_S, True)], ids=["young", "old"])
def test_equal_bytes_that_are_stored_again_are_young_again(server, tmp_path, monkeypatch, passed_s, anew):
    # Given bytes that lie in the bucket since then, and that a collector of old ones may be about to remove
    for name, value in server.settings(f"young/{passed_s}").items():
        monkeypatch.setenv(name, value)
    storage = open_storages(StorageSettings(), tmp_path / "data").blobs
    sha256 = put(storage)
    key = storage.key(sha256)
    server.put(key, b"sound", **{"content-type": "text/plain"})
    # When they are stored again, by who is about to write the row that names them
    monkeypatch.setattr(bucket_blobs, "time", SimpleNamespace(time=lambda: time.time() + passed_s))
    assert put(storage) == sha256
    # Then they are written anew if they are old, and their age begins anew; a folder's do always
    assert (server.get(key).headers["content-type"] == "audio/mpeg") == anew
    assert server.get(key).content == b"sound"
