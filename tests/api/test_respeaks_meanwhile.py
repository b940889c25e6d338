"""A respeak, or its being taken back, while what another one has made again is still being made: none is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from briefing.models import BriefingRow, RevisionRow
from briefing.requesting import regenerating
from briefing.states import PREPARING, Queue, StepKind
from tests.support.newsroom import work_off
from tests.support.stories import desk_of, published_stories
from worker.running.perform import perform_next
from worker.running.shift import Wanted

MAKIIVKA = {"written": "Makiivka", "language": "en", "spoken": "Makee-yivka", "confirm_cost": True}
BOARD = {"written": "board", "language": "en", "spoken": "bored", "confirm_cost": True}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    with published_stories(tmp_path_factory) as published:
        yield published


@pytest.fixture
def desk(published, tmp_path, monkeypatch):
    # However long it takes here, the one comes moments after the other.
    monkeypatch.setattr(regenerating, "SHARE_REGENERATE", timedelta(hours=1))
    with desk_of(published, tmp_path) as desk:
        yield desk


def begin(desk, change):
    return desk.post("/v1/lexicon/respeaks", json=change).raise_for_status().json()["id"]


def work(desk, *kinds):
    """Do the steps of these kinds and no others, as workers that happen to take them."""
    wanted = Wanted((Queue.INTERACTIVE,), kinds)
    while perform_next(desk.place, wanted.queues, wanted=wanted):
        pass


def spoken(desk):
    """What is said in the ferry's story that is live."""
    with desk.place.database.reading() as session:
        heard = session.get_one(BriefingRow, desk.stories["ferry"]).heard
        return session.get_one(RevisionRow, heard).script["segments"][-1]["spoken"]


def numbers(desk):
    with desk.place.database.reading() as session:
        mine = RevisionRow.briefing_id == desk.stories["ferry"]
        return list(session.scalars(select(RevisionRow.number).where(mine).order_by(RevisionRow.number)))


def test_a_respeak_is_not_lost_in_a_revision_that_has_its_words_already(desk):
    # Given a story that is made again for one word, and is prepared / When a respeak of another word comes
    begin(desk, MAKIIVKA)
    work(desk, StepKind.RESPEAK)
    work(desk, *PREPARING)
    begin(desk, BOARD)
    work(desk, StepKind.RESPEAK)
    work_off(desk.place)
    # Then both are heard
    assert "Makee-yivka" in spoken(desk)
    assert "bored" in spoken(desk)


def test_a_respeak_taken_back_is_not_lost_in_the_revision_that_it_made(desk):
    begun = begin(desk, MAKIIVKA)
    work(desk, StepKind.RESPEAK)
    work(desk, *PREPARING)
    desk.post(f"/v1/lexicon/respeaks/{begun}/undo").raise_for_status()
    work(desk, StepKind.RESPEAK)
    work_off(desk.place)
    assert "Makiivka" in spoken(desk)
    assert "Makee-yivka" not in spoken(desk)


def test_what_is_not_begun_has_the_words_of_both(desk):
    # Given a story that waits to be made again / When a respeak of another word comes / Then it is made once
    begin(desk, MAKIIVKA)
    work(desk, StepKind.RESPEAK)
    begin(desk, BOARD)
    work(desk, StepKind.RESPEAK)
    assert numbers(desk) == [1, 2]
    work_off(desk.place)
    assert "Makee-yivka" in spoken(desk)
    assert "bored" in spoken(desk)
