"""A web server that answers each path as a test says, and remembers what was asked."""

from __future__ import annotations

import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.threads import serving


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        site = self.server
        site.asked.append((self.path, dict(self.headers)))
        status, headers, body = site.every or site.pages.get(self.path) or (404, {}, b"no such page")
        time.sleep(site.delay_s)
        etag = headers.get("ETag")
        if etag and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def answering():
    """Yield the server: `.put(path, body, media_type, **headers)`, `.every` answer for all paths, `.asked`, `.delay_s`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.pages, server.asked, server.every, server.delay_s = {}, [], None, 0.0
    server.host = f"127.0.0.1:{server.server_address[1]}"
    server.address = f"http://{server.host}"

    def put(path, body, media_type="text/html; charset=utf-8", status=200, **headers):
        content = body.encode() if isinstance(body, str) else body
        told = {"Content-Type": media_type} | {name.replace("_", "-"): value for name, value in headers.items()}
        server.pages[path] = (status, told, content)
        return server.address + path

    server.put = put
    with serving(server, 0.02):
        yield server
