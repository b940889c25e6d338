"""What the player does with audio for members: a preview for others, all of it by a signed address, and the way between."""

from __future__ import annotations

import pytest

from tests.player.conftest import Stand
from tests.player.test_access import axe, checked  # noqa: F401  a fixture
from tests.player.test_listening import READY, player, until
from tests.support.browser import chromium
from tests.support.client import client_of, free_port
from tests.support.newsroom import make_place, work_off
from tests.support.pages import newspaper
from tests.support.sentinels import ARTICLE, WORDS

LABEL = "Members hear the rest"


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """As the others', with one article for members, whose preview is a paragraph."""
    folder = tmp_path_factory.mktemp("player")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.chdir(folder)
        place = make_place(folder)
        # A preview that is not over before somebody has become a member, on a busy machine too
        longer = ARTICLE.replace("quokkafirst.", f"quokkafirst{' and one more' * 25}.")
        (folder / "articles" / "ferry.md").write_text(longer)
        wish = {"article_ids": ["desk:ferry"], "visibility": "members", "paywall": {"paragraphs": 1}}
        with client_of(place) as api, newspaper() as paper, chromium() as browser:
            api.post("/v1/briefings", json=wish).raise_for_status()
            work_off(place)
            yield Stand(api, paper, browser)
        place.database.dispose()


def signed(stand):
    return stand.api.post("/v1/articles/desk/ferry/signed").raise_for_status().json()["address"]


def text(page):
    page.get_by_role("button", name="Transcript").click()
    until(page, "p.shadowRoot.querySelector('.words')")
    return player(page, "p.shadowRoot.querySelector('.words').textContent")


@pytest.mark.parametrize("width", [1000, 320])
def test_others_hear_a_preview_that_says_so_and_at_its_end_how_to_hear_the_rest(stand, axe, width):  # noqa: F811
    listens = "<script>addEventListener('briefcast-locked', event => (window.locked ??= []).push(event.detail.article));</script>"
    watch = """<script>window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(one => moved += one.value))
    .observe({type: 'layout-shift', buffered: true})</script>"""
    element = '<briefcast-player article="desk:ferry" join="/join"></briefcast-player>'
    page = stand.page(element, head=listens + watch, viewport={"width": width, "height": 760})
    page.wait_for_selector(READY)
    assert page.get_by_text(LABEL).first.is_visible()
    assert player(page, "p.shadowRoot.querySelector('.time').textContent").startswith("Preview 0:00 / 0:")
    assert page.evaluate("locked") == ["desk:ferry"]
    assert page.evaluate("moved") == 0
    assert checked(page, axe) == []
    said = text(page)
    assert [word for word in WORDS if word in said] == [WORDS[0]]
    player(page, "p.seek(p.duration - 0.3)")
    player(page, "p.play()")
    until(page, "p.state == 'ended'")
    stand.paper.put("/join", "<title>Join</title>", "text/html")
    # What is offered there stays when a net has come back
    page.evaluate("dispatchEvent(new Event('online'))")
    page.get_by_role("button", name="Become a member").click()
    page.wait_for_url("**/join")
    assert page.troubles == []
    page.context.close()


def test_a_member_hears_all_of_it_by_the_address_that_the_page_was_given(stand):
    page = stand.page(f'<briefcast-player article="desk:ferry" signed="{signed(stand)}"></briefcast-player>')
    page.wait_for_selector(READY)
    assert not page.get_by_text(LABEL).first.is_visible()
    assert page.get_by_text("Listen to this article").first.is_visible()
    said = text(page)
    assert [word for word in WORDS if word in said] == list(WORDS)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3")
    # Where the audio's address ends meanwhile, the player asks for another, and goes on where it was
    page.evaluate("addEventListener('briefcast-state', event => (window.states ??= []).push(event.detail.state))")
    with page.expect_response("**/members/**/audio"):
        player(page, "p.element.dispatchEvent(new Event('error'))")
    until(page, "window.states?.includes('playing') && p.currentTime > 0.5")
    assert "failed" not in page.evaluate("states")
    assert "/members/" in player(page, "p.element.src")
    player(page, "p.seek(p.duration - 1)")
    until(page, "p.currentTime > p.duration - 0.9")
    assert page.troubles == []
    page.context.close()


def test_whoever_becomes_a_member_while_they_listen_goes_on_from_there(stand):
    # Given a page that asks its server when it is told / When the reader signs in
    page = stand.page()
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.5")
    preview_s = player(page, "p.duration")
    player(page, f"p.signed = '{signed(stand)}'")
    # Then it goes on with all of it
    until(page, f"p.duration > {preview_s} && p.currentTime > 0.5 && p.state == 'playing'")
    # And when the address has ended it says nothing while it plays, and goes back to the preview when asked anew
    player(page, "p.signed = ''")
    until(page, f"p.duration == {preview_s}")
    assert page.get_by_text(LABEL).first.is_visible()
    page.context.close()


def test_a_page_may_answer_the_event_itself(stand):
    answer = f"addEventListener('briefcast-locked', event => event.detail.unlock('{signed(stand)}'), {{once: true}})"
    page = stand.page(head=f"<script>{answer}</script>")
    until(page, "p.audio?.access == 'members' && p.state == 'ready'")
    page.context.close()


def test_an_address_that_opens_nothing_leaves_the_preview(stand):
    wrong = signed(stand)[:-60] + "x" * 60
    page = stand.page(f'<briefcast-player article="desk:ferry" signed="{wrong}"></briefcast-player>')
    page.wait_for_selector(READY)
    assert page.get_by_text(LABEL).first.is_visible()
    page.context.close()
