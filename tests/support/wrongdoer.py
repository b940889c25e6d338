"""A web server that misbehaves, on a raw socket: says nothing, drips, floods, lies about what it sends."""

from __future__ import annotations

import gzip
import io
import socket
import threading
import time
from contextlib import contextmanager, suppress
from email.utils import formatdate
from functools import cache

STORY = b"<html lang='en'><body><article><h1>Ferry runs again</h1><p>The ferry runs again from Monday, the harbour board said after a meeting of three hours. Crews had stopped work for four days.</p></article></body></html>"


@cache
def bomb(megabytes=300):
    """So many megabytes of white space, packed."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as file:
        for _ in range(megabytes):
            file.write(b" " * 1_000_000)
    return out.getvalue()


def head(status="200 OK", *lines):
    return ("\r\n".join([f"HTTP/1.1 {status}", *lines]) + "\r\n\r\n").encode()


def whole(body, *lines, kind="text/html"):
    return head("200 OK", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *lines) + body


def silence():
    time.sleep(60)
    yield b""


def dripped(content):
    for byte in content:
        yield bytes([byte])
        time.sleep(1)


def flood():
    yield head("200 OK", "Content-Type: text/html", "Content-Length: 50000000")
    for _ in range(50):
        yield b"x" * 1_000_000


def endless_chunks():
    yield head("200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked")
    while True:
        yield b"10000\r\n" + b"x" * 65_536 + b"\r\n"


def endless_head():
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"x" * 8_000 + b"\r\n"


ANSWERS = {
    "/silence": silence,
    "/drip-head": lambda: dripped(head("200 OK", "Content-Type: text/html", "Content-Length: 5")),
    "/drip-body": lambda: dripped(whole(STORY)),
    "/429": lambda: [head("429 Too Many Requests", "Retry-After: 7", "Content-Length: 0")],
    "/429-date": lambda: [
        head("429 Too Many Requests", f"Retry-After: {formatdate(time.time() + 90, usegmt=True)}", "Content-Length: 0")
    ],
    "/429-nonsense": lambda: [head("429 Too Many Requests", "Retry-After: soon", "Content-Length: 0")],
    "/500": lambda: [head("500 Oh", "Content-Length: 0")],
    "/404": lambda: [head("404 Not Found", "Content-Length: 0")],
    "/410": lambda: [head("410 Gone", "Content-Length: 0")],
    "/loop": lambda: [head("302 Found", "Location: /loop", "Content-Length: 0")],
    "/flood": flood,
    "/endless-chunks": endless_chunks,
    "/endless-head": endless_head,
    "/bomb": lambda: [whole(bomb(), "Content-Encoding: gzip")],
    "/half-gzip": lambda: [whole(gzip.compress(STORY)[:-20], "Content-Encoding: gzip")],
    "/brotli": lambda: [whole(b"\x1b\x00\x00", "Content-Encoding: br")],
    "/zstd": lambda: [whole(b"\x28\xb5\x2f\xfd", "Content-Encoding: zstd")],
    "/wrong-charset": lambda: [whole("<p>Café</p>".encode("latin-1"), kind="text/html; charset=utf-8")],
    "/empty": lambda: [whole(b"")],
    "/no-http": lambda: [b"\x00\x01\x02 hello\r\n"],
    "/page": lambda: [whole(STORY)],
}


@contextmanager
def wrongdoer():
    """Yield the server: `.address`, `.host` with its port, `.asked` paths."""
    server = _Server()
    try:
        yield server
    finally:
        server.close()


class _Server:
    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.address = f"http://{self.host}"
        self.asked = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        # The fetcher leaves when it has had enough.
        with connection, suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65_536)
            path = request.split(b" ")[1].decode()
            self.asked.append(path)
            for part in ANSWERS[path]():
                connection.sendall(part)
