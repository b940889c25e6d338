"""What a stranger may try on a socket: slow heads, huge heads, two lengths, odd paths, somebody else's host."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from api import headers
from api.app import create_app
from api.protocol import BoundedProtocol
from api.streams import OpenStreams
from tests.support.client import client_of, free_port, make_key
from tests.support.newsroom import ARTICLE, make_place
from tests.support.processes import wait_for


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("strangers")
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        (folder / "secret.txt").write_text("the secret")
        with client_of(place) as client:
            yield client
        place.database.dispose()


def connected(client):
    place = urlsplit(str(client.base_url))
    connection = socket.create_connection((place.hostname, place.port), timeout=20)
    connection.settimeout(20)
    return connection


def everything(connection):
    """What comes until the other side closes."""
    found = b""
    with suppress(ConnectionError):
        while block := connection.recv(65_536):
            found += block
    return found


def said(client, request):
    """What is answered to these bytes, until the server closes, as it does where it refuses or is asked to."""
    with connected(client) as connection:
        for start in range(0, len(request), 16_000):
            try:
                connection.sendall(request[start : start + 16_000])
            except ConnectionError:
                break  # it has had enough
        return everything(connection)


# --- connections --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "begun", [b"", b"GET /livez HTTP/1.1\r\nX-A: ", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /li"]
)
def test_a_head_that_does_not_come_ends_the_connection(client, monkeypatch, begun):
    # Given a connection that begins a request, be it its second, and sends a letter now and then
    monkeypatch.setattr(BoundedProtocol, "head_s", 0.5)
    with connected(client) as slow:
        slow.sendall(begun)
        slow.settimeout(0.1)
        begun_at = time.monotonic()
        # Then it is closed all the same, long before uvicorn would
        while True:
            assert time.monotonic() - begun_at < 15, "still open"
            try:
                if not slow.recv(65_536):
                    break
            except TimeoutError:
                slow.sendall(b"x")
            except ConnectionError:
                break


def test_a_body_that_does_not_come_ends_with_its_time(client, monkeypatch):
    monkeypatch.setattr(headers, "_BODY_S", 0.3)
    head = b"POST /v1/briefings HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"
    with connected(client) as slow:
        slow.sendall(head)
        answer = everything(slow)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"took too long" in answer


@pytest.mark.parametrize(
    "line", [b"X-A: " + b"a" * 1_000_000, b"\r\n".join(b"X-%d: aaaaaaaaaaaaaaa" % number for number in range(50_000))]
)
def test_huge_heads_are_refused(client, line):
    answer = said(client, b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + line + b"\r\n\r\n")
    assert not answer or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 90",
        b"Content-Length: 5\r\nContent-Length: 90",
        b"Content-Length: +5",
        b"Content-Length: 5, 90",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding : chunked",
    ],
)
def test_no_second_request_is_smuggled_in_a_first(client, lengths):
    # Given a request whose length can be read in two ways, and a second one inside of it
    inner = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    chunks = b"0\r\n\r\n" + inner
    answer = said(client, b"POST /v1/briefings HTTP/1.1\r\nHost: a\r\n" + lengths + b"\r\n\r\n" + chunks)
    # Then it is refused, and the second is not answered
    assert re.match(rb"HTTP/1\.1 (400|501)", answer)
    assert b'"status":"ok"' not in answer


def test_a_header_cannot_break_its_line(client):
    key = str(client.headers["authorization"]).encode()
    answer = said(
        client,
        b"GET /v1/voices HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: "
        + key
        + b"\r\nIdempotency-Key: a\x00b\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 400")


# --- paths and hosts ----------------------------------------------------------------------------------------------------

ODD_PATHS = [
    "/audio/..%2f..%2f..%2fsecret.txt",
    "/audio/%2e%2e/%2e%2e/%2e%2e/secret.txt",
    "/audio/../../../secret.txt",
    "/briefings/%2e%2e/%2e%2e/%2e%2e/secret.txt",
    "/briefings/..%5c..%5csecret.txt/transcript.vtt",
    "/shows/%2e%2e/feed.xml",
    "/v1/articles/%2e%2e/%2e%2e/audio",
    "/static/..%2f..%2f..%2fpyproject.toml",
    "/static/%2e%2e/app.py",
    "/docs/assets/..%2f..%2f__init__.py",
    "//evil.example/audio/x",
    "//v1/voices",
    "/v1//voices",
    "/v1/voices/",
    "/v1/briefings/",
    "/V1/voices",
    "/audio/%00.mp3",
    "/audio/" + "a" * 5000 + ".mp3",
    "/%",
    "/v1/briefings/%0d%0aSet-Cookie:x",
]


@pytest.mark.parametrize("path", ODD_PATHS)
def test_odd_paths_lead_nowhere(client, path):
    answer = said(client, f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
    status = int(answer.split()[1])
    assert status in {401, 404, 405, 422}, answer[:300]
    assert b"the secret" not in answer
    assert b"evil.example" not in answer.partition(b"\r\n\r\n")[0]
    assert b"Set-Cookie" not in answer.partition(b"\r\n\r\n")[0]


def test_no_address_comes_from_the_request(client):
    # Given a request that says it was sent to somebody else's host / Then no address in any answer names it
    lying = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/v1/voices",
        "X-Rewrite-URL": "/v1/voices",
    }
    asked = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}, headers=lying)
    told = [asked] + [
        client.get(path, headers=lying)
        for path in (
            "/",
            "/docs",
            "/openapi.json",
            "/v1/voices/",
            "/livez",
            urlsplit(asked.json()["links"]["self"]).path,
        )
    ]
    for answer in told:
        assert "evil.example" not in answer.text + str(answer.headers), answer.url
    assert asked.json()["links"]["self"].startswith(str(client.base_url).rstrip("/"))
    assert told[1].headers["location"] == "/docs"


# --- headers ------------------------------------------------------------------------------------------------------------


def test_every_answer_has_its_headers_refusals_too(client):
    refused = said(
        client, b"POST /v1/briefings HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2000000\r\n\r\n"
    )
    for answer in (
        client.get("/livez").headers,
        client.get("/v1/voices").headers,
        client.get("/nothing").headers,
        client.get("/static/icon.svg").headers,
        client.get("/openapi.json").headers,
        dict(line.decode().lower().split(": ", 1) for line in refused.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]),
    ):
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["referrer-policy"] == "strict-origin-when-cross-origin"
        policy = answer["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "server" not in answer
        assert "strict-transport-security" not in answer, "this one is reached by http"


def test_pages_allow_no_script_of_their_own_text(client):
    for path, unsafe in (("/docs", {"style-src"}), ("/docs/errors", set())):
        policy = client.get(path).headers["content-security-policy"]
        rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";") if rule.strip()}
        assert {name for name, values in rules.items() if "'unsafe-inline'" in values} == unsafe
        assert "'unsafe-eval'" not in policy
        assert rules["frame-ancestors"] == ["'none'"]
        assert rules.get("script-src", rules["default-src"]) in (["'self'"], ["'none'"])
        assert not re.search(r"<script(?![^>]* src=)", client.get(path).text)


def test_where_the_public_address_is_https_browsers_are_told_to_stay_there(place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", "https://audio.example")

    async def asked():
        transport = httpx.ASGITransport(create_app())
        async with httpx.AsyncClient(transport=transport, base_url="https://audio.example") as client:
            return await client.get("/openapi.json")

    assert asyncio.run(asked()).headers["strict-transport-security"] == "max-age=31536000"


def test_cors_is_for_what_is_public_without_credentials(client):
    site = {"Origin": "https://paper.example"}
    for path in (
        "/audio/x.mp3",
        "/v1/articles/desk/none/audio",
        "/shows/none/feed.xml",
        "/briefings/none/transcript.vtt",
    ):
        answer = client.get(path, headers=site).headers
        assert answer["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer
        exposed = {name.strip() for name in answer["access-control-expose-headers"].split(",")}
        assert exposed == {"Content-Range", "Accept-Ranges", "Content-Length", "ETag"}
        asked = client.options(path, headers=site | {"Access-Control-Request-Method": "GET"})
        assert asked.headers["access-control-allow-methods"] == "GET, HEAD"
        refused = client.options(path, headers=site | {"Access-Control-Request-Method": "DELETE"})
        assert refused.status_code == 400
    for path in ("/v1/voices", "/v1/briefings", "/v1/jingles", "/livez", "/docs", "/openapi.json", "/embed/a/b"):
        for answer in (client.get(path, headers=site), client.options(path, headers=site)):
            assert not [name for name in answer.headers if name.startswith("access-control")], path


# --- streams ------------------------------------------------------------------------------------------------------------


def test_a_key_holds_only_so_many_streams_open(client, monkeypatch):
    # Given a key that follows as many briefings as it may
    context = client.app.state.context
    monkeypatch.setitem(context.__dict__, "streams", OpenStreams(2))
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    path = f"/v1/briefings/{briefing}/events"
    with client.stream("GET", path) as first, client.stream("GET", path) as second:
        assert {first.status_code, second.status_code} == {200}
        # When it asks for one more / Then it is told to wait, while another key is not
        third = client.get(path)
        assert (third.status_code, third.json()["code"]) == (429, "too_many_streams")
        assert int(third.headers["retry-after"]) > 0
        other = make_key(context, "read")
        with client.stream("GET", path, headers={"Authorization": f"Bearer {other}"}) as apart:
            assert apart.status_code == 200
    # And when it has closed one, there is room again
    wait_for(lambda: not context.streams._open, "the server to notice that nobody reads")
    with client.stream("GET", path) as again:
        assert again.status_code == 200
