"""One short story that is live, for editors to change by hand."""

from __future__ import annotations

import pytest

from tests.support.overriding import newsroom, story


@pytest.fixture
def place(tmp_path, monkeypatch):
    with newsroom(tmp_path, monkeypatch) as place:
        yield place


@pytest.fixture
def briefing(place):
    """A story that is live, `desk:ferry`."""
    return story(place)


@pytest.fixture
def article(tmp_path, place):
    """Its file."""
    return tmp_path / "articles" / "ferry.md"
