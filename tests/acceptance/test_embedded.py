"""The main job on one machine: the API with its embedded workers, Piper speaking."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.checks import check_published
from tests.support.processes import BIN, alive, descendants, running, wait_for
from tests.support.steptable import check_steps, newest_step, rows, speaking_process


def test_an_article_id_goes_in_and_a_published_mp3_comes_out(serving, tmp_path):
    # Given the product running / When twenty clients ask for one article at once
    with ThreadPoolExecutor(20) as pool:
        asked = list(pool.map(lambda _: serving.ask("cup-final"), range(20)))
    # Then they share one revision
    assert len({(briefing["id"], briefing["revision"]["number"]) for briefing in asked}) == 1
    briefing = serving.finished(asked[0])
    assert (briefing["state"], briefing["revision"]["number"]) == ("live", 1)
    # And what is published holds in every respect
    first = check_published(serving.client, briefing, tmp_path)

    # When it is made again and nothing has changed / Then nothing is spoken and the very same bytes are live
    serving.again(briefing)
    again = serving.finished(briefing)
    assert (again["revision"]["number"], again["state"]) == (2, "live")
    assert again["revision"]["takes_reused"] == again["revision"]["progress"]["steps_total"] - 3
    assert again["live"]["url"] == first["url"]

    # When one segment is to be read anew / Then one take is spoken, the address is new, and the old one still answers
    segment = serving.client.get(briefing["links"]["script"]).json()["segments"][3]["id"]
    serving.again(briefing, refetch=False, segments=[segment])
    third = serving.finished(briefing)
    assert third["revision"]["takes_reused"] == again["revision"]["takes_reused"] - 1
    assert check_published(serving.client, third, tmp_path)["url"] != first["url"]
    assert serving.client.get(first["url"]).status_code == 200
    assert check_steps(serving.data) == 0


def test_a_worker_killed_in_mid_chunk_costs_one_chunk(serving, tmp_path):
    before, takes = newest_step(serving.data), _takes(serving.data)
    briefing = serving.ask("tram")
    victim = wait_for(lambda: speaking_process(serving.data), "a worker that speaks")
    assert victim in descendants(serving.process.pid)
    os.kill(victim, signal.SIGKILL)
    done = serving.finished(briefing)
    assert done["state"] == "live"
    check_published(serving.client, done, tmp_path)
    assert check_steps(serving.data, before) == 1
    spoken = done["revision"]["progress"]["steps_total"] - 3 - done["revision"]["takes_reused"]
    assert _takes(serving.data) - takes == spoken


def test_killing_the_server_leaves_nothing_running_and_loses_nothing(product, started, tmp_path):
    data = Path(os.environ["BRIEFCAST_DATA"])
    command = [BIN / "briefcast", "serve", "--port", str(product.port)]
    with running(command, tmp_path / "serve.log") as process:
        started(product)
        briefing = product.ask("tram")
        wait_for(lambda: speaking_process(data), "a worker that speaks")
        family = descendants(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        wait_for(lambda: not [pid for pid in family if alive(pid)], "the workers to follow")
    # When the product is started again / Then the work goes on where it was
    with running(command, tmp_path / "serve.log"):
        started(product)
        done = product.finished(briefing)
        assert done["state"] == "live"
        check_published(product.client, done, tmp_path)
        check_steps(data)


def test_told_to_stop_it_ends_its_workers_first_and_waits_for_no_listener(product, started, tmp_path):
    # Given a server whose worker speaks, and somebody listening to its events
    data = Path(os.environ["BRIEFCAST_DATA"])
    with running([BIN / "briefcast", "serve", "--port", str(product.port)], tmp_path / "serve.log") as process:
        started(product)
        briefing = product.ask("port-authority")
        wait_for(lambda: speaking_process(data), "a worker that speaks")
        family = descendants(process.pid)
        with product.client.stream("GET", briefing["links"]["events"]) as stream:
            lines = stream.iter_lines()  # kept: the stream is closed with it
            assert next(lines)
            # When it is told to stop / Then it ends by itself, its workers before it, and no claim is spent
            process.terminate()
            assert process.wait(120) == 0
        assert not [pid for pid in family if alive(pid)]
        assert rows(data, "SELECT count(*) FROM steps WHERE state = 'leased'") == [(0,)]
        assert rows(data, "SELECT max(attempts) FROM steps WHERE state = 'ready'") == [(0,)]


def test_workers_killed_as_a_whole_come_back(serving, tmp_path):
    # Given the workers' supervisor killed with -9, and its children with it / Then they are started again
    briefing = serving.ask("pool")
    speaking = wait_for(lambda: speaking_process(serving.data), "a worker that speaks")
    (supervisor,) = [pid for pid in descendants(serving.process.pid) if speaking in descendants(pid)]
    os.kill(supervisor, signal.SIGKILL)
    done = serving.finished(briefing)
    assert done["state"] == "live"
    check_published(serving.client, done, tmp_path)


def test_a_worker_that_hangs_is_replaced(serving, tmp_path):
    # Given a worker stopped in mid-chunk, its lease running out / Then it is killed and another one finishes
    briefing = serving.finished(serving.ask("tower"))
    segments = [segment["id"] for segment in serving.client.get(briefing["links"]["script"]).json()["segments"]]
    before = newest_step(serving.data)
    serving.again(briefing, refetch=False, segments=segments)
    victim = wait_for(lambda: speaking_process(serving.data), "a worker that speaks")
    os.kill(victim, signal.SIGSTOP)
    done = serving.finished(briefing)
    assert done["state"] == "live"
    check_published(serving.client, done, tmp_path)
    assert check_steps(serving.data, before) == 1
    wait_for(lambda: victim not in descendants(serving.process.pid), "the hanging worker to be gone")


def _takes(data):
    return rows(data, "SELECT count(*) FROM takes")[0][0]
