"""The one line finds a page's article by its address, in each state of its audio, with the API there and with files alone."""

from __future__ import annotations

import html
import json
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from briefing.articles.addresses import address_id
from briefing.states import Queue
from tests.player.test_listening import player
from tests.player.test_while_made import NEWSROOM
from tests.support.asking import ask
from tests.support.browser import chromium
from tests.support.client import client_of, free_port
from tests.support.newsroom import make_place, work_off
from tests.support.nginx import nginx
from tests.support.pages import newspaper
from tests.support.processes import wait_for
from worker.running.perform import perform_next

ADDRESS = "https://www.daily.example/2026/ferry?page=2"
STORY = {
    "title": "Ferry runs again",
    "address": ADDRESS,
    "html": "<p>The ferry runs again from Monday, said the board.</p><p>It had not run since Thursday, said the town.</p>",
}
# As a theme writes it: with what does not name the article.
CANONICAL = ADDRESS.replace("www.daily", "WWW.Daily") + "&utm_source=mail#top"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    place = make_place(tmp_path, NEWSROOM)
    (tmp_path / "articles" / "ferry.json").write_text(json.dumps(STORY))
    yield place
    place.database.dispose()


@contextmanager
def api(place, _folder):
    with client_of(place) as client:
        yield str(client.base_url).rstrip("/")


@contextmanager
def files(place, folder):
    """Have nginx serve the public files, with nothing of ours running."""
    with nginx(folder / "nginx", place.data.data / "public", port=urlsplit(place.files.address).port) as address:
        yield address


@pytest.mark.parametrize("server", [api, files])
def test_what_is_being_made_is_heard_and_what_was_withdrawn_says_so(place, tmp_path, server):
    with newspaper() as paper, chromium() as browser:

        def opened():
            line = f'<script async src="{place.files.address}/embed.js" data-into="main"></script>'
            head = f'<link rel="canonical" href="{html.escape(CANONICAL)}"><link rel="icon" href="data:,">'
            page = browser.new_page()
            page.goto(paper.put("/story", f"<!doctype html><title>P</title>{head}<main><p>Text.</p></main>{line}"))
            return page

        # Given a story whose first words are spoken / When its page is opened / Then it is heard already
        briefing, _, _ = ask(place, "ferry")
        while not place.files.storage.read("v1/articles/desk/ferry/audio"):
            assert perform_next(place, tuple(Queue))
        with server(place, tmp_path):
            page = opened()
            page.wait_for_selector("main > briefcast-player[article='desk:ferry'][state=ready]")
            assert player(page, "p.audio.state") == "making"
            page.close()
        # When it was made, and withdrawn / Then its page says so
        work_off(place)
        with client_of(place) as client:
            client.post(f"/v1/briefings/{briefing}/retract").raise_for_status()
            work_off(place)
        with server(place, tmp_path):
            page = opened()
            page.wait_for_selector("main > briefcast-player[state=retracted]")
            assert page.get_by_text("This audio has been withdrawn.").first.is_visible()
            page.close()


#: Addresses as pages write them.
WRITTEN = (
    ADDRESS,
    CANONICAL,
    "http://daily.example:80",
    "https://daily.example:8443/a/../b?x=it's|odd^&fbclid=1",
    "https://münchen.example/straße?q=ä b&UTM_medium=x",
    "https://daily.example/a%C3%A9[1]?",
    "https://daily.example/?&&a=1",
)


def test_in_the_browser_an_address_is_of_the_file_that_the_worker_writes(stand):
    # Given no API / When pages ask by addresses, however they are written
    page = stand.browser.new_page()
    page.route("**/v1/audio?*", lambda route: route.abort())
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/addresses/" in request.url else None)
    lines = [f'<script src="{stand.address}/embed.js" data-url="{html.escape(one)}"></script>' for one in WRITTEN]
    head = '<meta charset="utf-8"><title>P</title><link rel="icon" href="data:,">'
    page.goto(stand.paper.put("/written", f"<!doctype html>{head}{''.join(lines)}"))
    wait_for(lambda: page.wait_for_timeout(50) or len(asked) >= len(WRITTEN), "all to have asked")
    page.wait_for_load_state("networkidle")
    # Then each asks for the file that publishing writes for it
    assert sorted(one.rpartition("/")[2] for one in asked) == sorted(map(address_id, WRITTEN))
    page.close()


def test_where_a_page_says_soon_the_player_waits_and_comes_when_there_is_audio(stand):
    # Given a page that says that it is an article, of which nothing is known yet
    address = "https://www.daily.example/2026/soon"
    line = f'<script async src="{stand.address}/embed.js" data-into="main" data-soon></script>'
    head = f'<title>P</title><link rel="icon" href="data:,"><link rel="canonical" href="{address}">'
    article = '<meta property="og:type" content="article">'
    page = stand.browser.new_page()
    page.clock.install()
    page.goto(stand.paper.put("/soon", f"<!doctype html>{head}{article}<main></main>{line}"))
    page.get_by_text("You will soon be able to listen to this article.").first.wait_for()
    # When its audio is there, a minute later / Then it is heard
    (stand.place.data.data.parent / "articles" / "soon.json").write_text(json.dumps(STORY | {"address": address}))
    stand.api.post("/v1/briefings", json={"article_ids": ["desk:soon"]}).raise_for_status()
    work_off(stand.place)
    page.clock.fast_forward(61_000)
    page.wait_for_selector("main > briefcast-player[article='desk:soon'][state=ready]")
    page.close()
    # And a page that is no article, such as the front page, stays as it is
    page = stand.browser.new_page()
    page.goto(stand.paper.put("/front", f"<!doctype html>{head.replace('/soon', '/')}<main></main>{line}"))
    page.wait_for_load_state("networkidle")
    assert page.locator("briefcast-player").count() == 0
    page.close()


def test_where_a_page_has_another_player_already_the_one_that_waits_comes_all_the_same(stand):
    # Given a page with a player whose article is named, and the line of another one that is still to come
    address = "https://www.daily.example/2026/second"
    other = f'<script async src="{stand.address}/player.js"></script><briefcast-player article="desk:market"></briefcast-player>'
    line = f'<script src="{stand.address}/embed.js" data-into="main" data-soon></script>'
    head = f'<title>P</title><link rel="icon" href="data:,"><link rel="canonical" href="{address}">'
    article = '<meta property="og:type" content="article">'
    page = stand.browser.new_page()
    page.clock.install()
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(stand.paper.put("/second", f"<!doctype html>{head}{article}{other}<main></main>"))
    page.wait_for_selector("briefcast-player[state=ready]")
    page.evaluate("line => document.body.append(document.createRange().createContextualFragment(line))", line)
    page.wait_for_selector("main > briefcast-player[state=soon]")
    # When its audio is there, a minute later / Then it is heard
    (stand.place.data.data.parent / "articles" / "second.json").write_text(json.dumps(STORY | {"address": address}))
    stand.api.post("/v1/briefings", json={"article_ids": ["desk:second"]}).raise_for_status()
    work_off(stand.place)
    page.clock.fast_forward(61_000)
    page.wait_for_selector("main > briefcast-player[article='desk:second'][state=ready]")
    assert troubles == []
    page.close()
