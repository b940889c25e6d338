"""Withdrawal: gone from the feed, 410 at every address of every revision, the audio erased; and the way back."""

from __future__ import annotations

import feedparser
import pytest
from sqlalchemy import select, update

from briefing.models import AuditRow, CondemnedRow, MasterRow, RevisionRow, TakeRow
from briefing.storage.interfaces import YOUNG_S
from tests.support.newsroom import ARTICLE, work_off
from tests.support.s3 import s3
from worker.upkeep.condemned import GRACE_S, collect_bytes

STRANGER = {"Authorization": ""}


@pytest.fixture(params=["folder", "bucket"])
def stored(request, tmp_path, monkeypatch):
    """Where the newsroom keeps its files; before `place`."""
    if request.param == "folder":
        yield
        return
    with s3(tmp_path / "s3") as server:
        for name, value in server.settings("paper").items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture
def twice(stored, client, place, tmp_path):
    """A briefing published twice, and all addresses that it ever had."""
    answer = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]})
    briefing, addresses = answer.json()["id"], set()
    for _ in range(2):
        work_off(place)
        addresses |= {
            f"/{file.name}"
            for file in place.files.storage.files()
            if not file.name.startswith(("shows/", "player", "embed", "v1/addresses", "moved/"))
        }
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "fourteen days"))
        client.post(f"/v1/briefings/{briefing}/regenerate")
    work_off(place)
    return briefing, sorted(addresses)


def statuses(client, addresses):
    return {address: client.get(address, headers=STRANGER).status_code for address in addresses}


def entries(client):
    return feedparser.parse(client.get("/shows/daily/feed.xml").content).entries


def test_a_retracted_briefing_is_gone_everywhere(twice, client, place):
    briefing, addresses = twice
    before = statuses(client, addresses)
    assert set(before.values()) <= {200, 302}
    assert len([address for address in addresses if address.startswith("/audio/")]) == 2
    assert len(entries(client)) == 1

    answer = client.post(f"/v1/briefings/{briefing}/retract")
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["live"]) == ("retracted", None)
    work_off(place)

    assert set(statuses(client, addresses).values()) == {410}
    told = client.get(addresses[0], headers=STRANGER)
    assert told.json()["code"] == "withdrawn"
    assert told.headers["cache-control"] == "public, max-age=60"
    assert entries(client) == []
    assert client.get("/embed/desk/ferry").status_code == 410
    [found] = client.get("/v1/audio", params={"article": "desk:ferry"}).json()["audio"]
    assert (found["state"], found["audio"]) == ("retracted", None)
    # And what was made for it alone is erased
    with place.database.reading() as session:
        assert session.scalars(select(MasterRow)).all() == []
        assert session.scalars(select(TakeRow)).all() == []
        condemned = set(session.scalars(select(CondemnedRow.sha256)))
        assert session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()[-1] == "retract"
    stored = {blob.sha256 for blob in place.storage.stored()}
    assert {address[7:71] for address in addresses if address.startswith("/audio/")} <= stored & condemned
    assert (GRACE_S, YOUNG_S) == (3600, 86_400), "as docs/guarantees.md says"
    made = max(blob.modified for blob in place.storage.stored())
    # By the sweep that finds them a day old: those before, which find them younger, do not forget them
    for passed in (GRACE_S, 2 * GRACE_S, YOUNG_S + GRACE_S):
        assert stored & condemned <= {blob.sha256 for blob in place.storage.stored()}
        collect_bytes(place.database, place.storage, made + passed + 5, 1000)
    assert not stored & condemned & {blob.sha256 for blob in place.storage.stored()}


def test_retracting_twice_and_what_never_was_live_does_no_harm(twice, client, place):
    briefing, addresses = twice
    for _ in range(2):
        assert client.post(f"/v1/briefings/{briefing}/retract").status_code == 202
        work_off(place)
    assert set(statuses(client, addresses).values()) == {410}
    waiting = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"], "show": "held"}).json()["id"]
    assert client.post(f"/v1/briefings/{waiting}/retract").json()["state"] == "superseded"
    work_off(place)
    assert client.get(f"/v1/briefings/{waiting}").json()["state"] == "superseded"
    assert client.post(f"/v1/briefings/{'0' * 16}/retract").json()["code"] == "unknown_briefing"


def test_takes_that_others_speak_stay(client, place, tmp_path):
    (tmp_path / "articles" / "same.md").write_text(ARTICLE)
    ids = [
        client.post("/v1/briefings", json={"article_ids": [f"desk:{name}"]}).json()["id"] for name in ("ferry", "same")
    ]
    work_off(place)
    with place.database.reading() as session:
        takes = set(session.scalars(select(TakeRow.key)))
    client.post(f"/v1/briefings/{ids[0]}/retract")
    work_off(place)
    with place.database.reading() as session:
        assert set(session.scalars(select(TakeRow.key))) == takes
    assert client.get("/articles/desk/same.mp3").status_code == 302
    assert client.get("/articles/desk/ferry.mp3").status_code == 410


def test_only_an_editor_brings_it_back_and_its_guid_stays(twice, client, place):
    briefing, _ = twice
    guid = entries(client)[0].id
    client.post(f"/v1/briefings/{briefing}/retract")
    work_off(place)
    # Given a CMS that saves the story once more / Then nothing is made
    saved = client.put("/v1/articles/desk/ferry/audio")
    assert (saved.status_code, saved.json()["state"]) == (200, "retracted")
    work_off(place)
    assert client.get("/articles/desk/ferry.mp3").status_code == 410
    # When an editor asks for it again / Then it is there at its old place, the same episode
    assert client.post(f"/v1/briefings/{briefing}/regenerate").status_code == 202
    work_off(place)
    assert client.get(f"/v1/briefings/{briefing}").json()["state"] == "live"
    assert client.get("/articles/desk/ferry.mp3").status_code == 302
    assert client.get("/v1/articles/desk/ferry/audio").status_code == 200
    assert [entry.id for entry in entries(client)] == [guid]


def test_a_key_that_may_not_publish_may_not_retract(client, place):
    from tests.support.client import make_key

    key = make_key(place, "generate")
    answer = client.post(f"/v1/briefings/{'0' * 16}/retract", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_what_is_being_published_is_stopped(client, place):
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    with place.database.writing() as session:
        session.execute(update(RevisionRow).values(state="publishing"))
    client.post(f"/v1/briefings/{briefing}/retract")
    work_off(place)
    assert client.get(f"/v1/briefings/{briefing}").json()["state"] == "superseded"
