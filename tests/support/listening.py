"""An API with one published story whose listeners are made up, and what its figures say of them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from briefing.models import AudienceRow, DownloadRow, MasterRow, PlayRow, SaltRow
from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, make_place, work_off
from worker.upkeep.audience import fold

PERSON = "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; en_us)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

#: Seconds of the story as figures are told to believe: the silent voice speaks but a few.
DURATION_S = 600.0

#: A little before midnight (UTC), far from any clock change.
EVENING = datetime(2026, 5, 4, 23, 50, tzinfo=UTC).timestamp()


class Listening:
    """An API with one published story, whose clock stands where it is put, and what is known of the story."""

    def __init__(self, client, place, monkeypatch):
        self.client, self.place = client, place
        self.context = client.app.state.context
        self.now = EVENING
        self.context.counting._clock = lambda: self.now
        self.audio = client.get("/v1/articles/desk/ferry/audio").json()
        self.sha256 = self.audio["url"].rpartition("/")[2].removesuffix(".mp3")
        with place.database.writing() as session:
            # A minute is a part of it, as of most stories.
            session.execute(update(MasterRow).values(samples=int(DURATION_S * 44_100), bytes=7_200_000))

    def hear(self, view, *spans, agent=BROWSER, **fields):
        """Have a page view's player report what was heard; seconds."""
        events = [
            {"article": "desk:ferry", "revision": self.sha256, "session": view, "event": "progress",
             "from_s": start, "to_s": end} | fields
            for start, end in spans
        ]  # fmt: skip
        return self.send(json.dumps({"events": events}), agent)

    def send(self, body, agent=BROWSER, media_type="text/plain;charset=UTF-8"):
        headers = {"User-Agent": agent, "Content-Type": media_type, "Origin": "https://paper.example"}
        return self.client.post("/v1/plays", content=body, headers=headers)

    def fetch(self, address, agent=PERSON, given=None, method="GET", show="daily", **headers):
        """Have a podcast app ask for the enclosure."""
        headers |= {"User-Agent": agent, "X-Forwarded-For": address}
        headers |= {"Range": given} if given else {}
        return self.client.request(method, f"/listen/{show}/{self.sha256}.mp3", headers=headers)

    def figures(self, **query):
        """All figures, once what is held is written and folded."""
        assert self.context.counting.flush()
        # Not by `tend`, by whose clock all this is long ago.
        with self.place.database.writing() as session:
            while fold(session):
                pass
        query = {"since": "2026-05-01", "until": "2026-05-31"} | query
        return self.client.get("/v1/audience", params=query).raise_for_status().json()


@contextmanager
def published(folder, **settings):
    """Yield a client and its workplace, the story live, behind a proxy that says who asks; settings by their name
    behind `BRIEFCAST_`.
    """
    given = {
        "DATA": folder / "var",
        "PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "TRUSTED_PROXIES": "127.0.0.1",
        "AUDIENCE_ENCLOSURES": "redirect",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (given | settings).items():
            patch.setenv(f"BRIEFCAST_{name}", str(value))
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        with client_of(place) as client:
            client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]})
            work_off(place)
            yield client, place
        place.database.dispose()


def unheard(client, place, monkeypatch):
    """Return the story as nobody has heard it yet."""
    assert client.app.state.context.counting.flush()
    with place.database.writing() as session:
        for row in (AudienceRow, DownloadRow, PlayRow, SaltRow):
            session.execute(delete(row))
    client.app.state.context.counting._salts.clear()
    return Listening(client, place, monkeypatch)
