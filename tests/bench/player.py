"""The web player: its size, and the time from a tap to sound on a simulated phone's link: `python -m tests.bench.player`."""

from __future__ import annotations

import gzip
import os
import statistics
import tempfile
from pathlib import Path

from briefing.player import player_script
from tests.support.browser import chromium
from tests.support.client import client_of, free_port
from tests.support.newsroom import make_place, work_off
from tests.support.pages import newspaper

#: Chrome DevTools' presets: bits a second down and up, milliseconds of latency added to each request.
LINKS = {"no throttling": None, "Fast 4G": (8.1e6, 1.35e6, 165), "Slow 4G": (1.44e6, 0.675e6, 562.5)}

#: Milliseconds from the pressing of the button until the audio's clock runs.
TAP = """() => new Promise(done => {
    const player = document.querySelector('briefcast-player');
    player.shadowRoot.querySelector('.play').addEventListener('click', () => {
        const pressed = performance.now();
        const look = () => player.currentTime > 0.01 ? done(performance.now() - pressed) : setTimeout(look, 5);
        look();
    }, {capture: true});
    window.armed = true;
})"""

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Paper</title><script src="{api}/player.js" defer></script>
</head><body><briefcast-player article="desk:long"></briefcast-player></body></html>"""


def run(rounds: int = 5) -> None:
    """Print what is measured."""
    script = player_script()
    print(f"player.js: {len(script):,} bytes, {len(gzip.compress(script)):,} compressed")
    folder = Path(tempfile.mkdtemp())
    os.environ |= {
        "BRIEFCAST_DATA": str(folder / "var"),
        "BRIEFCAST_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "BRIEFCAST_LOG_LEVEL": "ERROR",
    }
    os.chdir(folder)
    place = make_place(folder)
    paragraphs = "\n\n".join(
        f"The ferry runs again from Monday, for the {n}. time, the board said." for n in range(120)
    )
    (folder / "articles" / "long.md").write_text(f"# Ferry\n\n{paragraphs}\n")
    with client_of(place) as api, newspaper() as paper, chromium() as browser:
        api.post("/v1/briefings", json={"article_ids": ["desk:long"]}).raise_for_status()
        work_off(place)
        print(f"MP3: {api.get('/v1/articles/desk/long/audio').json()['bytes']:,} bytes")
        address = paper.put("/", _PAGE.format(api=str(api.base_url)))
        for name, link in LINKS.items():
            for reads_ms in (500, 5000):
                times = [_tapped(browser, address, link, reads_ms) for _ in range(rounds)]
                print(
                    f"{name}, {reads_ms} ms after it is ready: tap to sound {statistics.median(times):.0f} ms (median), {max(times):.0f} ms (longest)"
                )
    place.database.dispose()


def _tapped(browser, address, link, reads_ms):
    """Milliseconds of one tap in a fresh browser profile, `reads_ms` after the player is ready."""
    context = browser.new_context()
    page = context.new_page()
    if link is not None:
        down, up, latency = link
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        conditions = {"downloadThroughput": down / 8, "uploadThroughput": up / 8, "latency": latency, "offline": False}
        session.send("Network.emulateNetworkConditions", conditions)
    page.goto(address)
    page.wait_for_selector("briefcast-player[state=ready]")
    page.wait_for_timeout(reads_ms)
    page.evaluate(f"() => {{ window.tapped = ({TAP})() }}")
    page.locator("briefcast-player .play").first.click()
    taken = page.evaluate("() => window.tapped")
    context.close()
    return taken


if __name__ == "__main__":
    run()
