"""Stand-in servers in a thread of this process."""

from __future__ import annotations

import threading
from contextlib import contextmanager


@contextmanager
def serving(server):
    """Have a ThreadingHTTPServer answer while inside; yields it."""
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that leaves early is a test's doing
    # Looks so often whether it is to end; by default it is a half second that every test waits for.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
