"""Somebody who receives webhooks, and knows whether they are signed as Standard Webhooks want it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.threads import serving


def signed_well(secret, headers, body, now=None):
    """Tell whether a message is signed with `secret`, at this time."""
    told = {name.lower(): value for name, value in headers.items()}
    moment = int(told["webhook-timestamp"])
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join([told["webhook-id"].encode(), str(moment).encode(), body])
    wanted = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return told["webhook-signature"] == f"v1,{wanted}" and abs((now or time.time()) - moment) < 300


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server
        receiver.received.append((self.path, dict(self.headers), body))
        self.send_response(receiver.status)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def receiver():
    """Yield the server: `.address`, `.received` (path, headers, body), `.status` it answers with, `.said()`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.received, server.status = [], 202
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    server.said = lambda: [
        (found["type"], found["data"]["id"]) for found in (json.loads(body) for _, _, body in server.received)
    ]
    with serving(server, 0.02):
        yield server
