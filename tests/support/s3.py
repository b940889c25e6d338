"""An S3 server for tests: moto's, in a process of its own on a free port, with a bucket; looked into by plain HTTP."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx

from tests.support.client import free_port
from tests.support.processes import running, wait_for

BUCKET = "newsroom"
_NAMESPACE = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}


@dataclass(frozen=True)
class S3:
    """The server's address, and what the tests do behind our back. moto asks nobody for keys."""

    address: str
    key: str = "AKIAEXAMPLE"
    secret: str = "an-example-of-a-secret"

    def settings(self, prefix="", endpoint=None):
        """Our settings for the bucket, as environment variables; `endpoint` for a proxy before the server."""
        return {
            "BRIEFCAST_STORAGE_URL": f"s3://{BUCKET}{prefix and f'/{prefix}'}",
            "BRIEFCAST_STORAGE_ENDPOINT": endpoint or self.address,
            "BRIEFCAST_STORAGE_REGION": "us-east-1",
            "BRIEFCAST_STORAGE_PATH_STYLE": "true",
            "BRIEFCAST_STORAGE_KEY": self.key,
            "BRIEFCAST_STORAGE_SECRET": self.secret,
        }

    def make_bucket(self, name):
        self._ask("PUT", f"/{name}").raise_for_status()

    def keys(self, prefix="", bucket=BUCKET):
        """The names of all objects below a prefix."""
        found, more = [], ""
        while True:
            page = self._ask("GET", f"/{bucket}?list-type=2&prefix={quote(prefix)}{more}").raise_for_status()
            tree = ET.fromstring(page.content)
            found += [entry.text for entry in tree.iterfind("s3:Contents/s3:Key", _NAMESPACE)]
            token = tree.findtext("s3:NextContinuationToken", "", _NAMESPACE)
            if not token:
                return found
            more = f"&continuation-token={quote(token)}"

    def get(self, key, bucket=BUCKET):
        """An object's answer: its bytes and headers."""
        return self._ask("GET", f"/{bucket}/{quote(key)}").raise_for_status()

    def put(self, key, content, bucket=BUCKET, **headers):
        self._ask("PUT", f"/{bucket}/{quote(key)}", content=content, headers=headers).raise_for_status()

    def delete(self, key, bucket=BUCKET):
        self._ask("DELETE", f"/{bucket}/{quote(key)}").raise_for_status()

    def uploads(self, bucket=BUCKET):
        """How many uploads in parts are under way."""
        page = self._ask("GET", f"/{bucket}?uploads").raise_for_status()
        return len(ET.fromstring(page.content).findall("s3:Upload", _NAMESPACE))

    def empty(self, bucket=BUCKET):
        for key in self.keys(bucket=bucket):
            self.delete(key, bucket)

    def _ask(self, method, path, **options):
        with httpx.Client(trust_env=False, timeout=60) as client:
            # A signature that says who asks; nobody checks it.
            headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/20260101/us-east-1/s3/aws4_request"}
            return client.request(
                method, self.address + path, **{**options, "headers": headers | options.get("headers", {})}
            )


@contextmanager
def s3(folder, host="127.0.0.1"):
    """Run an S3 server; yield it with an empty bucket made."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    server = S3(f"http://{host}:{port}")
    command = [sys.executable, "-m", "moto.server", "-H", "0.0.0.0" if host != "127.0.0.1" else host, "-p", str(port)]
    with running(command, folder / "s3.log") as process:
        wait_for(lambda: _answers(server) or process.poll() is not None, "the S3 server")
        assert process.poll() is None, (folder / "s3.log").read_text()
        server.make_bucket(BUCKET)
        yield server


def _answers(server):
    try:
        return server._ask("GET", "/").status_code == 200
    except httpx.TransportError:
        return False
