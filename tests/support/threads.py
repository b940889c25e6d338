"""Stand-in servers in a thread of this process."""

from __future__ import annotations

import threading
from contextlib import contextmanager


@contextmanager
def serving(server):
    """Have a ThreadingHTTPServer answer while inside; yields it."""
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that leaves early is a test's doing
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
