"""The sample newsroom against its golden scripts: every word the reporters wrote, no other."""

from __future__ import annotations

import pytest

from tests.support.golden import ARTICLES, rendered, script_of


def test_there_are_samples_of_every_kind():
    assert len(ARTICLES) >= 6
    assert {path.suffix for path in ARTICLES} == {".html", ".md", ".txt", ".json"}


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_script_is_the_golden_one(path):
    assert rendered(script_of(path)) == path.with_suffix(".script").read_text()


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_spans_map_spoken_to_written(path):
    # Given a script / When the written text is rebuilt from spans and what lies between / Then nothing differs
    for segment in script_of(path).segments:
        done_written = done_spoken = 0
        for span in segment.spans:
            assert segment.written[done_written : span.start] == segment.spoken[done_spoken : span.spoken_start]
            done_written, done_spoken = span.end, span.spoken_end
        assert segment.written[done_written:] == segment.spoken[done_spoken:]
