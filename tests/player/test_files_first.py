"""With everything of ours stopped, a page plays on from a plain file server: rule "files first" of docs/architecture.md."""

from __future__ import annotations

import json

import feedparser
import httpx

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
<body><h1>Paper</h1><briefcast-player article="desk:ferry"></briefcast-player>
<briefcast-player article="desk:unknown"></briefcast-player><p>The story.</p></body></html>"""


def test_a_page_plays_and_seeks_from_files_alone(place, tmp_path):
    # Given an article that was published, and then nothing of ours: no API, no worker, no database
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as api:
        api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).raise_for_status()
        work_off(place)
        port, at = api.base_url.port, str(api.base_url).rstrip("/")
    place.database.dispose()
    (place.data.data / "briefcast.db").unlink()
    public = place.data.data / "public"
    with nginx(tmp_path / "nginx", public, port=port), newspaper() as paper, chromium() as browser:
        page = browser.new_page()
        troubles = []
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(paper.put("/story", PAGE.format(at=at)))
        page.wait_for_selector("briefcast-player[state=ready]")
        # When it is played, and sought in / Then it is heard from there
        page.click("briefcast-player button.play")
        page.wait_for_function("() => document.querySelector('briefcast-player').currentTime > 0.3")
        page.evaluate("document.querySelector('briefcast-player').currentTime = 6")
        page.wait_for_function("() => document.querySelector('briefcast-player').currentTime > 6.2")
        assert page.evaluate("document.querySelector('briefcast-player').state") == "playing"
        # And the reader sees no fault: what there is no audio of shows nothing, and nothing moves
        assert page.evaluate("document.querySelectorAll('briefcast-player')[1].getBoundingClientRect().height") == 0
        assert page.evaluate("window.shifts") < 0.1
        assert [said for said in troubles if "404" not in said] == []
        # And podcast apps read on
        told = json.loads(httpx.get(f"{at}/v1/articles/desk/ferry/audio", trust_env=False).content)
        feed = feedparser.parse(httpx.get(f"{at}/shows/daily/feed.xml", trust_env=False).content)
        assert [entry.enclosures[0].href for entry in feed.entries] == [told["url"]]
