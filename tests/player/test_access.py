"""The player by keyboard, for screen readers, at 400 % zoom, and under axe's rules in each of its states."""

from __future__ import annotations

import pytest

from tests.player.test_listening import READY, player, until
from tests.player.test_states import at
from tests.support.player_build import PLAYER, installed

AXE = """async () => {
    const found = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']});
    return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.target + ' ' + node.failureSummary).join('; ')}`);
}"""


@pytest.fixture(scope="module")
def axe():
    installed()
    return (PLAYER / "node_modules" / "axe-core" / "axe.min.js").read_text()


def checked(page, axe):
    """What axe finds on a page, animations over."""
    page.evaluate("() => document.documentElement.style.scrollBehavior = 'auto'")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    return page.evaluate(AXE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(stand, axe, scheme):
    page = stand.page(
        '<briefcast-player article="desk:ferry" playlist="desk:market"></briefcast-player>',
        after="<p>More.</p>" * 60, color_scheme=scheme, reduced_motion="reduce", viewport={"width": 700, "height": 700},
    )  # fmt: skip
    page.wait_for_selector(READY)
    found = {"ready": checked(page, axe)}
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3")
    for name in ("Transcript", "Chapters", "Up next", "Share", "How this was made"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_function(
            "!document.querySelector('briefcast-player').shadowRoot.textContent.includes('Loading the')"
        )
        found[name] = checked(page, axe)
    page.evaluate("scrollTo(0, 1800)")
    page.get_by_role("group", name="Now playing").wait_for()
    found["mini"] = checked(page, axe)
    page.context.close()
    stand.put_audio("desk:making", url="", state="making")
    stand.put_audio("desk:gone", status=410)
    stand.put_audio("desk:lost", url=f"{stand.paper.address}/lost.mp3")
    others = [("making", ""), ("gone", ""), ("none", "soon"), ("lost", "")]
    page = stand.page("".join(at(stand, f"desk:{name}", more) for name, more in others), color_scheme=scheme)
    for state in ("making", "retracted", "soon", "failed"):
        page.wait_for_selector(f"briefcast-player[state={state}]")
    found["others"] = checked(page, axe)
    page.context.close()
    assert {state: said for state, said in found.items() if said} == {}


def test_everything_is_reached_and_worked_by_keyboard(stand):
    page = stand.page(viewport={"width": 1000, "height": 800})
    page.wait_for_selector(READY)
    focused = "p.shadowRoot.activeElement?.getAttribute('aria-label') ?? p.shadowRoot.activeElement?.textContent"
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(player(page, focused))
    assert order == [
        "Play", "Position", "Back 15 seconds", "Forward 15 seconds", "Speed", "Chapters", "Transcript", "Share", "Download",
    ]  # fmt: skip
    for _ in range(7):
        page.keyboard.press("Shift+Tab")
    assert player(page, focused) == "Position"
    for key, moment in [
        ("ArrowRight", 5),
        ("ArrowUp", 10),
        ("ArrowLeft", 5),
        ("PageUp", 20),
        ("Home", 0),
        ("l", 15),
        ("j", 0),
    ]:
        page.keyboard.press(key)
        assert player(page, "p.currentTime") == pytest.approx(moment, abs=0.05), key
    page.keyboard.press("ArrowRight")
    told = page.get_by_role("slider", name="Position").get_attribute("aria-valuetext")
    assert told.startswith("5 seconds of ")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    until(page, "p.state == 'playing'")
    page.keyboard.press("k")
    until(page, "p.state == 'paused'")
    transcript = page.get_by_role("button", name="Transcript")
    transcript.focus()
    page.keyboard.press("Enter")
    assert transcript.get_attribute("aria-expanded") == "true"
    page.locator("briefcast-player .stamp").nth(2).focus()
    page.keyboard.press("Enter")
    until(page, "p.state == 'playing' && p.currentTime > 3")
    page.keyboard.press("Escape")
    assert transcript.get_attribute("aria-expanded") == "false"
    assert player(page, focused) == "Transcript"
    ring = transcript.evaluate("one => getComputedStyle(one).outlineStyle + getComputedStyle(one).outlineWidth")
    assert ring == "solid3px"
    page.context.close()


def test_at_400_percent_nothing_is_cut_off_or_too_small(stand):
    # 1280 x 1024 at 400 % is 320 x 256 (WCAG 1.4.10).
    page = stand.page(viewport={"width": 320, "height": 256})
    page.wait_for_selector(READY)
    for name in ("Transcript", "Chapters", "Share", "How this was made"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    small = player(
        page,
        "[...p.shadowRoot.querySelectorAll('button, select, a, input')].filter(one => one.offsetParent).map(one => [one.className,"
        " one.getBoundingClientRect()]).filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)",
    )
    # A checkbox stands in its label, which is large enough (2.5.8: the target is both).
    assert [name for name in small if name] == []
    page.context.close()


def test_text_may_be_spaced_wider_and_motion_is_left_out_where_wished(stand):
    page = stand.page(reduced_motion="reduce", viewport={"width": 400, "height": 700})
    page.wait_for_selector(READY)
    # WCAG 1.4.12
    player(
        page,
        "['line-height:1.5', 'letter-spacing:.12em', 'word-spacing:.16em'].forEach(one => p.style.setProperty(...one.split(':')))",
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (
        page.locator("briefcast-player .play").first.evaluate("one => getComputedStyle(one).transitionDuration") == "0s"
    )
    page.context.close()
