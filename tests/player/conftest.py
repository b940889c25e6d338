"""A published article on the real server, a newspaper whose pages play it, and a browser: one of each for a file."""

from __future__ import annotations

import json

import pytest

from tests.support.browser import chromium
from tests.support.client import client_of, free_port
from tests.support.newsroom import make_place, work_off
from tests.support.pages import newspaper

STORY = """# Ferry runs again

The ferry runs again from Monday, the harbour board said. Crews had stopped work for four days over unpaid overtime.

## What it cost

- The strike cost $300K.
- Nobody paid it, said the board of the harbour.

## What comes next

> "Both sides are to meet again on Nov. 20," said the mayor of the town.

The ferry had not run since Thursday, and the town had to do without its market.
"""

# As long as the first: a busy machine is not at its end before a test is.
SECOND = """# Market opens

The market is open again on Saturday.
""" + "".join(
    f"\nStand number {number} sells fish from the harbour, and bread of the town's own bakers.\n" for number in range(5)
)

ADDRESSED = {
    "title": "Found by its address",
    "address": "https://www.daily.example/2026/addressed",
    "html": "<p>The ferry runs again, said the harbour board.</p>",
}

#: Room for the player before its script has come, as docs/player.md says.
ROOM = """briefcast-player:not(:defined) { display: block; min-height: 11.25rem }
@media (max-width: 35rem) { briefcast-player:not(:defined) { min-height: 13rem } }
@media (max-width: 21rem) { briefcast-player:not(:defined) { min-height: 17rem } }"""


class Stand:
    """What the tests of the player meet."""

    def __init__(self, api, paper, browser, place=None):
        self.api, self.paper, self.browser, self.place = api, paper, browser, place
        self.audio = json.loads(api.get("/v1/articles/desk/ferry/audio").content)
        kinds = {one["type"]: one["url"] for one in self.audio["transcripts"]}
        self.words = json.loads(api.get(kinds["application/json"]).content)["segments"]
        self._pages = 0

    @property
    def address(self):
        return str(self.api.base_url)

    def page(
        self,
        player='<briefcast-player article="desk:ferry"></briefcast-player>',
        head="",
        csp="",
        lang="en",
        after="",
        **context,
    ):
        """Open a page with `player` in it; what goes wrong on it is in its `troubles`."""
        self._pages += 1
        html = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Paper</title>'
            '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
            f'<link rel="icon" href="data:,"><link rel="stylesheet" href="/room.css">{head}'
            f'<script src="{self.address}/player.js" defer></script></head>'
            f"<body><main><h1>Paper</h1>{player}<p id='below'>The story.</p>{after}</main></body></html>"
        )
        self.paper.put("/room.css", ROOM, "text/css")
        headers = {"Content_Security_Policy": csp} if csp else {}
        address = self.paper.put(f"/story-{self._pages}", html, **headers)
        page = self.browser.new_context(**context).new_page()
        page.troubles = []
        page.on(
            "console",
            lambda said: (
                page.troubles.append(f"{said.text} {said.location}") if said.type in {"error", "warning"} else None
            ),
        )
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        page.story = address
        page.goto(address)
        return page

    def put_audio(self, article, status=200, **fields):
        """Have the newspaper answer for an article's audio as Briefcast would; the player is sent there by `base`."""
        body = json.dumps(self.audio | {"article": article} | fields) if status == 200 else "{}"
        self.paper.put(f"/v1/articles/{article.replace(':', '/')}/audio", body, "application/json", status)


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """Everything, started once."""
    folder = tmp_path_factory.mktemp("player")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.setenv("BRIEFCAST_LOG_LEVEL", "ERROR")
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(STORY)
        (folder / "articles" / "market.md").write_text(SECOND)
        (folder / "articles" / "addressed.json").write_text(json.dumps(ADDRESSED))
        with client_of(place) as api, newspaper() as paper, chromium() as browser:
            for article in ("ferry", "market", "addressed"):
                api.post("/v1/briefings", json={"article_ids": [f"desk:{article}"]}).raise_for_status()
            work_off(place)
            yield Stand(api, paper, browser, place)
        place.database.dispose()
