"""A story that is held, put under an embargo or made members' amid its making is not streamed from that moment on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefing.going_live import editions, wishes
from briefing.models import BriefingRow, RevisionRow
from briefing.states import Queue
from tests.support.newsroom import work_off
from tests.support.streaming import PAGE, ask, listed, streaming_place, told
from worker.running.perform import perform_next
from worker.tasks import stream
from worker.upkeep.sweep import sweep


@pytest.fixture
def place(tmp_path):
    with streaming_place(tmp_path) as place:
        yield place


def hold(session, briefing, now):
    editions.hold(session, briefing, "anna", now)


def embargo(session, briefing, now):
    wishes.embargo(session, briefing, now + timedelta(days=1), now)


def keep_for_members(session, briefing, now):
    wishes.see(session, session.get_one(BriefingRow, briefing), "members")


HIDING = pytest.mark.parametrize("hide", [hold, embargo, keep_for_members])


def hidden(place, briefing, hide):
    with place.database.writing() as session:
        hide(session, briefing, datetime.now(UTC))


def files(place, briefing):
    return sorted(file.name for file in place.files.storage.files(PAGE.format(briefing)))


def begun(place):
    """A briefing whose beginning can be heard."""
    briefing = ask(place)
    while not listed(place, briefing):
        assert perform_next(place, tuple(Queue))
    return briefing


def amid_rendering(monkeypatch, do):
    """Have something done while the next piece is rendered."""
    real, done = stream.render, []

    def render(*given):
        rendered = real(*given)
        if not done:
            done.append(True)
            do()
        return rendered

    monkeypatch.setattr(stream, "render", render)
    return done


@HIDING
def test_nothing_is_added_to_it_and_what_there_is_goes_without_a_sweep(place, hide):
    briefing = begun(place)
    before = files(place, briefing)
    hidden(place, briefing, hide)
    while files(place, briefing):
        assert set(files(place, briefing)) <= set(before)
        assert perform_next(place, tuple(Queue))
    assert (told(place) or {}).get("hls") is None
    work_off(place)
    assert files(place, briefing) == []


@HIDING
@pytest.mark.parametrize("swept", [True, False])
def test_hidden_amid_the_rendering_nothing_of_it_stays(place, monkeypatch, hide, swept):
    briefing = begun(place)

    def do():
        hidden(place, briefing, hide)
        if swept:
            sweep(place)
            assert files(place, briefing) == []

    done = amid_rendering(monkeypatch, do)
    work_off(place)
    assert done
    assert files(place, briefing) == []
    sweep(place)
    with place.database.reading() as session:
        assert session.query(RevisionRow).one().stream is None


def test_what_was_cleared_amid_the_rendering_stays_so_though_the_hold_is_over(place, monkeypatch):
    briefing = begun(place)

    def do():
        hidden(place, briefing, hold)
        sweep(place)
        with place.database.writing() as session:
            editions.unhold(session, briefing, datetime.now(UTC))

    done = amid_rendering(monkeypatch, do)
    work_off(place)
    assert done
    assert files(place, briefing) == []
    assert told(place)["url"]


def test_what_somebody_left_who_died_goes_with_the_next_sweep(place, monkeypatch):
    # Given a worker that writes a piece after the sweep took the stream away, and dies of it
    briefing = begun(place)
    real = stream._write_segments

    def write(*given):
        hidden(place, briefing, hold)
        sweep(place)
        real(*given)
        assert files(place, briefing) != []
        raise ValueError

    monkeypatch.setattr(stream, "_write_segments", write)
    while not done(place, briefing):
        assert perform_next(place, tuple(Queue))
    # Then it goes all the same
    sweep(place)
    assert files(place, briefing) == []


def done(place, briefing):
    with place.database.reading() as session:
        return session.get_one(BriefingRow, briefing).held_at is not None
