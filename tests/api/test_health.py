from __future__ import annotations

import time

import pytest

from briefing.models import HealthRow


def test_livez_asks_nobody(client, monkeypatch):
    monkeypatch.setattr("briefing.database.Database.engine", None)
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.head("/livez").status_code == 200


def test_readyz_tries_database_storage_and_disk(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert client.head("/readyz").status_code == 200


def test_a_broker_in_trouble_is_degraded_not_down(client, place):
    with place.database.writing() as session:
        session.merge(HealthRow(name="broker", state="degraded", detail="refused", reported_at=time.time()))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["broker"]) == (200, "degraded", "degraded")


@pytest.mark.parametrize(("silent_s", "state"), [(5, "ok"), (120, "degraded")])
def test_a_dispatcher_that_has_gone_silent_is_degraded(client, place, silent_s, state):
    with place.database.writing() as session:
        session.merge(HealthRow(name="broker", state="ok", detail="", reported_at=time.time() - silent_s))
    assert client.get("/readyz").json()["broker"] == state


def test_a_full_disk_is_not_ready(client, monkeypatch):
    import shutil
    from collections import namedtuple

    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("usage", "total used free")(10, 10, 0))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "MB left" in answer.json()["storage"]


def test_a_folder_that_cannot_be_written_is_not_ready(client, place):
    import shutil

    shutil.rmtree(place.data.data)
    answer = client.get("/readyz")
    assert answer.status_code == 503


def test_voices_are_listed(anonymous, place):
    from tests.support.client import make_key

    assert anonymous.get("/v1/voices").status_code == 401
    found = anonymous.get("/v1/voices", headers={"Authorization": f"Bearer {make_key(place, 'read')}"}).json()
    assert {"joe", "silence"} <= {voice["id"] for voice in found}
