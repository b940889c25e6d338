"""A new story can be heard while it is being made: what is public of it, from the first take to an hour after."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from briefing import steps
from briefing.failpoints import VARIABLE, Action, Failpoint, FailpointReached
from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.public_names import briefing_folder
from briefing.requesting import asking
from briefing.states import Queue, StepKind
from tests.support.client import client_of
from tests.support.dying import work_until_killed
from tests.support.failpoints import Failpoints
from tests.support.newsroom import ARTICLE, work_off
from tests.support.streaming import JSON, PAGE, STREAMING, ask, listed, streaming_place, told
from worker.installation.newsroom import apply
from worker.running.perform import perform_next
from worker.stream.clearing import clear_streams
from worker.tasks import stream
from worker.upkeep.sweep import sweep


@pytest.fixture
def place(tmp_path):
    with streaming_place(tmp_path) as place:
        yield place


def steps_of(place, kind):
    with place.database.reading() as session:
        return [(row.state, row.error_code) for row in session.query(StepRow).filter_by(kind=kind.value)]


def state_of(place, number=1):
    with place.database.reading() as session:
        return session.query(RevisionRow).filter_by(number=number).one().state


def test_from_the_first_take_to_the_mp3(place):
    briefing = ask(place)
    playlists, states = [], []
    while perform_next(place, tuple(Queue)):
        playlists.append(listed(place, briefing))
        states.append((told(place) or {}).get("state"))
        # What a playlist names can be fetched
        for name in [line for line in playlists[-1].splitlines() if line.endswith(".mp3")]:
            assert place.files.storage.look(f"{PAGE.format(briefing)}/{name}"), name
    made = [text for text in playlists if text]
    assert all(
        after.startswith(before.removesuffix("#EXT-X-ENDLIST\n")) for before, after in zip(made, made[1:], strict=False)
    )
    assert len(set(made)) >= 3, "it grew as takes came"
    assert made[-1].endswith("#EXT-X-ENDLIST\n")
    # First nothing, then it is being made, then it is there
    assert [state for state, before in zip(states, [..., *states], strict=False) if state != before] == [
        None,
        "making",
        None,
    ]
    assert told(place)["url"]
    assert steps_of(place, StepKind.STREAM) == [("done", None)]
    durations = [float(line[8:].rstrip(",")) for line in made[-1].splitlines() if line.startswith("#EXTINF:")]
    assert sum(durations) == pytest.approx(told(place)["duration_s"], abs=0.03)


def test_who_asks_meanwhile_is_told_that_it_is_being_made(place):
    briefing = ask(place)
    while told(place) is None:
        assert perform_next(place, tuple(Queue))
    with client_of(place) as client:
        client.headers.pop("Authorization")
        audio = client.get(f"/{JSON}").json()
        assert (audio["state"], audio["ai_content"]) == ("making", True)
        assert "url" not in audio
        answer = client.get(audio["hls"], headers={"Origin": "https://paper.example"})
        assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert answer.headers["cache-control"] == "public, max-age=1"
        assert answer.headers["access-control-allow-origin"] == "*"
        segment = client.get(audio["hls"].replace("audio.m3u8", answer.text.splitlines()[-1]))
        assert (segment.status_code, segment.headers["content-type"]) == (200, "audio/mpeg")
        (found,) = client.get("/v1/audio", params={"article": "desk:ferry"}).json()["audio"]
        assert found["state"] == "making"
        page = client.get("/embed/desk/ferry")
        assert page.status_code == 200
        assert "<audio" not in page.text
        assert client.get("/oembed", params={"url": f"{client.base_url}/embed/desk/ferry"}).status_code == 200
        for name in ("nothing.mp3", "..", "audio.m3u8/x"):
            assert client.get(f"/briefings/{briefing}/1/stream/{name}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "withdrawn"),
    [({"source": "slow", "show": "held"}, False), ({"queue": Queue.BULK}, False), ({}, True)],
    ids=["held", "bulk", "withdrawn"],
)
def test_what_nobody_waits_for_or_may_hear_is_not_streamed(place, asked, withdrawn):
    if withdrawn:
        place.files.bury([JSON])
    ask(place, **asked)
    work_off(place)
    assert steps_of(place, StepKind.STREAM) == []


def test_while_there_is_audio_that_plays_on(place, tmp_path):
    ask(place)
    work_off(place)
    before = told(place)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("Monday", "Tuesday"))
    ask(place)
    while state_of(place, 2) != "publishing":
        assert perform_next(place, tuple(Queue))
        assert told(place) == before
    assert len(steps_of(place, StepKind.STREAM)) == 1


def test_an_hour_after_it_is_live_the_stream_goes(place):
    briefing = ask(place)
    work_off(place)
    assert clear_streams(place) == 0
    with place.database.writing() as session:
        session.query(RevisionRow).one().finished_at = datetime.now(UTC) - timedelta(minutes=61)
    audio = told(place)
    sweep(place)
    assert list(place.files.storage.files(PAGE.format(briefing))) == []
    assert told(place) == audio
    assert place.files.has_companions(briefing_folder(briefing, 1))


def test_what_failed_is_not_heard_any_more(place):
    briefing = ask(place)
    while told(place) is None:
        assert perform_next(place, tuple(Queue))
    with place.database.writing() as session:
        asking.retract(session, session.query(BriefingRow).one().id, datetime.now(UTC))
    work_off(place)
    sweep(place)
    assert told(place) is None
    assert list(place.files.storage.files(PAGE.format(briefing))) == []


@pytest.mark.parametrize("action", [Action.RAISE, Action.KILL])
@pytest.mark.parametrize("point", [Failpoint.STREAM_WRITTEN, Failpoint.STREAM_BEFORE_COMMIT])
def test_its_faults_keep_nobody_from_the_mp3(place, tmp_path, monkeypatch, point, action):
    failing = Failpoints(tmp_path / "failing")
    monkeypatch.setenv(VARIABLE, str(failing.folder))
    ask(place)
    if action is Action.KILL:
        for _ in range(steps.MAX_ATTEMPTS):
            work_until_killed(place, failing, point)
        work_off(place)
    else:
        failing.arm(point, action, times=50)
        busy = True
        while busy:
            with suppress(FailpointReached):
                busy = perform_next(place, tuple(Queue))
    assert steps_of(place, StepKind.STREAM)[0][0] == "dead"
    assert state_of(place) == "live"
    assert told(place)["url"]


def test_a_take_that_is_gone_ends_the_stream_alone(place):
    briefing = ask(place)
    while not listed(place, briefing):
        assert perform_next(place, tuple(Queue))
    for path in (place.data.data / "blobs").rglob("*.flac"):
        path.unlink()
    work_off(place)
    assert state_of(place) == "live"


def test_withdrawn_amid_the_rendering_nothing_of_it_stays(place, tmp_path, monkeypatch):
    # Given a worker that renders the first piece, music, while the story is withdrawn and its files taken away
    (tmp_path / "briefcast.toml").write_text(STREAMING.replace('intro = "none"\n', "", 1))
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    briefing = ask(place)
    real, done = stream.render, []

    def render(*given):
        if not done:
            done.append(True)
            with place.database.writing() as session:
                asking.retract(session, briefing, datetime.now(UTC))
            while perform_next(place, tuple(Queue)):
                pass
            assert steps_of(place, StepKind.WITHDRAW) == [("done", None)]
        return real(*given)

    monkeypatch.setattr(stream, "render", render)
    work_off(place)
    assert done
    # Then what it wrote afterwards goes with the next sweep
    sweep(place)
    assert list(place.files.storage.files(PAGE.format(briefing))) == []
    assert told(place) is None
