"""A newspaper's web server on a free port of this machine: the pages it is given, with the headers it is given."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.threads import serving


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        status, kind, body, headers = self.server.pages.get(self.path.split("?")[0], (404, "text/plain", "no", {}))
        content = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        for name, value in ({"Content-Type": kind, "Access-Control-Allow-Origin": "*"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        self.server.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Newspaper(ThreadingHTTPServer):
    """`pages`: path -> what is answered; `posted`: what came by POST, as (path, body)."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages, self.posted = {}, []
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        # Browsers ask for it on their own, and say so on the console when it is missing.
        self.put("/favicon.ico", b"", "image/x-icon")

    def put(self, path, body, kind="text/html; charset=utf-8", status=200, **headers):
        """Answer `path` with this from now on; return its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, kind, body, named)
        return self.address + path


@contextmanager
def newspaper():
    """Yield the server."""
    server = Newspaper()
    with serving(server):
        yield server
