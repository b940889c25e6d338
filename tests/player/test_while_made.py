"""A story is heard in a browser while it is being made, and goes on as the MP3 at the same moment."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise

import pytest

from briefing.states import Queue
from tests.support.asking import ask
from tests.support.browser import chromium
from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, PLAIN, make_place
from tests.support.pages import newspaper
from worker.running.perform import perform_next

NEWSROOM = PLAIN.replace('slug = "daily"\n', 'slug = "daily"\nstream = true\n')

#: What a page has to allow beside Briefcast's own address: what hls.js makes for the audio element is a blob.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src {0}; connect-src {0}; media-src {0} blob:; img-src {0} data:"


LONGER = "".join(
    f"\n\nThat was the day on which boat number {number} lay in the harbour all day long." for number in range(8)
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
    place = make_place(tmp_path, NEWSROOM)
    # Long enough that it is not over before it was made on a busy machine.
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE + LONGER)
    yield place
    place.database.dispose()


class Workers:
    """Does a step whenever it is let, as many as are spoken in real time."""

    def __init__(self, place):
        self._place = place

    def until(self, holds):
        while not holds():
            assert perform_next(self._place, tuple(Queue))

    def all(self, pause_s):
        while perform_next(self._place, tuple(Queue)):
            time.sleep(pause_s)


#: Notes where both elements are at the very moment at which one of them falls silent because the other goes on.
HANDING_OVER = """(() => {
    window.handed = [];
    const made = [], Made = window.Audio, pause = HTMLMediaElement.prototype.pause;
    window.Audio = function () { const one = new Made(); made.push(one); return one; };
    HTMLMediaElement.prototype.pause = function () {
        const other = made.find(one => one !== this && !one.paused && !one.muted);
        if (other && !this.paused) window.handed.push([this.currentTime, other.currentTime]);
        return pause.call(this);
    };
})()"""


def heard(page):
    """Where the audio stands, and what it plays from."""
    return page.evaluate("""() => { const p = document.querySelector('briefcast-player');
        return [p.currentTime, p.duration, p.state, p.element.currentSrc, p.element.paused] }""")


def until(page, holds, seconds=120):
    """Wait; by looks from here, as the page's policy forbids to evaluate there."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, heard(page)
        page.wait_for_timeout(50)


def test_it_is_heard_as_it_comes_and_goes_on_as_the_mp3(place):
    ask(place, "ferry")
    workers = Workers(place)
    workers.until(lambda: place.files.storage.read("v1/articles/desk/ferry/audio"))
    with client_of(place) as api, newspaper() as paper, chromium() as browser:
        own = str(api.base_url).rstrip("/")
        html = f'<!doctype html><html lang="en"><title>P</title><script src="{own}/player.js" defer></script><briefcast-player article="desk:ferry"></briefcast-player>'
        address = paper.put("/story", html, Content_Security_Policy=POLICY.format(own))
        page = browser.new_page()
        page.add_init_script(HANDING_OVER)
        troubles, fetched = [], []
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: fetched.append(request.url.removeprefix(own)))
        page.goto(address)
        page.wait_for_selector("briefcast-player[state=ready]")
        assert "/player-hls.js" in fetched
        assert not any(url.endswith(".mp3") for url in fetched), "nothing is fetched before it is wanted"
        begun = json.loads(place.files.storage.read("v1/articles/desk/ferry/audio")[0])
        assert begun["state"] == "making"
        # When it is played, and the rest is made meanwhile
        page.evaluate("""() => { const p = document.querySelector('briefcast-player');
            window.moments = [];
            setInterval(() => window.moments.push([performance.now() / 1000, p.currentTime]), 50); }""")
        page.click("briefcast-player button.play")
        making = threading.Thread(target=workers.all, args=(0.15,))
        making.start()
        until(page, lambda: heard(page)[0] > 0.5)
        assert heard(page)[3].startswith("blob:")
        making.join()
        assert json.loads(place.files.storage.read("v1/articles/desk/ferry/audio")[0])["url"]
        # Then it goes on as the MP3, at the same moment
        until(page, lambda: heard(page)[3].endswith(".mp3"))
        taken_over_at = heard(page)[0]
        until(page, lambda: heard(page)[0] > taken_over_at + 0.5)
        _, duration, state, source, paused = heard(page)
        assert (state, paused) == ("playing", False)
        assert source.endswith(".mp3")
        assert duration == pytest.approx(
            json.loads(place.files.storage.read("v1/articles/desk/ferry/audio")[0])["duration_s"], abs=0.1
        )
        # What is asked of the player is 0.04 s; the clocks of the two elements are read one after the other.
        [(before, after)] = page.evaluate("window.handed")
        assert before == pytest.approx(after, abs=0.1), "it goes on where the other one fell silent"
        # A busy machine may have it stand still for a moment. It goes neither back nor on by more than the time that passes.
        moments = [(then, now) for then, now in page.evaluate("window.moments") if now > 0.3]
        steps = [(later[1] - earlier[1], later[0] - earlier[0]) for earlier, later in pairwise(moments)]
        assert [(moved, passed) for moved, passed in steps if not -0.1 < moved < passed + 0.3] == []
        assert troubles == []
