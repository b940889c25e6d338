"""A small web server on a free port of this machine, for what a fetcher meets out there, faults included."""

from __future__ import annotations

import gzip
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.threads import serving

PAGE = b"<html lang='en'><head><title>Ferry</title></head><body><article><h1>Ferry runs again</h1><p>The ferry runs again from Monday, the harbour board said after a meeting of three hours.</p><p>Crews had stopped work for four days over overtime that was not paid.</p></article></body></html>"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _answer(self, status=200, body=PAGE, **headers):
        self.send_response(status)
        for name, value in ({"content_type": "text/html; charset=utf-8"} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        path = self.path.split("?")[0]
        if path.startswith("/status/"):
            self._answer(int(path.rsplit("/", 1)[1]), b"no", Retry_After="7")
        elif path == "/loop":
            self._answer(302, b"", Location="/loop")
        elif path == "/once":
            self._answer(302, b"", Location="/page")
        elif path.startswith("/to/"):
            self._answer(302, b"", Location="http://" + path[4:])
        elif path == "/pdf":
            self._answer(content_type="application/pdf")
        elif path == "/big":
            self._answer(body=b"x" * 6_000_000)
        elif path == "/bomb":
            self._answer(body=gzip.compress(b"x" * 60_000_000), Content_Encoding="gzip")
        elif path == "/gzip":
            self._answer(body=gzip.compress(PAGE), Content_Encoding="gzip")
        elif path == "/notgzip":
            self._answer(Content_Encoding="gzip")
        elif path == "/brotli":
            self._answer(Content_Encoding="br")
        elif path == "/latin":
            self._answer(body="<p>Café</p>".encode("latin-1"), content_type="text/html; charset=iso-8859-1")
        elif path == "/plain":
            self._answer(body=b"Ferry runs again today\n\nIt does.", content_type="text/plain")
        elif path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(100):
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
        else:
            self._answer()


@contextmanager
def website():
    """Yield the server: `.address` without a slash, `.host` with its port, `.seen` requests."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.seen = []
    server.host = f"127.0.0.1:{server.server_address[1]}"
    server.address = f"http://{server.host}"
    with serving(server):
        yield server
