"""An earlier revision's audio is heard again: as a new one, with nothing spoken or encoded."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from briefing.editing import rollback
from briefing.going_live import editions, wishes
from briefing.models import BriefingRow, EpisodeRow, MasterRow, RevisionRow, ShowRow, TakeRow
from briefing.podcasts.show import Show
from briefing.requesting import asking
from briefing.requesting.regenerating import Again, regenerate
from tests.support.asking import NOW, again, briefing_row, revision_row, step_rows
from tests.support.newsroom import ARTICLE, work_off
from tests.support.overriding import (
    back,
    count,
    heard,
    live,
    put,
    refused,
)
from worker.upkeep import retention


def refusal_of(place, briefing, number):
    """Why a revision is not brought back, as the desk asks it."""
    with place.database.reading() as session:
        rows = session.query(RevisionRow).filter_by(briefing_id=briefing).all()
        return rollback.refusals(session, session.get_one(BriefingRow, briefing), rows)[number]


def guid_and_audio(place, briefing):
    with place.database.reading() as session:
        guid = session.get_one(EpisodeRow, ("daily", briefing)).guid
    audio = json.loads((place.files.storage.root / "v1" / "articles" / "desk" / "ferry" / "audio").read_text())
    return guid, audio["url"], audio["revision"]


def test_an_earlier_audio_is_heard_again_as_a_new_revision(place, article, briefing):
    # Given a story that was changed
    guid, first, _ = guid_and_audio(place, briefing)
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    takes, masters = count(place, TakeRow), count(place, MasterRow)
    assert guid_and_audio(place, briefing)[1] != first
    # When an editor goes back, with something else being made
    article.write_text(ARTICLE.replace("Both", "All"))
    overtaken, _ = again(place, briefing)
    revision = back(place, briefing, 1)
    work_off(place)
    # Then the same bytes are live under a higher number, and nothing was spoken or encoded
    assert guid_and_audio(place, briefing) == (guid, first, 4)
    assert revision_row(place, overtaken).state == "superseded"
    assert step_rows(place, revision)[0].kind == "publish"
    assert "speak" not in {step.kind for step in step_rows(place, revision)}
    assert (count(place, TakeRow), count(place, MasterRow)) == (takes, masters)
    assert revision_row(place, revision).request["rollback"] == 1
    # And the next rebuild has the override and the article as they are by then
    again(place, briefing)
    work_off(place)
    row = live(place, briefing)
    assert row.number == 5
    assert {"The crews were out.", "All sides are to meet again on November twentieth."} < set(heard(row))


def test_what_cannot_be_heard_again_is_refused(place, article, briefing):
    assert refused(back, place, briefing, 1) == "not_restorable", "it is live"
    assert refused(back, place, briefing, 7) == "unknown_revision"
    put(place, briefing, spoken="The crews were out.")
    never = put(place, briefing, spoken="The crews were out, all of them.")
    work_off(place)
    assert revision_row(place, never - 1).state == "superseded"
    assert refused(back, place, briefing, 2) == "not_restorable", "readers never heard it"
    # Let go
    with place.database.writing() as session:
        retention.let_go(session, session.get_one(RevisionRow, 1), place.files, NOW)
    assert refused(back, place, briefing, 1) == "not_restorable"
    # Withdrawn, and made anew
    put(place, briefing, spoken="Once more.")
    work_off(place)
    with place.database.writing() as session:
        asking.retract(session, briefing, NOW)
    again(place, briefing)
    work_off(place)
    assert live(place, briefing).number == 5
    assert refused(back, place, briefing, 3) == "not_restorable"
    assert count(place, RevisionRow) == 5


def test_what_is_for_members_is_not_rolled_back(place, article, briefing):
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    with place.database.writing() as session:
        wishes.see(session, session.merge(briefing_row(place, briefing)), "members")
    assert refused(back, place, briefing, 1) == "not_restorable"


def test_a_second_person_approves_what_is_rolled_back(place, article, briefing):
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    with place.database.writing() as session:
        row = session.get_one(ShowRow, "daily")
        row.settings = Show.stored(row.settings).model_copy(update={"sign_off": True}).model_dump(mode="json")
    revision = back(place, briefing, 1)
    assert step_rows(place, revision)[0].kind == "launch", "which workers of before leave alone"
    work_off(place)
    assert (live(place, briefing).number, revision_row(place, revision).state) == (2, "held")
    # It waits for nothing else
    with place.database.writing() as session:
        editions.approve(session, session.get_one(RevisionRow, revision), "boris", NOW)
    work_off(place)
    assert live(place, briefing).number == 3


def test_what_a_correction_took_away_is_not_brought_back_nor_while_one_is_under_way(place, article, briefing):
    # Given a story that was changed, and whose correction is asked for
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    assert refusal_of(place, briefing, 1) == ""
    article.write_text(ARTICLE.replace("Both", "All"))
    with place.database.writing() as session:
        row = session.get_one(BriefingRow, briefing)
        asked = Again(None, refetch=True, segments=(), requested_by="mira", corrects=True)
        regenerate(session, row, asked, datetime.now(UTC))
    # Then nothing of before is brought back: neither while it is made, nor when it gave way to an update
    assert refused(back, place, briefing, 1) == "not_restorable"
    work_off(place)
    put(place, briefing, spoken="The crews were out again.")
    work_off(place)
    assert live(place, briefing).number == 4
    for number in (1, 2):
        assert "corrected" in refusal_of(place, briefing, number)
        assert refused(back, place, briefing, number) == "not_restorable"
    # And the correction itself is
    assert refusal_of(place, briefing, 3) == ""
    back(place, briefing, 3)
    work_off(place)
    assert live(place, briefing).number == 5
