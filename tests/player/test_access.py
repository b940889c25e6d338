"""The player by keyboard, for screen readers, at 400 % zoom, and under axe's rules in each of its states."""

from __future__ import annotations

import pytest

from tests.player.test_listening import READY, loaded, player, until
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
    # A correction while one listens; then without a net, what plays on and what cannot even be asked for.
    stand.put_audio("desk:corrected")
    stand.put_audio("desk:beside", title="Beside it")
    two = at(stand, "desk:corrected") + at(stand, "desk:beside")
    page = stand.page(two, color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_function("document.querySelectorAll('briefcast-player[state=ready]').length == 2")
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    stand.put_audio("desk:corrected", url=stand.api.get("/v1/articles/desk/market/audio").json()["url"])
    player(page, "p.look()")
    page.get_by_role("button", name="Play the new version").wait_for()
    found["updated"] = checked(page, axe)
    page.context.set_offline(True)
    page.get_by_text("No connection.").first.wait_for()
    page.evaluate("document.querySelectorAll('briefcast-player')[1].setAttribute('article', 'desk:away')")
    page.wait_for_selector("briefcast-player[state=offline]")
    found["offline"] = checked(page, axe)
    page.context.close()
    assert {state: said for state, said in found.items() if said} == {}


def test_everything_is_reached_and_worked_by_keyboard(stand):
    page = stand.page(viewport={"width": 1000, "height": 800})
    page.wait_for_selector(READY)
    loaded(page)
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


def test_at_400_percent_nothing_is_cut_off(stand):
    # 1280 x 1024 at 400 % is 320 x 256 (WCAG 1.4.10).
    page = stand.page(viewport={"width": 320, "height": 256})
    page.wait_for_selector(READY)
    for name in ("Transcript", "Chapters", "Share", "How this was made"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.context.close()


#: WCAG 1.4.12, as a reader's style sheet has it: on everything, over what the player says.
SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
        p { margin-bottom: 2em !important }`);
    document.querySelector('briefcast-player').shadowRoot.adoptedStyleSheets.push(sheet);
}"""

#: The texts that lie outside of what holds them: the card, a button, a line of the head.
CUT_OFF = """() => {
    const root = document.querySelector('briefcast-player').shadowRoot, said = [];
    for (const one of root.querySelectorAll('.card *')) {
        const own = [...one.childNodes].filter(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (own.length === 0 || !one.checkVisibility() || getComputedStyle(one).clipPath !== 'none' || one.localName === 'option') continue;
        const range = document.createRange();
        range.selectNodeContents(one);
        const text = range.getBoundingClientRect();
        for (const holds of [one.closest('.card'), one.closest('button, a, select')]) {
            const box = holds?.getBoundingClientRect();
            if (box && (text.left < box.left - 1 || text.right > box.right + 1)) said.push(`${own[0].data} beside ${holds.className}`);
            if (box && holds.localName !== 'div' && (text.top < box.top - 1 || text.bottom > box.bottom + 1)) said.push(`${own[0].data} below ${holds.className}`);
        }
    }
    return said;
}"""


@pytest.mark.parametrize("width", [1000, 400, 320])
def test_text_may_be_spaced_wider_and_nothing_is_cut_off(stand, width):
    page = stand.page(viewport={"width": width, "height": 700}, reduced_motion="reduce")
    page.wait_for_selector(READY)
    page.evaluate(SPACED)
    assert page.evaluate(CUT_OFF) == []
    for name in ("Transcript", "Chapters", "Share", "How this was made"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_function(
            "!document.querySelector('briefcast-player').shadowRoot.textContent.includes('Loading the')"
        )
        assert page.evaluate(CUT_OFF) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.context.close()


def test_motion_is_left_out_where_wished_and_forced_colours_show_what_is_what(stand):
    page = stand.page(reduced_motion="reduce", forced_colors="active")
    page.wait_for_selector(READY)
    play = page.locator("briefcast-player .play").first
    assert play.evaluate("one => getComputedStyle(one).transitionDuration") == "0s"
    # Whose colours they are is the reader's to say: edges and the word that is said are theirs
    assert play.evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
    player(page, "p.seek(2)")
    page.get_by_role("button", name="Transcript").click()
    now = page.locator("briefcast-player .word.now")
    now.wait_for()
    system = page.evaluate("""() => { const one = document.body.appendChild(document.createElement('i'));
        one.style.cssText = 'forced-color-adjust: none; background: Highlight'; return getComputedStyle(one).backgroundColor; }""")
    assert now.evaluate("one => getComputedStyle(one).backgroundColor") == system
    page.context.close()


def test_nothing_happens_until_a_pointer_is_let_go_where_it_was_pressed(stand):
    # WCAG 2.5.2, and 2.5.7: without dragging
    page = stand.page(viewport={"width": 1000, "height": 800})
    page.wait_for_selector(READY)
    loaded(page)
    page.get_by_role("button", name="Transcript").click()
    page.locator("briefcast-player .word").first.wait_for()
    for target in (".play", ".forward", ".word >> nth=20", ".made"):
        box = page.locator(f"briefcast-player {target}").first.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(990, 790)
        page.mouse.up()
        assert player(page, "[p.state, p.currentTime]") == ["ready", 0], target
        assert page.locator("briefcast-player .made").get_attribute("aria-expanded") == "false"
    # The slider goes where it is tapped, when it is let go
    box = page.get_by_role("slider", name="Position").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    assert player(page, "p.currentTime") == 0
    page.mouse.up()
    assert player(page, "p.currentTime") == pytest.approx(stand.audio["duration_s"] / 2, rel=0.02)
    page.context.close()


#: What can be pressed and is lower or narrower than a number of CSS pixels. A checkbox is pressed by its label; the
#: words of a text stand in its lines, and their passages' time stamps do the same.
SMALL = """least => [...document.querySelector('briefcast-player').shadowRoot.querySelectorAll('button, select, a, input, label')]
    .filter(one => one.checkVisibility() && one.type !== 'checkbox').map(one => [one.className, one.getBoundingClientRect()])
    .filter(([, box]) => box.width < least || box.height < least).map(([name, box]) => `${name} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("width", [1000, 320])
def test_every_target_is_large_enough_whatever_is_open(stand, width):
    page = stand.page(
        '<briefcast-player article="desk:ferry" playlist="desk:market"></briefcast-player>',
        after="<p>More.</p>" * 60, viewport={"width": width, "height": 700},
    )  # fmt: skip
    page.wait_for_selector(READY)
    for name in ("chapters", "queue", "share", "made", "transcript"):
        page.locator(f"briefcast-player button.{name}").click()
        page.locator(f"briefcast-player #{name} :is(button, dl)").first.wait_for()
        assert page.evaluate(SMALL, 24) == [], name
    page.get_by_role("button", name="Report a mispronunciation").click()
    assert page.evaluate(SMALL, 24) == []
    for main in (".play", ".tools > :is(button, a):not([hidden])"):
        for box in (one.bounding_box() for one in page.locator(f"briefcast-player {main}").all() if one.is_visible()):
            assert min(box["width"], box["height"]) >= 44, main
    player(page, "p.play()")
    until(page, "p.state == 'playing'")
    page.evaluate("scrollTo(0, 2000)")
    page.get_by_role("group", name="Now playing").wait_for()
    assert page.evaluate(SMALL, 24) == []
    page.context.close()


def test_what_has_the_focus_is_not_behind_the_mini_player(stand):
    # WCAG 2.4.11
    page = stand.page(
        after="".join(f"<p><a href='#{number}'>More {number}</a></p>" for number in range(80)),
        viewport={"width": 700, "height": 600}, reduced_motion="reduce",
    )  # fmt: skip
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.state == 'playing'")
    page.evaluate("scrollTo(0, 900)")
    mini = page.get_by_role("group", name="Now playing")
    mini.wait_for()
    page.get_by_role("link", name="More 20", exact=True).focus()
    for _ in range(25):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.getBoundingClientRect().bottom")
        assert focused <= mini.bounding_box()["y"], page.evaluate("document.activeElement.textContent")
    page.context.close()
