"""Where a preview ends: between paragraphs, before the mark, and never with the last."""

from __future__ import annotations

import pytest

from briefing.audio import MASTER_RATE, Cue
from briefing.podcasts.show import Paywall
from briefing.script import Role, Script, ScriptArticle, Segment
from briefing.speech import Cast, Chunk, Narrator
from briefing.values import Dropped
from worker.prepare import Prepared
from worker.public.abridge import abridged

NARRATOR = Narrator(voice="silence", engine="silence", engine_version="1", model_digest="", language="en")
HEAD = [(Role.HEADLINE, "Books opened"), (Role.BYLINE, "By N. N."), (Role.DISCLOSURE, "AI.")]
STORY = [(Role.BODY, "a" * 10), (Role.HEADING, "Later"), (Role.BODY, "b" * 10), (Role.QUOTE, "c" * 10)]


def prepared(*parts, article="desk:board"):
    segments = tuple(
        Segment(id=f"{number:016}", article=article, role=role, written=text, spoken=text)
        for number, (role, text) in enumerate(parts)
    )
    head = ScriptArticle(ref=article, title="t", byline=None, published_at=None, address=None, content_hash="0")
    script = Script(
        language="en", title="t", articles=(head,), segments=segments, dropped=(Dropped(text="secret", rule="r"),)
    )
    chunks = tuple(
        Chunk(key=f"{number:064}", segment=segment.id, voice="silence", spoken=segment.spoken)
        for number, segment in enumerate(segments)
    )
    return Prepared(script, Cast(body=NARRATOR, headline=NARRATOR, quotes=NARRATOR, transitions=NARRATOR), chunks)


def cues(whole):
    """A second for each segment, the first after a jingle of five."""
    return {
        segment.id: Cue(kind="segment", ref=segment.id, start=(5 + at) * MASTER_RATE, end=(6 + at) * MASTER_RATE)
        for at, segment in enumerate(whole.script.segments)
    }


@pytest.mark.parametrize(
    ("mark", "kept"),
    [
        ({"paragraphs": 1}, 1),
        ({"paragraphs": 2}, 3),
        ({"paragraphs": 100}, 3),
        ({"paragraphs": 0}, None),
        ({"characters": 9}, None),
        ({"characters": 10}, 1),
        ({"characters": 24}, 1),
        ({"characters": 25}, 3),
        ({"seconds": 3}, None),
        ({"seconds": 4}, 1),
        ({"seconds": 5.9}, 1),
        ({"seconds": 6}, 3),
        ({"seconds": 3600}, 3),
    ],
)
def test_it_ends_before_the_mark_and_never_with_all(mark, kept):
    whole = prepared(*HEAD, *STORY)
    short = abridged(whole, Paywall(**mark), cues(whole), "Preview: t")
    if kept is None:
        assert short is None
        return
    written = [segment.written for segment in short.script.segments]
    assert written == [text for _, text in HEAD + STORY[:kept]]
    assert [chunk.spoken for chunk in short.chunks] == written
    assert (short.script.title, short.script.dropped, short.script.ledger) == ("Preview: t", (), ())


def test_an_article_of_one_paragraph_has_no_preview():
    whole = prepared(*HEAD, STORY[0])
    assert abridged(whole, Paywall(seconds=3600), cues(whole), "Preview: t") is None


@pytest.mark.parametrize("given", [{}, {"seconds": 1, "paragraphs": 2}, {"paragraphs": -1}])
def test_a_mark_is_one_of_three(given):
    with pytest.raises(ValueError, match="paywall is one|greater"):
        Paywall(**given)
