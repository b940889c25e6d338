"""What somebody is to be told of: what failed or is held, whatever looks came after it and found nothing new."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from briefing.models import NoticeRow, RevisionRow
from tests.support.asking import ask
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.notices import due


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK", "http://127.0.0.1:9/nobody")
    place = make_place(tmp_path, PLAIN)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def test_what_is_held_is_told_although_a_later_look_found_nothing_new(place):
    # Given a story that its show holds, for which somebody asked again while it was being made
    ask(place, "ferry", show="held")
    ask(place, "ferry", show="held")
    work_off(place)
    ask(place, "ferry", show="held")
    work_off(place)
    with place.database.reading() as session:
        states = list(session.scalars(select(RevisionRow.state).order_by(RevisionRow.number)))
    assert states == ["held", "unchanged"]
    # When the sweep looks what is to be told / Then it is
    due.tend(place)
    with place.database.reading() as session:
        told = [(row.reason, row.told) for row in session.scalars(select(NoticeRow))]
    assert told == [("held", True)]
