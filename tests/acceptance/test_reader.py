"""The reader's side in a real browser: the embed page plays, seeks and discloses, on a desk and on a phone."""

from __future__ import annotations

import pytest

from tests.support.browser import chromium
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, work_off

#: Whether the audio has gone on from a second of it.
GONE_ON = "from => document.querySelector('briefcast-player').currentTime > from"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def page_address(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as client:
        client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).raise_for_status()
        work_off(place)
        audio = client.get("/v1/articles/desk/ferry/audio").json()
        yield f"{client.base_url}/embed/desk/ferry", audio


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (360, "dark")])
def test_the_embed_page_plays_and_seeks(browser, page_address, width, scheme):
    address, audio = page_address
    page = browser.new_page(viewport={"width": width, "height": 600}, color_scheme=scheme)
    troubles = []
    page.on("console", lambda message: troubles.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "response", lambda answer: troubles.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
    )
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.goto(address)
    player = page.locator("briefcast-player")
    page.wait_for_function("() => document.querySelector('briefcast-player').state === 'ready'")

    assert player.evaluate("player => player.duration") == pytest.approx(audio["duration_s"], abs=0.1)
    player.evaluate("player => player.play()")
    page.wait_for_function(GONE_ON, arg=0.3)
    near_the_end = audio["duration_s"] - 3
    player.evaluate("(player, to) => { player.currentTime = to; }", near_the_end)
    page.wait_for_function(GONE_ON, arg=near_the_end + 0.1)
    player.evaluate("player => player.pause()")

    assert page.title().startswith("Ferry runs again")
    assert player.get_by_text("This audio is created with AI assistance.", exact=True).first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert not troubles
    page.close()


def test_the_api_docs_show_without_the_outside_world(browser, page_address):
    address, _ = page_address
    page = browser.new_page()
    outside, troubles = [], []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url) if not request.url.startswith(("http://127.0.0.1", "data:")) else None
        ),
    )
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(address.split("/embed")[0] + "/docs")
    page.get_by_text("Ask for the audio of articles", exact=True).wait_for()
    page.goto(address.split("/embed")[0] + "/docs/errors#unknown_voice")
    assert page.locator("#unknown_voice").is_visible()
    assert not outside
    assert not troubles
    page.close()
