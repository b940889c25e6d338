"""What a backup has lost, or what its folder has too much of, and what a restoration makes of it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from briefing.audio import MASTER_RATE
from briefing.models import MasterRow, RevisionRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.public_names import alias_name, audio_name
from briefing.values import ArticleRef
from tests.support.asking import ask, revision_row
from tests.support.audio import tone
from tests.support.newsroom import ARTICLE, PLAIN, work_off
from worker.doctor import examine, shows
from worker.installation.backup import back_up
from worker.installation.newsroom import apply
from worker.installation.restore import restore
from worker.sound.files import write_flac
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
