"""What a backup has lost, or what its folder has too much of, and what a restoration makes of it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from briefing.audio import MASTER_RATE
from briefing.errors import BadInput
from briefing.going_live import wishes
from briefing.models import BriefingRow, MasterRow, RevisionRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.public_names import alias_name, audio_name
from briefing.requesting import asking
from briefing.values import ArticleRef
from tests.support.asking import ask, revision_row
from tests.support.audio import tone
from tests.support.newsroom import ARTICLE, PLAIN, work_off
from worker.doctor import examine, shows
from worker.installation.backup import back_up
from worker.installation.newsroom import apply
from worker.installation.restore import restore
from worker.sound.files import write_flac
from worker.upkeep import retention
from worker.upkeep.cutoffs import Gone
from worker.workplace import Workplace

NAMES = ("ferry", "dam", "zoo")


@pytest.fixture
def stories(place, tmp_path):
    """Three live stories: the ID of each by its article."""
    made = {}
    for name in NAMES:
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("ferry", name).replace("Ferry", name.title()))
        made[name], _, _ = ask(place, name, now=datetime.now(UTC))
        work_off(place)
    return made


def master(place, briefing):
    """The MP3 and the transcript of a story's only revision, as they are stored."""
    with place.database.reading() as session:
        made = select(MasterRow.sha256, MasterRow.transcript).join(RevisionRow, RevisionRow.master_key == MasterRow.key)
        return session.execute(made.where(RevisionRow.briefing_id == briefing)).one()


def lose(place):
    """Lose the host; return an empty one."""
    place.database.dispose()
    shutil.move(place.data.data, place.data.data.with_name("burnt"))
    return Workplace()


def public(place):
    return {file.name for file in place.files.storage.files()}


def test_a_transcript_that_is_damaged_in_the_backup_costs_itself_alone(stories, place, tmp_path):
    # Given a backup in which one bit of one transcript flipped
    vault, before = tmp_path / "vault", public(place)
    assert back_up(place, vault, datetime.now(UTC), 10).missing == []
    _, transcript = master(place, stories["dam"])
    blob = vault / "blobs" / transcript[:2] / transcript
    content = bytearray(blob.read_bytes())
    content[10] ^= 1
    blob.write_bytes(content)
    # When
    there = lose(place)
    done = restore(there, vault, None)
    # Then all that can be had is there, that story's MP3, alias and audio JSON too, and what cannot is told
    assert (done.damaged, done.lost, done.briefings) == ([transcript], [stories["dam"]], 2)
    gone = before - public(there)
    assert gone
    assert all(name.startswith(f"briefings/{stories['dam']}/") for name in gone), gone
    # And the doctor looks through all of it
    codes = [found.code for found in examine(there, fix=True)]
    assert codes == ["public_address", "master_missing"]
    there.database.dispose()


def test_bytes_of_the_backup_that_cannot_be_read_are_left_out(stories, place, tmp_path):
    # Given a backup with a name behind which nothing can be read, as where a disk has a bad sector
    vault = tmp_path / "vault"
    back_up(place, vault, datetime.now(UTC), 10)
    mp3, _ = master(place, stories["dam"])
    blob = vault / "blobs" / mp3[:2] / mp3
    blob.unlink()
    blob.mkdir()
    there = lose(place)
    done = restore(there, vault, None)
    assert (done.damaged, done.lost, done.briefings) == ([mp3], [stories["dam"]], 2)
    there.database.dispose()


def test_an_mp3_that_the_backup_lacks_costs_its_story_alone(stories, place, tmp_path):
    vault = tmp_path / "vault"
    back_up(place, vault, datetime.now(UTC), 10)
    mp3, _ = master(place, stories["dam"])
    (vault / "blobs" / mp3[:2] / mp3).unlink()
    there = lose(place)
    done = restore(there, vault, None)
    assert (done.lost, done.briefings) == ([stories["dam"]], 2)
    assert there.files.storage.target(alias_name(ArticleRef(source="desk", id="zoo")))
    assert not there.files.storage.look(audio_name(mp3))
    there.database.dispose()


def test_what_shows_name_by_path_comes_back_with_them(place, tmp_path):
    # Given a show with a picture and an intro of its own, and an outro that is not to be had any more
    Image.new("RGB", (1400, 1400), "navy").save(tmp_path / "cover.png")
    for name in ("opening.flac", "ending.flac"):
        write_flac(tmp_path / name, tone(440.0, 3.0, MASTER_RATE), MASTER_RATE)
    toml = PLAIN.replace(
        'voice = "silence"\nintro = "none"\noutro = "none"\n',
        'voice = "silence"\nartwork = "cover.png"\nintro = "opening.flac"\noutro = "ending.flac"\n',
        1,
    )
    (tmp_path / "briefcast.toml").write_text(toml)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    (tmp_path / "ending.flac").unlink()
    missing = f"{tmp_path / 'ending.flac'}: the outro of show 'daily', which cannot be read"
    # When it is backed up / Then that is told, here and by the doctor
    made = back_up(place, tmp_path / "vault", datetime.now(UTC), 10)
    assert missing in made.elsewhere
    assert ("show_file_missing", str(tmp_path / "ending.flac")) in looked(place)
    write_flac(tmp_path / "ending.flac", tone(440.0, 3.0, MASTER_RATE), MASTER_RATE)
    assert missing not in back_up(place, tmp_path / "vault", datetime.now(UTC) + timedelta(minutes=1), 10).elsewhere
    assert not looked(place)
    # And when it is restored where nothing of it is
    for name in ("cover.png", "opening.flac", "ending.flac"):
        (tmp_path / name).unlink()
    there = lose(place)
    restore(there, tmp_path / "vault", None)
    # Then the show goes on with its own picture and music, and they are in the next backup
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    _, revision, _ = ask(there, "ferry", now=datetime.now(UTC))
    work_off(there)
    assert revision_row(there, revision).state == "live"
    assert not looked(there)
    back_up(there, tmp_path / "second", datetime.now(UTC), 10)
    assert len(list((tmp_path / "second" / "named").iterdir())) == 3
    there.database.dispose()


def looked(place):
    return [(found.code, found.subject) for found in shows.look(place, fix=False)]


def retracted(place, *briefings):
    """Withdraw, and let retention go over it days later, until nothing more is to go."""
    for briefing in briefings:
        with place.database.writing() as session:
            asking.retract(session, briefing, datetime.now(UTC))
    work_off(place)
    let_go(place, timedelta(days=3))


def let_go(place, later):
    cursors = {"": ""}
    while cursors:
        gone, cursors = retention.collect(place, datetime.now(UTC) + later, cursors)
        cursors = cursors or ({} if gone == Gone() else {"": ""})


@pytest.mark.parametrize("told", ["as it is", "as earlier releases made it"])
def test_what_was_withdrawn_before_the_backup_does_not_come_back(stories, place, tmp_path, told):
    # Given a public story and one for members, both of them in a backup, withdrawn since and gone
    members = stories["zoo"]
    with place.database.writing() as session:
        wishes.see(session, session.get_one(BriefingRow, members), "members")
    work_off(place)
    vault = tmp_path / "vault"
    back_up(place, vault, datetime.now(UTC), 10)
    gone = {sha256 for name in ("dam", "zoo") for sha256 in master(place, stories[name])}
    retracted(place, stories["dam"], members)
    stones = {file.name for file in place.storages.members.files("gone")}
    assert stones
    assert not any(place.storage.has(sha256) for sha256 in gone)
    # When what is left is backed up into the same folder, which never lets go of bytes, and restored
    made = back_up(place, vault, datetime.now(UTC) + timedelta(days=3), 10)
    assert all((vault / "blobs" / sha256[:2] / sha256).exists() for sha256 in gone)
    if told == "as earlier releases made it":
        (vault / "database" / made.database).with_suffix(".names").unlink()
    kept = {blob.sha256 for blob in place.storage.stored()}
    there = lose(place)
    done = restore(there, vault, None)
    # Then no byte of what was withdrawn is back, and members' addresses of it say so as before
    assert (done.damaged, done.lost, done.briefings) == ([], [], 1)
    assert {blob.sha256 for blob in there.storage.stored()} <= kept
    assert {file.name for file in there.storages.members.files("gone")} == stones
    assert there.storage.intact(master(there, stories["ferry"])[0])
    there.database.dispose()


def test_what_members_hear_again_is_not_called_withdrawn(stories, place, tmp_path):
    # Given a story for members that was withdrawn, and made anew since
    members, vault = stories["zoo"], tmp_path / "vault"
    with place.database.writing() as session:
        wishes.see(session, session.get_one(BriefingRow, members), "members")
    work_off(place)
    (whole,) = (file.name for file in place.storages.members.files("audio"))
    made = back_up(place, vault, datetime.now(UTC), 10)
    manifest = (vault / "database" / made.database).with_suffix(".json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"gone_members": [whole, "audio/other.mp3"]}))
    there = lose(place)
    restore(there, vault, None)
    assert [file.name for file in there.storages.members.files("gone")] == ["gone/audio/other.mp3"]
    there.database.dispose()


def test_copies_that_a_clock_dated_ahead_are_neither_restored_nor_kept_before_what_came_since(place, tmp_path, stories):
    # Given backups of a day on which the host's clock was a year ahead
    vault, now = tmp_path / "vault", datetime.now(UTC)
    ahead = [back_up(place, vault, now + timedelta(days=365, minutes=number), 3).database for number in range(2)]
    # When the clock is right again and more are made, two of them in one second
    (tmp_path / "articles" / "port.md").write_text(ARTICLE.replace("ferry", "port").replace("Ferry", "Port"))
    port, _, _ = ask(place, "port", now=now)
    work_off(place)
    since = [back_up(place, vault, now, 3) for _ in range(3)]
    # Then it is those of before that went, and each tells when it was made
    kept = sorted(path.name for path in (vault / "database").glob("*.sqlite"))
    assert kept == [made.database for made in since]
    assert min(kept) > max(ahead)
    assert {made.taken_at for made in since} == {now.isoformat(timespec="seconds")}
    # And what is restored is the newest
    there = lose(place)
    restore(there, vault, None)
    with there.database.reading() as session:
        assert session.get(BriefingRow, port) is not None


@pytest.mark.parametrize("what", ["changed", "lost"])
def test_a_damaged_copy_of_the_database_is_not_restored_and_an_older_one_is(place, tmp_path, stories, what):
    # Given two backups, of the newer of which a disk has changed a title in the database, or lost it
    vault, now = tmp_path / "vault", datetime.now(UTC)
    older, newer = (vault / "database" / back_up(place, vault, now, 3).database for _ in range(2))
    content = newer.read_bytes()
    newer.unlink()
    if what == "changed":
        newer.write_bytes(content.replace(b"Ferry", b"Fairy"))
        assert newer.read_bytes() != content
    # When it is restored, then nothing is made of it
    there = lose(place)
    with pytest.raises(BadInput) as refused:
        restore(there, vault, None)
    assert refused.value.code == "backup_damaged"
    assert not there.data.data.exists() or not any(there.data.data.rglob("*.db"))
    # And the older one can be
    made = restore(there, vault, older.stem)
    assert (made.briefings, made.lost) == (len(stories), [])
