"""With everything of ours stopped, a page plays on from a plain file server: rule "files first" of docs/architecture.md."""

from __future__ import annotations

import json

import feedparser
import httpx
import pytest

from tests.support.browser import chromium
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, work_off
from tests.support.nginx import nginx
from tests.support.pages import newspaper

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Paper</title><link rel="icon" href="data:,">
<style>briefcast-player:not(:defined) {{ display: block; min-height: 11.25rem }}</style>
<script>window.shifts = 0; new PerformanceObserver(list => {{ for (const one of list.getEntries()) window.shifts += one.value; }})
    .observe({{type: 'layout-shift', buffered: true}})</script>
<script src="{at}/player.js" defer></script></head>
<body><h1>Paper</h1><briefcast-player article="{article}"></briefcast-player><p>The story.</p></body></html>"""


@pytest.fixture
def stopped(place, tmp_path):
    """An article that was published, and then nothing of ours, no API, no worker, no database: where its files are."""
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as api:
        api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).raise_for_status()
        work_off(place)
        port, at = api.base_url.port, str(api.base_url).rstrip("/")
    place.database.dispose()
    (place.data.data / "briefcast.db").unlink()
    with nginx(tmp_path / "nginx", place.data.data / "public", port=port):
        yield at


def opened(browser, paper, at, article):
    """A page with an article's player; what goes wrong on it is in its `troubles`."""
    page = browser.new_page()
    page.troubles = []
    page.on("console", lambda said: page.troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.goto(paper.put("/story", PAGE.format(at=at, article=article)))
    return page


def test_a_page_plays_and_seeks_from_files_alone(stopped):
    with newspaper() as paper, chromium() as browser:
        page = opened(browser, paper, stopped, "desk:ferry")
        page.wait_for_selector("briefcast-player[state=ready]")
        # When it is played, and sought in / Then it is heard from there
        page.click("briefcast-player button.play")
        page.wait_for_function("() => document.querySelector('briefcast-player').currentTime > 0.3")
        page.evaluate("document.querySelector('briefcast-player').currentTime = 6")
        page.wait_for_function("() => document.querySelector('briefcast-player').currentTime > 6.2")
        assert page.evaluate("document.querySelector('briefcast-player').state") == "playing"
        # And the reader sees no fault, and nothing moves
        assert page.evaluate("window.shifts") == 0
        assert page.troubles == []
        # And podcast apps read on
        told = json.loads(httpx.get(f"{stopped}/v1/articles/desk/ferry/audio", trust_env=False, timeout=60).content)
        feed = feedparser.parse(httpx.get(f"{stopped}/shows/daily/feed.xml", trust_env=False, timeout=60).content)
        assert [entry.enclosures[0].href for entry in feed.entries] == [told["url"]]


def test_of_an_article_without_audio_a_page_from_files_alone_shows_nothing(stopped):
    with newspaper() as paper, chromium() as browser:
        page = opened(browser, paper, stopped, "desk:unknown")
        page.wait_for_selector("briefcast-player[state=none]", state="attached")
        assert page.evaluate("document.querySelector('briefcast-player').getBoundingClientRect().height") == 0
        # Browsers tell the console of what is not there, whatever a script does about it; nothing else goes wrong.
        assert page.troubles == ["Failed to load resource: the server responded with a status of 404 (Not Found)"]
