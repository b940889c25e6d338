from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.words.sentences import sentences

CASES = [
    (language.strip(), [part.strip() for part in rest.split("‖")])
    for line in (Path(__file__).parents[2] / "data" / "sentences.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
    for language, _, rest in [line.partition("|")]
]


@pytest.mark.parametrize(("language", "expected"), CASES)
def test_parted_where_a_newsreader_breathes(language, expected):
    assert sentences(" ".join(expected), language) == expected


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_nothing_but_spaces_is_lost(text):
    parts = sentences(text, "en")
    assert "".join("".join(parts).split()) == "".join(text.split())
