"""From what engines tell of a chunk's words to when each written word is heard."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.audio import MASTER_RATE, Take, TimedWord
from briefing.pronunciations.lexicon import starter_lexicon
from briefing.script import Role, Script, Segment
from briefing.settings import LimitSettings
from briefing.speech import Cast, Narrator
from voices.engine import Capabilities
from worker.chunk import split
from worker.normalise import normalise
from worker.transcript.cues import Placed, transcribe
from worker.transcript.word_cues import time_words

NARRATOR = Narrator(voice="v", engine="e", engine_version="1", model_digest="", language="en")
CAST = Cast(body=NARRATOR, headline=NARRATOR, quotes=NARRATOR, transitions=NARRATOR)
RATE = 22_050


def segment_of(written, role=Role.BODY, language="en"):
    spoken, spans = normalise(written, language, starter_lexicon())
    return Segment(id="s", article="a:b", role=role, written=written, spoken=spoken, spans=spans)


def chunks_of(segment, limit=200, language="en"):
    script = Script(language=language, title="T", articles=(), segments=(segment,), dropped=())
    engine = Capabilities(text_limit=limit, online=False, phoneme_input=True)
    return split(script, CAST, {NARRATOR.voice: engine}, {}, LimitSettings())


def take_of(chunk, timing="exact", words=None):
    """A take that says each word in as many hundredths of a second as it has letters, and two between words."""
    said, at = [], 0
    for match in re.finditer(r"\S+", chunk.spoken):
        length = len(match.group()) * RATE // 100
        said.append(TimedWord(match.start(), match.end(), at, at + length))
        at += length + RATE // 50
    kept = tuple(said if words is None else words(said))
    return Take(key=chunk.key, sha256="f" * 64, rate=RATE, samples=at, loudness_lufs=None, words=kept, timing=timing)


def placed_of(chunks, start=10_000, **fields):
    placed = []
    for chunk in chunks:
        take = take_of(chunk, **fields)
        length = take.samples * MASTER_RATE // RATE
        placed.append(Placed(take, start, length))
        start += length + 5_000
    return placed


def cues(written, limit=200, language="en", **fields):
    segment = segment_of(written, language=language)
    chunks = chunks_of(segment, limit, language)
    placed = placed_of(chunks, **fields)
    return segment, chunks, placed, time_words(segment, chunks, placed)


def told(segment, words):
    return [(segment.written[word.start : word.end], word.timing) for word in words]


def seconds(word, start=10_000):
    return round((word.first - start) / MASTER_RATE, 2), round((word.last - start) / MASTER_RATE, 2)


def test_plain_words_have_the_engines_times():
    segment, _, _, words = cues("The ferry runs again")
    assert told(segment, words) == [(word, "exact") for word in ("The", "ferry", "runs", "again")]
    # 3, 5, 4 and 6 hundredths (the last with the full stop that the chunk was given), 2 between.
    assert [seconds(word) for word in words] == [(0, 0.03), (0.05, 0.1), (0.12, 0.16), (0.18, 0.23)]


def test_a_sum_lights_up_while_its_words_are_said():
    segment, chunks, _, words = cues("It cost $300K in all")
    assert chunks[0].spoken == "It cost three hundred thousand dollars in all."
    cost, total, following = words[1:4]
    assert segment.written[total.start : total.end] == "$300K"
    assert total.timing == "exact"
    # From the first letter of "three" to the last of "dollars".
    assert cost.last < total.first < total.last < following.first
    assert seconds(total) == pytest.approx((0.1, 0.1 + 0.05 + 0.02 + 0.07 + 0.02 + 0.08 + 0.02 + 0.07))


def test_words_that_share_a_span_are_told_to_be_estimated():
    segment, chunks, _, words = cues("Open since Oct. 3, 2022 again")
    assert "October third" in chunks[0].spoken
    assert told(segment, words)[2:5] == [("Oct.", "estimated"), ("3,", "estimated"), ("2022", "estimated")]
    assert told(segment, words)[5] == ("again", "exact")
    assert words[1].last < words[2].first < words[3].first < words[4].first < words[4].last < words[5].first


def said_for(written, language="en"):
    """Each written word with the spoken words that begin while it is lit."""
    segment, chunks, placed, words = cues(written, language=language)
    begun = [
        (round(part.start + timed.first * part.length / part.take.samples), chunk.spoken[timed.start : timed.end])
        for chunk, part in zip(chunks, placed, strict=True)
        for timed in part.take.words
    ]
    return [
        (text, timing, " ".join(said for at, said in begun if word.first <= at < word.last))
        for (text, timing), word in zip(told(segment, words), words, strict=True)
    ]


@pytest.mark.parametrize(
    ("written", "language", "parts"),
    [
        (
            "on 4 March 2026 again",
            "en-GB",
            [("4", "the fourth of"), ("March", "March,"), ("2026", "twenty twenty-six")],
        ),
        ("of $4.2 million again", "en", [("$4.2", "four point two"), ("million", "million dollars")]),
        ("on April 7 again", "en", [("April", "April"), ("7", "seventh")]),
    ],
)
def test_what_is_said_as_written_parts_the_rest_of_a_span(written, language, parts):
    assert said_for(written, language)[1:-1] == [(word, "exact", said) for word, said in parts]


def test_a_pronunciation_that_changes_nothing_keeps_each_words_time():
    segment, chunks, _, words = cues("The United Nations sent Volodymyr Zelensky to Kharkiv")
    assert chunks[0].pronunciations
    assert {timing for _, timing in told(segment, words)} == {"exact"}


def test_a_dash_alone_goes_with_the_word_before_it():
    segment, _, _, words = cues("– Nobody – he said – came")
    assert [text for text, _ in told(segment, words)] == ["– Nobody –", "he", "said –", "came"]


def test_takes_without_words_share_their_length_out():
    segment, _, placed, words = cues("The ferry runs again", words=lambda _: ())
    assert {timing for _, timing in told(segment, words)} == {"estimated"}
    assert words[0].first == placed[0].start
    assert words[-1].last == pytest.approx(placed[0].start + placed[0].length, abs=placed[0].length / 15)
    lengths = [word.last - word.first for word in words]
    assert lengths[1] / lengths[0] == pytest.approx(5 / 3, abs=0.01)


def test_words_that_an_aligner_missed_share_the_gap():
    segment, _, _, words = cues("The old ferry runs again", timing="aligned", words=lambda said: [said[0], said[3]])
    assert told(segment, words) == [
        ("The", "aligned"), ("old", "estimated"), ("ferry", "estimated"), ("runs", "aligned"), ("again", "estimated"),
    ]  # fmt: skip
    assert words[0].last == words[1].first
    assert words[1].last == words[2].first
    assert words[2].last == words[3].first
    assert words[3].last == words[4].first < words[4].last


def test_a_long_segment_keeps_its_times_over_several_chunks():
    text = "The crews stopped on Monday, and nobody paid $1.5m. " * 12
    segment, chunks, placed, words = cues(text.strip(), limit=120)
    assert len(chunks) > 4
    # The first word of each chunk begins with its take.
    starts = {word.first for word in words}
    assert {part.start for part in placed} <= starts
    assert {timing for _, timing in told(segment, words)} == {"exact"}


PIECES = st.sampled_from(
    "the ferry $300K Oct. 3, 2022 – 5 km/h “Yes,” Brig. Gen. Zelensky 226-3 U.S. … & 50% F-16s R-Texas - it's Kyiv. No! $1.05tn "
    "10:30 p.m. World War II well-known 1/4 +1 555 010 4477 https://example.com/a?b=c Q3 ?! №5 Смерть 東京 é́ 🎉 nobody/all e.g.".split()
)


@settings(max_examples=300)
@given(
    st.lists(st.one_of(PIECES, st.text(min_size=1, max_size=8)), min_size=1, max_size=40),
    st.sampled_from([" ", "  ", " \u00a0"]),
    st.sampled_from(["en", "en-GB", "uk", "fr"]),
    st.integers(20, 120),
    st.sampled_from(["all", "none", "some", "first"]),
)
def test_every_written_word_gets_one_cue_in_order_inside_its_segment(pieces, gap, language, limit, which):
    segment, chunks, placed, words = cues(
        gap.join(pieces),
        limit,
        language,
        words=lambda said: {"all": said, "none": [], "some": said[::3], "first": said[:1]}[which],
    )
    if not chunks:
        assert not words
        return
    text = segment.written
    # Every letter is in one word, and every word that white space parts off and that has a letter is one.
    covered = "".join(text[word.start : word.end] for word in words)
    assert "".join(covered.split()) == "".join(text.split())
    lettered = [part for part in text.split() if any(character.isalnum() for character in part)]
    assert len(words) >= len(lettered)
    assert all(
        sum(any(character.isalnum() for character in part) for part in text[word.start : word.end].split()) <= 1
        for word in words
    )
    times = [time for word in words for time in (word.first, word.last)]
    assert times == sorted(times)
    assert placed[0].start <= times[0]
    assert times[-1] <= placed[-1].start + placed[-1].length
    places = [place for word in words for place in (word.start, word.end)]
    assert places == sorted(places)
    # And each is in one sentence.
    script = Script(language=language, title="T", articles=(), segments=(segment,), dropped=())
    (passage,) = transcribe(script, chunks, placed, 10_000_000, {"v": "Joe"}, "D").passages
    assert passage.sentences[0] == 0
    assert list(passage.sentences) == sorted(set(passage.sentences))
    assert passage.sentences[-1] < len(words)
    assert [word for sentence in passage.sentence_words() for word in sentence] == list(words)


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from("one two three four five, six. seven".split()), min_size=1, max_size=60),
    st.integers(20, 60),
)
def test_plain_words_are_timed_to_the_sample_whatever_the_chunks(pieces, limit):
    # Given words that are spoken as written / When they are cut into chunks of any length
    _, _, placed, words = cues(" ".join(pieces), limit)
    # Then each is heard exactly when its chunk's engine said
    wanted = [
        part.start + round(timed.first * part.length / part.take.samples)
        for part in placed
        for timed in part.take.words
    ]
    assert [word.first for word in words] == pytest.approx(wanted, abs=1)
    assert {word.timing for word in words} == {"exact"}


def test_sentences_begin_where_the_editors_began_them():
    segment = segment_of("Mr. Lee paid $5 million. “Never again,” he said – twice. — “No.” It was Nov. 20.")
    chunks = chunks_of(segment)
    script = Script(language="en", title="T", articles=(), segments=(segment,), dropped=())
    (passage,) = transcribe(script, chunks, placed_of(chunks), 10_000_000, {}, "D").passages
    said = [passage.says(words) for words in passage.sentence_words()]
    assert (said[0], said[-1]) == ("Mr. Lee paid $5 million.", "It was Nov. 20.")
    assert passage.speaker == "v"
