"""A real browser: Debian's Chromium without its windows and tabs (headless shell), without a network of its own."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]


#: Notes in `said`, from now on, each time that a button says whether it is pressed: what is over soon is seen all the same.
NOTED = """button => { window.said = [];
    new MutationObserver(() => said.push(button.ariaPressed)).observe(button, {attributeFilter: ["aria-pressed"]}); }"""


@contextmanager
def chromium():
    """Yield a browser; missing Chromium fails with the command that installs it."""
    path = shutil.which("chromium-headless-shell")
    assert path, "Chromium is missing: apt-get install chromium-headless-shell (or ./run.sh test, which does)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS, timeout=120_000)
        try:
            yield browser
        finally:
            browser.close()


def heard_whole(page, button, *, by_finger=False):
    """Press a button that plays, and wait until it has said that it plays, and that it has come to the end."""
    button.evaluate(NOTED)
    if by_finger:
        button.tap()
    else:
        button.click()
    page.wait_for_function("() => said.length > 1")
    assert page.evaluate("said") == ["true", None]
