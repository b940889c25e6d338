"""What is far too long is refused before it is normalised, by the code of what is too long."""

from __future__ import annotations

import pytest

from briefing.editing.overrides import Override
from briefing.errors import ArticleTooLong
from briefing.podcasts.show import Show
from briefing.settings import LimitSettings
from briefing.values import Article, ArticleRef
from worker import prepare

SHOW = Show(slug="s", title="S")
LIMITS = LimitSettings(characters=200)


def article(words):
    body = f"The bridge will close for five days.\n\n{'close ' * words}and so on."
    return Article(
        ref=ArticleRef(source="desk", id="x"), media_type="text/plain", body=body, title="A title", language="en"
    )


def test_what_is_far_too_long_is_refused_before_it_is_normalised(monkeypatch):
    monkeypatch.setattr(prepare, "normalise", lambda *_: pytest.fail("normalised"))
    with pytest.raises(ArticleTooLong, match="limit is 200") as refusal:
        prepare.write_script([article(80)], SHOW, limits=LIMITS)
    assert refusal.value.code == "article_too_long"


def test_what_may_become_short_enough_is_counted_as_it_is_said():
    # A little too long as written
    written = prepare.write_script([article(50)], SHOW, limits=LIMITS)
    assert sum(len(segment.written) for segment in written.segments) > LIMITS.characters
    # And far too long, but for what an editor leaves out
    long = prepare.write_script([article(80)], SHOW)
    left_out = {max(long.segments, key=lambda segment: len(segment.written)).id: Override(omitted=True)}
    prepare.write_script([article(80)], SHOW, overrides=left_out, limits=LIMITS)
