"""An editor's first day, in a real browser: a story is published, heard, a name mended, a sentence corrected, withdrawn.

With DESK_SHOTS=FOLDER, a screenshot of each step is left there: of a desk in light colours, of a phone in dark ones.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import feedparser
import pytest

from tests.support.browser import NOTED, chromium
from tests.support.client import free_port
from tests.support.command import briefcast
from tests.support.processes import BIN, ROOT, running, wait_for
from tests.support.product import Product

PASSWORD = "three plain words"

NOTE = "An earlier version had another number of spectators."

PLAYED = """async audio => {
    audio.muted = true;
    await audio.play();
    await new Promise(done => { audio.ontimeupdate = () => audio.currentTime > 0.3 && done(); });
    audio.pause();
    return [audio.currentTime, audio.duration];
}"""


@pytest.fixture
def newsroom(tmp_path, monkeypatch):
    """The sample newsroom, installed and serving, with an editor who has a password; its articles may be changed."""
    port = free_port()
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("BRIEFCAST_TICK_S", "0.25")
    monkeypatch.setenv("BRIEFCAST_WORKERS", "1")
    folder = tmp_path / "samples"
    shutil.copytree(ROOT / "samples", folder)
    assert briefcast("apply", cwd=folder).returncode == 0
    added = briefcast("users", "add", "eve", "--role", "editor", text=f"{PASSWORD}\n")
    assert added.returncode == 0, added.stderr
    key = briefcast("keys", "create", "--name", "acceptance", "--scope", "admin").stdout.strip()
    product = Product(port, key)
    product.articles = folder / "articles"
    with running([BIN / "briefcast", "serve", "--port", str(port)], tmp_path / "serve.log"):
        wait_for(product.answers, "the API")
        yield product
    product.client.close()


class Editor:
    """Whoever sits at the browser, and a colleague with a phone where pictures are taken."""

    def __init__(self, browser, address):
        self.folder, self.shots = os.environ.get("DESK_SHOTS"), 0
        self.browser, self.address, self.troubles = browser, address, []
        self.page = self._signed_in(viewport={"width": 1280, "height": 800}, color_scheme="light")
        self.phone = None
        if self.folder:
            phone = {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark", "is_mobile": True}
            self.phone = self._signed_in(**phone)

    def _signed_in(self, **look):
        page = self.browser.new_context(base_url=self.address, timezone_id="Europe/Kyiv", **look).new_page()
        page.set_default_timeout(90_000)
        page.on("console", lambda said: self.troubles.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.goto("/desk")
        page.wait_for_url("**/desk/sign-in**")
        self.picture("sign-in", page)
        page.get_by_label("Name").fill("eve")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/desk")
        return page

    def picture(self, name, page=None, opened=""):
        """Leave a picture of a step, if any are wanted; on the phone with what is to be opened there."""
        if not self.folder:
            return
        self.shots += 1
        path = Path(self.folder) / f"{self.shots:02}-{name}"
        (page or self.page).screenshot(path=f"{path}-desk.png", full_page=True)
        if page is None:
            self.phone.goto(self.page.url)
            if opened:
                self.phone.get_by_text(opened).click()
            self.phone.screenshot(path=f"{path}-phone.png", full_page=True)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def wait_until(self, state):
        """Wait, as people do, until the page that is open says that the briefing is in a state; then show what is new."""
        self.page.locator(f"#standing .state-{state}").wait_for()
        if (link := self.page.get_by_role("link", name="Show it")).count():
            link.click()
            self.page.locator(f"#standing .state-{state}").wait_for()

    def hear(self):
        """Play what is live in the page's own player."""
        at, length = self.page.locator("audio").first.evaluate(PLAYED)
        assert at > 0.3
        return length


@pytest.fixture
def editor(newsroom):
    with chromium() as browser:
        yield Editor(browser, newsroom.address)


def entries(product):
    """What a listener's application sees: addresses by guid."""
    answer = product.client.get("/shows/ledger/feed.xml").raise_for_status()
    return {one.id: one.enclosures[0].href for one in feedparser.parse(io.BytesIO(answer.content)).entries}


def spoken_anew(page):
    """How many parts the newest revision had spoken, as the table of revisions says."""
    return page.locator("#revisions ~ .wide tbody tr").first.locator("td").nth(3).inner_text()


def make_a_story(newsroom, editor):
    """She has a story of the sample newsroom made, waits for it, and hears it, whole and by paragraph."""
    page = editor.page
    editor.picture("work-empty")
    page.get_by_label("Make an article's audio").fill("samples:cup-final")
    editor.press("Make")
    page.wait_for_url("**/desk/briefings/*")
    editor.picture("being-made")
    editor.wait_until("live")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Lessing Rovers win first cup")
    assert editor.hear() > 10
    play = page.get_by_role("link", name="Play: Rovers fell behind")
    play.evaluate(NOTED)
    play.click()
    page.wait_for_function("() => said[0] === 'true'")
    editor.picture("published")
    return page.url.split("?")[0].rpartition("/")[2]


def mend_a_name(editor):
    """A name is said wrong: she opens it from the words that the voice had to guess, hears how it would be, and on one
    confirmation it is spoken anew where it is said, and only there.
    """
    page = editor.page
    page.get_by_role("region", name="Worth a look").get_by_role("link", name="Njie", exact=True).click()
    page.get_by_label("Say it like this").fill("Njie-ay")
    page.get_by_role("button", name="Play with").first.click()
    page.locator("#heard audio").wait_for()
    assert page.locator("#heard audio").evaluate(PLAYED)[0] > 0.3
    editor.picture("word-heard")
    editor.press("Show what it changes")
    editor.picture("word-radius")
    editor.press("Record it and speak 1 briefing anew")
    page.get_by_text("1 of 1 done").wait_for()
    editor.picture("word-respoken")
    page.get_by_role("link", name="Lessing Rovers").click()
    editor.wait_until("live")
    assert "Njie-ay" in page.locator(".line", has_text="Captain Ola Njie").locator(".spoken").inner_text()
    assert spoken_anew(page) == "2 of 8 parts"
    editor.picture("name-mended")


def correct_a_sentence(newsroom, editor):
    """A sentence is corrected in the article itself: only its paragraph is spoken, and the comparison shows it alone."""
    page, story = editor.page, newsroom.articles / "cup-final.txt"
    story.write_text(story.read_text().replace("7,412", "7,214"))
    page.get_by_text("The article was wrong").click()
    page.get_by_label("What listeners are told of it").fill(NOTE)
    editor.picture("correcting", opened="The article was wrong")
    editor.press("Correct the audio")
    page.wait_for_url("**told=corrected")
    editor.wait_until("live")
    assert spoken_anew(page) == "1 of 8 parts"
    editor.picture("corrected")
    page.get_by_role("link", name="Compare revision 3 with 2").click()
    page.locator(".pair").first.wait_for()
    assert page.locator(".pair").count() == 1
    editor.picture("compared")


def withdraw_it(editor, briefing):
    page = editor.page
    page.goto(f"/desk/briefings/{briefing}")
    page.get_by_role("link", name="Withdraw…").click()
    editor.picture("withdraw")
    editor.press("Withdraw it")
    page.wait_for_url("**told=**")
    editor.wait_until("retracted")
    assert editor.page.locator("audio, .play").count() == 0, "nothing that no longer can be heard is offered"
    editor.picture("withdrawn")


def test_an_editors_first_day(newsroom, editor):
    # When an editor has a story made / Then it is heard at the desk and in the feed
    briefing = make_a_story(newsroom, editor)
    ((guid, first),) = entries(newsroom).items()

    # When she mends how a name is said / Then listeners' applications fetch the same episode anew
    mend_a_name(editor)
    ((same, second),) = entries(newsroom).items()
    assert same == guid
    assert second != first

    # When a sentence is corrected / Then they do again, and everybody can read that it was
    correct_a_sentence(newsroom, editor)
    ((same, third),) = entries(newsroom).items()
    assert same == guid
    assert third not in {first, second}
    editor.page.goto(f"/desk/briefings/{briefing}")
    editor.page.get_by_role("link", name="its public history").click()
    editor.page.wait_for_url(f"**/briefings/{briefing}/history")
    told = editor.page.locator("main").inner_text()
    assert "Corrected" in told
    assert NOTE in told
    assert "7,214" in told
    assert "7,412" not in told
    editor.picture("history")
    for wrong in (first, second):
        assert newsroom.client.get(wrong, headers={"Authorization": ""}).headers["location"].endswith(third[-40:])
    alias = "/articles/samples/cup-final.mp3"
    assert newsroom.client.get(alias, headers={"Authorization": ""}, follow_redirects=True).status_code == 200

    # When she withdraws it / Then it is gone for everybody
    withdraw_it(editor, briefing)
    wait_for(lambda: not entries(newsroom), "the feed without it")
    for address in (alias, first, second, third):
        assert newsroom.client.get(address, headers={"Authorization": ""}).status_code == 410, address
    editor.page.get_by_role("link", name="Briefcast desk").click()
    editor.page.wait_for_url("**/desk")
    editor.picture("work-after")
    assert editor.troubles == []
