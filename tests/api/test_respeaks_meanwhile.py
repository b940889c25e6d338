"""A respeak, or its being taken back, while what another one has made again is still being made: none is lost; and what
comes while it is looked through what it concerns, which keeps nobody waiting.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select

from briefing.models import BriefingRow, RevisionRow
from briefing.pronunciations import foreseeing, radius
from briefing.requesting import regenerating
from briefing.states import PREPARING, Queue, StepKind
from tests.support.asking import ask
from tests.support.desk import add_user, seat_at
from tests.support.newsroom import work_off
from tests.support.stories import desk_of, published_stories
from worker.running.perform import perform_next
from worker.running.shift import Wanted
from worker.upkeep import vocabulary

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


LIST = "written,spoken,language\nMakiivka,Makee-yivka,en\nboard,bored,en\n"


def test_nobody_who_writes_waits_while_it_is_looked_through_what_is_concerned(desk, monkeypatch):
    file, looked = desk.place.database.address.removeprefix("sqlite:///"), []

    def mentioning(*asked):
        writer = sqlite3.connect(file, timeout=0)
        writer.execute("BEGIN IMMEDIATE")
        writer.close()
        looked.append(len(asked[1]))
        return real(*asked)

    # Given others who write while it is looked through the archive / When respeaks are asked for / Then they may
    real = radius.mentioning
    monkeypatch.setattr(radius, "mentioning", mentioning)
    add_user(desk.place, "ed", "editor")
    with seat_at(str(desk.client.base_url)) as seat:
        seat.get("/desk/sign-in")
        seat.sign_in("ed")
        assert desk.post("/v1/lexicon/respeaks", json=MAKIIVKA).status_code == 202
        assert (
            desk.post("/v1/lexicon/imports/respeaks", json={"content": LIST, "confirm_cost": True}).status_code == 202
        )
        word = {"written": "Monday", "language": "en", "spoken": "Mundy"}
        assert seat.post("/desk/lexicon/respeaks", **word, briefings="9").status_code == 303
        more = {"content": f"{LIST}park,bark,en\n", "record": "respeak", "briefings": "9"}
        assert seat.post("/desk/lexicon/import", **more).status_code == 303
    assert looked == [1, 1, 1, 1], "each once, and what is new"


def test_what_comes_while_it_is_looked_through_counts(desk, monkeypatch):
    def meanwhile(do):
        def foresee(*asked):
            found = foreseeing.foresee(*asked)
            do()
            return found

        monkeypatch.setattr("api.lexicon.foresee", foresee)

    def goes_live():
        (desk.articles / "crane.md").write_text("# News of the crane\n\nThe crane of Makiivka stands.\n")
        ask(desk.place, "crane")
        work_off(desk.place)
        vocabulary.tend(desk.place)

    def is_said_otherwise():
        own = {"written": "Makiivka", "language": "en", "spoken": "Mak", "show": "held"}
        desk.client.put("/v1/lexicon/entries", json=own).raise_for_status()

    shown = {"written": "Makiivka", "language": "en", "spoken": "Makee-yivka", "briefings": 2}
    # Given two stories that were shown / When a third that says the word goes live meanwhile / Then it is more than that
    meanwhile(goes_live)
    assert desk.post("/v1/lexicon/respeaks", json=shown).json()["code"] == "cost_not_confirmed"
    # When one of the three shows has its own word by then / Then that show's story is left as it is
    meanwhile(is_said_otherwise)
    begun = desk.post("/v1/lexicon/respeaks", json=shown).raise_for_status().json()
    assert (begun["total"], desk.stories["bridge"] in {one["briefing"] for one in begun["first"]}) == (2, False)
