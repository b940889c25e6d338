"""A post that is asked for by its web address: found in the CMS whose site it is on, and followed like any other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from briefing.following import connections
from briefing.models import ConnectionRow, SightingRow
from tests.support.client import client_of
from tests.support.ghost import ADMIN_KEY, ghost
from tests.support.newsroom import PLAIN, make_place, work_off


def poll(place):
    with place.database.writing() as session:
        session.execute(update(ConnectionRow).values(polled_at=None))
        session.execute(update(SightingRow).values(looked_at=datetime.now(UTC) - timedelta(hours=1)))
        connections.rouse(session, "ghost")
    work_off(place)


def test_a_post_is_found_by_its_address_and_followed(tmp_path):
    with ghost() as site:
        host = site.at.removeprefix("http://")
        options = f'address = "{site.at}"\nadmin_key = "{ADMIN_KEY}"\nallow_private = ["{host}"]'
        place = make_place(tmp_path, f'{PLAIN}\n[[sources]]\nname = "ghost"\nkind = "ghost"\n{options}\n')
        with place.database.writing() as session:
            connections.locked(session, "ghost", datetime.now(UTC) - timedelta(hours=1))
        # Given a post of before the source was connected, and one that polling has told of
        old = site.add("Long ago", created="2020-01-01T00:00:00.000Z")
        address, new = site.posts[old]["url"], site.add("Just now")
        poll(place)
        with client_of(place) as client:
            # When both are asked for by their addresses / Then each is one article, by the name that is known of it
            both = (address, site.posts[new]["url"])
            found = [client.post("/v1/briefings", json={"article_ids": [one]}).json() for one in both]
            assert [one["articles"] for one in found] == [["ghost:post-1"], [f"ghost:{new}"]]
            work_off(place)
            assert client.get("/v1/articles/ghost/post-1/audio").status_code == 200
            # And when it is unpublished, it is withdrawn by that name
            site.edit(old, status="draft")
            poll(place)
            assert client.get("/v1/articles/ghost/post-1/audio").status_code == 410
            # Of no site that is known: refused, and not fetched
            refused = client.post("/v1/briefings", json={"article_ids": ["https://other.example/a"]}).json()
            assert refused["code"] == "address_refused"
        place.database.dispose()
