"""PostgreSQL away in the middle of work: restarted, killed, cut at COMMIT."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from briefing.database import Database
from briefing.errors import DatabaseUnavailable
from briefing.models import BriefingRow, EpisodeRow, RevisionRow, StepRow
from briefing.states import Queue
from tests.support.client import client_of, free_port, make_key
from tests.support.newsroom import make_place, work_off
from tests.support.postgres import postgres
from tests.support.processes import BIN, running, wait_for
from worker.running.perform import perform_next
from worker.workplace import Workplace

#: Plain text, which is parsed without a process of its own.
SHORT = "Story {number}\n\nThe ferry runs again from Monday, the harbour board said.\n"


#: Briefings under way while PostgreSQL is restarted and killed; in the soak the number of the fault matrix.
BRIEFINGS = [8, pytest.param(50, marks=pytest.mark.long)]

#: Seconds after which the API is well again, which takes it a few on a machine with nothing else to do.
SOON_S = 60

#: Connections cut at COMMIT, the same.
CUTS = [60, pytest.param(200, marks=pytest.mark.long)]


@pytest.fixture
def server(tmp_path):
    """A PostgreSQL of this test's own, to be stopped and killed."""
    with postgres(tmp_path / "postgres") as server:
        yield server


@pytest.fixture
def newsroom(tmp_path, monkeypatch):
    """Articles, short leases, a port for the API."""
    for name, value in {"LEASE_S": "5", "TICK_S": "0.25", "WORKERS": "2"}.items():
        monkeypatch.setenv(f"BRIEFCAST_{name}", value)
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    (tmp_path / "articles").mkdir()
    for number in range(50):
        (tmp_path / "articles" / f"story{number}.txt").write_text(SHORT.format(number=number))


class Watch:
    """Asks the API for a briefing ten times a second; keeps what it said, and when."""

    def __init__(self, client, path):
        self._client, self._path = client, path
        self.heard, self._over = [], threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._over.wait(0.1):
            asked = time.monotonic()
            answer = self._client.get(self._path)
            self.heard.append((asked, time.monotonic(), answer.status_code, answer.headers.get("retry-after")))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def well_after(self, moment):
        """The first good answer to a question asked after a moment, as the seconds it came after it."""
        return next((done - moment for asked, done, status, _ in self.heard if asked >= moment and status == 200), None)

    def refused_after(self, moment):
        """Whether a question asked after a moment was answered by 503."""
        return any(status == 503 for asked, _, status, _ in self.heard if asked >= moment)


@pytest.mark.parametrize("briefings", BRIEFINGS)
def test_postgresql_restarted_and_killed_under_load_loses_nothing(server, newsroom, briefings, tmp_path, monkeypatch):
    # Given the server with its workers, and briefings asked for
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", server.address.replace("+psycopg", ""))
    place = make_place(tmp_path)
    port = place.public.public_url.rpartition(":")[2]
    client = httpx.Client(
        base_url=place.public.public_url,
        headers={"Authorization": f"Bearer {make_key(place)}"},
        trust_env=False,
        timeout=60,
    )
    live = select(func.count()).select_from(RevisionRow).where(RevisionRow.state == "live")
    done = select(func.count()).select_from(StepRow).where(StepRow.state == "done")

    def count(what):
        with place.database.reading() as session:
            return session.scalar(what)

    with running([BIN / "briefcast", "serve", "--port", port], tmp_path / "serve.log"), client:
        wait_for(lambda: _answers(client), "the API")
        body = {"voice": "silence", "show": "daily"}
        asked = [
            client.post("/v1/briefings", json={"article_ids": [f"desk:story{number}"], **body})
            .raise_for_status()
            .json()
            for number in range(briefings)
        ]
        with Watch(client, asked[0]["links"]["self"]) as watch:
            # When it is restarted, and later killed with -9, while they are being made
            wait_for(lambda: count(done) >= 6, "the first steps", 300)
            server.restart()
            restarted = time.monotonic()
            wait_for(lambda: count(live) >= 2, "the first two", 300)
            server.kill()
            killed = time.monotonic()
            wait_for(lambda: watch.refused_after(killed), "the API to say so")
            server.start()
            back = time.monotonic()
            # Then all are made, by themselves
            wait_for(lambda: count(live) == briefings, "all of them", 600, every=0.1)
        # And the API said "try again" only while it was away, and was well again soon after
        statuses = {status for _, _, status, _ in watch.heard}
        assert statuses == {200, 503}
        assert {wish for _, _, status, wish in watch.heard if status == 503} == {"5"}
        assert watch.well_after(restarted) < SOON_S
        assert watch.well_after(back) < SOON_S
        late = [asked for asked, _, status, _ in watch.heard if status == 503 and asked > back + SOON_S]
        assert late == []
    # And nothing was made or published twice
    with place.database.reading() as session:
        assert session.query(BriefingRow).count() == session.query(RevisionRow).count() == briefings
        assert session.query(EpisodeRow).count() == briefings
        published = select(StepRow.revision_id, func.count()).where(StepRow.kind == "publish").group_by("revision_id")
        assert set(dict(session.execute(published).all()).values()) == {1}
        assert session.scalar(select(func.max(StepRow.attempts))) <= 3
    place.database.dispose()


def _answers(client):
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_frozen_postgresql_keeps_nobody_for_ever(server, tmp_path, monkeypatch):
    # Given an API and a worker that have spoken to a PostgreSQL, and it does not answer any more
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", server.address)
    monkeypatch.setattr("api.context._BUSY_S", 0.5)
    monkeypatch.setattr("briefing.sql.patience.LOOK_S", 1.0)
    monkeypatch.setattr("briefing.database._POSTGRESQL", {"connect_timeout": "2"})
    place, worker = make_place(tmp_path), Workplace(busy_s=0.5)
    (tmp_path / "articles" / "story.txt").write_text(SHORT.format(number=1))
    body = {"article_ids": ["desk:story"], "voice": "silence"}
    with client_of(place) as client, ThreadPoolExecutor(8) as pool:
        assert client.post("/v1/briefings", json=body).status_code == 202
        with worker.database.reading() as session:
            session.execute(text("SELECT 1"))
            # When it freezes in the middle of a transaction, and while requests come
            server.freeze()
            begun = time.monotonic()
            with pytest.raises(OperationalError, match="has not answered"):
                session.execute(text("SELECT 1"))
            assert time.monotonic() - begun < 60
        asked = [pool.submit(client.post, "/v1/briefings", json=body) for _ in range(8)]
        with pytest.raises(DatabaseUnavailable):
            perform_next(worker, tuple(Queue))
        answers = [future.result(120) for future in asked]
        # Then each is told so, by its code, in bounded time
        assert time.monotonic() - begun < 120
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "database_unavailable")}
        assert {answer.headers["retry-after"] for answer in answers} == {"5"}
        # And when it goes on, so do they, by themselves
        server.thaw()
        wait_for(lambda: client.post("/v1/briefings", json=body).status_code == 200, "the API")
        work_off(worker)
    with place.database.reading() as session:
        assert [row.state for row in session.scalars(select(RevisionRow))] == ["live"]
    worker.database.dispose()
    place.database.dispose()


@pytest.mark.long
def test_a_postgresql_frozen_in_mid_work_loses_nothing(server, newsroom, tmp_path, monkeypatch):
    # Given the server with its workers, leases of five seconds, and briefings being made
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", server.address)
    place = make_place(tmp_path)
    address = place.public.public_url
    headers = {"Authorization": f"Bearer {make_key(place)}"}
    client = httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60)
    with running([BIN / "briefcast", "serve", "--port", address.rpartition(":")[2]], tmp_path / "serve.log"), client:
        wait_for(lambda: _answers(client), "the API")
        made = [
            client.post("/v1/briefings", json={"article_ids": [f"desk:story{number}"], "voice": "silence"})
            for number in range(8)
        ]
        assert {answer.status_code for answer in made} == {202}

        def live():
            with place.database.reading() as session:
                found = session.scalar(select(func.count()).where(RevisionRow.state == "live"))
            place.database.dispose()
            return found

        wait_for(live, "the first one", 300)
        # When PostgreSQL stands still for longer than anybody waits
        server.freeze()
        begun = time.monotonic()
        with Watch(client, made[0].json()["links"]["self"]) as watch:
            time.sleep(30)
            server.thaw()
            thawed = time.monotonic()
            # Then all are made when it goes on
            wait_for(lambda: live() == 8, "all of them", 300)
        # And nobody waited for longer than the API's patience, a look and a connection, or was told anything else
        slow = [done - asked for asked, done, *_ in watch.heard]
        assert max(slow) < 60
        assert {status for _, _, status, _ in watch.heard} == {200, 503}
        assert any(status == 503 for asked, _, status, _ in watch.heard if begun < asked < thawed)
        assert watch.well_after(thawed) < SOON_S
    with place.database.reading() as session:
        assert session.query(RevisionRow).count() == session.query(EpisodeRow).count() == 8
        assert session.scalar(select(func.max(StepRow.attempts))) <= 3
    place.database.dispose()


class CommitCutter:
    """Stands before PostgreSQL and cuts a connection at its COMMIT: `before` it arrives, or `after` it is carried out."""

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.mode, self.cuts = None, 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        deaf, carried_out = threading.Event(), threading.Event()
        with near, socket.create_connection(self._target) as far:
            answering = threading.Thread(target=self._answer, args=(near, far, deaf, carried_out), daemon=True)
            answering.start()
            self._ask(near, far, deaf, carried_out)
            answering.join()

    def _ask(self, near, far, deaf, carried_out):
        with suppress(OSError):
            while block := near.recv(65536):
                # "Q", its length, the text: a simple query, as the driver sends it.
                mode, self.mode = (self.mode, None) if b"\x00\x0bCOMMIT\x00" in block else (None, self.mode)
                if mode == "after":
                    deaf.set()
                    far.sendall(block)
                    assert carried_out.wait(30)
                if mode:
                    self.cuts += 1
                    break
                far.sendall(block)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _answer(self, near, far, deaf, carried_out):
        with suppress(OSError):
            while block := far.recv(65536):
                if deaf.is_set():
                    carried_out.set()
                else:
                    near.sendall(block)
        with suppress(OSError):
            near.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(port):
    cutter = CommitCutter(port)
    try:
        yield cutter
    finally:
        cutter.close()


@pytest.mark.parametrize("cuts", CUTS)
def test_a_connection_cut_at_commit_never_makes_a_second_revision(cluster, cuts, tmp_path, monkeypatch):
    # Given an API whose connections to PostgreSQL can be cut at COMMIT
    address = cluster.new_database()
    with cutting(cluster.port) as cutter:
        monkeypatch.setenv("BRIEFCAST_DATABASE_URL", address.replace(f":{cluster.port}/", f":{cutter.port}/"))
        place = make_place(tmp_path)
        with client_of(place) as client:
            client.get("/v1/voices").raise_for_status()  # notes the key's use, once
            # When requests are cut, half of them before and half of them after it was carried out
            outcomes = {}
            for number in range(cuts):
                cutter.mode = mode = ("before", "after")[number % 2]
                body = {"article_ids": [f"desk:story{number}"], "voice": "silence"}
                headers = {"Idempotency-Key": f"key-{number}"} if number % 4 < 2 else {}
                first = client.post("/v1/briefings", json=body, headers=headers)
                assert (first.status_code, first.headers["retry-after"]) == (503, "5"), mode
                # And each is asked again, as it was told to
                again = client.post("/v1/briefings", json=body, headers=headers)
                outcomes.setdefault((mode, bool(headers)), set()).add(again.status_code)
        place.database.dispose()
        assert cutter.cuts == cuts
    # Then what had been carried out was found, what had not been was done, and nothing is there twice
    assert outcomes == {
        ("before", True): {202},
        ("before", False): {202},
        ("after", True): {202},
        ("after", False): {200},
    }
    direct = Database(address)
    with direct.reading() as session:
        assert session.query(BriefingRow).count() == session.query(RevisionRow).count() == cuts
        assert session.query(StepRow).count() == cuts
    direct.dispose()
