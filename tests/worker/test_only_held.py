"""Audio that an editor held and never published is not public, whatever other briefings have the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from briefing.models import BriefingRow, MasterRow, RevisionRow
from briefing.public_names import audio_name
from briefing.requesting import asking
from briefing.storage.interfaces import YOUNG_S
from tests.support.asking import ask
from tests.support.newsroom import ARTICLE, work_off
from worker.doctor import public
from worker.public.placing import public_files

NOW = datetime.now(UTC)


@pytest.fixture
def two(place, tmp_path):
    """A live story, and another briefing whose audio came out the same bytes: (their IDs, the MP3's name)."""
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    live, revision, _ = ask(place, "ferry", now=NOW)
    work_off(place)
    with place.database.writing() as session:
        heard = session.get_one(RevisionRow, revision)
        values = {name.key: getattr(heard, name.key) for name in RevisionRow.__table__.columns if name.key != "id"}
        session.add(BriefingRow(id="x", identity="x", show="held", kind="story", articles=["desk:x"], created_at=NOW))
        session.flush()
        session.add(RevisionRow(**values | {"briefing_id": "x", "state": "held", "audio_sha256": None}))
        sha256 = session.get_one(MasterRow, heard.master_key).sha256
    return live, "x", audio_name(sha256)


def set_state(place, briefing, **values):
    with place.database.writing() as session:
        session.execute(update(RevisionRow).where(RevisionRow.briefing_id == briefing).values(**values))


def retract(place, briefing):
    with place.database.writing() as session:
        asking.retract(session, briefing, NOW)
    work_off(place)


@pytest.mark.parametrize("state", ["held", "superseded"])
def test_what_another_only_held_keeps_no_withdrawn_audio_public(two, place, state):
    # Given audio that another briefing had too, held by its editor, and perhaps replaced unheard
    live, other, name = two
    set_state(place, other, state=state)
    # When the one that published it is withdrawn / Then it is public no more
    retract(place, live)
    assert place.files.storage.look(name) is None
    assert place.files.storage.look(f"gone/{name}")


def test_what_another_publishes_too_stays(two, place):
    live, other, name = two
    with place.database.writing() as session:
        row = session.scalars(select(RevisionRow).where(RevisionRow.briefing_id == other)).one()
        row.state, row.audio_sha256 = "live", name[6:70]
        session.get_one(BriefingRow, other).live_revision = row.id
    retract(place, live)
    assert place.files.storage.look(name)
    assert place.files.storage.look(f"gone/{name}") is None
    # And one that an older process published, which wrote nothing down
    set_state(place, other, audio_sha256=None)
    set_state(place, live, audio_sha256=name[6:70])
    with place.database.reading() as session:
        assert name not in public_files(session, session.get_one(BriefingRow, live), place.files)


def test_what_another_published_and_withdrew_keeps_nothing_public(two, place):
    live, other, name = two
    set_state(place, other, state="retracted", audio_sha256=name[6:70])
    retract(place, live)
    assert place.files.storage.look(name) is None


def test_the_doctor_takes_a_held_mp3_from_the_public(two, place, monkeypatch):
    # Given an MP3 at its address that an editor still holds, as a process that died left it
    _, other, _ = two
    (row,) = _revisions(place, other)
    path = place.storage.temporary(".mp3")
    path.write_bytes(b"held")
    sha256 = place.storage.put(path)
    with place.database.writing() as session:
        master = session.get_one(MasterRow, row.master_key)
        values = {name.key: getattr(master, name.key) for name in MasterRow.__table__.columns}
        session.add(MasterRow(**values | {"key": "held", "sha256": sha256}))
        session.flush()
        session.get_one(RevisionRow, row.id).master_key = "held"
    place.files.put_audio(sha256)
    monkeypatch.setattr(public, "YOUNG_S", -60.0)  # as if a day had passed
    before = {file.name for file in place.files.storage.files("audio")}
    findings = [finding for finding in public.look(place, fix=True) if finding.code == "public_orphan"]
    assert [finding.subject for finding in findings] == [audio_name(sha256)]
    assert {file.name for file in place.files.storage.files("audio")} == before - {audio_name(sha256)}
    assert YOUNG_S == 86_400


def _revisions(place, briefing):
    with place.database.reading() as session:
        rows = session.scalars(select(RevisionRow).where(RevisionRow.briefing_id == briefing)).all()
        session.expunge_all()
        return rows
