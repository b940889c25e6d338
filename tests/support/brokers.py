"""A Redis that a test can stop, kill, restart otherwise set up, and fill; and one that takes connections by TLS alone."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

from redis import Redis

from tests.support.client import free_port
from tests.support.processes import end, running, wait_for


class Broker:
    """A Redis on one port, started and ended as often as a test wishes."""

    def __init__(self, folder):
        self._folder, self._process, self._context = folder, None, None
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self.client = Redis(port=self.port)
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, *, appendonly):
        """Start it, with its log of messages or without any persistence."""
        server = shutil.which("redis-server")
        assert server, "redis-server is missing: apt-get install redis-server (or ./run.sh test, which does)"
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder, "save": "", "appendonly": appendonly}
        command = [server, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
        self._context = running(command, self._folder / "redis.log")
        self._process = self._context.__enter__()
        wait_for(self._answers, "Redis")

    def stop(self):
        """End it as its service would."""
        self._process.terminate()
        self._process.wait(60)

    def kill(self):
        """End it as a lack of memory would."""
        self._process.kill()
        self._process.wait()

    def _answers(self):
        try:
            return self.client.ping()
        except ConnectionError:
            return False
        except Exception as error:  # redis has a ConnectionError of its own
            if type(error).__name__ in {"ConnectionError", "BusyLoadingError"}:
                return False
            raise


@contextmanager
def broker(folder):
    """Yield a Broker that is not started yet; end it after."""
    made = Broker(folder)
    try:
        yield made
    finally:
        made.client.close()
        if made._process is not None:
            end(made._process)


@contextmanager
def redis_over_tls(folder, certificate, password):
    """Run a Redis that shows a trustme `certificate` and lets in who knows the password, by TLS alone; yield its port."""
    server = shutil.which("redis-server")
    assert server, "redis-server is missing: apt-get install redis-server (or ./run.sh test, which does)"
    folder.mkdir(parents=True, exist_ok=True)
    chain, key, port = folder / "chain.pem", folder / "key.pem", free_port()
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    options = {"port": 0, "tls-port": port, "tls-cert-file": chain, "tls-key-file": key, "tls-auth-clients": "no"}
    options |= {"requirepass": password, "bind": "127.0.0.1", "dir": folder, "appendonly": "yes", "save": ""}
    command = [server, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
    log = folder / "redis.log"
    with running(command, log) as process:
        wait_for(lambda: "Ready to accept" in log.read_text() or process.poll() is not None, "Redis")
        assert process.poll() is None, f"Redis takes no TLS: {log.read_text()}"
        yield port
