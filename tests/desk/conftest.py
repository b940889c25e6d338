"""A desk: a newsroom, its server, and a seat at it."""

from __future__ import annotations

import pytest

from tests.support.client import client_of
from tests.support.desk import seat_at


@pytest.fixture
def desk(place):
    """A server, and a seat at it; `place` has the users."""
    with client_of(place) as api, seat_at(str(api.base_url)) as seat:
        seat.api = api
        yield seat
