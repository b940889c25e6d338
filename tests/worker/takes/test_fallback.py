"""A voice that cannot speak gives way to its fallback, for the whole briefing, or the revision fails with the reason."""

from __future__ import annotations

import threading

import pytest

from api import views
from briefing import revisions, steps
from briefing.backoff import MAX_POSTPONED
from briefing.errors import EngineUnavailable, TakeRejected
from briefing.models import StepRow, TakeRow
from briefing.podcasts.show import Show
from briefing.speech import Casting
from briefing.states import Queue, StepKind
from tests.support.asking import again, ask, briefing_row, revision_row, step_rows
from tests.support.engines import VOICES, ScriptedEngine, lend
from tests.support.newsroom import ARTICLE, NEWSROOM, make_place, work_off
from worker.narrate import Narrating
from worker.running.perform import perform_next
from worker.sources.files import read_article
from worker.upkeep import sweep

BAD = "Crews had stopped work for four days over unpaid overtime."


def faulty(name, *texts):
    """The fault of that name for texts that hold one of these, or for all."""
    return lambda text, variation: name if not texts or any(text in bad for bad in texts) else None


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "voices.toml").write_text(VOICES)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    toml = NEWSROOM.replace('slug = "held"\n', 'slug = "held"\nfallback = false\n')
    place = make_place(tmp_path, toml.replace('voice = "silence"\n', 'intro = "none"\noutro = "none"\n'))
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


@pytest.fixture
def engines(place):
    engines = {"scripted": ScriptedEngine(faulty("silent", BAD)), "other": ScriptedEngine(), "third": ScriptedEngine()}
    lend(place, **engines)
    return engines


def spoken_by(row):
    return {chunk["voice"] for chunk in row.chunks}


def without_delays(place):
    """Perform everything as if no step had to wait."""
    while True:
        with place.database.writing() as session:
            session.query(StepRow).update({"not_before": None})
        if not work_off(place):
            return


def test_the_whole_briefing_moves_to_the_fallback_and_says_so(place, engines):
    briefing, revision, _ = ask(place, "ferry", voice="first")
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, row.voice, spoken_by(row)) == ("live", "first", {"second"})
    assert row.cast["body"]["voice"] == row.cast["headline"]["voice"] == "second"
    assert len(set(engines["other"].said)) == row.chunks_total == 5
    assert (row.chunks_left, row.chunks_reused) == (0, 0)
    (fallback,) = row.fallbacks
    assert (fallback["voice"], fallback["by"], fallback["code"]) == ("first", "second", "take_rejected")
    assert "is silent" in fallback["reason"]
    assert briefing_row(place, briefing).live_revision == revision
    seen = views.revision(row).model_dump()
    assert (seen["voice"], seen["cast"]["quotes"]) == ("first", "second")
    assert [warning["code"] for warning in seen["warnings"]] == ["voice_fallback"]
    assert "'second' speaks what 'first' was to speak" in seen["warnings"][0]["message"]
    # And no step of the failed voice is left, nor counted.
    assert all(step.state in {"done", "dead"} for step in step_rows(place, revision) if step.kind != "verify")
    assert [step.kind for step in step_rows(place, revision)].count("recast") == 1


def test_the_words_are_not_fetched_again_for_the_fallback(place, engines, tmp_path):
    _, revision, _ = ask(place, "ferry", voice="first")
    perform_next(place, tuple(Queue))
    (tmp_path / "articles" / "ferry.md").unlink()
    work_off(place)
    assert revision_row(place, revision).state == "live"


def test_a_part_whose_voice_fails_moves_and_the_others_stay(place, engines):
    engines["scripted"].fault = faulty("silent", "Ferry runs again.")
    _, revision, _ = ask(place, "ferry", voice="third", headline="first")
    work_off(place)
    row = revision_row(place, revision)
    assert row.state == "live"
    assert (row.cast["headline"]["voice"], row.cast["body"]["voice"]) == ("second", "third")
    # What the other voice had spoken before is not spoken again.
    assert len(engines["third"].said) == len(set(engines["third"].said)) == 4


def test_a_chain_of_fallbacks_ends(place, engines):
    for engine in engines.values():
        engine.fault = faulty("clipped", BAD)
    briefing, revision, _ = ask(place, "ferry", voice="first")
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, row.error_code) == ("failed", "take_rejected")
    assert "is clipped" in row.error_message
    assert row.error_hint
    assert [(entry["voice"], entry["by"]) for entry in row.fallbacks] == [("first", "second"), ("second", "third")]
    assert briefing_row(place, briefing).live_revision is None
    assert not (place.files.storage.root / "articles").exists(), "nothing partial is published"


def test_a_show_may_keep_its_voice_and_the_old_audio_plays_on(place, engines):
    engines["scripted"].fault = faulty(None)
    briefing, first, _ = ask(place, "ferry", voice="first", show="held")
    work_off(place)
    assert revision_row(place, first).state == "held"
    # When a new text fails / Then the revision fails with the reason, and what is there stays
    engines["scripted"].fault = faulty("silent")
    segment = revision_row(place, first).script["segments"][2]["id"]
    second, _ = again(place, briefing, refetch=False, segments=[segment])
    work_off(place)
    row = revision_row(place, second)
    assert (row.state, row.error_code, row.fallbacks) == ("failed", "take_rejected", [])
    assert revision_row(place, first).state == "held"
    # And making it again works once the engine does.
    engines["scripted"].fault = faulty(None)
    third, _ = again(place, briefing, refetch=False)
    work_off(place)
    assert (revision_row(place, third).state, spoken_by(revision_row(place, third))) == ("held", {"first"})
    assert not engines["other"].said


def test_a_regeneration_tries_the_voice_that_was_asked_for_again(place, engines):
    briefing, first, _ = ask(place, "ferry", voice="first")
    work_off(place)
    assert spoken_by(revision_row(place, first)) == {"second"}
    engines["scripted"].fault = faulty(None)
    second, _ = again(place, briefing)
    work_off(place)
    row = revision_row(place, second)
    assert (row.state, spoken_by(row), row.fallbacks) == ("live", {"first"}, [])
    # What it spoke well before it failed is kept for this.
    assert row.chunks_reused >= 1


def test_an_engine_that_stays_busy_gives_way_when_its_tries_are_spent(place, engines):
    engines["scripted"].fault = faulty("busy")
    _, revision, _ = ask(place, "ferry", voice="first")
    without_delays(place)
    row = revision_row(place, revision)
    assert (row.state, spoken_by(row), row.fallbacks[0]["code"]) == ("live", {"second"}, "engine_unavailable")
    tries = len([text for text in engines["scripted"].said if text == engines["scripted"].said[0]])
    assert tries == MAX_POSTPONED + 1


def test_an_engine_that_is_not_installed_gives_way_before_anything_is_spoken(place, engines):
    engines["scripted"].installed = engines["other"].installed = False
    _, revision, _ = ask(place, "ferry", voice="first")
    assert work_off(place) == 8
    row = revision_row(place, revision)
    assert (row.state, spoken_by(row)) == ("live", {"third"})
    assert [entry["code"] for entry in row.fallbacks] == ["engine_not_installed"] * 2


def test_a_fallback_that_is_not_installed_either_is_passed_over(place, engines):
    engines["other"].installed = False
    _, revision, _ = ask(place, "ferry", voice="first")
    work_off(place)
    assert spoken_by(revision_row(place, revision)) == {"third"}


def test_an_engine_that_raises_what_it_should_not_gives_way_after_three_claims(place, engines):
    engines["scripted"].fault = faulty("unforeseen", BAD)
    _, revision, _ = ask(place, "ferry", voice="first")
    crashes = 0
    while True:
        try:
            if not work_off(place):
                break
        except ZeroDivisionError:
            crashes += 1
    row = revision_row(place, revision)
    assert (crashes, row.state, row.fallbacks[0]["code"]) == (3, "live", "internal_error")


def test_an_engine_that_kills_its_workers_gives_way(place, engines):
    _, revision, _ = ask(place, "ferry", voice="first")
    perform_next(place, tuple(Queue))
    # Given a chunk whose workers vanish three times, as on a crash in native code
    with place.database.reading() as session:
        victim = next(step.id for step in step_rows(place, revision) if step.kind == "speak")
    for _ in range(steps.MAX_ATTEMPTS):
        with place.database.writing() as session:
            assert steps.claim(session, holder="gone", lease_s=60, queues=tuple(Queue), step_id=victim)
        sweep.free_held_by(place, "gone")
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, spoken_by(row), row.fallbacks[0]["code"]) == ("live", {"second"}, "worker_lost")


def test_two_chunks_that_are_given_up_at_once_move_the_briefing_once(place, engines):
    _, revision, _ = ask(place, "ferry", voice="first")
    perform_next(place, tuple(Queue))
    with place.database.reading() as session:
        victims = [step.id for step in step_rows(place, revision) if step.kind == "speak"][:2]
    for _ in range(steps.MAX_ATTEMPTS):
        for victim in victims:
            with place.database.writing() as session:
                # The second stands back, but not for ever.
                session.get_one(StepRow, victim).not_before = None
                session.flush()
                assert steps.claim(session, holder="gone", lease_s=60, queues=tuple(Queue), step_id=victim)
        sweep.free_held_by(place, "gone")
    assert len(revision_row(place, revision).fallbacks) == 1
    assert [step.kind for step in step_rows(place, revision)].count("recast") == 1
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, spoken_by(row), len(row.fallbacks)) == ("live", {"second"}, 1)


def test_two_chunks_that_fail_at_once_move_the_revision_once(place, engines):
    # Given two workers that have both begun / When both chunks fail at the same moment
    barrier, failed = threading.Barrier(2, timeout=60), []

    def together(text, variation):
        if threading.current_thread() in workers and text not in failed:
            failed.append(text)
            barrier.wait()
        return "silent"

    engines["scripted"].fault = together
    _, revision, _ = ask(place, "ferry", voice="first")
    perform_next(place, tuple(Queue))
    workers = [threading.Thread(target=perform_next, args=(place, tuple(Queue))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    row = revision_row(place, revision)
    assert len(row.fallbacks) == 1
    assert [step.kind for step in step_rows(place, revision)].count("recast") == 1
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, row.chunks_left, spoken_by(row)) == ("live", 0, {"second"})


def test_a_worker_that_still_speaks_an_old_chunk_changes_nothing(place, engines):
    # Given a worker in the midst of a chunk / When another chunk fails and all of it is spoken by the fallback meanwhile
    overtaken = []

    def slow(text, variation):
        if text == "Ferry runs again." and not overtaken:
            overtaken.append(text)
            while perform_next(place, tuple(Queue)):
                pass
        return "silent" if text in BAD else None

    engines["scripted"].fault = slow
    _, revision, _ = ask(place, "ferry", voice="first")
    perform_next(place, tuple(Queue))
    before = len(step_rows(place, revision))
    assert perform_next(place, tuple(Queue))
    row = revision_row(place, revision)
    assert (row.state, row.chunks_left, spoken_by(row)) == ("live", 0, {"second"})
    assert len(step_rows(place, revision)) == before + 9  # recast, five chunks, assemble, publish, verify
    # Its take is kept for another time, but not heard.
    with place.database.reading() as session:
        assert session.query(TakeRow).count() > row.chunks_total


def test_a_worker_whose_lease_is_lost_moves_nothing(place, engines, monkeypatch):
    _, revision, _ = ask(place, "ferry", voice="first")
    perform_next(place, tuple(Queue))

    def lost(text, variation):
        with place.database.writing() as session:
            steps.release_held_by(session, place.holder)
        return "silent"

    engines["scripted"].fault = lost
    perform_next(place, tuple(Queue))
    row = revision_row(place, revision)
    assert (row.state, row.fallbacks) == ("speaking", [])
    assert not any(step.kind == "recast" for step in step_rows(place, revision))


def test_a_crash_in_the_midst_of_the_move_leaves_nothing_half_done(place, engines, monkeypatch):
    _, revision, _ = ask(place, "ferry", voice="first")
    engines["scripted"].fault = faulty("silent")
    perform_next(place, tuple(Queue))
    real = revisions.recast

    def crashing(*arguments):
        # Patched to end the process after the move was written and before it was committed.
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(revisions, "recast", crashing)
    with pytest.raises(KeyboardInterrupt):
        perform_next(place, tuple(Queue))
    row = revision_row(place, revision)
    assert (row.state, row.fallbacks, row.chunks_left) == ("speaking", [], 5)
    assert {step.state for step in step_rows(place, revision) if step.kind == "speak"} <= {"ready", "leased"}
    monkeypatch.undo()
    sweep.free_held_by(place, place.holder)
    work_off(place)
    assert revision_row(place, revision).state == "live"


def test_a_newer_request_stops_the_move(place, engines):
    briefing, first, _ = ask(place, "ferry", voice="first")
    while not revision_row(place, first).fallbacks:
        perform_next(place, tuple(Queue))
    second, _ = again(place, briefing, voice="third")
    work_off(place)
    assert (revision_row(place, first).state, revision_row(place, second).state) == ("superseded", "live")
    assert not engines["other"].said


def test_a_failed_take_that_was_to_replace_a_damaged_one_moves_all(place, engines):
    # Given takes spoken well / When one is damaged and the engine cannot speak it again
    engines["scripted"].fault = faulty(None)
    _, revision, _ = ask(place, "ferry", voice="first")
    for _ in range(6):
        perform_next(place, tuple(Queue))
    with place.database.reading() as session:
        place.storage.remove(session.query(TakeRow).first().sha256)
    engines["scripted"].fault = faulty("silent")
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, spoken_by(row)) == ("live", {"second"})


def narrate(place, tmp_path, **settings):
    from briefing.values import ArticleRef

    article = read_article(tmp_path / "articles" / "ferry.md", ArticleRef(source="desk", id="ferry"))
    narrating = Narrating(place.database, place.storage, place.speakers, place.limits, place.signer, workers=2)
    show = Show(slug="s", title="S", intro=None, outro=None, **settings)
    return narrating.narrate([article], show, Casting(body="first"), lambda *_: None)


def test_narrating_in_one_process_falls_back_alike(place, engines, tmp_path):
    narration = narrate(place, tmp_path)
    assert {chunk.voice for chunk in narration.prepared.chunks} == {"second"}
    assert [(entry.voice, entry.by, entry.code) for entry in narration.fallbacks] == [
        ("first", "second", "take_rejected")
    ]
    assert "'second' speaks what 'first' was to speak (take_rejected: " in narration.fallbacks[0].warning.message


def test_narrating_without_a_fallback_fails_with_the_reason(place, engines, tmp_path):
    with pytest.raises(TakeRejected, match="is silent"):
        narrate(place, tmp_path, fallback=False)
    engines["scripted"].fault = faulty("busy")
    with pytest.raises(EngineUnavailable, match="rate limited"):
        narrate(place, tmp_path, fallback=False)
    assert not engines["other"].said


def test_a_recast_is_a_kind_of_its_own():
    # So that workers from before there were fallbacks leave it to newer ones.
    assert StepKind("recast") not in {StepKind.PREPARE, StepKind.SPEAK}
