"""A real object store for the long tests: Ceph's RADOS gateway before a cluster of one monitor and one OSD in memory.

All of it on free ports, in a short-lived folder of a short name, as the account that Debian's packages make where we are
root. Started in about 15 seconds. Unlike moto it checks who asks.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.client import free_port
from tests.support.processes import end, wait_for
from tests.support.s3 import BUCKET, S3

PACKAGES = "ceph-mon ceph-osd radosgw"
_INSTALL = f"Ceph is missing: apt-get install --no-install-recommends {PACKAGES} (or ./run.sh soak, which does)"

#: Programs, of those packages and what they need.
_PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")

_SETTINGS = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}/0]
keyring = {folder}/keyring
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
log file = {folder}/$name.log
mon data = {folder}/mon
osd data = {folder}/osd
mgr data = {folder}/mgr
rgw data = {folder}/rgw
osd objectstore = memstore
memstore device bytes = 4294967296
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 1
auth allow insecure global id reclaim = false
[client.rgw]
keyring = {folder}/keyring
rgw frontends = beast endpoint=127.0.0.1:{port}
"""

#: Whom the keyring knows, and what each may do.
_KEYS = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *"},
    "client.rgw": {"mon": "allow *", "osd": "allow *"},
    "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
}


class Gateway(S3):
    """The gateway as an S3 server, each question signed."""

    def _ask(self, method, path, *, content=b"", headers=None):
        request = AWSRequest(method, self.address + path, headers=headers or {}, data=content)
        S3SigV4Auth(Credentials(self.key, self.secret), "s3", "us-east-1").add_auth(request)
        with httpx.Client(trust_env=False, timeout=60) as client:
            return client.request(method, self.address + path, content=content, headers=dict(request.headers))


class _Cluster:
    def __init__(self, log):
        self.log, self.port = log, free_port()
        self._account = _account()
        self.folder = Path(tempfile.mkdtemp(prefix="bc-rgw-", dir="/tmp"))
        for name in ("mon", "osd", "mgr", "rgw", "run"):
            (self.folder / name).mkdir()
        values = {"fsid": uuid.uuid4(), "mon_port": free_port(), "port": self.port, "folder": self.folder}
        self._fsid, self._mon = values["fsid"], f"[v2:127.0.0.1:{values['mon_port']}]"
        (self.folder / "ceph.conf").write_text(_SETTINGS.format(**values))
        if self._account:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._account["user"], self._account["group"])

    def start(self, stack):
        """Make the cluster and start its processes, which end with `stack`."""
        keyring, monmap = self.folder / "keyring", self.folder / "monmap"
        for name, may in _KEYS.items():
            caps = [part for kind, what in may.items() for part in ("--cap", kind, what)]
            create = [] if keyring.exists() else ["--create-keyring"]
            self.run("ceph-authtool", str(keyring), *create, "--gen-key", "-n", name, *caps)
        self.run("monmaptool", "--create", "--fsid", str(self._fsid), "--addv", "a", self._mon, str(monmap))
        self.run("ceph-mon", *self._conf, "--mkfs", "-i", "a", "--monmap", str(monmap), "--keyring", str(keyring))
        self._stays(stack, "ceph-mon", "-i", "a")
        osd = str(uuid.uuid4())
        self.run("ceph", *self._conf, "--connect-timeout", "30", "osd", "new", osd)
        self.run("ceph-osd", *self._conf, "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._stays(stack, "ceph-osd", "-i", "0")
        # It makes the pools as well, which takes most of the time.
        user = ["--uid=newsroom", "--display-name=Newsroom", f"--access-key={S3.key}", f"--secret-key={S3.secret}"]
        self.run("radosgw-admin", *self._conf, "user", "create", *user)
        gateway = self._stays(stack, "radosgw", "-n", "client.rgw")
        server = Gateway(f"http://127.0.0.1:{self.port}")
        wait_for(lambda: gateway.poll() is not None or _answers(server), "the object store")
        assert gateway.poll() is None, self.said()
        server.make_bucket(BUCKET)
        return server

    @property
    def _conf(self):
        return ["-c", str(self.folder / "ceph.conf")]

    def run(self, program, *arguments):
        """Run a program to its end."""
        assert self._popen(program, *arguments).wait(120) == 0, f"{program}: {self.said()}"

    def said(self):
        """What the programs wrote last."""
        return self.log.read_text(errors="replace")[-4000:]

    def _stays(self, stack, program, *arguments):
        process = self._popen(program, *self._conf, *arguments, "-f")
        stack.callback(end, process)
        return process

    def _popen(self, program, *arguments):
        with self.log.open("ab") as out:
            return subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                start_new_session=True,
                **self._account,
            )


@contextmanager
def radosgw(folder):
    """Run the store; yield it with an empty bucket made, as `tests.support.s3` does."""
    assert all(map(shutil.which, _PROGRAMS)), _INSTALL
    folder.mkdir(parents=True, exist_ok=True)
    cluster = _Cluster(folder / "radosgw.log")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, cluster.folder, ignore_errors=True)
        yield cluster.start(stack)


def _account():
    """Whom to run the programs as; nothing where we are somebody ourselves."""
    if os.geteuid() != 0:
        return {}
    found = pwd.getpwnam("ceph")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def _answers(server):
    try:
        return server._ask("GET", "/").status_code == 200
    except httpx.TransportError:
        time.sleep(0.1)
        return False
