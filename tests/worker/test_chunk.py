from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.errors import ArticleTooLong
from briefing.script import Role, Script, Segment, Span
from briefing.settings import LimitSettings
from briefing.speech import Cast, Narrator, Pronunciation
from voices.engine import Capabilities
from worker import chunk
from worker.words.sentences import sentences

NARRATOR = Narrator(voice="silence", engine="silence", engine_version="1", model_digest="", language="en")
LIMITS = LimitSettings()


def script(*texts, role=Role.BODY):
    return Script(
        language="en",
        title="t",
        articles=(),
        segments=tuple(
            Segment(id=f"{number:016x}", article="a:b", role=role, written=text, spoken=text)
            for number, text in enumerate(texts)
        ),
        dropped=(),
    )


def split(script, narrator, limit, variations, limits, *, phonemes=False):
    """The chunks of a script that one narrator speaks."""
    cast = Cast(body=narrator, headline=narrator, quotes=narrator, transitions=narrator)
    engine = Capabilities(text_limit=limit, online=False, phoneme_input=phonemes)
    return chunk.split(script, cast, {narrator.voice: engine}, variations, limits)


def chunks(*texts, limit=80, variations=None, narrator=NARRATOR):
    return split(script(*texts), narrator, limit, variations or {}, LIMITS)


def test_a_segment_is_one_chunk():
    assert [chunk.spoken for chunk in chunks("One sentence. Another.", "A third.")] == [
        "One sentence. Another.",
        "A third.",
    ]


def test_a_long_segment_is_split_at_sentences_evenly():
    text = " ".join(f"This is sentence number {number} of them." for number in range(5))
    spoken = [chunk.spoken for chunk in chunks(text, limit=90)]
    assert " ".join(spoken) == text
    assert all(len(piece) <= 90 and piece.endswith(".") for piece in spoken)
    assert min(map(len, spoken)) > 30


def test_a_line_without_a_full_stop_gets_one():
    assert [chunk.spoken for chunk in chunks("A headline", "He said “no”", "Key points:")] == [
        "A headline.",
        "He said “no”.",
        "Key points:",
    ]


def test_an_edit_of_one_paragraph_changes_one_key():
    before = chunks("One paragraph.", "Another one.", "A third.")
    after = chunks("One paragraph.", "Another word.", "A third.")
    assert [old.key == new.key for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_keys_follow_text_narrator_and_variation_alone():
    base = chunks("Same text.")[0].key
    assert chunks("Other first.", "Same text.")[1].key == base
    assert chunks("Same text.", variations={f"{0:016x}": 1})[0].key != base
    assert chunks("Same text.", narrator=NARRATOR.model_copy(update={"model_digest": "x"}))[0].key != base


def pronounced(text, *words, ipa="x"):
    """A script of one segment in which each of `words` has a pronunciation, everywhere."""
    spans, done = [], 0
    while found := min(
        (at, word) for word in (*words, "") if (at := text.find(word, done) if word else len(text)) >= 0
    )[1]:
        start = text.index(found, done)
        done = start + len(found)
        spans.append(Span(start=start, end=done, spoken_start=start, spoken_end=done, rule="lexicon", ipa=ipa))
    whole = script(text)
    return whole.model_copy(update={"segments": (whole.segments[0].model_copy(update={"spans": tuple(spans)}),)})


def sounds(made):
    return [[chunk.spoken[mark.start : mark.end] for mark in chunk.pronunciations] for chunk in made]


def test_pronunciations_go_along_with_their_words():
    text = "  In Kyiv it rained. " + "The rest of it is of no importance. " * 3 + "Kyiv slept; in Kyiv"
    whole = split(pronounced(text, "Kyiv"), NARRATOR, 1000, {}, LIMITS, phonemes=True)
    assert sounds(whole) == [["Kyiv", "Kyiv", "Kyiv"]]
    pieces = split(pronounced(text, "Kyiv"), NARRATOR, 70, {}, LIMITS, phonemes=True)
    assert len(pieces) > 2
    assert [word for found in sounds(pieces) for word in found] == ["Kyiv"] * 3
    assert " ".join(chunk.spoken for chunk in pieces) == text.strip() + "."


def test_a_pronounced_stretch_is_never_split():
    text = "He saw the town of St. Blank. Town, and other places, on Monday. He saw it."
    for limit in range(25, 70):
        made = split(pronounced(text, "St. Blank. Town"), NARRATOR, limit, {}, LIMITS, phonemes=True)
        assert [word for found in sounds(made) for word in found] == ["St. Blank. Town"], limit
        assert " ".join(chunk.spoken for chunk in made) == text


def test_only_an_engine_that_takes_phonemes_gets_them_and_only_its_keys_know():
    plain = split(script("In Kyiv."), NARRATOR, 80, {}, LIMITS)[0]
    marked = pronounced("In Kyiv.", "Kyiv", ipa="kˈiːv")
    assert split(marked, NARRATOR, 80, {}, LIMITS) == (plain,)
    first = split(marked, NARRATOR, 80, {}, LIMITS, phonemes=True)[0]
    assert first.pronunciations == (Pronunciation(start=3, end=7, ipa="kˈiːv"),)
    other = split(pronounced("In Kyiv.", "Kyiv", ipa="kˈiɪv"), NARRATOR, 80, {}, LIMITS, phonemes=True)[0]
    assert len({plain.key, first.key, other.key}) == 3


@given(st.lists(st.sampled_from(["Kyiv.", "Kyiv", "a", "word,", "“No”", "12", "…", "  "]), min_size=1, max_size=40))
def test_pronunciations_survive_any_cutting(words):
    text = " ".join(words)
    made = split(pronounced(text, "Kyiv"), NARRATOR, 30, {}, LIMITS, phonemes=True)
    found = [word for piece in sounds(made) for word in piece]
    assert found == ["Kyiv"] * (text.count("Kyiv") if made else 0)


def test_text_without_a_word_is_not_spoken():
    assert chunks("***", "…", "Word.")[0].spoken == "Word."


@pytest.mark.parametrize(
    "text",
    [
        "It was 10 a.m. Monday when it began.",
        "Brig. Gen. Doe met Sen. Roe.",
        "About approx. $4.7 billion went.",
        "He arrived at No. 10 at noon.",
    ],
)
def test_abbreviations_do_not_end_sentences(text):
    assert sentences(text, "en") == [text]


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=30), min_size=1, max_size=60))
def test_chunks_rejoin_to_the_text_and_fit_the_limit(words):
    text = " ".join(words)
    made = chunks(text, limit=60)
    if not made:
        assert not any(character.isalnum() for character in text)
        return
    assert all(len(chunk.spoken) <= 61 for chunk in made)
    assert " ".join(chunk.spoken for chunk in made).rstrip(".") == text.rstrip(".") or " ".join(
        chunk.spoken for chunk in made
    ) in {text, f"{text}."}


def test_too_long_is_refused_with_a_code():
    limits = LimitSettings(characters=100, chunks=3)
    with pytest.raises(ArticleTooLong):
        split(script("x" * 101), NARRATOR, 1000, {}, limits)
    with pytest.raises(ArticleTooLong) as caught:
        split(script("a.", "b.", "c.", "d."), NARRATOR, 1000, {}, limits)
    assert caught.value.code == "article_too_long"
