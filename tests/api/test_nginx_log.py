"""nginx's access log by the configurations that ship: it says what was asked for, and holds nothing that opens anything."""

from __future__ import annotations

import httpx
import pytest

from tests.support.client import free_port
from tests.support.nginx import cache, nginx
from tests.support.processes import wait_for

SECRET = "S3cr_t-" + "x" * 36

#: What is asked for, and what the log says of it.
ASKED = {
    f"/members/0a1b2c3d.1790000000.0.{SECRET}/audio/a.mp3?download=x": "/members/***/audio/a.mp3?download=x",
    f"/members/0a1b2c3d.1790000000.0.{SECRET}/v1/articles/desk/a/audio": "/members/***/v1/articles/desk/a/audio",
    f"/listeners/0123456789abcdef/{SECRET}/feed.xml": "/listeners/0123456789abcdef/***/feed.xml",
    f"//listeners//0123456789abcdef/{SECRET}/feed.xml": "//listeners//0123456789abcdef/***/feed.xml",
    f"/desk/welcome/{SECRET}": "/desk/welcome/***",
    f"/desk/act/{SECRET}/audio.mp3": "/desk/act/***/audio.mp3",
    f"/desk/sign-in/provider/back?code={SECRET}&state=y": "/desk/sign-in/provider/back",
    "/v1/articles/desk/a/audio?x=1": "/v1/articles/desk/a/audio?x=1",
    "/shows/daily/feed.xml": "/shows/daily/feed.xml",
    "/desk/sign-in": "/desk/sign-in",
}


def logged(address, folder, asked, referrers=()):
    """The lines of the log after asking for all of it; nobody is behind nginx, so most of it fails."""
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        for path in asked:
            client.get(f"{address}{path}")
        for referrer in referrers:
            client.get("/none", headers={"Referer": referrer})
    log = folder / "access.log"
    wait_for(lambda: len(log.read_text().splitlines()) >= len(asked) + len(referrers), "the log")
    return log.read_text()


@pytest.mark.parametrize("name", ["briefcast.conf", "files-only.conf"])
def test_the_log_says_what_was_asked_for_and_nothing_that_opens_it(tmp_path, name):
    public = tmp_path / "public"
    public.mkdir()
    referrers = [f"https://audio.example{path}" for path in ASKED]
    with nginx(tmp_path / "nginx", public, name, api=free_port()) as address:
        said = logged(address, tmp_path / "nginx", ASKED, referrers)
    assert SECRET not in said
    lines = said.splitlines()
    assert [line.split('"')[1] for line in lines[: len(ASKED)]] == [f"GET {told} HTTP/1.1" for told in ASKED.values()]
    came = [line.split('"')[3].removeprefix("https://audio.example") for line in lines[len(ASKED) :]]
    assert came == list(ASKED.values())


def test_the_log_of_a_cache_holds_nothing_that_opens_anything(tmp_path):
    with cache(tmp_path / "cache", free_port(), free_port()) as address:
        said = logged(address, tmp_path / "cache", ASKED)
    assert SECRET not in said
    assert '"GET /shows/daily/feed.xml HTTP/1.1"' in said
