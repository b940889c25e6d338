"""A newsroom whose stories can be heard while they are made, and what is public of one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from briefing.requesting import asking
from briefing.values import ArticleRef
from tests.support.asking import wanted
from tests.support.newsroom import ARTICLE, PLAIN, make_place

STREAMING = PLAIN.replace('slug = "daily"\n', 'slug = "daily"\nstream = true\n').replace(
    'slug = "held"\n', 'slug = "held"\nstream = true\n'
)
JSON, PAGE = "v1/articles/desk/ferry/audio", "briefings/{}/1/stream"


@contextmanager
def streaming_place(tmp_path):
    """A workplace whose shows let their stories be heard while they are made, and one article."""
    place = make_place(tmp_path, STREAMING)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def ask(place, article="ferry", source="desk", **fields):
    """Ask for an article; return the briefing's ID."""
    ref = ArticleRef(source=source, id=article)
    with place.database.writing() as session:
        asked = replace(wanted(article, **fields), articles=(ref,))
        return asking.request(session, asked, datetime.now(UTC))[0].briefing_id


def told(place):
    """The article's audio JSON, None where there is none."""
    found = place.files.storage.read(JSON)
    return json.loads(found[0]) if found else None


def listed(place, briefing):
    """The playlist of a briefing that is being made, empty where there is none."""
    found = place.files.storage.read(f"{PAGE.format(briefing)}/audio.m3u8")
    return found[0].decode() if found else ""
