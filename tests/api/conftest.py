from __future__ import annotations

import pytest

from tests.support.client import client_of
from tests.support.newsroom import ARTICLE


@pytest.fixture
def client(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as client:
        yield client


@pytest.fixture
def anonymous(client):
    client.headers.pop("Authorization")
    return client
