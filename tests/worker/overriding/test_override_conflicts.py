"""Where the text is gone that an editor changed, the revision is held and shows both; nothing is lost unasked."""

from __future__ import annotations

from briefing.editing.conflicts import replacements
from briefing.editing.overrides import Override, Stored
from briefing.script import Role
from tests.support.asking import NOW, again, ask, revision_row, step_rows
from tests.support.newsroom import ARTICLE, work_off
from tests.support.overriding import (
    BOTH,
    CREWS,
    FERRY,
    REWRITTEN,
    edited,
    heard,
    listed,
    live,
    name_of,
    newest,
    parts,
    put,
    refused,
    settle,
)


def test_a_text_that_is_gone_holds_the_revision_and_shows_both(place, article, briefing):
    # Given an override on a paragraph / When the CMS rewrites it
    put(place, briefing, spoken="The crews were out for four days.", note="the union asked")
    work_off(place)
    edited(place, article, (CREWS, REWRITTEN), ("Both sides", "All sides"))
    # Then the revision is held with both, and what is live stays
    row = newest(place, briefing)
    assert (row.state, row.error_code, row.number) == ("held", "override_conflict", 3)
    (found,) = row.conflicts
    assert (found["written"], found["spoken"]) == (CREWS, "The crews were out for four days.")
    assert (found["note"], found["changed_by"]) == ("the union asked", "mira")
    assert (found["new"]["written"], found["new"]["segment"]) == (REWRITTEN, name_of(REWRITTEN))
    assert live(place, briefing).number == 2
    assert [step.kind for step in step_rows(place, row.id)] == ["revise"]
    # And the same again changes nothing: the article is as it was
    edited(place, article)
    assert newest(place, briefing).state == "unchanged"
    # When it is kept / Then it hangs on the new text, and the revision goes on with it
    settle(place, briefing, "keep")
    work_off(place)
    row = live(place, briefing)
    assert row.number == 5
    assert "The crews were out for four days." in heard(row)
    assert "All sides are to meet again on November twentieth." in heard(row)
    assert listed(place, briefing) == {REWRITTEN: Override(spoken="The crews were out for four days.")}
    assert revision_row(place, 3).state == "superseded"
    assert refused(settle, place, briefing, "keep") == "no_conflict"


def test_a_conflict_that_is_dropped_says_what_is_written(place, article, briefing):
    put(place, briefing, omitted=True)
    work_off(place)
    edited(place, article, (CREWS, REWRITTEN))
    assert newest(place, briefing).state == "held", "what was left out is not suddenly heard"
    settle(place, briefing, "drop")
    work_off(place)
    assert REWRITTEN in heard(live(place, briefing))
    assert listed(place, briefing) == {}


def test_conflicts_are_settled_one_by_one(place, article, briefing):
    put(place, briefing, CREWS, spoken="The crews were out.")
    put(place, briefing, FERRY, spoken="Ferries run.")
    work_off(place)
    # When one is rewritten and the other's text is taken away with nothing in its place
    edited(place, article, (CREWS, REWRITTEN), (FERRY, ""))
    row = newest(place, briefing)
    assert {found["written"]: found["new"] and found["new"]["written"] for found in row.conflicts} == {
        CREWS: REWRITTEN, FERRY: None,
    }  # fmt: skip
    assert refused(settle, place, briefing, "keep", FERRY) == "unknown_segment"
    assert settle(place, briefing, "keep") == row.id, "it waits for the other"
    assert len(newest(place, briefing).conflicts) == 1
    settle(place, briefing, "keep", FERRY, to=name_of(BOTH))
    work_off(place)
    assert {"The crews were out.", "Ferries run."} < set(heard(live(place, briefing)))


def test_a_conflict_is_over_when_the_text_is_back(place, article, briefing):
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    edited(place, article, (CREWS, REWRITTEN))
    edited(place, article, (REWRITTEN, CREWS), ("Both", "All"))
    row = live(place, briefing)
    assert (row.number, newest(place, briefing).number) == (4, 4)
    assert "The crews were out." in heard(row)
    assert revision_row(place, 3).state == "superseded"


def test_a_revision_in_conflict_leaves_held_audio_until_there_is_other(place, article):
    # Given a show that holds its audio, and audio that is held
    briefing, first, _ = ask(place, "ferry", show="held")
    work_off(place)
    second = put(place, briefing, spoken="The crews were out.")
    work_off(place)
    assert [revision_row(place, number).state for number in (first, second)] == ["superseded", "held"]
    article.write_text(ARTICLE.replace(CREWS, REWRITTEN))
    third, _ = again(place, briefing)
    work_off(place)
    assert [revision_row(place, number).state for number in (second, third)] == ["held", "held"]
    # When the article is rewritten once more / Then the newer conflict takes the place of the older one alone
    article.write_text(ARTICLE.replace(CREWS, REWRITTEN.replace("five", "six")))
    fourth, _ = again(place, briefing)
    work_off(place)
    assert [revision_row(place, number).state for number in (second, third, fourth)] == ["held", "superseded", "held"]
    settle(place, briefing, "keep")
    work_off(place)
    states = [revision_row(place, number).state for number in (second, third, fourth)]
    assert states == ["superseded"] * 3
    assert newest(place, briefing).state == "held"
    assert newest(place, briefing).master_key


def lost(segment):
    return Stored(Override(omitted=True), segment.id, segment.article, segment.role, segment.written, "", "mira", NOW)


def test_what_took_a_texts_place_is_found_by_likeness_then_by_place():
    before = parts("One is here today.", "Two met in the old hall on Sunday.", "Three.", "Four left.")
    gone = lost(before[1])

    def new(now, taken=(), stood=before):
        return replacements([gone], {gone.segment: stood}, now, taken).get(gone.segment)

    # Rewritten, and moved to the end
    now = (before[0], before[2], *parts("All new.", "Two met in the new hall on Sunday."))
    assert new(now) == now[3]
    # Nothing alike: what stands where it stood
    now = (before[0], *parts("Quite another thing."), *before[2:])
    assert new(now) == now[1]
    # Nothing there either
    assert new((before[0], *before[2:])) is None
    # Not what another role or article has, nor what is an override's already
    assert new(parts("Two met in the new hall on Sunday.", role=Role.HEADLINE)) is None
    like = parts("Two met in the new hall on Sunday.")[0]
    assert new((before[0], like, *before[2:]), {like.id}) is None
    # And where nobody knows where it stood, by likeness alone
    assert new((before[0], like), stood=()) == like
    assert new(parts("Quite another thing."), stood=()) is None


def test_of_several_each_gets_what_is_its_own():
    before = parts("One is here.", "Two met in the old hall.", "Three slept under the old bridge.")
    now = (before[0], *parts("Three slept under the new bridge.", "Two met in the new hall.", "Five."))
    gone = [lost(before[1]), lost(before[2])]
    found = replacements(gone, {one.segment: before for one in gone}, now)
    assert [found[one.segment] for one in gone] == [now[2], now[1]]
