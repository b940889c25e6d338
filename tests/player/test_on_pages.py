"""What pages and browsers do with the player: media keys, looks, words of their own, a longer queue, a net that goes."""

from __future__ import annotations

import re

import pytest

from tests.player.test_listening import READY, loaded, player, until
from tests.player.test_states import at
from tests.support.processes import ROOT

#: Keeps what the player hands to the browser for its keys, and still hands it over.
HANDS = """<script>
window.hands = {};
const hand = navigator.mediaSession.setActionHandler.bind(navigator.mediaSession);
navigator.mediaSession.setActionHandler = (action, act) => { hands[action] = act; hand(action, act); };
const place = navigator.mediaSession.setPositionState.bind(navigator.mediaSession);
navigator.mediaSession.setPositionState = state => { window.placed = state; place(state); };
</script>"""

DOCS = (ROOT / "docs" / "player.md").read_text()


def test_media_keys_and_the_lock_screen_play_pause_and_move_it(stand):
    # Given a player that has begun
    page = stand.page(head=HANDS)
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2 && navigator.mediaSession.playbackState == 'playing'")
    told = page.evaluate(
        "(({title, album, artwork}) => [title, album, artwork.length])(navigator.mediaSession.metadata)"
    )
    assert told == [stand.audio["title"], stand.audio["show_title"], 1]
    assert page.evaluate("hands.nexttrack") is None, "there is nothing next"
    # When the keys are pressed / Then it does what each says
    page.evaluate("hands.pause()")
    until(page, "p.state == 'paused' && navigator.mediaSession.playbackState == 'paused'")
    page.evaluate("hands.seekto({seekTime: 9})")
    assert player(page, "p.currentTime") == pytest.approx(9, abs=0.05)
    page.evaluate("hands.seekforward({seekOffset: 4})")
    assert player(page, "p.currentTime") == pytest.approx(13, abs=0.05)
    page.evaluate("hands.seekbackward({})")
    assert player(page, "p.currentTime") == 0
    page.evaluate("hands.seekforward({})")
    assert player(page, "p.currentTime") == pytest.approx(15, abs=0.05)
    page.evaluate("hands.play()")
    until(page, "p.state == 'playing' && p.currentTime > 15.2")
    # And the lock screen's bar is where it is
    page.get_by_label("Speed").select_option("1.5")
    placed = page.evaluate("placed")
    assert placed["playbackRate"] == 1.5
    assert placed["position"] >= 15
    assert placed["duration"] == pytest.approx(stand.audio["duration_s"], abs=0.2)
    page.context.close()


def test_with_a_queue_the_next_key_goes_to_the_next_article(stand):
    page = stand.page('<briefcast-player article="desk:ferry" playlist="desk:market"></briefcast-player>', head=HANDS)
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.state == 'playing'")
    page.evaluate("hands.nexttrack()")
    until(page, "p.state == 'playing' && navigator.mediaSession.metadata.title == 'Market opens'")
    assert page.evaluate("hands.nexttrack") is None
    page.context.close()


#: A custom property of docs/player.md -> a value, what shows it, and the style in which.
LOOKS = {
    "ground": ("rgb(1, 2, 3)", ".card", "backgroundColor"),
    "ink": ("rgb(2, 3, 4)", ".label", "color"),
    "soft": ("rgb(3, 4, 5)", ".time", "color"),
    "line": ("rgb(4, 5, 6)", ".card", "borderTopColor"),
    "edge": ("rgb(5, 6, 7)", ".share input", "borderTopColor"),
    "accent": ("rgb(6, 7, 8)", ".play", "backgroundColor"),
    "on-accent": ("rgb(7, 8, 9)", ".play", "color"),
    "mark": ("rgb(8, 9, 10)", ".word.now", "backgroundColor"),
    "radius": ("3px", ".card", "borderTopLeftRadius"),
    "font": ("Georgia", ".label", "fontFamily"),
    "mini-layer": ("77", ".mini", "zIndex"),
}

STYLE = "p.shadowRoot.querySelector('{}') && getComputedStyle(p.shadowRoot.querySelector('{}')).{}"


def test_a_page_gives_it_looks_of_its_own(stand):
    # Given all custom properties that the docs name, on something around it, and a style for each part
    said = re.search(r"Custom properties.*?`--briefcast-ground`,(.*?)Parts for", DOCS, re.DOTALL)[1]
    assert {"ground", *re.findall(r"`-([a-z-]+)`", said)} == set(LOOKS)
    parts = re.search(r"Parts for `::part\(\)`: `(.*?)`", DOCS, re.DOTALL)[1].split()
    given = "".join(f"--briefcast-{name}: {value};" for name, (value, _, _) in LOOKS.items())
    styled = "".join(f"briefcast-player::part({name}) {{ scroll-margin-top: 7px }}" for name in parts)
    page = stand.page(
        '<briefcast-player article="desk:ferry" playlist="desk:market"></briefcast-player>',
        head=f"<style>main {{ {given} }} {styled}</style>",
    )
    page.wait_for_selector(READY)
    player(page, "p.seek(2)")
    # When every panel has been opened, and a notice stands / Then each shows
    for name in ("chapters", "queue", "share", "transcript"):
        page.locator(f"briefcast-player button.{name}").click()
        page.locator(f"briefcast-player #{name} button").first.wait_for()
    assert {name: player(page, STYLE.format(at, at, style)) for name, (_, at, style) in LOOKS.items()} == {
        name: value for name, (value, _, _) in LOOKS.items()
    }
    reached = player(
        page,
        "[...p.shadowRoot.querySelectorAll('[part]')].filter(one => getComputedStyle(one).scrollMarginTop == '7px')"
        ".flatMap(one => [...one.part])",
    )
    assert set(parts) - set(reached) == set()
    page.context.close()


def test_a_page_gives_it_words_of_its_own(stand):
    page = stand.page()
    page.wait_for_selector(READY)
    # Of one player / Then it says them, English beside them, and goes on being one
    player(page, "p.texts = {listen: 'Hear the story'}")
    page.get_by_text("Hear the story").wait_for()
    page.wait_for_selector(READY)
    assert player(page, "p.texts.listen") == "Hear the story"
    assert page.get_by_role("button", name="Play", exact=True).is_visible()
    # Of a language that does not ship / Then its players speak it
    page.evaluate("customElements.get('briefcast-player').texts.de = {play: 'Abspielen', listen: 'Artikel anhören'}")
    player(page, "p.texts = {}")
    player(page, "p.setAttribute('lang', 'de')")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Abspielen", exact=True).click()
    until(page, "p.state == 'playing'")
    assert page.get_by_text("Artikel anhören").is_visible()
    assert not page.troubles
    page.context.close()


def test_a_page_adds_to_the_queue_while_it_plays(stand):
    page = stand.page(head=HANDS)
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.state == 'playing'")
    assert not page.get_by_role("button", name="Up next").is_visible()
    player(page, "p.enqueue('desk:market')")
    assert page.evaluate("typeof hands.nexttrack") == "function"
    page.get_by_role("button", name="Up next").click()
    page.get_by_role("button", name="Market opens").wait_for()
    assert player(page, "p.state") == "playing"
    player(page, "p.seek(p.duration - 0.3)")
    until(page, "p.state == 'playing' && p.audio.title == 'Market opens'")
    page.context.close()


def test_what_has_come_plays_on_without_a_net_and_says_so(stand):
    page = stand.page()
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3 && p.element.buffered.length && p.element.buffered.end(0) > p.duration - 0.2")
    page.context.set_offline(True)
    page.get_by_text("No connection.").first.wait_for()
    at_s = player(page, "p.currentTime")
    until(page, f"p.state == 'playing' && p.currentTime > {at_s} + 0.5")
    page.context.set_offline(False)
    page.wait_for_function(
        "!document.querySelector('briefcast-player').shadowRoot.querySelector('.notice').checkVisibility()"
    )
    until(page, f"p.state == 'playing' && p.currentTime > {at_s} + 0.8")
    page.context.close()


def test_what_breaks_off_without_a_net_goes_on_at_the_same_moment_when_that_is_back(stand):
    # Given a listener at the sixth second / When the net goes, and more has to be fetched
    stand.put_audio("desk:broken-off")
    page = stand.page(at(stand, "desk:broken-off"))
    page.wait_for_selector(READY)
    player(page, "p.play()")
    player(page, "p.seek(6)")
    until(page, "p.state == 'playing' && p.currentTime > 6.2")
    page.context.set_offline(True)
    player(page, f"p.element.src = '{stand.audio['url']}?more'")
    page.wait_for_selector("briefcast-player[state=offline]")
    assert page.get_by_role("button", name="Try again").is_visible()
    # Then it goes on from there when the net is back
    page.context.set_offline(False)
    until(page, "p.state == 'playing' && p.currentTime > 6 && p.currentTime < 20")
    assert not page.get_by_text("No connection.").first.is_visible()
    page.context.close()


def test_words_numbers_and_plurals_are_of_one_language(stand):
    # Given pages in a language that ships, and in one that does not, which gets English
    for lang, told, speed, of in (
        ("uk", "22 секунди – усього 32 секунди", "1,25×", "uk"),
        ("pl", "22 seconds of 32 seconds", "1.25×", "en"),
    ):
        page = stand.page(lang=lang)
        page.wait_for_selector(READY)
        loaded(page)
        player(page, "p.seek(22.2)")
        assert player(page, "p.view.slider.getAttribute('aria-valuetext')") == told
        assert player(page, "p.view.speed.options[2].text") == speed
        # Then it says which language that is, to whoever reads it aloud, and which is the article's
        assert player(page, "p.view.section.lang") == of
        assert player(page, "p.view.disclosure.lang") == "en"
        page.context.close()


def test_where_one_reads_from_the_right_the_sliders_arrows_go_where_they_point(stand):
    page = stand.page('<div dir="rtl"><briefcast-player article="desk:ferry"></briefcast-player></div>')
    page.wait_for_selector(READY)
    loaded(page)
    slider = page.get_by_role("slider", name="Position")
    for key, moment in (("ArrowLeft", 5), ("ArrowUp", 10), ("ArrowRight", 5)):
        slider.press(key)
        assert player(page, "p.currentTime") == pytest.approx(moment, abs=0.05), key
    slider.press("Space")
    until(page, "p.state == 'playing'")
    page.context.close()


def test_a_link_from_a_player_inside_a_shadow_root_leads_to_it(stand):
    # Given a player that no page's script finds by its name / When a link to its twentieth second is shared and opened
    html = """<div id=host></div><script>document.querySelector('#host').attachShadow({mode: 'open'}).append(
        Object.assign(document.createElement('briefcast-player'), {id: 'p'}));
        document.querySelector('#host').shadowRoot.querySelector('#p').setAttribute('article', 'desk:ferry')</script>"""
    page = stand.page(html, permissions=["clipboard-read", "clipboard-write"])
    page.locator("briefcast-player[state=ready]").wait_for()
    page.evaluate("document.querySelector('#host').shadowRoot.querySelector('#p').seek(20)")
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Copy link").click()
    # Then whoever shares it sees that it was copied, and it starts there
    page.get_by_role("button", name="Link copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    page.get_by_text("Go on at 0:20").wait_for()
    page.context.close()


def test_the_frame_that_oembed_gives_has_room_for_its_page_and_fits_phones(stand):
    def told(**bounds):
        params = {"url": f"{stand.address}/embed/desk/ferry"} | bounds
        return stand.api.get("/oembed", params=params).json()

    page = stand.browser.new_page()
    for width in (640, 570, 500, 360, 320):
        one = told(maxwidth=width)
        page.set_viewport_size({"width": one["width"], "height": one["height"]})
        page.goto(f"{stand.address}/embed/desk/ferry")
        page.wait_for_selector(READY)
        assert page.evaluate("document.documentElement.scrollHeight") <= one["height"], width
    # A CMS keeps the frame for a desk, and shows it on phones
    html = f'<!doctype html><meta name="viewport" content="width=device-width"><body>{told()["html"]}</body>'
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(stand.paper.put("/framed", html))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
