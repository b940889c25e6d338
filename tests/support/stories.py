"""Three published stories, two of which say the same strange word: made once for a file of tests, copied for each."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from briefing.models import AudienceRow
from tests.support.asking import ask
from tests.support.client import client_of
from tests.support.newsroom import PLAIN, make_place, work_off
from worker.upkeep import vocabulary
from worker.workplace import Workplace

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

STORIES = {
    "ferry": "The ferry to Makiivka runs again, the board said.",
    "bridge": "The bridge at Makiivka is closed.\n\nMakiivka waits for the board.",
    "park": "The park opens on Monday.",
}

#: Two shows that publish, and say the same words.
SHOWS = PLAIN.replace('publish = "hold"\n', "")


def publish(place, folder, **shows):
    """Stories of the shows, live, their words noted: story -> briefing."""
    found = {}
    for name, text in STORIES.items():
        (folder / "articles" / f"{name}.md").write_text(f"# News of the {name}\n\n{text}\n")
        found[name], _, _ = ask(place, name, show=shows.get(name, "daily"))
    work_off(place)
    vocabulary.tend(place)
    return found


def heard(place, briefing, plays):
    """Have a briefing been played so often yesterday."""
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    numbers = dict.fromkeys(["completed", "downloads", *(f"quarter_{number}_ms" for number in range(1, 5))], 0)
    with place.database.writing() as session:
        session.add(
            AudienceRow(day=day, show="daily", sha256=briefing * 4, briefing_id=briefing, article="desk:x", revision=1,
                        duration_ms=1, plays=plays, heard_ms=[], **numbers)
        )  # fmt: skip


@contextmanager
def published_stories(tmp_path_factory):
    """One story that says the word in the show daily, another in the show held, one that does not. Yield where, which."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.chdir(folder)
        place = make_place(folder, SHOWS)
        stories = publish(place, folder, bridge="held")
        heard(place, stories["ferry"], 7)
        heard(place, stories["park"], 900)
        place.database.dispose()
    yield folder, stories


@dataclass
class Desk:
    """A client of an installation, and its stories."""

    client: httpx.Client
    place: Workplace
    stories: dict[str, str]
    articles: Path

    def __getattr__(self, name):
        return getattr(self.client, name)


@contextmanager
def desk_of(published, tmp_path):
    """A copy of what was published, and an API before it."""
    folder, stories = published
    shutil.copytree(folder / "var", tmp_path / "var", symlinks=True)
    place = Workplace()
    with client_of(place) as client:
        yield Desk(client, place, dict(stories), folder / "articles")
    place.database.dispose()
