"""What most tests of moving in are given."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.support.old_host import old_host


@pytest.fixture
def host(monkeypatch):
    """A podcast of two episodes at another host."""
    with old_host(2) as host:
        host.categories = '<itunes:category text="News"/>'
        monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", urlsplit(host.address).netloc)
        yield host
