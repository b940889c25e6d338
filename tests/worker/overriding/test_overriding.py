"""What an editor changes of a segment is heard from then on, on every rebuild, and nothing else is spoken."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from briefing import revisions
from briefing.editing.overrides import Override, cleaned
from briefing.models import MasterRow, OverrideRow, RevisionRow, TakeRow
from briefing.pronunciations.lexicon import Kind, Lexicon, LexiconEntry
from briefing.requesting import asking
from briefing.script import Role, Script
from briefing.speech import Cast, Narrator
from briefing.states import Queue, StepKind
from tests.support.asking import NOW, again, ask, revision_row, step_rows
from tests.support.engines import ScriptedEngine, lend
from tests.support.newsroom import work_off
from tests.support.overriding import (
    BOTH,
    CREWS,
    FERRY,
    count,
    drop,
    edited,
    heard,
    listed,
    live,
    name_of,
    newest,
    parts,
    put,
    refused,
    segment,
)
from worker.running.perform import perform_next
from worker.tasks import TASKS
from worker.transcript.cues import Placed
from worker.transcript.word_cues import time_words
from worker.upkeep import forgetting
from worker.words.overriding import overridden


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
