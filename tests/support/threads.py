"""Stand-in servers in a thread of this process."""

from __future__ import annotations

import threading
from contextlib import contextmanager


@contextmanager
def serving(server, look_s=0.5):
    """Have a ThreadingHTTPServer answer while inside; yields it. Every `look_s` it looks whether it is to end, which a
    test that has a server for itself waits for.
    """
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that leaves early is a test's doing
    thread = threading.Thread(target=server.serve_forever, args=(look_s,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
