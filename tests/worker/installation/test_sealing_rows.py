"""The secrets of sources in the database: sealed, sealed anew, and what follows where their key is missing."""

from __future__ import annotations

import base64
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing.following import connections
from briefing.models import ConnectionRow, SourceRow, StepRow, WorkerRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.shows import listed_sources
from briefing.secrets import sealing
from briefing.states import StepKind
from tests.support.client import client_of
from tests.support.command import briefcast
from tests.support.ghost import ADMIN_KEY, ghost
from tests.support.newsroom import PLAIN, make_place, work_off
from worker.doctor import sources as doctor
from worker.installation import sealing_rows
from worker.installation.backup import back_up
from worker.installation.newsroom import apply

SECRET = "whsec_" + "c2VjcmV0" * 6
PASSWORD = "application password of an editor"
MORE = f"""
[[sources]]
name = "paper"
kind = "wordpress"
address = "https://paper.example"
user = "audio"
password = "{PASSWORD}"
"""


@pytest.fixture
def site():
    with ghost() as found:
        yield found


@pytest.fixture
def place(tmp_path, site):
    """A newsroom that an earlier release left: a Ghost's key and webhooks in the clear."""
    options = f'address = "{site.at}"\nallow_private = ["{site.at.removeprefix("http://")}"]'
    place = make_place(tmp_path, f'{PLAIN}\n[[sources]]\nname = "ghost"\nkind = "ghost"\n{options}\n{MORE}')
    now = datetime.now(UTC)
    with place.database.writing() as session:
        row = connections.locked(session, "ghost", now - timedelta(hours=1))
        row.keys, row.hook_secrets = {"admin_key": ADMIN_KEY}, [{"secret": SECRET, "ends_at": None}]
        paper = session.get(SourceRow, "paper")
        paper.settings = paper.settings | {"options": paper.settings["options"] | {"password": PASSWORD}}
    yield place
    place.database.dispose()


def kept(place):
    with place.database.reading() as session:
        rows = [(row.keys, row.hook_secrets) for row in session.scalars(select(ConnectionRow))]
        return str(rows) + str([row.settings for row in session.scalars(select(SourceRow))])


def found(place, *, fix=False):
    return [(one.code, one.subject, bool(one.mended)) for one in doctor.look(place, fix)]


def poll(place):
    with place.database.writing() as session:
        session.execute(update(ConnectionRow).values(polled_at=None))
        connections.rouse(session, "ghost")
    work_off(place)
    with place.database.reading() as session:
        return session.get_one(ConnectionRow, "ghost").error_code


def signed(body, secret=SECRET):
    """The headers of a Standard Webhook with the secret."""
    moment = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"one.{moment}.".encode() + body, "sha256")).decode()
    return {"webhook-id": "one", "webhook-timestamp": moment, "webhook-signature": f"v1,{signature}"}


def test_what_was_in_the_clear_is_sealed_by_the_sweep_and_used_as_before(place, site):
    assert found(place) == [("secret_in_the_clear", "ghost", False), ("secret_in_the_clear", "paper", False)]
    sealing_rows.tend(place)
    said = kept(place)
    assert not any(secret in said for secret in (ADMIN_KEY, SECRET, PASSWORD))
    assert found(place) == []
    with place.database.reading() as session:
        assert connections.hook_secrets(session.get(ConnectionRow, "ghost"), datetime.now(UTC)) == [SECRET]
        assert listed_sources(session)["paper"].revealed()["password"] == PASSWORD
    # Ghost's key opens it still: a post of it is narrated
    identity = site.add()
    assert poll(place) is None
    assert (place.files.storage.root / "v1" / "articles" / "ghost" / identity / "audio").exists()
    # And what the settings file says is no change because it is sealed
    assert apply(load_newsroom(place.data.data.parent / "briefcast.toml"), place).sources == ()
    assert PASSWORD not in kept(place)


def test_while_workers_of_another_release_are_about_nothing_is_sealed(place):
    with place.database.writing() as session:
        told = {"role": "worker", "host": "h", "pid": 1, "started_at": 0.0, "measures": {}, "stopped": False}
        clock = datetime.now(UTC).timestamp()
        session.add(WorkerRow(name="old", version="0.0.1", reported_at=clock, **told))
    sealing_rows.tend(place)
    assert ADMIN_KEY in kept(place)
    with place.database.writing() as session:
        session.execute(update(WorkerRow).values(reported_at=clock - 3600))
    assert found(place, fix=True) == [("secret_in_the_clear", "ghost", True), ("secret_in_the_clear", "paper", True)]
    assert ADMIN_KEY not in kept(place)


def test_a_backup_holds_no_secret_and_no_key_of_theirs(place, tmp_path):
    sealing_rows.tend(place)
    back_up(place, tmp_path / "vault", datetime.now(UTC), 3)
    files = [path for path in (tmp_path / "vault").rglob("*") if path.is_file()]
    held = b"".join(path.read_bytes() for path in files)
    key = sealing.key_file().read_bytes().strip()
    assert not any(secret in held for secret in (ADMIN_KEY.encode(), SECRET.encode(), PASSWORD.encode(), key))
    manifest = json.loads(next((tmp_path / "vault" / "database").glob("*.json")).read_text())
    assert any("sealing" in one for one in manifest["elsewhere"])


def test_a_missing_key_is_told_and_other_sources_go_on(place, site):
    sealing_rows.tend(place)
    key = sealing.key_file().read_text()
    sealing.key_file().unlink()
    # The source fails by name, and its step comes again
    assert poll(place) == "secret_unreadable"
    with place.database.reading() as session:
        assert session.scalar(select(StepRow.state).where(StepRow.kind == StepKind.POLL.value)) == "ready"
    assert {(code, source) for code, source, _ in found(place)} == {
        ("secret_unreadable", "ghost"),
        ("secret_unreadable", "paper"),
    }
    # A webhook is not refused, but put off: who sent it sends it again
    body = b'{"type": "article.updated", "data": {"id": "x"}}'
    with client_of(place) as client:
        answer = client.post("/v1/hooks/ghost", content=body, headers=signed(body))
        assert (answer.status_code, answer.json()["code"]) == (503, "secret_unreadable")
        # The folder beside it is none the worse
        (place.data.data.parent / "articles" / "ferry.txt").write_text("The ferry runs again.\n\nFrom Monday on.")
        assert client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).status_code in {200, 202}
        work_off(place)
        assert client.get("/v1/articles/desk/ferry/audio").status_code == 200
        # And with the key back, all is as before
        sealing.key_file().write_text(key)
        assert client.post("/v1/hooks/ghost", content=body, headers=signed(body)).status_code == 202
    assert poll(place) is None
    assert found(place) == []


def test_where_the_key_is_lost_for_good_giving_the_secrets_anew_is_enough(place, site):
    sealing_rows.tend(place)
    sealing.key_file().unlink()
    body = b'{"type": "article.updated", "data": {"id": "x"}}'
    secret = briefcast("connect", "webhooks", "ghost").stdout.split()[-1]
    with client_of(place) as client:
        # The one of before, which nobody can read, holds for a week yet, and is in the way of no other
        headers = signed(body, secret)
        assert client.post("/v1/hooks/ghost", content=body, headers=headers).status_code == 202
    sealing.key_file().unlink()
    told = briefcast("connect", "ghost", site.at, ADMIN_KEY, "--private")
    assert told.returncode == 0, told.stderr
    assert poll(place) is None
    with place.database.reading() as session:
        (newest,) = connections.hook_secrets(session.get(ConnectionRow, "ghost"), datetime.now(UTC))
    assert newest not in {SECRET, secret}


def test_the_command_makes_a_key_and_seals_anew(place):
    sealing_rows.tend(place)
    (before,) = sealing.ring().ids
    told = briefcast("keys", "sealing").stdout
    assert f"{before}  seals 3" in told
    told = briefcast("keys", "sealing", "--new", "--again").stdout
    newest, older = sealing.ring().ids
    assert older == before
    assert f"{newest}  seals 3\n{before}  seals 0" in told
    # What a lost key sealed is told, and stays as it is for when it is found
    sealing.key_file().write_text(f"{sealing.new_key()}\n")
    assert f"{newest}  is missing, and sealed 3" in briefcast("keys", "sealing", "--again").stdout
    assert ADMIN_KEY not in briefcast("audit").stdout + told


def test_where_keys_are_in_the_environment_a_new_one_is_only_shown(place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_SEALING_KEYS", sealing.new_key())
    shown = briefcast("keys", "sealing", "--new").stdout.strip()
    assert shown not in sealing.SealingSettings().sealing_keys.get_secret_value()
    monkeypatch.setenv("BRIEFCAST_SEALING_KEYS", f"{shown} {sealing.SealingSettings().sealing_keys.get_secret_value()}")
    assert len(sealing.ring().ids) == 2
