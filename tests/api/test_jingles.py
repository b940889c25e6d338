from __future__ import annotations

import numpy as np
import pytest

from briefing.podcasts.jingles import MOST_BYTES
from tests.support.audio import tone
from tests.support.client import make_key
from tests.support.newsroom import work_off
from worker.sound.files import write_flac


@pytest.fixture
def music(tmp_path):
    write_flac(tmp_path / "up.flac", tone(500, 2, 44_100, 0.3), 44_100)
    return (tmp_path / "up.flac").read_bytes()


def post(client, content, name="morning", part="intro", **headers):
    return client.post("/v1/jingles", params={"name": name, "part": part}, content=content, headers=headers)


def test_an_upload_is_recorded_at_once_and_usable_when_a_worker_has_checked_it(client, place, music):
    # Given an upload / Then it is recorded and nothing has been decoded yet
    answer = post(client, music)
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["usable"]) == ("pending", False)
    # When a worker comes by
    work_off(place)
    # Then it can be used, and is listed
    shown = client.get(answer.headers["location"]).json()
    assert (shown["state"], shown["usable"], shown["error"]) == ("ready", True, None)
    assert shown["seconds"] == pytest.approx(2.0)
    assert [(jingle["name"], jingle["part"]) for jingle in client.get("/v1/jingles").json()] == [("morning", "intro")]


def test_what_cannot_serve_is_refused_with_a_reason(client, place, tmp_path, music):
    post(client, music)
    work_off(place)
    write_flac(tmp_path / "still.flac", np.zeros(88_200, dtype=np.float32), 44_100)
    location = post(client, (tmp_path / "still.flac").read_bytes()).headers["location"]
    work_off(place)
    shown = client.get(location).json()
    assert (shown["state"], shown["error"]["code"]) == ("failed", "jingle_refused")
    assert "silent" in shown["error"]["message"]
    assert shown["usable"], "the one before stays"


@pytest.mark.parametrize(("name", "part"), [("../x", "intro"), ("", "intro"), ("a b", "intro"), ("ok", "song")])
def test_names_and_parts_are_checked(client, music, name, part):
    answer = post(client, music, name, part)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_an_upload_is_bounded_whatever_its_headers_claim(client, place):
    def endless():
        for _ in range(MOST_BYTES // 1_000_000 + 1):
            yield bytes(1_000_000)

    answer = post(client, endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    assert not list((place.data.data / "tmp").glob("*"))
    empty = post(client, b"")
    assert (empty.status_code, empty.json()["code"]) == (400, "bad_request")
    assert client.get("/v1/jingles").json() == []


def test_other_bodies_stay_small(client):
    assert client.post("/v1/briefings", content=bytes(1_500_000)).status_code == 413


def test_uploading_needs_the_scope(client, place, music):
    client.headers["Authorization"] = f"Bearer {make_key(place, 'read', 'generate')}"
    assert post(client, music).json()["code"] == "scope_missing"
    assert client.delete("/v1/jingles/morning/intro").json()["code"] == "scope_missing"
    assert client.get("/v1/jingles").status_code == 200
    client.headers.pop("Authorization")
    assert post(client, music).json()["code"] == "missing_key"


def test_a_jingle_in_use_stays(client, place, tmp_path, music):
    from briefing.podcasts.newsroom import load_newsroom
    from worker.installation.newsroom import apply

    post(client, music)
    work_off(place)
    # Given a show that names it
    settings = tmp_path / "briefcast.toml"
    settings.write_text(settings.read_text().replace('intro = "none"', 'intro = "morning"', 1))
    apply(load_newsroom(settings), place)
    answer = client.delete("/v1/jingles/morning/intro")
    assert (answer.status_code, answer.json()["code"]) == (409, "jingle_in_use")
    assert "daily" in answer.json()["detail"]
    # When the show names another
    settings.write_text(settings.read_text().replace('intro = "morning"', 'intro = "house"'))
    apply(load_newsroom(settings), place)
    # Then it can go
    assert client.delete("/v1/jingles/morning/intro").status_code == 204
    gone = client.get("/v1/jingles/morning/intro")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_jingle")


def test_a_show_cannot_name_what_is_not_there(place, tmp_path):
    from briefing.errors import Misconfigured
    from briefing.podcasts.newsroom import load_newsroom
    from worker.installation.newsroom import apply

    settings = tmp_path / "briefcast.toml"
    settings.write_text(
        settings.read_text().replace('voice = "silence"', 'voice = "silence"\ntransition = "evening"', 1)
    )
    with pytest.raises(Misconfigured, match="no transition jingle 'evening'"):
        apply(load_newsroom(settings), place)
