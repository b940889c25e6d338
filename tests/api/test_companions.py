"""Transcripts and chapters as readers and apps fetch them: by the API, and by a file server over the same folder."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import webvtt

from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, make_place, work_off

TYPES = {
    "transcript.vtt": "text/vtt; charset=utf-8",
    "transcript.srt": "application/x-subrip",
    "transcript.json": "application/json",
    "transcript.html": "text/html; charset=utf-8",
    "chapters.json": "application/json+chapters",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """An anonymous client, the ID of a published briefing, and the workplace behind them."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        with client_of(place) as client:
            briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
            work_off(place)
            script = client.get(f"/v1/briefings/{briefing}/script").json()
            client.headers.pop("Authorization")
            yield client, briefing, place, script
        place.database.dispose()


@pytest.mark.parametrize(("name", "media_type"), TYPES.items())
def test_each_file_has_its_type_and_is_for_everybody(published, name, media_type):
    client, briefing, _, _ = published
    for path, cache in ((f"/briefings/{briefing}/{name}", 60), (f"/briefings/{briefing}/1/{name}", 3600)):
        answer = client.get(path, headers={"Origin": "https://paper.example"})
        assert answer.status_code == 200
        headers = answer.headers
        assert headers["content-type"] == media_type
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert headers["cache-control"] == f"public, max-age={cache}"
        assert client.get(path, headers={"If-None-Match": headers["etag"]}).status_code == 304
        assert client.get(path, headers={"If-Modified-Since": headers["last-modified"]}).status_code == 304
        head = client.head(path)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", headers["etag"])


def test_the_page_may_run_nothing(published):
    client, briefing, _, _ = published
    answer = client.get(f"/briefings/{briefing}/transcript.html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors *" in policy
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["none/transcript.vtt", "{id}/transcript.exe", "{id}/2/transcript.vtt", "{id}/one/transcript.vtt", "{id}/0/chapters.json",
     "%2e%2e/{id}/transcript.vtt", "{id}/%2e%2e/transcript.vtt", "{id}/1", "{id}/..%2ftranscript.vtt", "../audio/x.mp3", "{id}"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_problem(published, path):
    client, briefing, _, _ = published
    answer = client.get(f"/briefings/{path.format(id=briefing)}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_the_script_tells_how_sure_its_times_are(published):
    *_, script = published
    assert {segment["timing"] for segment in script["segments"]} <= {"exact", "aligned", "estimated"}


def test_a_plain_file_server_over_the_folder_serves_the_same(published):
    client, briefing, place, _ = published
    handler = partial(SimpleHTTPRequestHandler, directory=str(place.files.storage.root))
    handler.log_message = None
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False, timeout=60) as plain:
            for name in TYPES:
                path = f"/briefings/{briefing}/{name}"
                assert plain.get(path).raise_for_status().content == client.get(path).content
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_captions_say_what_the_editors_wrote(published):
    client, briefing, _, script = published
    captions = webvtt.from_string(client.get(f"/briefings/{briefing}/transcript.vtt").text).captions
    said = " ".join(" ".join(caption.text.split()) for caption in captions)
    assert said == " ".join(segment["written"] for segment in script["segments"])
    assert captions[0].start_in_seconds == int(script["segments"][0]["start_s"])
