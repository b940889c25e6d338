"""A corrected episode's old address still leads to its audio when its own file has gone; a withdrawn one's never does."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select, update

from briefing.models import BriefingRow, MasterRow, RevisionRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.public_names import audio_name
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.nginx import nginx
from tests.support.s3 import s3
from worker.installation.newsroom import apply
from worker.upkeep import retention

STRANGER = {"Authorization": ""}


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """Has the newsroom keep its files in one; before `place`."""
    with s3(tmp_path / "s3") as server:
        for name, value in server.settings("paper").items():
            monkeypatch.setenv(name, value)
        yield


def corrected(client, place, tmp_path, *texts, article="desk:ferry"):
    """Have an article made, and made again for each further text; return briefing and the addresses of its MP3s."""
    addresses = []
    for text in texts:
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", text))
        briefing = client.post("/v1/briefings", json={"article_ids": [article]}).json()["id"]
        work_off(place)
        addresses.append(current(client))
    return briefing, addresses


def current(client):
    return urlsplit(client.get("/v1/articles/desk/ferry/audio").json()["url"]).path


def over(place, days=91):
    """Have retention do what it does that many days later."""
    now = datetime.now(UTC) + timedelta(days=days)
    _, cursors = retention.collect(place, now, {})
    while cursors:
        _, cursors = retention.collect(place, now, cursors)


def leads(client, address):
    """Status, and path of the redirect if it is one."""
    answer = client.get(address, headers=STRANGER)
    return answer.status_code, urlsplit(answer.headers.get("location", "")).path or None


#: Names that a page asks for a file by, what the redirect passes on of them, and what it is kept as.
ASKED = ("?download=Ferry-1", "?a=b&download=%D0%9F", "?download=..%2Fa%0d%0aX:%20b", "?a=b", "?undownload=a")
KEPT = [
    ("download=Ferry-1", 'attachment; filename="Ferry-1.mp3"'),
    ("download=%D0%9F", "attachment; filename=\"audio.mp3\"; filename*=UTF-8''%D0%9F.mp3"),
    ("download=a-X-b", 'attachment; filename="a-X-b.mp3"'),
    ("", "inline"),
    ("", "inline"),
]


def kept_as(client, address):
    """What a redirect from there passes on, and what is had there, for each of `ASKED`."""
    given = []
    for asked in ASKED:
        moved = client.get(httpx.URL(address + asked), headers=STRANGER)
        assert moved.status_code == 302
        there = urlsplit(moved.headers["location"])
        reached = client.get(httpx.URL(f"{there.path}?{there.query}"), headers=STRANGER)
        assert (reached.status_code, "x" in reached.headers) == (200, False)
        given.append((there.query, reached.headers.get("content-disposition", "inline")))
    return given


def test_an_old_address_leads_to_what_is_live_now(client, place, tmp_path):
    # Given a story that was corrected
    _, (first, second) = corrected(client, place, tmp_path, "four days", "five days")
    assert [leads(client, address)[0] for address in (first, second)] == [200, 200], "its days are not over"
    # When the days of what was replaced are over / Then its address leads to the audio that is live
    over(place)
    assert leads(client, first) == (302, second)
    answer = client.get(first, headers=STRANGER | {"Origin": "https://paper.example"})
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert client.head(first, headers=STRANGER).headers["location"] == answer.headers["location"]
    part = client.get(first, headers=STRANGER | {"Range": "bytes=0-9"}, follow_redirects=True)
    assert (part.status_code, part.content) == (206, client.get(second).content[:10])
    assert kept_as(client, first) == KEPT
    # And when it goes back to what it once said, which is another file, to that
    _, (third,) = corrected(client, place, tmp_path, "four days")
    assert leads(client, first) == (302, third)


def test_what_was_withdrawn_is_410_and_never_a_redirect(bucket, client, place, tmp_path):
    # Given a story corrected once whose old file has gone / When it is withdrawn
    briefing, (first, second) = corrected(client, place, tmp_path, "four days", "five days")
    over(place)
    client.post(f"/v1/briefings/{briefing}/retract")
    # Then its addresses say so at once, and after, in the files too
    assert leads(client, first) == (410, None)
    work_off(place)
    assert leads(client, first) == leads(client, second) == (410, None)
    assert place.files.storage.look(f"gone{first}"), "for whoever serves the files alone"
    # And when an editor brings the story back, what was withdrawn stays so
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "nine days"))
    client.post(f"/v1/briefings/{briefing}/regenerate")
    work_off(place)
    third = current(client)
    assert leads(client, first) == leads(client, second) == (410, None)
    # And what is replaced after that leads on once more
    _, (fourth,) = corrected(client, place, tmp_path, "ten days")
    over(place)
    assert leads(client, third) == (302, fourth)
    # Even where the tombstones were lost
    for file in list(place.files.storage.files("gone")):
        place.files.storage.remove(file.name)
    assert leads(client, first) == leads(client, second) == (410, None)


def test_what_was_only_held_leads_nowhere(client, place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    held = []
    for text in ("four days", "five days"):
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", text))
        briefing = client.post("/v1/briefings", json={"article_ids": ["slow:ferry"]}).json()["id"]
        work_off(place)
        with place.database.reading() as session:
            held.append(session.scalars(select(MasterRow.sha256).order_by(MasterRow.created_at.desc())).first())
    client.post(f"/v1/briefings/{briefing}/publish")
    work_off(place)
    unheard, live = (f"/{audio_name(sha256)}" for sha256 in held)
    for days in (0, 91):
        over(place, days)
        assert leads(client, unheard) == (404, None)
        assert leads(client, live)[0] == 200


def test_what_an_older_process_published_is_known_and_one_mp3_of_two_briefings(client, place, tmp_path):
    # Given what was published before it was written down / When it is replaced, or its days are over
    _, (first,) = corrected(client, place, tmp_path, "four days")
    unwritten(place)
    _, (second,) = corrected(client, place, tmp_path, "five days")
    with place.database.reading() as session:
        written = session.scalars(select(RevisionRow.audio_sha256).order_by(RevisionRow.id)).all()
    assert [f"/{audio_name(sha256)}" for sha256 in written] == [first, second], "by whoever replaces it"
    unwritten(place)
    over(place)
    # Then its address leads on all the same
    assert leads(client, first) == (302, second)
    # And given another briefing that once had the same audio and was withdrawn
    with place.database.writing() as session:
        row = session.scalars(select(RevisionRow).order_by(RevisionRow.id)).first()
        own = session.get_one(BriefingRow, row.briefing_id)
        session.add(BriefingRow(id="x", identity="x", show="daily", kind="story", articles=["desk:x"], created_at=own.created_at))  # fmt: skip
        session.flush()
        values = {name.key: getattr(row, name.key) for name in RevisionRow.__table__.columns if name.key != "id"}
        session.add(RevisionRow(**values | {"briefing_id": "x", "state": "retracted"}))
    # Then the address leads to what is live of the one that was not
    assert leads(client, first) == (302, second)
    client.post(f"/v1/briefings/{own.id}/retract")
    assert leads(client, first) == (410, None)


def unwritten(place):
    with place.database.writing() as session:
        session.execute(update(RevisionRow).values(audio_sha256=None))


def test_without_its_database_live_audio_plays_and_what_is_lost_never_leads_to_itself(client, place, tmp_path):
    _, (address,) = corrected(client, place, tmp_path, "four days")
    client.app.state.context.database.dispose()
    database, away = place.data.data / "briefcast.db", place.data.data / "away"
    shutil.move(database, away)
    assert leads(client, address)[0] == 200
    answer = client.get(f"/{audio_name('0' * 64)}", headers=STRANGER)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    client.app.state.context.database.dispose()
    shutil.move(away, database)
    place.files.storage.remove(address[1:])
    assert leads(client, address) == (404, None)


def test_nginx_redirects_over_files_alone_and_before_the_api(tmp_path):
    place = make_place(tmp_path)
    with client_of(place) as client:
        briefing, (first, second) = corrected(client, place, tmp_path, "four days", "five days")
        over(place)
        public, port = place.files.storage.root, urlsplit(place.files.address).port
        with (
            nginx(tmp_path / "before", public, "briefcast.conf", api=port) as address,
            httpx.Client(base_url=address, trust_env=False, timeout=60) as front,
        ):
            answer = front.get(first)
            assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (302, second)
            assert answer.headers.get_list("cache-control") == ["public, max-age=60"]
            assert answer.headers.get_list("access-control-allow-origin") in (["*"], [])
            assert urlsplit(front.get(f"{first}?download=Ferry").headers["location"]).query == "download=Ferry"
            assert front.get(second).status_code == 200
            assert front.get(f"/{audio_name('0' * 64)}").status_code == 404
        with (
            nginx(tmp_path / "alone", public) as address,
            httpx.Client(base_url=address, trust_env=False, timeout=60) as alone,
        ):
            # Over files alone, and on to whatever is next, with nothing reloaded
            assert leads(alone, first) == (302, second)
            _, (third,) = corrected(client, place, tmp_path, "six days")
            answer = alone.get(first)
            assert (leads(alone, first), leads(alone, second)[0]) == ((302, third), 200)
            assert kept_as(alone, first) == [
                *KEPT[:2],
                ("download=audio", 'attachment; filename="audio.mp3"'),
                *KEPT[3:],
            ], "what is no plain name is none"
            assert answer.headers["location"] == third, "whatever scheme and port readers know it by"
            assert answer.headers.get_list("cache-control") == ["public, max-age=60"]
            assert answer.headers.get_list("access-control-allow-origin") == ["*"]
            over(place)
            assert leads(alone, second) == (302, third)
            assert leads(alone, f"/{audio_name('0' * 64)}") == (404, None)
            # What is lost or becomes members' leads nowhere
            shutil.rmtree(public / "moved")
            assert leads(alone, first) == (404, None)
            apply(load_newsroom(tmp_path / "briefcast.toml"), place)
            assert leads(alone, first) == (302, third)
            client.put(f"/v1/briefings/{briefing}/visibility", json={"visibility": "members"})
            work_off(place)
            assert leads(alone, first) == (404, None)
            client.put(f"/v1/briefings/{briefing}/visibility", json={"visibility": "public"})
            work_off(place)
            assert leads(alone, first) == (302, third)
            # And what was withdrawn stays so, tombstones or not, and when the story comes back
            client.post(f"/v1/briefings/{briefing}/retract")
            work_off(place)
            assert [leads(alone, one) for one in (first, second, third)] == [(410, None)] * 3
            (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "nine days"))
            client.post(f"/v1/briefings/{briefing}/regenerate")
            work_off(place)
            assert leads(alone, first) == (410, None)
            shutil.rmtree(public / "gone")
            assert [leads(alone, one) for one in (first, second, third)] == [(404, None)] * 3
    place.database.dispose()
