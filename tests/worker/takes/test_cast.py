"""Several voices in one briefing: who is asked for, who speaks what."""

from __future__ import annotations

import pytest
from mutagen.id3 import ID3

from briefing.errors import Misconfigured
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.show import Show, Voices
from briefing.script import Role, Script, Segment
from briefing.settings import LimitSettings
from briefing.speech import Cast, Casting, Fallback, Narrator
from briefing.states import Queue
from tests.support.asking import again, ask, revision_row, step_rows
from tests.support.engines import VOICES, ScriptedEngine, lend
from tests.support.newsroom import NEWSROOM, make_place, work_off
from worker.installation.newsroom import apply
from worker.prepare import cut
from worker.running.perform import perform_next
from worker.takes.casting import engage

ARTICLE = """# Ferry runs again

The ferry runs again from Monday, the harbour board said.

> We have waited long enough for this day, and so has everybody here.

Both sides are to meet again on Friday.
"""


def narrator(voice):
    return Narrator(voice=voice, engine="e", engine_version="1", model_digest="", language="en")


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "voices.toml").write_text(VOICES)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    toml = NEWSROOM.replace(
        'voice = "silence"\n',
        'voice = "first"\nvoices = { headline = "second", quotes = "third" }\nintro = "none"\noutro = "none"\n',
        1,
    )
    place = make_place(tmp_path, toml)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


@pytest.fixture
def engines(place):
    engines = {
        "scripted": ScriptedEngine(),
        "other": ScriptedEngine(online=True),
        "third": ScriptedEngine(limit=40),
    }
    lend(place, **engines)
    return engines


def test_each_role_has_its_narrator():
    cast = Cast(body=narrator("b"), headline=narrator("h"), quotes=narrator("q"), transitions=narrator("t"))
    spoken = {role: cast.speaker_of(role).voice for role in Role}
    assert (spoken.pop(Role.HEADLINE), spoken.pop(Role.QUOTE), spoken.pop(Role.TRANSITION)) == ("h", "q", "t")
    assert set(spoken.values()) == {"b"}
    assert [one.voice for one in cast.narrators] == ["b", "h", "q", "t"]


def test_a_show_casts_and_a_voice_asked_for_speaks_everything():
    show = Show(slug="s", title="S", voice="joe", voices=Voices(quotes="amy", headline="joe"))
    assert show.casting("default") == Casting(body="joe", quotes="amy")
    assert show.casting("default", sole="bob") == Casting(body="bob")
    assert Show(slug="s", title="S").casting("default").voices == ("default",)
    assert show.casting("default").voices == ("joe", "amy")


def test_a_fallback_takes_over_all_parts_of_a_voice_and_no_other():
    casting = Casting(body="a", headline="b", quotes="a")
    moved = casting.after([Fallback(voice="a", by="c", code="x", reason="y")])
    assert (moved.body, moved.headline, moved.quotes) == ("c", "b", None)
    assert moved.after([Fallback(voice="b", by="c", code="x", reason="y")]) == Casting(body="c")


def test_a_briefing_is_spoken_by_its_cast(place, engines):
    _, revision, _ = ask(place, "ferry", voice="first", headline="second", quotes="third")
    perform_next(place, tuple(Queue))
    row = revision_row(place, revision)
    roles = {segment["id"]: segment["role"] for segment in row.script["segments"]}
    spoken_by = {(roles[chunk["segment"]], chunk["voice"]) for chunk in row.chunks}
    assert spoken_by == {("headline", "second"), ("disclosure", "first"), ("body", "first"), ("quote", "third")}
    # The online voice's chunks wait in their own queue, and each engine's limit counts for its own chunks.
    queues = {step.payload["chunk"]["voice"]: step.queue for step in step_rows(place, revision) if step.kind == "speak"}
    assert queues == {"first": "interactive", "second": "online", "third": "interactive"}
    assert sum(roles[chunk["segment"]] == "quote" for chunk in row.chunks) == 2
    work_off(place)
    assert revision_row(place, revision).state == "live"
    assert engines["other"].said == ["Ferry runs again."]
    assert len(engines["third"].said) == 2
    assert not set(engines["scripted"].said) & {*engines["other"].said, *engines["third"].said}
    mp3 = (place.files.storage.root / "articles" / "desk" / "ferry.mp3").resolve()
    said = str(ID3(mp3)["TXXX:SYNTHETIC_VOICE"])
    assert said == "First (scripted), Second (other), Third (third)"


def test_a_voice_asked_for_anew_speaks_everything_and_stays(place, engines):
    briefing, first, _ = ask(place, "ferry", voice="first", headline="second", quotes="third")
    work_off(place)
    # When it is made again without a word of voices / Then the cast stays, and every take of it
    second, _ = again(place, briefing)
    work_off(place)
    assert revision_row(place, second).cast == revision_row(place, first).cast
    assert revision_row(place, second).chunks_reused == revision_row(place, second).chunks_total
    # When another voice is asked for / Then that one speaks everything
    third, _ = again(place, briefing, voice="third")
    work_off(place)
    row = revision_row(place, third)
    assert (row.state, {chunk["voice"] for chunk in row.chunks}) == ("live", {"third"})


def test_requests_with_other_voices_for_a_part_are_not_equal(place, engines):
    _, first, _ = ask(place, "ferry", voice="first", quotes="third")
    assert not ask(place, "ferry", voice="first", quotes="third", headline="first")[2], "the same, said otherwise"
    work_off(place)
    # An equal one only looks; one with another voice for the quotes is made.
    look = ask(place, "ferry", voice="first", quotes="third")[1]
    assert work_off(place) == 1
    assert revision_row(place, look).state == "unchanged"
    other = ask(place, "ferry", voice="first", quotes="second")[1]
    work_off(place)
    assert (revision_row(place, first).state, revision_row(place, other).state) == ("superseded", "live")


def test_a_step_from_before_chunks_knew_their_voice_is_spoken_by_the_revisions(place, engines):
    _, revision, _ = ask(place, "ferry", voice="first")
    perform_next(place, tuple(Queue))
    with place.database.writing() as session:
        for step in session.query(type(step_rows(place, revision)[0])).filter_by(kind="speak"):
            step.payload = {"chunk": {key: value for key, value in step.payload["chunk"].items() if key != "voice"}}
    work_off(place)
    assert revision_row(place, revision).state == "live"
    assert len(engines["scripted"].said) == 5


def test_the_settings_file_names_voices_and_faults_in_it_are_told(place, tmp_path):
    toml = tmp_path / "briefcast.toml"
    newsroom = load_newsroom(toml)
    assert newsroom.shows[0].voices == Voices(headline="second", quotes="third")
    assert newsroom.shows[0].fallback
    toml.write_text(toml.read_text().replace('quotes = "third"', 'quotes = "nobody", transitions = "noone"'))
    with pytest.raises(Misconfigured, match=r"voices\.quotes = 'nobody', voices\.transitions = 'noone'") as caught:
        apply(load_newsroom(toml), place)
    assert caught.value.code == "invalid_settings"
    toml.write_text(toml.read_text().replace("quotes =", "quotations ="))
    with pytest.raises(Misconfigured, match="quotations"):
        load_newsroom(toml)


def test_only_who_is_heard_is_named_and_need_be_there(place, engines):
    # Given a show whose transitions' voice is not installed, and an article without a quotation
    engines["third"].installed = False
    casting = Casting(body="first", headline="second", transitions="third")
    engaged = engage(casting, place.speakers, (), allowed=False)
    assert engaged.cast.transitions.voice == "first"
    engines["third"].installed = True
    engaged = engage(Casting(body="first", headline="second", quotes="third"), place.speakers, (), allowed=False)
    segment = Segment(id="s", article="a:b", role=Role.BODY, written="One.", spoken="One.")
    script = Script(language="en", title="T", articles=(), segments=(segment,), dropped=())
    prepared = cut(script, engaged.cast, engaged.engines, {}, LimitSettings())
    assert [narrator.voice for narrator in prepared.narrators] == ["first"]
    assert place.speakers.credit(prepared.narrators) == "First (scripted)"
