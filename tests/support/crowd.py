"""Many small briefings read by the silent voice: work enough to break things under, cheap enough for every run."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.support.client import free_port, make_key
from tests.support.newsroom import PLAIN, make_place
from tests.support.product import Product


class Crowd(Product):
    """An installation with a folder of plain texts, which are parsed without a process of their own."""

    source = "desk"

    def __init__(self, port, key, articles, database):
        super().__init__(port, key)
        self._articles, self._database, self.asked = articles, database, 0

    def ask_for(self, count):
        """Ask for `count` briefings more; return the answers' statuses."""
        statuses = []
        for number in range(self.asked, self.asked + count):
            name = f"story{number}"
            story = f"Tram {number} came\n\nThe tram of line {number} came to the harbour today.\n"
            (self._articles / f"{name}.txt").write_text(story)
            answer = self.client.post("/v1/briefings", json={"article_ids": [f"desk:{name}"]})
            statuses.append(answer.status_code)
        self.asked += count
        return statuses

    def live(self):
        """How many of the briefings are live."""
        return self.rows("SELECT count(*) FROM briefings WHERE live_revision IS NOT NULL")[0][0]

    def all_live(self):
        """Whether all that were asked for are."""
        return self.live() == self.asked

    def rows(self, statement, **values):
        """Rows that a statement answers, whichever database it is; none where it answers none."""
        with self._database.engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []


@contextmanager
def crowd(folder, **settings):
    """Make an installation in `folder` that is not started yet, its environment set while inside."""
    port = free_port()
    short = {"LEASE_S": "30", "TICK_S": "0.25", "RING_AGAIN_S": "2", "WORKERS": "1", "LOG_LEVEL": "INFO"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{port}")
        for name, value in (short | settings).items():
            patch.setenv(f"BRIEFCAST_{name}", value)
        place = make_place(folder, PLAIN)
        made = Crowd(port, make_key(place), folder / "articles", place.database)
        place.database.dispose()
        yield made
        made.client.close()
        place.database.dispose()
