"""An editor presses a button while a colleague's withdrawal is being recorded, on either database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

import pytest
from sqlalchemy import func, select

from briefing.database import Database
from briefing.models import BriefingRow, RevisionRow
from briefing.requesting import asking
from tests.support.desk import add_user
from tests.support.newsroom import ARTICLE, make_place, work_off


@pytest.fixture
def place(empty_address, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", empty_address)
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


@pytest.mark.parametrize("path", ["regenerate", "segments/{segment}/anew"])
def test_what_is_withdrawn_in_the_same_moment_is_not_brought_back(place, desk, monkeypatch, path):
    # Given a live story on an editor's page
    add_user(place, "bob", "editor")
    desk.sign_in("bob")
    desk.api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).raise_for_status()
    work_off(place)
    with place.database.reading() as session:
        briefing = session.scalars(select(BriefingRow.id)).one()
        segment = session.scalars(select(RevisionRow)).one().script["segments"][0]["id"]
    desk.get(here := f"/desk/briefings/{briefing}")
    # When another connection withdraws it, and the button's transaction begins before that one ends
    begun, writing = Event(), Database.writing

    @contextmanager
    def told(database):
        begun.set()
        with writing(database) as session:
            yield session

    with ThreadPoolExecutor(1) as pool:
        with place.database.writing() as session:
            asking.retract(session, briefing, datetime.now(UTC))
            session.flush()
            monkeypatch.setattr(Database, "writing", told)
            pressed = pool.submit(desk.post, f"{here}/{path.format(segment=segment)}")
            assert begun.wait(60)
        answer = pressed.result()
    # Then nothing is made, and why is said
    assert answer.headers["location"] == f"{here}?told=withdrawn_meanwhile"
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RevisionRow)) == 1
