"""The lexicon as the first rule of normalising: where its words are found, and how they are said."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.pronunciations.lexicon import Lexicon, make_entry, starter_lexicon
from tests.support.processes import ROOT
from worker.normalise import normalise


def entry(written, kind, value="", **more):
    return make_entry({"written": written, "kind": kind, "value": value, **more})


OURS = Lexicon(
    [
        [
            entry("Bakhmut", "alias", "Bahkmoot"),
            entry("Kyiv", "ipa", "kˈiːɪv"),
            entry("Kyiv Post", "alias", "The Post"),
            entry("Mar'inka", "alias", "Maryinka"),
            entry("Kos", "ipa", "kˈɔːs"),
            entry("Perth", "ipa", "pˈɜːθ"),
            entry("Lubinets", "ipa", "lubɪnˈɛts", alias="Loo bin ets"),
            entry("Taurus", "alias", "Torus"),
            entry("hryvnia", "alias", "hrivnya"),
            entry("prime minister", "alias", "P M"),
            entry("NATO", "word"),
            entry("SBU", "letters"),
            entry("US", "letters"),
            entry("WHO", "letters"),
            entry("POW", "letters"),
            entry("AfD", "letters"),
            entry("Nice", "alias", "Neece"),
            entry("C++", "alias", "see plus plus"),
        ]
    ]
)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Bakhmut fell.", "Bahkmoot fell."),
        ("Bakhmut's east, Bakhmut’s west", "Bahkmoot's east, Bahkmoot’s west"),
        ("BAKHMUT HAS FALLEN", "BAHKMOOT HAS FALLEN"),
        ("BAKHMUT’S FALL, HE SAID.", "BAHKMOOT’S FALL, HE SAID."),
        ("BAKHMUT HIT", "BAHKMOOT HIT"),
        ("He cried BAKHMUT", "He cried Bahkmoot"),
        ("bakhmut", "bakhmut"),
        ("Bakhmutska Street, pre-Bakhmut, Bakhmut-based", "Bakhmutska Street, pre-Bahkmoot, Bahkmoot-based"),
        ("“Bakhmut,” he said (Bakhmut).", "“Bahkmoot,” he said (Bahkmoot)."),
        ("'Bakhmut'", "'Bahkmoot'"),
        ("The Kyiv Post of Kyiv", "The The Post of Kyiv"),
        ("Mar’inka and Mar'inka", "Maryinka and Maryinka"),
        ("two Tauruses", "two Toruses"),
        ("Hryvnia, 50 hryvnias", "Hrivnya, fifty hrivnyas"),
        ("the prime minister, Prime minister, Prime Minister's", "the P M, P M, P M's"),
        ("NATO's AfD, the SBU", "NATO's A F D, the S B U"),
        ("12 POWs; the POWs' homes; a POW's", "twelve P O Ws; the P O Ws' homes; a P O W's"),
        ("the USS Ford, who said WHO", "the U S S Ford, who said W H O"),
        ("a nice day in Nice", "a nice day in Neece"),
        ("NEW RULES FOR ALL OF US WHO STAY", "NEW RULES FOR ALL OF US WHO STAY"),
        ("US$5 for Kyiv-1 and SBU-34", "five U S dollars for Kyiv one and S B U thirty-four"),
        ("kyiv.info @Bakhmut #Bakhmut", "kyiv dot info at Bakhmut hashtag Bakhmut"),
        ("www.Bakhmut.info", "Bakhmut dot info"),
        ("in C++ now", "in See plus plus now"),
        ("O'Bakhmut'em", "O'Bakhmut'em"),
        ("Lubinets spoke", "Loo bin ets spoke"),
    ],
)
def test_words_are_said_as_laid_down_and_endings_stay(written, spoken):
    assert normalise(written, "en-US", OURS)[0] == spoken


@pytest.mark.parametrize(
    ("written", "ipa"),
    [
        ("Kyiv", "kˈiːɪv"),
        ("Kyiv's", "kˈiːɪvz"),
        ("Kyivs", "kˈiːɪvz"),
        ("KYIV'S", "kˈiːɪvz"),
        ("Kos’s", "kˈɔːsɪz"),
        ("Koses", "kˈɔːsɪz"),
        ("Perth's", "pˈɜːθs"),
        ("Lubinets", "lubɪnˈɛts"),
    ],
)
def test_an_ending_has_the_sound_it_has_after_that_word(written, ipa):
    spoken, (span,) = normalise(f"To {written} now", "en", OURS)
    assert (span.ipa, spoken[span.spoken_start : span.spoken_end], span.rule) == (
        ipa,
        "Loo bin ets" if written == "Lubinets" else written,
        "lexicon",
    )
    assert (span.start, span.end) == (3, 3 + len(written))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("PUTIN MEETS XI IN BEIJING", ["XI"]),
        ("PUTIN MEETS XI", ["XI"]),
        ("FICO AND XI’S TALKS", ["FICO", "XI’S"]),
        ("Putin meets Xi in Beijing", ["Xi"]),
        # Where no capitals around it tell, or a word calls for a number, XI is eleven.
        ("Section XI of the FICO rules", []),
        ("THE RULES OF ARTICLE XI", []),
        ("CROWDS GREET POPE PIUS XI TODAY", []),
        ("NEW RULES FOR ALL IN MAY", []),
    ],
)
def test_a_name_whose_case_counts_is_found_in_an_all_capitals_line(written, found):
    lexicon = Lexicon([[entry(name, "ipa", "ʃˈiː", case_sensitive=True) for name in ("Xi", "Fico", "May")]])
    _, spans = normalise(written, "en", lexicon)
    assert [written[span.start : span.end] for span in spans if span.rule == "lexicon"] == found


def test_a_long_text_full_of_initialisms_costs_no_square_of_its_length():
    started = process_time()
    assert normalise("US " * 3000, "en", OURS)[0].startswith("US US")
    assert process_time() - started < 6


def test_a_word_is_kept_from_the_rules_that_would_spell_it():
    assert normalise("the SIPRX", "en", Lexicon([[entry("SIPRX", "word")]]))[0] == "the SIPRX"
    assert normalise("the BBQ of AMD", "en", Lexicon([[entry("AMD", "word")]]))[0] == "the B B Q of AMD"


def test_endings_are_english_and_languages_keep_apart():
    german = Lexicon([[entry("Kyjiw", "alias", "Kijiw", language="de"), entry("Oleg", "alias", "Alek")]])
    assert normalise("Kyjiws Oleg, Kyjiw", "de-AT", german)[0] == "Kyjiws Alek, Kijiw"
    assert normalise("Kyjiw, Oleg", "uk", german)[0] == "Kyjiw, Alek"


def test_every_entry_that_ships_is_found_where_it_stands_alone_and_changes_no_name():
    lexicon = starter_lexicon()
    for item in lexicon.layers[0]:
        spoken, spans = normalise(f"They saw {item.written} there.", "en-US", lexicon)
        if item.kind == "ipa":
            assert [span.ipa for span in spans] == [item.value], item.written
        if item.kind != "letters":
            assert spoken == f"They saw {item.written} there."


def golden():
    """What the rules are tested by: each text as it is written."""
    data = ROOT / "tests" / "data"
    lines = [line.partition("=>")[0].strip() for line in (data / "spoken_en.txt").read_text().splitlines()]
    return lines + [line.split("\t")[1] for line in (data / "newsroom_en.tsv").read_text().splitlines() if "\t" in line]


def test_what_ships_gets_in_no_rules_way():
    texts = golden()
    assert len(texts) > 300
    lexicon = starter_lexicon()
    for written in texts:
        assert normalise(written, "en", lexicon)[0] == normalise(written, "en")[0]


PIECES = st.lists(
    st.sampled_from(
        [
            "Bakhmut",
            "Kyiv",
            "Kyiv Post",
            "’s",
            "s",
            "'",
            "-",
            " ",
            ".",
            "US",
            "WHO",
            "$5",
            "Nov. 3",
            "[[",
            "]]",
            "e\u0301",
        ]
    )
    | st.text(max_size=5),
    max_size=30,
)


@given(PIECES.map("".join))
def test_spans_survive_any_text_and_what_is_outside_them_stays(written):
    spoken, spans = normalise(written, "en", OURS)
    rebuilt, done = "", 0
    for span in spans:
        assert done <= span.start < span.end <= len(written)
        rebuilt += written[done : span.start]
        assert len(rebuilt) == span.spoken_start
        rebuilt += spoken[span.spoken_start : span.spoken_end]
        assert span.ipa == "" or span.rule == "lexicon"
        done = span.end
    assert rebuilt + written[done:] == spoken


@given(st.text(max_size=100))
def test_text_without_its_words_is_left_alone_by_the_lexicon(written):
    lexicon = Lexicon([[entry("Zaporizhzhia", "alias", "Zap")]])
    if "zaporizhzhia" not in written.lower():
        assert normalise(written, "en", lexicon) == normalise(written, "en")
