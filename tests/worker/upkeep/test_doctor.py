"""Each fault is planted, found, mended where it can be, and found no more."""

from __future__ import annotations

import os
import re
import shutil
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, select, text, update

from briefing.models import GateRow, MasterRow, RevisionRow, StepRow, TakeRow
from briefing.public_names import artwork_name, audio_name
from briefing.sql.schema import migrate
from briefing.storage.interfaces import YOUNG_S
from tests.support.asking import ask, revision_row
from tests.support.newsroom import ARTICLE, make_place, work_off
from worker.doctor import broker, database, examine, machine, public, stored, work
from worker.workplace import Workplace

OLD = YOUNG_S + 3600


@pytest.fixture
def place(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    return place


def found(look, place, *, fix=False):
    return {(finding.code, bool(finding.mended)) for finding in look(place, fix)}


def mended(look, place, code):
    """Check that a fault is found, mended, and found no more."""
    assert (code, False) in found(look, place)
    assert (code, True) in found(look, place, fix=True)
    assert code not in {name for name, _ in found(look, place)}


def test_all_is_well(place):
    assert found(stored.look, place) | found(public.look, place) | found(work.look, place) == set()
    assert {finding.code for finding in examine(place, fix=False)} == {"public_address"}, "nothing serves it here"


@pytest.mark.parametrize(("fault", "code"), [("lost", "take_missing"), ("flipped", "take_corrupt")])
def test_a_take_is_forgotten_and_spoken_again(place, fault, code):
    with place.database.reading() as session:
        sha256 = session.scalars(select(TakeRow.sha256)).first()
    path = place.storage.path(sha256)
    path.unlink() if fault == "lost" else path.write_bytes(b"flipped")
    mended(stored.look, place, code)
    _, revision, _ = ask(place, "ferry", voice="silence", show="held", now=datetime.now(UTC))
    work_off(place)
    assert revision_row(place, revision).state == "held"


def test_of_a_storage_that_is_not_mounted_no_take_is_forgotten(place):
    blobs = place.data.data / "blobs"
    blobs.rename(blobs.with_name("unmounted"))
    blobs.mkdir()
    assert ("storage_empty", False) in found(stored.look, place, fix=True)
    shutil.rmtree(blobs)
    blobs.with_name("unmounted").rename(blobs)
    assert found(stored.look, place) == set()


def test_a_master_comes_back_from_its_public_copy(place):
    with place.database.reading() as session:
        sha256 = session.scalars(select(MasterRow.sha256)).one()
    place.storage.remove(sha256)
    mended(stored.look, place, "master_missing")
    assert place.storage.intact(sha256)


def test_a_master_that_is_gone_for_good_is_told_and_not_mended(place):
    with place.database.reading() as session:
        sha256 = session.scalars(select(MasterRow.sha256)).one()
    place.storage.remove(sha256)
    place.files.storage.remove(audio_name(sha256))
    assert found(stored.look, place, fix=True) == {("master_missing", False)}


def test_orphans_go_when_they_are_old(place):
    path = place.storage.temporary(".x")
    path.write_bytes(b"nobody's")
    orphan = place.storage.put(path)
    assert found(stored.look, place, fix=True) == set(), "somebody may be about to write its row"
    os.utime(place.storage.path(orphan), (time.time() - OLD,) * 2)
    named = {blob.sha256 for blob in place.storage.stored()} - {orphan}
    for blob in named:
        os.utime(place.storage.path(blob), (time.time() - OLD,) * 2)
    mended(stored.look, place, "orphan")
    assert {blob.sha256 for blob in place.storage.stored()} == named


def test_with_another_database_than_theirs_nothing_is_removed(place, tmp_path, monkeypatch):
    # Given files that are old, and a shell that has the folder's address but not the database's
    everything = [
        path for path in place.data.data.rglob("*") if path.is_file() and path.suffix in {".mp3", ".flac", ""}
    ]
    for path in everything:
        os.utime(path, (time.time() - OLD,) * 2)
    there = {blob.sha256 for blob in place.storage.stored()}, names(place)
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", f"sqlite:///{tmp_path}/nobodys.db")
    wrong = Workplace()
    migrate(wrong.database)
    # When the doctor is to mend what it finds / Then it tells, and all that is heard stays
    told = {(finding.code, finding.mended) for finding in examine(wrong, fix=True)}
    assert ("storage_foreign", "") in told
    assert {code for code, _ in told} >= {"public_orphan"}
    assert ({blob.sha256 for blob in wrong.storage.stored()}, names(place) & there[1]) == there
    wrong.database.dispose()


def names(place):
    return {file.name for file in place.files.storage.files()}


def test_every_public_file_is_missed_and_written_anew(place):
    everything = names(place) - {artwork_name("daily"), artwork_name("held")}
    assert len(everything) > 10
    for name in sorted(everything):
        place.files.storage.remove(name)
        mended(public.look, place, "public_missing")
        assert name in names(place)


def test_a_public_file_that_is_not_as_it_should_be_is_written_anew(place):
    for name in sorted(names(place)):
        if name.endswith(("artwork.jpg", "articles/desk/ferry.mp3")) or name.startswith("moved/"):
            continue
        path = place.files.storage.root / name
        path.unlink()
        path.write_bytes(b"something else")
        code = "public_corrupt" if name.startswith("audio/") else "public_outdated"
        mended(public.look, place, code)
    alias = place.files.storage.root / "articles" / "desk" / "ferry.mp3"
    alias.unlink()
    alias.symlink_to(f"../../audio/{'0' * 64}.mp3")
    mended(public.look, place, "public_outdated")


def test_the_last_copy_of_an_mp3_stays_though_a_bit_of_it_flipped(place):
    # Given an MP3 whose stored bytes are lost, and a public copy that plays but for one bit
    with place.database.reading() as session:
        sha256 = session.scalars(select(MasterRow.sha256)).one()
    path = place.files.storage.root / audio_name(sha256)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)
    place.storage.remove(sha256)
    # When the doctor mends / Then it tells, and leaves what is heard
    assert found(stored.look, place, fix=True) == {("master_missing", False)}
    (told,) = public.look(place, fix=True)
    assert (told.code, told.mended, "Regenerate" in told.hint) == ("public_corrupt", "", True)
    assert path.read_bytes() == content
    assert place.files.storage.target("articles/desk/ferry.mp3") == audio_name(sha256)


def test_a_lost_transcript_keeps_the_doctor_from_nothing(place):
    # Given a transcript whose stored bytes are lost
    with place.database.reading() as session:
        transcript = session.scalars(select(MasterRow.transcript)).one()
    place.storage.remove(transcript)
    # Then what was published of it is as good as ever, and what else is missing is written anew
    assert found(stored.look, place, fix=True) == {("master_missing", False)}
    assert found(public.look, place, fix=True) == set()
    place.files.storage.remove("v1/articles/desk/ferry/audio")
    mended(public.look, place, "public_missing")


def test_audio_of_no_revision_goes_when_it_is_old_and_artwork_is_told(place):
    path = place.files.storage.root / "audio" / f"{'0' * 64}.mp3"
    path.write_bytes(b"nobody's")
    assert found(public.look, place, fix=True) == set()
    for file in path.parent.iterdir():
        os.utime(file, (time.time() - OLD,) * 2)
    mended(public.look, place, "public_orphan")
    assert len(list(path.parent.iterdir())) == 1
    place.files.storage.remove(artwork_name("daily"))
    assert found(public.look, place, fix=True) == {("public_missing", False)}


def test_stuck_work_goes_on(place, tmp_path):
    (tmp_path / "articles" / "tram.md").write_text(ARTICLE.replace("Ferry", "Tram"))
    _, revision, _ = ask(place, "tram", now=datetime.now(UTC))
    with place.database.writing() as session:
        session.execute(
            update(StepRow)
            .where(StepRow.revision_id == revision)
            .values(state="leased", holder="gone:1:1", attempts=1, lease_until=time.time() - 600)
        )
    mended(work.look, place, "leases_expired")
    # Readied, it stands for longer than anybody should wait
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.revision_id == revision).values(ready_at=time.time() - 700))
    assert found(work.look, place) == {("queue_stands", False)}
    # Not so what was put off once, before it was readied, nor an engine's that is given a rest, nor bulk work of today
    now = time.time()
    meant = [
        {"ready_at": now, "not_before": now - 90_000},
        {"ready_at": now - 700, "engine": "gtts"},
        {"ready_at": now - 80_000, "queue": "bulk"},
    ]
    as_it_was = {"ready_at": now - 700, "not_before": None, "engine": "", "queue": "interactive"}
    with place.database.writing() as session:
        session.add(
            GateRow(
                engine="gtts", state="open", per_second=1.0, most_at_once=1, request_characters=100, tokens=0.0,
                filled_at=0.0, outcomes=[], open_s=600.0, opened_at=now, reason="",
            )
        )  # fmt: skip
    for changes, stands in [*((one, False) for one in meant), ({"ready_at": now - 90_000, "queue": "bulk"}, True)]:
        with place.database.writing() as session:
            session.execute(update(StepRow).where(StepRow.revision_id == revision).values(as_it_was | changes))
        assert (("queue_stands", False) in found(work.look, place)) is stands, changes
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.revision_id == revision).values(as_it_was))
    # Its step vanishes in each state that it goes through
    for state in ("preparing", "speaking", "assembling", "publishing"):
        while revision_row(place, revision).state != state:
            assert work_one(place)
        with place.database.writing() as session:
            for step in session.scalars(select(StepRow).where(StepRow.revision_id == revision)):
                if step.state != "done":
                    session.delete(step)
        mended(work.look, place, "revision_stranded")
    work_off(place)
    assert revision_row(place, revision).state == "live"


def test_a_step_that_is_recorded_anew_keeps_its_revisions_turn(place):
    # Given a revision whose turn is late, and whose step vanished / When it is mended / Then it is not first in line
    _, revision, _ = ask(place, "ferry", voice="silence", show="held", now=datetime.now(UTC))
    with place.database.writing() as session:
        session.get_one(RevisionRow, revision).rank = 40
        session.execute(delete(StepRow).where(StepRow.revision_id == revision))
    mended(work.look, place, "revision_stranded")
    with place.database.reading() as session:
        assert session.scalars(select(StepRow.rank).where(StepRow.revision_id == revision)).all() == [40]


def work_one(place):
    from briefing.states import Queue, StepKind
    from worker.running.perform import perform_next
    from worker.tasks import TASKS

    verify = TASKS.pop(StepKind.VERIFY)
    try:
        return perform_next(place, tuple(Queue))
    finally:
        TASKS[StepKind.VERIFY] = verify


def test_the_database(place, tmp_path, monkeypatch):
    assert found(database.look, place) == set()
    monkeypatch.setattr(database, "time", SimpleNamespace(time=lambda: time.time() + 600))
    assert found(database.look, place) == {("clock_skew", False)}
    monkeypatch.undo()
    with place.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert ("schema", False) in found(database.look, place)


def test_a_damaged_database_is_told(place):
    # Given an index that no longer has what its table has
    with place.database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'steps_to_claim') WHERE name = 'steps_of_revision'"
        )
        raw.commit() if raw.in_transaction else None
    place.database.dispose()
    codes = {finding.code for finding in examine(place, fix=False)}
    assert codes & {"database_damaged", "database_unavailable"}


def test_the_machine(place, monkeypatch):
    stray = place.data.data / "tmp" / f"{'0' * 16}.flac"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"half")
    assert "stray_files" not in {code for code, _ in found(machine.look_at_disk, place)}
    os.utime(stray, (time.time() - 4000,) * 2)
    mended(machine.look_at_disk, place, "stray_files")
    monkeypatch.setattr(
        machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000_000, total=90_000_000_000)
    )
    assert ("disk_low", False) in found(machine.look_at_disk, place)
    monkeypatch.setattr(machine, "_WARN_DAYS", 10_000)
    assert ("credentials_expiring", False) in found(machine.look, place)


def test_an_engine_that_is_not_here_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    (tmp_path / "voices.toml").write_text(
        '[[voices]]\nid="missing"\nname="M"\nlanguage="en"\nengine="piper"\nlicence="x"\nattribution="x"\nmodel="none.onnx"\n'
    )
    place = make_place(tmp_path, '[[shows]]\nslug="s"\ntitle="S"\nvoice="missing"\n')
    assert ("engine_not_installed", False) in found(machine.look, place)


def test_redis_that_evicts_and_forgets_is_told(place, tmp_path, monkeypatch):
    import redis as client

    from tests.support.processes import redis

    assert found(broker.look, place) == set(), "nothing here uses one"
    with redis(tmp_path / "redis") as address:
        monkeypatch.setenv("BRIEFCAST_BROKER_URL", address)
        asked = SimpleNamespace(database=place.database, work=type(place.work)())
        assert found(broker.look, asked) == set()
        with client.Redis.from_url(address) as admin:
            admin.config_set("maxmemory-policy", "allkeys-lru")
            admin.config_set("appendonly", "no")
        assert found(broker.look, asked) == {("broker_policy", False), ("broker_persistence", False)}
    assert found(broker.look, asked) == {("broker_unavailable", False)}
    assert {
        finding.code
        for finding in broker._faults({"redis_version": "6.0.16", "aof_enabled": 1}, {"maxmemory-policy": "noeviction"})
    } == {"broker_version"}


def test_the_command_tells_by_its_exit_code(place):
    from tests.support.processes import briefcast

    done = briefcast("doctor")
    assert (done.returncode, "public_address" in done.stdout) == (1, True)
    lines = briefcast("doctor", "--json").stdout.splitlines()
    assert '"code":"public_address"' in lines[0]
    assert lines[-1] == '{"findings": 1, "left": 1}'


def test_every_finding_is_in_the_manual():
    from tests.support.processes import ROOT

    looks = "".join(path.read_text() for path in (ROOT / "worker" / "doctor").glob("*.py"))
    codes = set(re.findall(r'code="([a-z_]+)"', looks))
    told = {"take_{wrong}": ("missing", "corrupt"), "master_{wrong}": ("missing", "corrupt"),
            "jingle_{wrong}": ("missing", "corrupt"), "public_{what}": ("missing", "outdated", "corrupt")}  # fmt: skip
    assert set(re.findall(r'code=f"([^"]+)"', looks)) == set(told)
    codes |= {f"{name.partition('{')[0]}{fault}" for name, faults in told.items() for fault in faults}
    table = (ROOT / "docs" / "operations.md").read_text()
    assert {code for code in codes if f"`{code}`" not in table} == set()
