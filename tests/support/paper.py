"""A newsroom with a Ghost, for tests of what follows from a save in it: moved on by hand, without a wait."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import feedparser
from sqlalchemy import func, select, update

from briefing.following import connections
from briefing.models import ConnectionRow, RevisionRow, SightingRow, TakeRow
from tests.support.client import client_of
from tests.support.ghost import ADMIN_KEY, ghost
from tests.support.newsroom import PLAIN, make_place, work_off
from worker.sources import polling

EVENTS = ("post.published", "post.published.edited", "post.unpublished", "post.scheduled", "post.deleted")
STRANGER = {"Authorization": ""}


class Paper:
    """A newsroom, its Ghost, and readers."""

    def __init__(self, place, site, client):
        self.place, self.site, self.client = place, site, client

    def hook(self, *events, to=""):
        """Register webhooks with Ghost as `briefcast connect` does."""
        with self.place.database.writing() as session:
            secret = connections.rotate_secret(session, "paper", datetime.now(UTC))
        for event in events or EVENTS:
            target = to or f"{self.client.base_url}/v1/hooks/paper?event={event}"
            identity = f"{len(self.site.webhooks):024x}"
            self.site.webhooks[identity] = {"id": identity, "event": event, "target_url": target, "secret": secret}
        return secret

    def begin(self):
        """As when the source is connected: what is there already is back catalogue."""
        polling.tend(self.place)
        work_off(self.place)

    def poll(self, *, rested=True):
        """Half a minute later; of what was looked at before, ten minutes later where it has `rested`."""
        self.wake(rested=rested)
        return work_off(self.place)

    def wake(self, *, rested=True):
        with self.place.database.writing() as session:
            session.execute(update(ConnectionRow).values(polled_at=datetime.now(UTC) - timedelta(seconds=40)))
            if rested:
                session.execute(update(SightingRow).values(looked_at=datetime.now(UTC) - timedelta(minutes=10)))
            connections.rouse(session, "paper")

    def get(self, path):
        return self.client.get(path, headers=STRANGER)

    def audio(self, identity):
        return self.get(f"/v1/articles/paper/{identity}/audio")

    def entries(self):
        return feedparser.parse(self.get("/shows/daily/feed.xml").content).entries

    def one(self, statement):
        with self.place.database.reading() as session:
            return session.scalar(statement)

    def states(self):
        with self.place.database.reading() as session:
            return list(session.scalars(select(RevisionRow.state).order_by(RevisionRow.id)))

    def made(self):
        """How many takes were spoken, how many revisions recorded."""
        return self.one(select(func.count()).select_from(TakeRow)), len(self.states())


def newsroom(site, **options):
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items())
    quiet = PLAIN.replace('slug = "daily"', 'slug = "daily"\nquiet = {seconds = 0}', 1)
    private = json.dumps([site.at.removeprefix("http://")])
    return (
        quiet
        + f'\n[[sources]]\nname = "paper"\nkind = "ghost"\naddress = "{site.at}"\nallow_private = {private}\n'
        + lines
    )


def connected(place, **keys):
    with place.database.writing() as session:
        row = connections.locked(session, "paper", datetime.now(UTC) - timedelta(minutes=30))
        row.keys = keys or {"admin_key": ADMIN_KEY}


@contextmanager
def open_paper(tmp_path):
    """Yield a paper with a Ghost that is connected, and its readers."""
    with ghost() as site:
        place = make_place(tmp_path, newsroom(site))
        connected(place)
        with client_of(place) as client:
            yield Paper(place, site, client)
        place.database.dispose()
