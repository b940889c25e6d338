from __future__ import annotations

import shutil

import pytest

from tests.support.client import free_port
from tests.support.command import briefcast
from tests.support.processes import BIN, ROOT, running, wait_for
from tests.support.product import Product

#: Stories beside the samples, with a few chunks that each take Piper long enough to be killed in: its seconds are most of
#: what such a test costs.
SHORT = {
    "tram": """Trams are back

The trams run again from Monday, two weeks after a storm had brought down the wires along the whole of the harbour.

All four lines were shut at first, and buses that took an hour longer went in their place, most of them late and full.

Fares stay the same until the summer, the company said, and whoever has a ticket for the year is given two weeks more.
""",
    "pool": """Pool to open late

The pool at the old mill opens in the summer and not at Easter, as its roof has to be mended before anybody may swim.

Water came through in three places during the storm, and what was thought to be a small leak was found to be a long one.

Two halls beside it are ready, the council said, and clubs that have waited since autumn may use them from next week.
""",
    "tower": """Tower is sold

The old tower above the town has a new owner, who paid less for it than for the house that he had at the harbour.

It stood empty for eleven years, since nobody knew who was to mend the stairs, of which every third one is missing.

He will live there, he said, and whoever wants to see the bay from the top of it may ring the bell on any Sunday.
""",
}


def _prepared(patch, folder):
    """Make an installation in `folder`: its newsroom applied, its port chosen, its leases short."""
    port = free_port()
    patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{port}")
    patch.setenv("BRIEFCAST_LEASE_S", "8")
    patch.setenv("BRIEFCAST_TICK_S", "0.25")
    patch.setenv("BRIEFCAST_RING_AGAIN_S", "3")
    shutil.copytree(ROOT / "samples", folder / "samples")
    for name, story in SHORT.items():
        (folder / "samples" / "articles" / f"{name}.txt").write_text(story)
    applied = briefcast("apply", folder / "samples" / "briefcast.toml")
    assert applied.returncode == 0, applied.stderr
    key = briefcast("keys", "create", "--name", "acceptance", "--scope", "admin").stdout.strip()
    return Product(port, key)


@pytest.fixture
def product(monkeypatch, tmp_path):
    """An installation prepared but not started."""
    made = _prepared(monkeypatch, tmp_path)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    """A product running with its embedded workers, for all tests of a file that leave it running."""
    folder = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        made = _prepared(patch, folder)
        with running([BIN / "briefcast", "serve", "--port", str(made.port)], folder / "serve.log") as process:
            wait_for(made.answers, "the API", every=0.1)
            made.process = process
            yield made
    made.client.close()


@pytest.fixture
def started():
    """Wait until a product answers."""
    return lambda product: wait_for(product.answers, "the API", every=0.1)
