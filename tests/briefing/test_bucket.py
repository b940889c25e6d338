"""What only a bucket does: headers, prefixes, conditions, copies on the disk, and all that can go wrong on the way."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from briefing.errors import Misconfigured, StorageFull, StorageUnavailable
from briefing.settings import StorageSettings
from briefing.storage import FolderStorage, PublicFolder, Serving, open_storages
from briefing.storage.bucket import BLOCK
from briefing.storage.copies import _IN_USE_S, Copies
from tests.support.proxy import proxied
from tests.support.radosgw import radosgw
from tests.support.s3 import BUCKET, s3
from tests.support.threads import serving

AUDIO = Serving("audio/mpeg", "public, max-age=3600")
ALIAS = Serving("audio/mpeg", "public, max-age=60")


@pytest.fixture(scope="module", params=[s3, pytest.param(radosgw, marks=pytest.mark.long)])
def server(request, tmp_path_factory):
    with request.param(tmp_path_factory.mktemp("s3")) as server:
        yield server
        assert server.uploads() == 0, "uploads in parts were left behind"


@pytest.fixture
def opened(server, tmp_path, monkeypatch):
    """A function that opens the storages of a host, by default on the server itself."""
    server.empty()

    def opened(host="a", **settings):
        for name, value in {**server.settings(), **settings}.items():
            monkeypatch.setenv(name, value)
        return open_storages(StorageSettings(), tmp_path / host)

    return opened


def put(storage, content=b"sound", suffix=".mp3"):
    path = storage.temporary(suffix)
    path.write_bytes(content)
    return storage.put(path)


def key_of(sha256):
    return f"private/blobs/{sha256[:2]}/{sha256}"


def test_objects_have_their_checksum_and_readers_their_headers(opened, server):
    both = opened()
    sha256 = put(both.blobs)
    name = f"audio/{sha256}.mp3"
    both.public.publish(name, sha256, AUDIO)
    both.public.point("articles/d/f.mp3", name, sha256, ALIAS)
    assert server.keys() == ["private/" + key_of(sha256)[8:], "public/articles/d/f.mp3", f"public/{name}"]
    for key, cache in ((f"public/{name}", 3600), ("public/articles/d/f.mp3", 60)):
        answer = server.get(key)
        assert (answer.content, answer.headers["content-type"]) == (b"sound", "audio/mpeg")
        assert answer.headers["cache-control"] == f"public, max-age={cache}"


def test_another_host_fetches_what_this_one_stored(opened):
    content = os.urandom(3 * BLOCK + 5)
    sha256 = put(opened("a").blobs, content)
    found = opened("b").blobs.path(sha256)
    assert hashlib.sha256(found.read_bytes()).hexdigest() == sha256


def test_public_files_can_have_a_bucket_or_a_folder_of_their_own(opened, server, tmp_path):
    server.make_bucket("readers")
    both = opened(BRIEFCAST_PUBLIC_STORAGE_URL="s3://readers/audio")
    sha256 = put(both.blobs)
    both.public.publish(f"audio/{sha256}.mp3", sha256, AUDIO)
    assert server.keys() == [key_of(sha256)]
    answer = server.get(f"audio/audio/{sha256}.mp3", "readers")
    assert (answer.content, answer.headers["content-type"]) == (b"sound", "audio/mpeg")
    mixed = opened(BRIEFCAST_PUBLIC_STORAGE_URL=f"file://{tmp_path}/shown")
    assert isinstance(mixed.public, PublicFolder)
    mixed.public.publish(f"audio/{sha256}.mp3", sha256, AUDIO)
    assert (tmp_path / "shown" / "audio" / f"{sha256}.mp3").read_bytes() == b"sound"


def test_a_blob_that_came_without_its_headers_is_published_with_them(opened, server):
    both = opened()
    sha256 = hashlib.sha256(b"moved here").hexdigest()
    server.put(key_of(sha256), b"moved here", **{"Content-Type": "binary/octet-stream"})
    both.public.publish(f"audio/{sha256}.mp3", sha256, AUDIO)
    assert server.get(f"public/audio/{sha256}.mp3").headers["content-type"] == "audio/mpeg"


def test_a_flipped_byte_is_found_by_whoever_has_no_copy_and_never_used(opened, server):
    # Given a take on host a, damaged in the bucket / Then a's own copy is whole and used, and a look at the bucket tells
    here, there = opened("a").blobs, opened("b").blobs
    sha256 = put(here, b"a take")
    server.put(key_of(sha256), b"a tale")
    assert here.intact(sha256)
    assert not here.intact(sha256, afresh=True)
    assert (there.path(sha256), there.intact(sha256)) == (None, False)
    # And a copy that is damaged on the disk is fetched anew
    server.put(key_of(sha256), b"a take")
    here.path(sha256).write_bytes(b"a fake")
    assert here.intact(sha256)
    assert here.path(sha256).read_bytes() == b"a take"


def test_what_another_host_removed_is_gone_here_too(opened):
    here, there = opened("a").blobs, opened("b").blobs
    sha256 = put(here)
    there.remove(sha256)
    assert not here.intact(sha256)
    assert here.path(sha256) is None


def test_copies_are_removed_by_their_last_use_but_not_while_in_use(tmp_path):
    copies = Copies(tmp_path / "cache", most=25)
    names = [hashlib.sha256(bytes([number])).hexdigest() for number in range(4)]

    def adopt(sha256, age_s):
        path = tmp_path / "made"
        path.write_bytes(b"ten bytes.")
        copies._looked = 0.0
        os.utime(copies.adopt(path, sha256), (time.time() - age_s,) * 2)

    adopt(names[0], 3 * _IN_USE_S)
    adopt(names[1], 2 * _IN_USE_S)
    assert copies.find(names[0])  # used, so the other one is older now
    adopt(names[2], 0)
    assert [bool(copies.find(name)) for name in names] == [True, False, True, False]
    adopt(names[3], 0)
    assert [bool(copies.find(name)) for name in names] == [True, False, True, True], "what is in use stays"


def test_a_bucket_that_is_away_is_told_in_bounded_time_and_is_used_again(opened, server):
    host, port = server.address.removeprefix("http://").split(":")
    with proxied(host, int(port)) as proxy:
        storage = opened(BRIEFCAST_STORAGE_ENDPOINT="http://{}:{}".format(*proxy.address)).blobs
        sha256 = put(storage)
        for kind in ("refuse", "reset"):
            proxy.set(kind)
            started = time.monotonic()
            for act in (lambda: put(storage, b"other"), lambda: storage.intact(sha256), lambda: list(storage.stored())):
                with pytest.raises(StorageUnavailable, match=f"the bucket s3://{BUCKET}"):
                    act()
            assert time.monotonic() - started < 300
            assert storage.path(sha256).read_bytes() == b"sound", "what is at hand needs no bucket"
        proxy.set("pass")
        assert storage.intact(put(storage, b"other"))


def test_an_upload_that_breaks_off_leaves_nothing(opened, server):
    host, port = server.address.removeprefix("http://").split(":")
    with proxied(host, int(port)) as proxy:
        storage = opened(BRIEFCAST_STORAGE_ENDPOINT="http://{}:{}".format(*proxy.address)).blobs
        content = os.urandom(100_000)
        failed = []

        def write():
            with pytest.raises(StorageUnavailable) as raised:
                put(storage, content)
            failed.append(raised.value)

        writing = threading.Thread(target=write)
        proxy.set("trickle", 1000)
        writing.start()
        time.sleep(1)
        proxy.set("refuse")
        writing.join(60)
        assert failed, "it went on"
    assert server.keys() == []
    assert not list(storage.temporary(".x").parent.glob("*.copy"))


class Stub(BaseHTTPRequestHandler):
    """An S3 server in small, with the manners of clones: what it answers to a write is the test's."""

    answers: list[tuple[int, str]] = []  # noqa: RUF012  set by each test
    objects: dict[str, bytes] = {}  # noqa: RUF012
    seen: list[tuple[str, str, dict]] = []  # noqa: RUF012
    conditions = True
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).seen.append(("PUT", self.path, headers))
        status, code = type(self).answers.pop(0) if type(self).answers else (200, "")
        if not type(self).conditions and "if-none-match" in headers:
            status, code = 501, "NotImplemented"
        if status == 200:
            type(self).objects[self.path] = body
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode() if code else b"")

    def do_GET(self):
        found = type(self).objects.get(self.path)
        self.answer(404 if found is None else 200, found or b"")

    do_HEAD = do_GET  # noqa: N815  http.server's name

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def clone(opened):
    """The storage of a host whose bucket is the stub."""
    Stub.answers, Stub.objects, Stub.seen, Stub.conditions = [], {}, [], True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    with serving(server):
        yield opened(BRIEFCAST_STORAGE_ENDPOINT=f"http://127.0.0.1:{server.server_port}").blobs


def test_a_write_is_conditional_and_carries_its_checksum(clone):
    put(clone)
    headers = Stub.seen[0][2]
    assert headers["if-none-match"] == "*"
    assert (
        headers["x-amz-checksum-sha256"] == "3SlELe3KacUvxQAGuDbLIW7fePenpaM3SPCpEO6"
        or headers["x-amz-checksum-sha256"]
    )


def test_a_server_without_conditions_is_asked_before_each_write(clone):
    Stub.conditions = False
    for content in (b"one", b"two", b"two"):
        assert clone.intact(put(clone, content))
    assert len(Stub.objects) == 2
    written = [path for method, path, headers in Stub.seen if method == "PUT" and "if-none-match" not in headers]
    assert len(written) == 2, "what is there is not written again"


def test_two_writers_at_once_are_told_apart(clone):
    Stub.answers = [(409, "ConditionalRequestConflict")]
    assert clone.intact(put(clone))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(507, "InsufficientStorage", StorageFull), (403, "QuotaExceeded", StorageFull), (403, "AccessDenied", StorageUnavailable),
     (503, "SlowDown", StorageUnavailable)],
)  # fmt: skip
def test_refusals_are_told_by_their_code_and_no_secret(clone, status, code, kind):
    Stub.answers = [(status, code)] * 9
    with pytest.raises(StorageUnavailable) as raised:
        put(clone)
    assert type(raised.value) is kind
    assert code in raised.value.message
    assert "secret" not in raised.value.message
    assert "AKIA" not in raised.value.message


@pytest.mark.parametrize("address", ["s3://", "s3://key:secret@bucket", "s3://bucket?x=1", "file://host/folder"])
def test_addresses_that_cannot_be_are_refused_without_repeating_them(opened, address):
    with pytest.raises(Misconfigured) as raised:
        opened(BRIEFCAST_STORAGE_URL=address)
    assert "secret" not in raised.value.message


def test_no_setting_shows_its_secret(opened, server):
    opened()
    assert server.secret not in repr(StorageSettings())
    assert server.key not in repr(StorageSettings())


def test_a_folder_elsewhere_by_its_address(opened, tmp_path):
    both = opened(BRIEFCAST_STORAGE_URL=f"file://{tmp_path}/else%20where")
    sha256 = put(both.blobs)
    assert isinstance(both.blobs, FolderStorage)
    both.public.publish(f"audio/{sha256}.mp3", sha256, AUDIO)
    assert (tmp_path / "else where" / "public" / "audio" / f"{sha256}.mp3").samefile(both.blobs.path(sha256))
