from __future__ import annotations

import pytest

from tests.support.client import free_port
from tests.support.command import briefcast
from tests.support.processes import BIN, ROOT, running, wait_for
from tests.support.product import Product


def _prepared(patch):
    """Make an installation: its newsroom applied, its port chosen, its leases short."""
    port = free_port()
    patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{port}")
    patch.setenv("BRIEFCAST_LEASE_S", "8")
    patch.setenv("BRIEFCAST_TICK_S", "0.25")
    patch.setenv("BRIEFCAST_RING_AGAIN_S", "3")
    applied = briefcast("apply", ROOT / "samples" / "briefcast.toml")
    assert applied.returncode == 0, applied.stderr
    key = briefcast("keys", "create", "--name", "acceptance", "--scope", "admin").stdout.strip()
    return Product(port, key)


@pytest.fixture
def product(monkeypatch):
    """An installation prepared but not started."""
    made = _prepared(monkeypatch)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    """A product running with its embedded workers, for all tests of a file that leave it running."""
    folder = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        made = _prepared(patch)
        with running([BIN / "briefcast", "serve", "--port", str(made.port)], folder / "serve.log") as process:
            wait_for(made.answers, "the API")
            made.process = process
            yield made
    made.client.close()


@pytest.fixture
def started():
    """Wait until a product answers."""
    return lambda product: wait_for(product.answers, "the API")
