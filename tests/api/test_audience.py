"""Audience figures against a scripted truth: what made-up listeners do is known, and the figures must be within 2 %."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import time
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from sqlalchemy import func, select

from api import counting
from briefing.audience.records import day_of
from briefing.errors import DatabaseUnavailable
from briefing.models import AudienceRow, DownloadRow, HealthRow, SaltRow
from briefing.settings import RetentionSettings
from tests.support.client import make_key
from tests.support.command import briefcast
from tests.support.listening import DURATION_S, EVENING, PERSON, published, unheard
from tests.support.processes import wait_for
from worker.installation.backup import back_up
from worker.upkeep.audience import let_go
from worker.upkeep.sweep import sweep


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def story(request, tmp_path_factory):
    postgresql = request.param == "postgresql"
    database = {"DATABASE_URL": request.getfixturevalue("cluster").new_database()} if postgresql else {}
    with published(tmp_path_factory.mktemp("audience"), AUDIENCE_REPORTS_A_MINUTE=100_000, **database) as found:
        yield found


@pytest.fixture
def listening(story, monkeypatch):
    return unheard(*story, monkeypatch)


def within(found, truth):
    assert abs(found - truth) <= 0.02 * truth, (found, truth)


def test_players_figures_are_what_was_heard_whatever_is_sent_twice(listening):
    # Given 100 page views that listen, seek back and forth, send beacons again, and are reloaded by their listeners
    chance = random.Random(5)
    seconds = {}
    for view in range(100):
        session, heard, at = f"view-{view:05}", [], chance.uniform(0, 0.3) * DURATION_S
        for _ in range(chance.randint(1, 12)):
            if chance.random() < 0.3:
                at = chance.uniform(0, DURATION_S - 20)
            end = min(DURATION_S, at + chance.uniform(2, 60))
            heard.append((round(at, 2), round(end, 2)))
            at = end
        if view % 10 == 0:
            heard = [(0, 200), (150, 420.5), (420.5, DURATION_S)]
        seconds[session] = {tenth for start, end in heard for tenth in range(round(start * 10), round(end * 10))}
        # When they report it: in pieces, some of which come twice, late and in another order, and past midnight
        listening.now = EVENING + chance.uniform(0, 500)
        listening.hear(session, *heard[::2])
        listening.now = EVENING + chance.uniform(700, 1200)
        for piece in chance.sample(heard, len(heard)):
            assert listening.hear(session, piece).status_code == 204
        if view % 12 == 0:
            listening.figures()
        listening.hear(session, *chance.choices(heard, k=3))
    # Then plays, seconds, quarters and completion are theirs
    found = listening.figures()
    (row,) = found["rows"]
    assert row["day"] == "2026-05-04"
    assert row["show"] == "daily"
    assert row["article"] == "desk:ferry"
    assert row["plays"] == found["totals"]["plays"] == 100
    within(row["listened_s"], sum(map(len, seconds.values())) / 10)
    for quarter in range(4):
        first, last = quarter * DURATION_S * 10 / 4, (quarter + 1) * DURATION_S * 10 / 4
        truth = sum(first <= tenth < last for heard in seconds.values() for tenth in heard) / 10
        within(row["quarters_s"][quarter], truth)
    completed = sum(len(heard) >= 0.9 * DURATION_S * 10 for heard in seconds.values())
    assert row["completed"] == completed >= 10
    assert row["completion"] == round(completed / 100, 4)
    # And so is where they listened
    (curve,) = listening.client.get(
        "/v1/audience/desk/ferry", params={"since": "2026-05-01", "until": "2026-05-31"}
    ).json()["curves"]
    assert len(curve["heard"]) == 100
    for hundredth in (0, 33, 99):
        tenths = range(hundredth * 60, (hundredth + 1) * 60)
        truth = sum(tenth in heard for heard in seconds.values() for tenth in tenths) / 60 / 100
        assert abs(curve["heard"][hundredth] - truth) < 0.02


def test_downloads_are_listeners_and_not_requests(listening):
    # Given 40 people, each with a phone that splits what it fetches, and comes back within the day
    for person in range(40):
        address = f"203.0.113.{person}"
        listening.now = EVENING + person
        listening.fetch(address, given="bytes=0-1")
        for start in range(0, 1_000_000, 250_000):
            assert listening.fetch(address, given=f"bytes={start}-{start + 249_999}").status_code == 302
        # Past midnight, under another day's salt, it is the same one
        listening.now = EVENING + 3600 + person
        listening.fetch(address)
        listening.now = EVENING + 23 * 3600 + person
        listening.fetch(address, given="bytes=0-")
    # And 10 whose addresses change within their /64, all of them one each
    for person in range(10):
        for device in range(3):
            listening.fetch(f"2001:db8:0:{person:x}:{device + 1:x}::5")
    # And who looks without listening, or is nobody
    listening.fetch("198.51.100.1", method="HEAD")
    listening.fetch("198.51.100.2", given="bytes=0-1")
    listening.fetch("198.51.100.3", given="bytes=0-300000")
    listening.fetch("198.51.100.4", **{"Sec-Purpose": "prefetch;prerender"})
    for agent in ("", "Googlebot-Video/1.0", "iTMS", "atc/1.0 watchOS/10.5 model/Watch6,1", "curl/8.5.0"):
        listening.fetch("198.51.100.5", agent=agent)
    listening.fetch("198.51.100.6", show="held")
    # And two programs behind one address
    for agent in (PERSON, "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"):
        listening.fetch("198.51.100.7", agent=agent)
    first = listening.figures()
    within(first["totals"]["downloads"], 40 + 10 + 2)
    # When a day has gone by since the first request
    for person in range(40):
        listening.now = EVENING + 24 * 3600 + 100 + person
        listening.fetch(f"203.0.113.{person}")
    # Then they are counted anew, on their day
    by_day = {row["day"]: row["downloads"] for row in listening.figures()["rows"]}
    within(by_day[day_of(EVENING)], 40)
    within(by_day[day_of(EVENING + 24 * 3600)], 40 + 12)


def test_no_address_is_kept_and_a_days_salt_is_destroyed(listening):
    listening.fetch("203.0.113.77")
    listening.figures()
    with listening.place.database.reading() as session:
        rows = [list(row) for row in session.execute(select(DownloadRow.__table__))]
        assert rows
        assert "203.0.113" not in json.dumps(rows, default=str)
        assert "iPhone" not in json.dumps(rows, default=str)
        assert session.scalar(select(func.count()).select_from(SaltRow)) == 2
    # When two days have gone by
    later = datetime.fromtimestamp(EVENING, UTC) + timedelta(days=2)
    with listening.place.database.writing() as session:
        let_go(session, RetentionSettings(), later)
        # Then nothing is left that a client could be found by, and the figures are
        assert session.scalar(select(func.count()).select_from(SaltRow)) == 0
        assert session.scalar(select(func.count()).select_from(DownloadRow)) == 0
    assert listening.figures()["totals"]["downloads"] == 1
    with listening.place.database.writing() as session:
        let_go(session, RetentionSettings(), later + timedelta(days=1200))
    assert listening.figures()["totals"]["downloads"] == 0


def test_no_backup_outlives_a_salt(listening, tmp_path):
    listening.fetch("203.0.113.77")
    listening.hear("view-00001", (0, 60))
    listening.figures()
    with listening.place.database.reading() as session:
        (client,) = session.scalars(select(DownloadRow.client))
        secrets = [client, *session.scalars(select(SaltRow.salt))]
    back_up(listening.place, tmp_path / "vault", datetime.now(UTC), 1)
    (copy,) = [path for path in (tmp_path / "vault" / "database").iterdir() if path.suffix in {".sqlite", ".pgdump"}]
    content = copy.read_bytes()
    if copy.suffix == ".pgdump":
        command = ["pg_restore", "--data-only", "--file", "-", str(copy)]
        content = subprocess.run(command, capture_output=True, check=True).stdout
    assert b"view-00001" in content
    assert not [secret for secret in secrets if secret.encode() in content]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"[]", b"{}", b'{"events": 5}', b'{"events": [5, null, {}]}', b"[" * 9000, b"\xff\xfe",
        b'{"events": [{"session": "view-00001", "from_s": NaN}]}', b'{"events": [{"from_s": ' + b"9" * 5000 + b"}]}",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out_without_a_word(listening, body):
    assert listening.send(body).status_code == 204
    assert listening.send(body, media_type="application/json").status_code == 204
    assert listening.figures()["rows"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"revision": "0" * 64}, {"revision": 5}, {"article": "desk:other"}, {"article": "x"}, {"session": "short"},
        {"session": "with spaces in it"}, {"event": "seek"}, {"from_s": -1}, {"from_s": 30}, {"to_s": 700},
        {"to_s": "20"}, {"to_s": True}, {"to_s": 1e300},
    ],
)  # fmt: skip
def test_events_are_held_against_the_real_episode(listening, fields):
    assert listening.hear("view-00001", (10, 20), **fields).status_code == 204
    assert listening.figures()["rows"] == []


def test_reports_are_bounded_in_size_number_and_rate(listening):
    assert listening.send(b'{"events": [' + b" " * 17_000).status_code == 413
    listening.hear("view-00001", *((second, second + 1) for second in range(0, 120, 2)))
    assert listening.figures()["totals"]["listened_s"] == 50
    listening.hear("view-00002", (0, 10), agent="HeadlessChrome/140")
    assert listening.figures()["totals"]["plays"] == 1
    listening.context.counting._per_minute = 2
    try:
        statuses = [listening.hear("view-00003", (0, 1)).status_code for _ in range(4)]
    finally:
        listening.context.counting._per_minute = 100_000
    assert statuses[-1] == 429


def test_any_sites_player_may_report(listening):
    answer = listening.hear("view-00001", (0, 5))
    assert answer.headers["access-control-allow-origin"] == "*"
    asked = {"Origin": "https://paper.example", "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "content-type"}  # fmt: skip
    preflight = listening.client.options("/v1/plays", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"].lower().endswith("content-type")
    assert "set-cookie" not in answer.headers


def test_feeds_name_what_counts_and_players_are_told_where_to_report(listening):
    (entry,) = feedparser.parse(listening.client.get("/shows/daily/feed.xml").text).entries
    address = entry.enclosures[0]["href"]
    assert address.endswith(f"/listen/daily/{listening.sha256}.mp3")
    moved = listening.client.get(address)
    assert moved.status_code == 302
    assert moved.headers["location"] == listening.audio["url"]
    assert moved.headers["cache-control"] == "no-store"
    # What is to be kept as a file is so behind the redirect, too, and a moment to start at, which no server is told of,
    # is still in the address that is reached
    kept = listening.client.get(f"{address}?a=b&download=Ferry#t=83", follow_redirects=True)
    assert str(kept.url) == f"{listening.audio['url']}?download=Ferry#t=83"
    assert kept.headers["content-disposition"] == 'attachment; filename="Ferry.mp3"'
    assert listening.audio["plays"].endswith("/v1/plays")
    for name in ("x.mp3", f"{listening.sha256}.wav", "..%2F..%2Fetc%2Fpasswd"):
        assert listening.client.get(f"/listen/daily/{name}").status_code == 404


def test_the_buffers_thread_writes_and_the_sweep_folds_by_themselves(listening, monkeypatch):
    monkeypatch.setattr(counting, "_EVERY_S", 0.01)
    listening.now = time.time()
    listening.hear("view-00009", (0, 60))
    listening.fetch("203.0.113.8")

    def folded():
        sweep(listening.place)
        with listening.place.database.reading() as session:
            return session.execute(select(AudienceRow.plays, AudienceRow.downloads)).all() == [(1, 1)]

    wait_for(folded, "the buffer to be written, and folded")
    with listening.place.database.reading() as session:
        (row,) = session.scalars(select(AudienceRow))
        assert (row.day, row.plays, row.downloads, row.quarter_1_ms) == (day_of(listening.now), 1, 1, 60_000)
        assert session.get(HealthRow, "audience").reported_at > 0


def test_a_database_that_is_away_stops_neither_audio_nor_the_count(listening, monkeypatch):
    # Given the day's salts at hand
    listening.fetch("203.0.113.1")
    listening.hear("view-00001", (0, 60))
    assert listening.context.counting.flush()

    def away():
        raise DatabaseUnavailable("away")

    # When the database is away
    database = listening.context.counting._database
    monkeypatch.setattr(database, "writing", away)
    monkeypatch.setattr(listening.context.counting, "_most", 6)
    for person in range(2, 5):
        assert listening.fetch(f"203.0.113.{person}").status_code == 302
        assert listening.hear(f"view-0000{person}", (0, 60)).status_code == 204
    assert not listening.context.counting.flush()
    # Then what is held has no address, what is beyond the bound is dropped and counted, and audio plays
    assert "203.0.113" not in repr(listening.context.counting._held)
    assert listening.fetch("203.0.113.99").status_code == 302
    assert listening.client.get(f"/audio/{listening.sha256}.mp3").status_code == 200
    registry = listening.context.http_measures.registry
    labels = {"kind": "download", "outcome": "no_room"}
    assert registry.get_sample_value("briefcast_audience_events_total", labels) >= 1
    monkeypatch.undo()
    # And it is written when the database is back
    totals = listening.figures()["totals"]
    assert (totals["downloads"], totals["plays"]) == (4, 4)


def test_figures_come_as_csv_and_from_the_command_and_to_who_may_see_them(listening, monkeypatch):
    listening.hear("view-00001", (0, 300))
    listening.hear("view-00002", (0, DURATION_S))
    listening.fetch("203.0.113.1")
    for by, names in (("day", ("2026-05-04", "daily", "desk:ferry")), ("show", ("", "daily", ""))):
        listening.figures()
        query = {"since": "2026-05-01", "until": "2026-05-31", "by": by, "format": "csv"}
        answer = listening.client.get("/v1/audience", params=query)
        assert answer.headers["content-type"].startswith("text/csv")
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert (row["day"], row["show"], row["article"]) == names
        assert (row["plays"], row["completed"], row["completion"], row["downloads"]) == ("2", "1", "0.5", "1")
        assert (float(row["quarter_1_s"]), float(row["quarter_4_s"])) == (300.0, 150.0)
    monkeypatch.setenv("BRIEFCAST_DATA", str(listening.place.data.data))
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", listening.place.data.database_url)
    may = ("--since", "2026-05-01", "--until", "2026-05-31")
    said = briefcast("audience", "--csv", *may, "--by", "show")
    assert said.stdout.splitlines()[1:] == answer.text.splitlines()[1:], said.stderr
    shown = briefcast("audience", *may)
    assert "daily desk:ferry" in shown.stdout
    assert "50%" in shown.stdout
    for query in ({"since": "yesterday"}, {"article": "=1+1"}, {"limit": 0}, {"by": "moon"}):
        assert listening.client.get("/v1/audience", params=query).status_code == 422
    reader = {"Authorization": f"Bearer {make_key(listening.place, 'read')}"}
    assert listening.client.get("/v1/audience", headers=reader).status_code == 403
    analyst = {"Authorization": f"Bearer {make_key(listening.place, 'audience')}"}
    assert listening.client.get("/v1/audience", headers=analyst).status_code == 200
