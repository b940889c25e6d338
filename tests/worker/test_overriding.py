"""What an editor changes of a segment is heard from then on, survives what changes around it, and is never lost."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing import asking, conflicts, overrides, revisions, rollback
from briefing.conflicts import replacements
from briefing.errors import OverrideRefused, RollbackRefused, UnknownReference
from briefing.lexicon import Kind, Lexicon, LexiconEntry
from briefing.models import EpisodeRow, MasterRow, OverrideRow, RevisionRow, TakeRow
from briefing.overrides import Override, Stored, cleaned
from briefing.revisions import Asker
from briefing.show import Quiet
from briefing.speech import Cast, Narrator
from briefing.states import Queue, StepKind
from briefing.values import Role, Script, Segment, segment_id
from tests.support import ready_made
from tests.support.asking import NOW, again, ask, briefing_row, revision_row, step_rows, wanted
from tests.support.engines import VOICES, ScriptedEngine, lend
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker import forgetting, retention
from worker.cues import Placed
from worker.overriding import overridden
from worker.perform import perform_next
from worker.tasks import TASKS
from worker.tasks import prepare as prepare_task
from worker.word_cues import time_words
from worker.workplace import Workplace

EDITOR = Asker("mira", "key1")
CREWS = "Crews had stopped work for four days over unpaid overtime."
FERRY = "The ferry runs again from Monday, the harbour board said."
BOTH = "Both sides are to meet again on Nov. 20."

HUSH = (
    VOICES
    + """
[[voices]]
id = "hush"
name = "Hush"
language = "mul"
engine = "silence"
licence = "none"
attribution = "none"
ms_per_character = 40
"""
)


@pytest.fixture(scope="module", autouse=True)
def _cleared():
    yield
    ready_made.clear()


@pytest.fixture
def briefing(tmp_path):
    """A story that is live, `desk:ferry`; before `place`."""
    return ready_made.lay(tmp_path)


@pytest.fixture
def place(tmp_path, monkeypatch, request):
    if "briefing" in request.fixturenames:
        request.getfixturevalue("briefing")
    (tmp_path / "voices.toml").write_text(HUSH)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    place = make_place(tmp_path, PLAIN)
    yield place
    place.database.dispose()


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.write_text(ARTICLE)
    return path


def name_of(written, role=Role.BODY, article="desk:ferry"):
    return segment_id(article, role, written, 0)


def put(place, briefing, written=CREWS, *, role=Role.BODY, note="", seen=None, **fields):
    with place.database.writing() as session:
        override = Override(**fields)
        return overrides.put(
            session, briefing, name_of(written, role), override, EDITOR, datetime.now(UTC), note=note, seen=seen
        ).id


def drop(place, briefing, written=CREWS):
    with place.database.writing() as session:
        return overrides.drop(session, briefing, name_of(written), EDITOR, datetime.now(UTC)).id


def settle(place, briefing, how, written=CREWS, **fields):
    with place.database.writing() as session:
        return conflicts.settle(session, briefing, name_of(written), how, EDITOR, datetime.now(UTC), **fields).id


def back(place, briefing, number):
    with place.database.writing() as session:
        return rollback.roll_back(session, briefing, number, EDITOR, datetime.now(UTC)).id


def listed(place, briefing):
    with place.database.reading() as session:
        return {kept.written: kept.override for kept in overrides.listed(session, briefing).values()}


def live(place, briefing):
    return revision_row(place, briefing_row(place, briefing).heard)


def newest(place, briefing):
    with place.database.reading() as session:
        numbers = session.query(RevisionRow).filter_by(briefing_id=briefing).order_by(RevisionRow.number.desc())
        return revision_row(place, numbers.first().id)


def segment(row, written=CREWS):
    return next(part for part in Script.stored(row.script).segments if part.written == written)


def heard(row):
    return [chunk["spoken"] for chunk in row.chunks]


def count(place, row_type):
    with place.database.reading() as session:
        return session.query(row_type).count()


def edited(place, article, *changes):
    """Have the CMS say something else, and make what follows."""
    text = article.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    article.write_text(text)
    with place.database.writing() as session:
        asking.edited(session, wanted("ferry"), Quiet(seconds=0), datetime.now(UTC))
    work_off(place)


def refused(work, *given, **fields):
    with pytest.raises((OverrideRefused, RollbackRefused, UnknownReference)) as caught:
        work(*given, **fields)
    return caught.value.code


def test_what_an_editor_words_is_said_on_every_rebuild_and_only_it_is_spoken(place, article, briefing):
    # Given a live story / When an editor words a paragraph
    takes = count(place, TakeRow)
    put(place, briefing, spoken="The crews were out for four days.")
    work_off(place)
    # Then it alone is spoken, as worded, and the reader's text is the written one
    row = live(place, briefing)
    assert (row.number, row.chunks_total, row.chunks_reused) == (2, 5, 4)
    assert "The crews were out for four days." in heard(row)
    assert (segment(row).written, segment(row).edited) == (CREWS, True)
    assert count(place, TakeRow) == takes + 1
    # And when the CMS changes another paragraph, the word of the editor stands
    edited(place, article, ("Both sides", "All sides"))
    row = live(place, briefing)
    assert (row.number, row.chunks_reused) == (3, 4)
    assert "The crews were out for four days." in heard(row)
    # And when the same is put once more, nothing is spoken, and nothing encoded
    masters = count(place, MasterRow)
    put(place, briefing, spoken="The crews were out for four days.")
    work_off(place)
    assert (live(place, briefing).number, live(place, briefing).chunks_reused) == (4, 5)
    assert (count(place, TakeRow), count(place, MasterRow)) == (takes + 2, masters)
    # And when it is taken back, what is written is said by the take there is
    drop(place, briefing)
    work_off(place)
    assert CREWS in heard(live(place, briefing))
    assert count(place, TakeRow) == takes + 2
    assert listed(place, briefing) == {}


def test_an_override_is_part_of_what_is_compared(place, article, briefing):
    # Given a story with an override / When it is asked for again, unchanged / Then that audio counts
    put(place, briefing, omitted=True)
    work_off(place)
    _, look, _ = ask(place, "ferry")
    work_off(place)
    assert revision_row(place, look).state == "unchanged"
    # And one script differs from another by its overrides alone
    before, after = (Script.stored(revision_row(place, number).script) for number in (1, 2))
    assert before.substance != after.substance
    plain = after.model_copy(
        update={"segments": tuple(part.model_copy(update={"omitted": False}) for part in after.segments)}
    )
    assert plain.substance == before.substance


def test_what_is_left_out_is_shown_and_not_heard(place, article, briefing):
    put(place, briefing, omitted=True)
    work_off(place)
    row = live(place, briefing)
    assert segment(row).omitted
    assert CREWS not in heard(row)
    assert (row.chunks_total, row.chunks_reused) == (4, 4)
    assert row.card["words"] == revision_row(place, 1).card["words"] - len(CREWS.split())
    with place.database.reading() as session:
        master = session.get_one(MasterRow, row.master_key)
    assert segment(row).id not in json.dumps(master.content)
    transcript = place.storage.path(master.transcript).read_text()
    assert "Both sides" in transcript
    assert "Crews" not in transcript
    # And with it left out, the audio is shorter by it
    drop(place, briefing)
    work_off(place)
    assert live(place, briefing).master_key == revision_row(place, 1).master_key


def test_a_segment_with_another_voice_is_spoken_by_it_alone(place, article, briefing):
    put(place, briefing, voice="hush")
    work_off(place)
    row = live(place, briefing)
    assert [chunk["voice"] for chunk in row.chunks].count("hush") == 1
    assert (row.chunks_total, row.chunks_reused) == (5, 4)
    assert (row.cast["body"]["voice"], row.cast["+hush"]["voice"]) == ("silence", "hush")
    # And the files say who speaks
    audio = json.loads((place.files.storage.root / "v1" / "articles" / "desk" / "ferry" / "audio").read_text())
    assert audio["made"]["voices"] == ["silence", "hush"]


def test_a_cast_with_voices_of_its_own_is_kept_and_read_by_versions_that_know_none():
    narrators = [Narrator(voice=name, engine="e", engine_version="1", model_digest="", language="en") for name in "abc"]
    parts = dict.fromkeys(("body", "headline", "quotes", "transitions"), narrators[0])
    cast = Cast(**parts, own=(("asked", narrators[1]), ("c", narrators[2])))
    kept = json.loads(json.dumps(cast.model_dump(mode="json")))
    assert Cast.stored(kept) == cast
    assert all(part["voice"] in "abc" for part in kept.values()), "older versions show each part's voice"
    assert cast.narrators == tuple(narrators)
    assert Cast(**parts).model_dump(mode="json").keys() == parts.keys()


def test_a_voice_of_its_own_that_fails_gives_way_like_any_other(place, article, briefing):
    engines = {"scripted": ScriptedEngine(lambda text, variation: "silent"), "other": ScriptedEngine()}
    lend(place, **engines)
    put(place, briefing, voice="first")
    work_off(place)
    row = live(place, briefing)
    assert row.number == 2
    assert [chunk["voice"] for chunk in row.chunks].count("second") == 1
    assert row.cast["+first"]["voice"] == "second"
    assert segment(row).voice == "first"
    assert row.chunks_total == 5
    # And what is left out stays so when the script is cut anew
    put(place, briefing, FERRY, omitted=True)
    again(place, briefing, refetch=False, segments=[name_of(CREWS)])
    work_off(place)
    assert FERRY not in heard(live(place, briefing))


def test_what_cannot_be_changed_is_refused_and_records_nothing(place, briefing):
    said = next(part["written"] for part in revision_row(place, 1).script["segments"] if part["role"] == "disclosure")
    for written, role, fields, code in (
        (CREWS, Role.BODY, {"spoken": " \u200b\x00 "}, "spoken_empty"),
        (CREWS, Role.BODY, {"spoken": "…"}, "spoken_empty"),
        (CREWS, Role.BODY, {"spoken": "x" * 20_001}, "override_refused"),
        (CREWS, Role.BODY, {}, "override_refused"),
        ("No such paragraph.", Role.BODY, {"omitted": True}, "unknown_segment"),
        (said, Role.DISCLOSURE, {"omitted": True}, "disclosure_kept"),
        (said, Role.DISCLOSURE, {"spoken": "Read by Jo."}, "disclosure_kept"),
    ):
        assert refused(put, place, briefing, written, role=role, **fields) == code
    assert refused(drop, place, briefing) == "no_override"
    assert count(place, OverrideRow) == 0
    assert count(place, RevisionRow) == 1
    # Its voice may be another
    put(place, briefing, said, role=Role.DISCLOSURE, voice="hush")
    work_off(place)
    assert [chunk["segment"] for chunk in live(place, briefing).chunks if chunk["voice"] == "hush"] == [
        name_of(said, Role.DISCLOSURE)
    ]


def test_something_of_the_story_is_left(place, article, briefing):
    put(place, briefing, FERRY, omitted=True)
    put(place, briefing, CREWS, omitted=True)
    assert refused(put, place, briefing, BOTH, omitted=True) == "override_refused"
    work_off(place)
    assert len(heard(live(place, briefing))) == 3
    # Nor when the CMS takes the rest away, and the live audio stays
    article.write_text(f"# Ferry runs again\n\n{FERRY}\n\n{CREWS}\n")
    again(place, briefing)
    work_off(place)
    assert newest(place, briefing).error_code == "article_empty"
    assert live(place, briefing).number == 3


def test_texts_are_cleaned_of_what_cannot_be_heard():
    assert cleaned(" The\u202e ferry\x07\r\n runs\u200b\u00a0on. ") == "The ferry runs on."
    assert cleaned("می\u200cخواهم") == "می\u200cخواهم"


def stamp(place, briefing):
    with place.database.reading() as session:
        return overrides.listed(session, briefing)[name_of(CREWS)].stamp


def test_an_editor_who_saw_another_state_is_told(place, briefing):
    put(place, briefing, spoken="First.", seen="")
    first = stamp(place, briefing)
    put(place, briefing, spoken="Second.", seen=first)
    assert refused(put, place, briefing, spoken="Third.", seen=first) == "override_changed"
    assert refused(put, place, briefing, spoken="Third.", seen="") == "override_changed"
    assert listed(place, briefing) == {CREWS: Override(spoken="Second.")}
    put(place, briefing, spoken="Third.")
    assert listed(place, briefing) == {CREWS: Override(spoken="Third.")}


REWRITTEN = "Crews had stopped work for five days over unpaid overtime and rosters."


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


def test_an_override_put_while_a_revision_is_made_is_not_lost(place, article, briefing, monkeypatch):
    # Given a revision whose overrides have been read / When another editor puts one
    real, done = prepare_task.write_script, []

    def meanwhile(*given):
        if not done:
            done.append(put(place, briefing, BOTH, spoken="They meet on the twentieth."))
        return real(*given)

    monkeypatch.setattr(prepare_task, "write_script", meanwhile)
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    # Then what is live in the end has both
    assert {"The crews were out.", "They meet on the twentieth."} < set(heard(live(place, briefing)))
    # And so it is for one put between its chunks, and when it is about to be published
    for state, spoken in (("speaking", "Out they went."), ("publishing", "Out they were.")):
        put(place, briefing, spoken=f"Not yet {state}.")
        while newest(place, briefing).state != state:
            assert perform_next(place, tuple(Queue))
        put(place, briefing, spoken=spoken)
        work_off(place)
        assert spoken in heard(live(place, briefing))


def test_an_edit_of_the_article_that_an_override_overtakes_is_looked_at_afterwards(place, article, briefing):
    article.write_text(ARTICLE.replace("Both sides", "All sides"))
    again(place, briefing)
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    assert {"The crews were out.", "All sides are to meet again on November twentieth."} < set(
        heard(live(place, briefing))
    )


def test_editors_of_many_hosts_at_once_lose_nothing(cluster, tmp_path, monkeypatch):
    # Given PostgreSQL, where writers run side by side
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path, PLAIN)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    over = threading.Event()

    def work():
        mine = Workplace()
        while not over.is_set():
            work_off(mine)
        mine.database.dispose()

    worker = threading.Thread(target=work)
    worker.start()
    # When four editors change three segments at once while it is being made
    try:
        with ThreadPoolExecutor(4) as pool:
            texts = [(number, (FERRY, CREWS, BOTH)[number % 3]) for number in range(12)]
            made = list(pool.map(lambda one: put(place, briefing, one[1], spoken=f"Edit {one[0]}."), texts))
            # And two of them see the same state of one
            seen = stamp(place, briefing)
            codes = list(pool.map(lambda n: _tried(place, briefing, f"Race {n}.", seen), range(2)))
    finally:
        over.set()
        worker.join()
    work_off(place)
    # Then each has a revision of its own, one of the two is told, and what is heard is what is written down
    assert len(set(made)) == 12
    assert sorted(codes) == ["", "override_changed"]
    row, kept = live(place, briefing), listed(place, briefing)
    assert len(kept) == 3
    assert {override.spoken for override in kept.values()} < set(heard(row))
    assert row.number == newest(place, briefing).number
    place.database.dispose()


def _tried(place, briefing, spoken, seen):
    try:
        put(place, briefing, spoken=spoken, seen=seen)
    except OverrideRefused as error:
        return error.code
    return ""


def test_a_worker_that_knows_no_overrides_leaves_what_has_some_alone(place, article, briefing, monkeypatch):
    # Given a worker of before / When a story of which something is left out is made / Then it waits for another worker
    revise = TASKS[StepKind.REVISE]
    monkeypatch.delitem(TASKS, StepKind.REVISE)
    monkeypatch.delitem(TASKS, StepKind.VERIFY)
    put(place, briefing, omitted=True)
    assert work_off(place) == 0
    # And so it does where its script is cut anew
    again(place, briefing, refetch=False, segments=[name_of(FERRY)])
    with monkeypatch.context() as newer:
        newer.setitem(TASKS, StepKind.REVISE, revise)
        assert perform_next(place, tuple(Queue))
    with place.database.writing() as session:
        row = revisions.locked(session, newest(place, briefing).id)
        assert row.state == "speaking"
        revisions.recast(session, row, "narrator_away")
    assert work_off(place) == 0
    monkeypatch.setitem(TASKS, StepKind.REVISE, revise)
    work_off(place)
    assert CREWS not in heard(live(place, briefing))
    # And without overrides it is as before
    drop(place, briefing)
    assert [step.kind for step in step_rows(place, newest(place, briefing).id)] == ["prepare"]


def test_what_was_withdrawn_is_not_brought_back_by_an_edit_and_is_forgotten(place, article, briefing):
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    with place.database.writing() as session:
        asking.retract(session, briefing, NOW)
    work_off(place)
    assert refused(put, place, briefing, spoken="Again.") == "withdrawn"
    assert refused(drop, place, briefing) == "withdrawn"
    forgetting.forget_texts(place.database, datetime.now(UTC) + timedelta(days=1), 10)
    assert count(place, OverrideRow) == 0


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
        asking.see(session, session.merge(briefing_row(place, briefing)), "members")
    assert refused(back, place, briefing, 1) == "not_restorable"


def parts(*texts, role=Role.BODY):
    return tuple(
        Segment(id=segment_id("desk:x", role, text, 0), article="desk:x", role=role, written=text, spoken=text)
        for text in texts
    )


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


IPA = LexiconEntry(written="Kyiv", kind=Kind.IPA, value="ˈkiːjiu", case_sensitive=True)
ALIAS = LexiconEntry(written="WHO", kind=Kind.ALIAS, value="World Health Organization", case_sensitive=True)


def worded(written, spoken, *entries):
    one = parts(written)[0]
    return overridden([one], {one.id: Override(spoken=spoken)}, "en", Lexicon((entries,)))[0]


def test_an_editors_words_stand_letter_for_letter_and_sound_as_the_lexicon_says():
    done = worded("In Kyiv, 4 from the WHO met.", "In Kyiv four of the WHO met Kyiv folk.", IPA, ALIAS)
    assert done.spoken == "In Kyiv four of the WHO met Kyiv folk."
    assert [(done.spoken[span.spoken_start : span.spoken_end], span.ipa) for span in done.spans if span.ipa] == [
        ("Kyiv", "ˈkiːjiu")
    ] * 2


_WORDS = st.lists(st.sampled_from(["Kyiv", "the", "ferry", "ran", "4", "days,", "and", "on."]), min_size=1, max_size=9)


@given(_WORDS, _WORDS)
def test_every_written_word_keeps_a_time_whatever_is_said(written, spoken):
    from briefing.audio import Take
    from briefing.speech import Chunk

    done = worded(" ".join(written), " ".join(spoken), IPA)
    # What lies outside all spans is the same in both, and spans come in order
    at, said = 0, 0
    for span in done.spans:
        assert (at, said) <= (span.start, span.spoken_start)
        assert done.written[at : span.start] == done.spoken[said : span.spoken_start]
        at, said = span.end, span.spoken_end
    assert done.written[at:] == done.spoken[said:]
    take = Take(key="0" * 64, sha256="0" * 64, rate=44100, samples=1000, loudness_lufs=None)
    chunk = Chunk(key="0" * 64, segment=done.id, spoken=done.spoken)
    words = time_words(done, [chunk], [Placed(take, 0, 1000)])
    assert len(words) == len(written)
    assert all(one.last <= other.first for one, other in zip(words, words[1:], strict=False))
