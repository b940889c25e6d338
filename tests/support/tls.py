"""TLS in front of a server of this machine that has none."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress

_BLOCK = 65536


@contextmanager
def tls_before(port, certificate):
    """Yield "host:port" where a trustme `certificate` is shown and what comes goes to `port`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    listening = socket.create_server(("127.0.0.1", 0))

    def copy(source, target):
        with suppress(OSError):
            while block := source.recv(_BLOCK):
                target.sendall(block)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve(raw):
        with (
            suppress(OSError),
            context.wrap_socket(raw, server_side=True) as shown,
            socket.create_connection(("127.0.0.1", port)) as behind,
        ):
            threading.Thread(target=copy, args=(shown, behind), daemon=True).start()
            copy(behind, shown)

    def accept():
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
