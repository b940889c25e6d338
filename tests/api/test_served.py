"""MP3s as they are served: for how long kept, by whom sent, and what happens when they go."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from briefing.errors import Misconfigured
from briefing.models import BriefingRow, RevisionRow
from briefing.requesting.regenerating import Again, regenerate
from briefing.states import Queue
from tests.bench.listeners import SIZE, listen, serving, write_audio
from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.nginx import nginx
from tests.support.s3 import s3
from worker.upkeep.retention import let_go

IMMUTABLE = "public, max-age=31536000, immutable"


@contextmanager
def newsroom(folder, monkeypatch, **settings):
    """A client of an API with one published story, the path of its MP3, and the workplace."""
    for name, value in settings.items():
        monkeypatch.setenv(f"BRIEFCAST_{name}", str(value))
    place = make_place(folder)
    (folder / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as client:
        client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]})
        work_off(place)
        client.headers.pop("Authorization")
        yield client, urlsplit(client.get("/v1/articles/desk/ferry/audio").json()["url"]).path, place
    place.database.dispose()


def test_caches_keep_audio_for_a_year_only_where_something_purges_them(tmp_path, monkeypatch):
    # Given a program that purges, here one that notes what it is told
    noted = tmp_path / "purged"
    program = tmp_path / "purge.py"
    program.write_text(f"import sys\nopen({str(noted)!r}, 'a').write(sys.stdin.read())\n")
    with newsroom(tmp_path, monkeypatch, PURGE_COMMAND=f"{sys.executable} {program}") as (client, url, place):
        answer = client.get(url)
        audio = client.get("/v1/articles/desk/ferry/audio").json()
        assert answer.headers["cache-control"] == IMMUTABLE
        assert client.get(audio["chapters_url"]).headers["cache-control"] == IMMUTABLE
        moving = "public, max-age=60"
        assert client.get("/articles/desk/ferry.mp3").headers["cache-control"] == moving
        assert client.get(f"/briefings/{audio['briefing']}/transcript.vtt").headers["cache-control"] == moving
        # When the revision's time has come
        with place.database.writing() as session:
            row = session.get_one(RevisionRow, 1)
            gone = let_go(session, row, place.files, datetime.now(UTC))
        place.files.purge(gone)
        # Then caches are told what is gone
        told = noted.read_text().splitlines()
        assert audio["url"] in told
        assert audio["chapters_url"] in told
        assert client.get(url).status_code == 404


def test_caches_are_told_of_an_update_but_neither_of_a_first_publication_nor_of_bulk_work(tmp_path, monkeypatch):
    noted = tmp_path / "purged"
    program = tmp_path / "purge.py"
    program.write_text(f"import sys\nopen({str(noted)!r}, 'a').write(sys.stdin.read())\n")
    with newsroom(tmp_path, monkeypatch, PURGE_COMMAND=f"{sys.executable} {program}") as (client, url, place):
        assert not noted.exists()
        with place.database.reading() as session:
            briefing = session.scalar(select(BriefingRow.id))
        for number, (queue, edit) in enumerate([(Queue.BULK, "five days"), (None, "six days")]):
            assert not noted.exists()
            (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", edit))
            again = Again(voice=None, refetch=True, segments=(), requested_by="anna", queue=queue)
            # Later than what counts as asked twice
            now = datetime.now(UTC) + timedelta(minutes=number)
            with place.database.writing() as session:
                regenerate(session, session.get_one(BriefingRow, briefing), again, now)
            work_off(place)
        # Then what leads elsewhere now is told, and no MP3, whose bytes never change
        told = {urlsplit(address).path for address in noted.read_text().splitlines()}
        assert {"/articles/desk/ferry.mp3", "/v1/articles/desk/ferry/audio", "/shows/daily/feed.xml"} < told
        assert not [name for name in told if name.startswith("/audio/")]
        assert client.get(url).status_code == 200


def test_a_date_is_enough_to_learn_that_audio_has_not_changed(tmp_path, monkeypatch):
    with newsroom(tmp_path, monkeypatch) as (client, url, _):
        since = client.get(url).headers["last-modified"]
        assert client.get(url, headers={"If-Modified-Since": since}).status_code == 304
        assert client.get(url, headers={"If-Modified-Since": since, "If-None-Match": '"other"'}).status_code == 200
        assert client.get(url, headers={"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 200
        assert client.get(url, headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_audio_that_goes_while_it_is_looked_for_is_not_there(tmp_path, monkeypatch):
    with newsroom(tmp_path, monkeypatch) as (client, url, place):
        files = client.app.state.context.files
        looked = files.look

        def look_and_lose(name):
            found = looked(name)
            files.remove(name)
            return found

        monkeypatch.setattr(files, "look", look_and_lose)
        for given in ({}, {"Range": "bytes=0-9"}, {"Range": "bytes=0-9,20-29"}):
            place.files.put_audio(url.rpartition("/")[2].removesuffix(".mp3"))
            answer = client.get(url, headers=given)
            assert answer.status_code == 404
            assert answer.json()["code"] == "not_found"


def test_nginx_sends_what_the_api_points_it_to(tmp_path, monkeypatch):
    with newsroom(tmp_path, monkeypatch) as (direct, url, place):
        whole = direct.get(url).content
        # Given an API with nginx before it, which is asked for every MP3
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BRIEFCAST_ACCEL", "/accel/")
            patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
            public = place.data.data / "public"
            with (
                client_of(place) as told,
                nginx(
                    tmp_path / "nginx",
                    public,
                    "briefcast.conf",
                    api=urlsplit(str(told.base_url)).port,
                    through_api=True,
                ) as address,
                httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
            ):
                # Then the API sends no byte of it
                pointed = told.get(url)
                assert pointed.content == b""
                assert pointed.headers["x-accel-redirect"] == f"/accel{url}"
                # And nginx all, as the API would
                answer = client.get(url, headers={"Origin": "https://paper.example"})
                assert answer.content == whole
                assert answer.headers["content-type"] == "audio/mpeg"
                assert answer.headers["cache-control"] == "public, max-age=3600"
                # As a file too, under the name that the address says
                kept = client.get(f"{url}?download=Ferry")
                assert kept.content == whole
                assert kept.headers["content-disposition"] == 'attachment; filename="Ferry.mp3"'
                assert kept.headers["cache-control"] == "public, max-age=60"
                assert answer.headers["access-control-allow-origin"] == "*"
                assert "x-accel-redirect" not in answer.headers
                part = client.get(url, headers={"Range": "bytes=-50", "If-Range": answer.headers["etag"]})
                assert (part.status_code, part.content) == (206, whole[-50:])
                assert client.get(url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
                assert client.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
                head = client.head(url)
                assert (head.content, head.headers["content-length"]) == (b"", str(len(whole)))
                # And what is not there is a problem of the API's, and nobody gets at the folder
                missing = client.get(f"/audio/{'0' * 64}.mp3")
                assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
                assert client.get(f"/accel{url}").status_code == 404
                assert client.get("/livez").json() == {"status": "ok"}
                # And a counted enclosure leads on
                assert client.get(f"/listen/daily/{url.rpartition('/')[2]}").headers["location"].endswith(url)
            # When the API is gone, it does all the same
            with nginx(tmp_path / "alone", public, "briefcast.conf", api=free_port()) as address:
                counted = f"{address}/listen/daily/{url.rpartition('/')[2]}"
                moved = httpx.get(counted, trust_env=False, timeout=60)
                assert (moved.status_code, urlsplit(moved.headers["location"]).path) == (302, url)
                kept = urlsplit(
                    httpx.get(f"{counted}?a=b&download=Ferry", trust_env=False, timeout=60).headers["location"]
                )
                assert (kept.path, kept.query) == (url, "download=Ferry")
                assert httpx.get(f"{address}{url}", trust_env=False, timeout=60).content == whole


def test_a_private_buckets_audio_is_had_by_a_signed_address(tmp_path, monkeypatch):
    with ExitStack() as stack:
        server = stack.enter_context(s3(tmp_path / "s3"))
        for name, value in server.settings("paper").items():
            monkeypatch.setenv(name, value)
        client, url, _ = stack.enter_context(newsroom(tmp_path, monkeypatch, AUDIO_REDIRECT="signed"))
        for method in ("GET", "HEAD"):
            moved = client.request(method, url)
            assert moved.status_code == 302
            assert moved.headers["cache-control"] == "private, no-store"
            signed = moved.headers["location"]
            assert signed.startswith(server.address)
            assert "X-Amz-Signature=" in signed
            assert "X-Amz-Expires=3600" in signed
            answer = httpx.request(method, signed, headers={"Range": "bytes=0-99"}, trust_env=False, timeout=60)
            assert answer.status_code == 206
            assert answer.headers["content-type"] == "audio/mpeg"
        # What is to be a file is sent by us, since its name would have to be signed along.
        kept = client.get(f"{url}?download=Ferry")
        assert (kept.status_code, len(kept.content)) == (200, int(kept.headers["content-length"]))
        assert kept.headers["content-disposition"] == 'attachment; filename="Ferry.mp3"'
        assert client.get(f"/audio/{'0' * 64}.mp3").status_code == 404


def test_audio_may_be_had_from_a_cdn_and_never_from_a_loop(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_AUDIO_REDIRECT", "public")
    with pytest.raises(Misconfigured, match="BRIEFCAST_AUDIO_REDIRECT"):
        create_app()
    cdn = {"AUDIO_REDIRECT": "public", "PUBLIC_FILES_URL": "https://cdn.paper.example/sound/"}
    with newsroom(tmp_path, monkeypatch, **cdn) as (client, url, _):
        path = f"/audio/{url.rpartition('/')[2]}"
        moved = client.get(path)
        assert moved.status_code == 302
        assert moved.headers["location"] == f"https://cdn.paper.example/sound{path}"
        assert moved.headers["cache-control"] == "public, max-age=60"
        kept = client.get(f"{path}?download=Ferry").headers["location"]
        assert kept == f"https://cdn.paper.example/sound{path}?download=Ferry"
        assert client.get(f"/audio/{'0' * 64}.mp3").status_code == 404


def test_two_hundred_listeners_seek_at_random_and_each_gets_its_bytes(tmp_path):
    name, content = write_audio(tmp_path / "var" / "public", SIZE // 10)
    with serving(tmp_path) as (port, _):
        heard = asyncio.run(listen(port, name, content, 200, 2))
    assert heard.errors == 0
    assert heard.stretches >= 100, "more is the machine's business; at least half of them have had their first"
