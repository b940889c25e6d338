"""A withdrawal that comes late takes what was withdrawn, and nothing that was asked for since."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from briefing import steps
from briefing.models import MasterRow, RevisionRow
from briefing.public_names import audio_name, briefing_folder, moved_name
from briefing.requesting import asking
from briefing.states import Queue, StepKind
from tests.support.asking import again, ask, briefing_row
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.doctor import placed, public
from worker.upkeep import sweep

NOW = datetime.now(UTC)
MEMBERS = PLAIN.replace('slug = "daily"', 'slug = "daily"\nvisibility = "members"', 1)


@pytest.fixture(params=["public", "members"])
def place(request, tmp_path):
    place = make_place(tmp_path, PLAIN if request.param == "public" else MEMBERS)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def heard(place, briefing):
    """The name of the MP3 that is heard, and the storage where it lies."""
    row = briefing_row(place, briefing)
    with place.database.reading() as session:
        key = session.get_one(RevisionRow, row.heard).master_key
        name = audio_name(session.get_one(MasterRow, key).sha256)
    return name, place.storages.members if row.members_revision else place.storages.public


def withdrawn_late(place, briefing, ask_anew):
    """Withdraw a story, and have a worker stand still over it while it is asked for anew and goes live."""
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))
    with place.database.writing() as session:
        kinds = (StepKind.WITHDRAW, StepKind.RECALL)
        assert steps.claim(session, holder="hung", lease_s=60.0, queues=tuple(Queue), kinds=kinds)
    ask_anew()
    work_off(place)
    assert briefing_row(place, briefing).heard is not None
    sweep.free_held_by(place, "hung")
    work_off(place)


def ask_otherwise(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "three days"))
    ask(place, "ferry", now=datetime.now(UTC))


def test_what_was_withdrawn_goes_though_something_newer_is_heard_by_then(place, tmp_path):
    # Given a story of two editions that is withdrawn, asked for anew meanwhile, and live again
    briefing, _, _ = ask(place, "ferry", now=NOW)
    work_off(place)
    first, _ = heard(place, briefing)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "five days"))
    again(place, briefing)
    work_off(place)
    second, storage = heard(place, briefing)

    withdrawn_late(place, briefing, lambda: ask_otherwise(place, tmp_path))
    # Then nothing of what was withdrawn can be had, and it says so
    now, _ = heard(place, briefing)
    assert now not in {first, second}
    assert not {first, second} & {file.name for file in storage.files("audio")}
    assert storage.look(f"gone/{second}")
    for number in (1, 2):
        assert list(storage.files(briefing_folder(briefing, number))) == []
    assert storage.target(moved_name(first.removeprefix("audio/").removesuffix(".mp3"))) is None
    # And what is heard now is whole, at its moving names too
    assert storage.look(now)
    assert storage.look(f"{briefing_folder(briefing)}/transcript.vtt")
    assert [*placed.look(place, fix=False), *public.look(place, fix=False)] == []
    # And what was withdrawn is erased
    with place.database.reading() as session:
        rows = session.scalars(select(RevisionRow).order_by(RevisionRow.number)).all()
        assert [row.let_go_at is not None for row in rows] == [True, True, False]
        assert rows[-1].master_key


def test_the_same_audio_asked_for_anew_stays(place):
    # Given a story that is withdrawn, and asked for anew as it was: its audio is the same
    briefing, _, _ = ask(place, "ferry", now=NOW)
    work_off(place)
    first, storage = heard(place, briefing)
    withdrawn_late(place, briefing, lambda: ask(place, "ferry", now=datetime.now(UTC)))
    # Then it is heard
    assert heard(place, briefing)[0] == first
    assert storage.look(first)
    assert storage.look(f"gone/{first}") is None
    assert [*placed.look(place, fix=False), *public.look(place, fix=False)] == []


def test_what_another_briefing_gives_too_stays(place, tmp_path):
    # Given another briefing that gives the very same audio
    briefing, _, _ = ask(place, "ferry", now=NOW)
    work_off(place)
    first, storage = heard(place, briefing)
    other, _, _ = ask(place, "ferry", "ferry", now=NOW)
    work_off(place)
    with place.database.writing() as session:
        row = session.get_one(RevisionRow, briefing_row(place, other).heard)
        mine = session.get_one(RevisionRow, briefing_row(place, briefing).heard)
        row.master_key, row.audio_sha256 = mine.master_key, mine.audio_sha256
    withdrawn_late(place, briefing, lambda: ask_otherwise(place, tmp_path))
    assert storage.look(first)
    assert storage.look(f"gone/{first}") is None
