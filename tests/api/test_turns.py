"""Turns at the database: so many requests at once, and none for what comes slowly."""

from __future__ import annotations

import asyncio

import pytest

from api.headers import _TURNS, BodyLimit, DatabaseTurns

#: Seconds after which what waits is taken to wait for ever.
PATIENCE = 60


async def app(scope, receive, send):
    """Read what is sent, then answer."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def asked(method, path, media_type=b"application/json"):
    return {"type": "http", "method": method, "path": path, "headers": [(b"content-type", media_type)]}


async def empty():
    return {"type": "http.request", "body": b"", "more_body": False}


async def nowhere(message):
    pass


@pytest.mark.parametrize("path", ["/desk/jingles", "/v1/jingles"])
def test_slow_uploads_keep_nobody_from_the_database(path):
    async def run():
        turns, begun, done = BodyLimit(DatabaseTurns(app)), asyncio.Semaphore(0), asyncio.Event()

        async def slowly():
            begun.release()
            await done.wait()
            return await empty()

        # Given more uploads than there are turns, none of which gets on
        uploads = [
            asyncio.create_task(turns(asked("POST", path, b"audio/mpeg"), slowly, nowhere)) for _ in range(_TURNS + 1)
        ]
        for _ in uploads:
            await asyncio.wait_for(begun.acquire(), PATIENCE)
        # When others come / Then they are answered
        for method, other in (
            ("GET", "/v1/briefings"),
            ("GET", "/desk"),
            ("GET", "/members/x"),
            ("POST", "/v1/hooks/x"),
        ):
            await asyncio.wait_for(turns(asked(method, other), empty, nowhere), PATIENCE)
        done.set()
        await asyncio.wait_for(asyncio.gather(*uploads), PATIENCE)

    asyncio.run(run())


def test_what_is_at_the_database_is_so_many_at_once():
    async def run():
        inside, most, all_in, done = 0, 0, asyncio.Event(), asyncio.Event()

        async def busy(scope, receive, send):
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            if inside == _TURNS:
                all_in.set()
            await done.wait()
            inside -= 1
            await app(scope, receive, send)

        turns = DatabaseTurns(busy)
        many = [asyncio.create_task(turns(asked("GET", "/desk"), empty, nowhere)) for _ in range(3 * _TURNS)]
        await asyncio.wait_for(all_in.wait(), PATIENCE)
        done.set()
        await asyncio.wait_for(asyncio.gather(*many), PATIENCE)
        return most

    assert asyncio.run(run()) == _TURNS
