"""`briefcast connect`: a Ghost is connected in one command, and what is in the way is said in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from briefing.following import connections
from briefing.models import ConnectionRow, RevisionRow, SourceRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.shows import listed_sources
from tests.support.client import client_of
from tests.support.command import briefcast
from tests.support.ghost import ADMIN_KEY, ghost
from tests.support.newsroom import PLAIN, make_place, work_off
from worker.installation.newsroom import apply
from worker.sources import connecting

OLD = "2026-01-02T08:00:00.000Z"
BAD = f"{'0' * 24}:{'0' * 64}"


@pytest.fixture
def site():
    with ghost() as site:
        yield site


def connect(site, *more, key=ADMIN_KEY):
    return briefcast("connect", "ghost", site.at, key, "--private", *more)


def test_one_command_connects_tries_and_says_what_goes_into_the_theme(place, site, tmp_path):
    site.add("Before", created=OLD)
    with client_of(place) as client:
        done = connect(site, "--show", "daily", "--recent", "0")
        assert done.returncode == 0, done.stderr
        said = done.stdout
        assert "Ghost 6.52 'The Harbour': the key is good" in said
        assert "webhooks: registered, and one came" in said
        assert f'<script async src="{str(client.base_url).rstrip("/")}/embed.js"' in said
        assert "whsec" not in said
        assert ADMIN_KEY not in said
        assert len(site.webhooks) == 7
        assert [post["title"] for post in site.posts.values()] == ["Before"], "what was tried is gone again"
        # From now on what is published is heard, and what was before is not
        work_off(place)
        identity = site.add("After")
        work_off(place)
        feed = client.get("/shows/daily/feed.xml").text
        assert "After" in feed
        assert "Before" not in feed
        assert client.get(f"/v1/articles/ghost/{identity}/audio").status_code == 200
        # Again, nothing is there twice, and the file's own settings leave it where it is
        assert "registered, and one came" in connect(site).stdout
        assert len(site.webhooks) == 7
        apply(load_newsroom(tmp_path / "briefcast.toml"), place)
        with place.database.reading() as session:
            assert listed_sources(session)["ghost"].show == "daily"
            assert ADMIN_KEY not in str(session.scalars(select(SourceRow.settings)).all())
        listed = briefcast("connect", "list").stdout
        assert "ghost  ghost  polled every 30 s  webhook 20" in listed
        assert "desk  files  not polled  no webhook yet" in listed


def narrated(place):
    with place.database.reading() as session:
        rows = session.execute(select(RevisionRow.state, RevisionRow.queue)).all()
        titles = {script["title"] for script in session.scalars(select(RevisionRow.script))}
    return set(rows), titles


def test_the_ten_newest_posts_come_along_at_first_and_their_cost_is_shown(place, site):
    for number in range(12):
        site.add(f"Number {number}", created=OLD)
    site.add("Silent", created=OLD, tags=["#no-audio"])
    site.refuses_private = True
    said = connect(site).stdout
    assert "articles     10\n" in said
    assert "money        0.00, by the voices' prices" in said
    assert "recent posts: 10 are narrated as bulk work (--recent 0: none)" in said
    work_off(place)
    newest = {f"Number {number}" for number in range(2, 12)}
    assert narrated(place) == ({("live", "bulk")}, newest)
    # When the command is repeated, as with another key, nobody means the back catalogue, unless they say so
    assert "recent posts: none are narrated" in connect(site).stdout
    assert "recent posts: 12 are narrated" in connect(site, "--recent", "12").stdout
    work_off(place)
    assert narrated(place) == ({("live", "bulk")}, newest | {"Number 0", "Number 1"})


def test_recent_posts_that_cost_money_are_narrated_when_somebody_says_how_many(tmp_path, site, monkeypatch):
    voices = tmp_path / "voices.toml"
    voices.write_text(
        '[[voices]]\nid = "dear"\nname = "Dear"\nlanguage = "en"\nengine = "silence"\nlicence = "CC0-1.0"\n'
        'attribution = "nobody"\nprice_per_million_characters = 1000000\nseconds_per_letter = 0.06\n'
    )
    monkeypatch.setenv("BRIEFCAST_VOICES", str(voices))
    place = make_place(tmp_path, PLAIN.replace('voice = "silence"', 'voice = "dear"'))
    for number in range(3):
        site.add(f"Number {number}", created=OLD)
    site.refuses_private = True
    said = connect(site).stdout
    assert "articles     3\n" in said
    assert "none are narrated, as that costs money; --recent 10 does" in said
    assert narrated(place) == (set(), set())
    assert "recent posts: 2 are narrated" in connect(site, "--recent", "2").stdout
    work_off(place)
    assert narrated(place) == ({("live", "bulk")}, {"Number 2", "Number 1"})
    place.database.dispose()


def test_what_is_in_the_way_of_webhooks_is_said_and_it_is_polled_all_the_same(place, site, monkeypatch):
    site.refuses_private = True
    blocked = connect(site)
    assert blocked.returncode == 0
    assert "[hooks_private]" in blocked.stdout
    assert "allowWebhookInternalIPs" in blocked.stdout
    assert "found by polling, within 30 s" in blocked.stdout
    # And where nobody serves the address
    site.refuses_private = False
    monkeypatch.setattr(connecting, "_TRIED_S", 0.5)
    lost = connect(site)
    assert "[hooks_lost]" in lost.stdout
    assert "briefcast serve" in lost.stdout
    identity = site.add()
    work_off(place)
    assert (place.files.storage.root / "v1" / "articles" / "ghost" / identity / "audio").exists()


def test_what_cannot_be_connected_is_refused_by_its_code_and_leaves_nothing(place, site):
    for arguments, code, status in (
        (("ghost", site.at, BAD, "--private"), "cms_key_refused", 3),
        (("ghost", site.at, "nonsense", "--private"), "invalid_settings", 3),
        (("ghost", site.at, ADMIN_KEY), "address_refused", 3),
        (("ghost", site.at, ADMIN_KEY, "--private", "--show", "none"), "unknown_show", 3),
        (("ghost", site.at, ADMIN_KEY, "--private", "--name", "desk"), "invalid_settings", 3),
        (("ghost", "http://127.0.0.1:9", ADMIN_KEY, "--private"), "source_unavailable", 4),
        (("webhooks", "nobody"), "unknown_source", 3),
    ):
        done = briefcast("connect", *arguments)
        assert (done.returncode, f"[{code}]" in done.stderr) == (status, True), done.stderr
        assert ADMIN_KEY not in done.stderr
    with place.database.reading() as session:
        assert session.scalars(select(ConnectionRow)).all() == []
        assert "ghost" not in listed_sources(session)


def test_a_secret_for_standard_webhooks_is_shown_once(place):
    told = briefcast("connect", "webhooks", "desk").stdout
    address, secret = (line.split()[1] for line in told.splitlines())
    assert address.endswith("/v1/hooks/desk")
    assert secret.startswith("whsec_")
    with place.database.reading() as session:
        row = session.get(ConnectionRow, "desk")
        # It is kept sealed, and opens where it verifies
        assert secret not in str(row.hook_secrets)
        assert connections.hook_secrets(row, datetime.now(UTC)) == [secret]
