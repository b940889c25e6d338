"""Transcripts in a real browser: the page on a desk and on a phone, the captions by the browser's own parser."""

from __future__ import annotations

import json

import pytest

from tests.support.browser import chromium
from tests.support.client import client_of
from tests.support.newsroom import work_off

STORY = """# Ferry runs again & again

The ferry runs again from Monday, the harbour board said. Crews had stopped work for four days over unpaid overtime.

## What it cost

- The strike cost $300K.
- Nobody paid it.

## What comes next

> “Both sides are to meet again on Nov. 20,” said Averyveryverylongnamethatnobodycouldeverpronouncewithoutstoppingforbreathatleasttwice.
"""

#: The cues of a caption file as the browser parsed them.
PARSED = """async source => {
    const audio = document.createElement('audio');
    audio.crossOrigin = 'anonymous';
    const track = document.createElement('track');
    track.kind = 'captions';
    track.src = source;
    const loaded = new Promise((done, fail) => { track.onload = done; track.onerror = () => fail(new Error('refused')); });
    audio.append(track);
    document.body.append(audio);
    track.track.mode = 'hidden';
    await loaded;
    return [...track.track.cues].map(cue => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]);
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def published(place, tmp_path):
    """The address of a published briefing's files, and its words."""
    (tmp_path / "articles" / "ferry.md").write_text(STORY)
    with client_of(place) as client:
        briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).raise_for_status().json()["id"]
        work_off(place)
        base = f"{client.base_url}/briefings/{briefing}"
        yield base, json.loads(client.get(f"{base}/transcript.json").content)


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (360, "dark")])
def test_the_page_can_be_read_anywhere(browser, published, width, scheme):
    base, words = published
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    troubles = []
    page.on("console", lambda message: troubles.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.goto(f"{base}/transcript.html")
    assert page.locator("h1").inner_text() == "Ferry runs again & again"
    assert page.get_by_text("This audio is created with AI assistance.").is_visible()
    assert page.locator("ul li p").all_inner_texts() == ["The strike cost $300K.", "Nobody paid it."]
    # Its style is let in by the policy inside it, and nothing is cut off.
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 25, 31)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The audio plays from where a sentence says it is said.
    at = float(page.get_by_text("Nobody paid it.").get_attribute("data-start"))
    audio = page.locator("audio")
    audio.evaluate("(audio, at) => { audio.currentTime = at; return audio.play(); }", at)
    page.wait_for_function("at => document.querySelector('audio').currentTime > at", arg=at)
    assert audio.evaluate("audio => { audio.pause(); return audio.duration; }") == pytest.approx(
        words["duration"], abs=0.1
    )
    page.get_by_role("link", name="What comes next").click()
    assert page.url.endswith(f"#{page.locator('h2').last.get_attribute('id')}")
    assert not troubles
    page.close()


def test_the_browsers_own_parser_reads_the_captions(browser, published):
    base, words = published
    # On a page of their origin; what is no page of ours loads nothing, which is not what is tested here.
    page = browser.new_page(bypass_csp=True)
    page.goto(f"{base}/transcript.json")
    cues = page.evaluate(PARSED, f"{base}/transcript.vtt")
    said = "".join("".join(text.split()) for *_, text in cues)
    assert said == "".join("".join(word["body"].split()) for word in words["segments"])
    assert cues[-1][1] == pytest.approx(words["duration"], abs=0.001)
    assert all(start < end for start, end, _ in cues)
    page.close()
