"""The web player in a real browser against the real server: listening as a reader does."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from tests.support.processes import wait_for

READY = "briefcast-player[state=ready]"

#: Every event of the player, kept for the test.
LISTEN = """<script>window.told = []; for (const name of ['play', 'pause', 'progress', 'ended', 'seek', 'error', 'article'])
addEventListener('briefcast-' + name, event => told.push([name, event.detail]))</script>"""

#: Whether the titles of the queue are those put in.
QUEUED = (
    "[...p.shadowRoot.querySelectorAll('#queue .rows span:last-child')].map(one => one.textContent).join() == {}.join()"
)


def player(page, script):
    """What `script` says of the page's first player `p`."""
    return page.evaluate(f"() => {{ const p = document.querySelector('briefcast-player'); return {script}; }}")


def loaded(page):
    """Wait until the first player knows the length of its audio. In the moment between a file's length being known and being
    told of, an element stands at 0 whatever was asked.
    """
    until(page, "p.element.readyState > 0")


def until(page, script):
    """Wait until `script` is true of the page's first player `p`."""
    page.wait_for_function(f"() => {{ const p = document.querySelector('briefcast-player'); return {script}; }}")


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (360, "dark")])
def test_it_plays_seeks_and_lights_up_the_words(stand, width, scheme):
    # Given a page with a player / When a reader plays, opens the transcript and goes to a word
    page = stand.page(head=LISTEN, viewport={"width": width, "height": 760}, color_scheme=scheme)
    page.wait_for_selector(READY)
    assert page.get_by_text("This audio is created with AI assistance.").first.is_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "p.currentTime > 0.4")
    page.get_by_role("button", name="Transcript").click()
    number = len(stand.words) // 2
    word = page.locator("briefcast-player .word").nth(number)
    word.click()
    # Then the audio is at that word, which lights up, and the next ones after it
    until(page, f"p.currentTime >= {stand.words[number]['startTime']}")
    page.get_by_role("button", name="Pause").click()
    now = player(page, "p.currentTime")
    spoken = max(n for n, one in enumerate(stand.words) if one["startTime"] <= now)
    lit = "[...p.shadowRoot.querySelectorAll('.word.now')].map(one => one.textContent).join('|')"
    until(page, f"{lit} == {json.dumps(stand.words[spoken]['body'])}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
    ground = page.locator("briefcast-player .card").evaluate("card => getComputedStyle(card).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    # And -15 s, chapters and speed do as they say
    page.get_by_role("button", name="Back 15 seconds").click()
    assert player(page, "p.currentTime") == pytest.approx(max(0, now - 15), abs=0.1)
    page.get_by_role("button", name="Chapters").click()
    page.get_by_role("button", name="What it cost").click()
    start = stand.audio["chapters"][1]["start_s"]
    seconds = [detail["to"] for name, detail in page.evaluate("told") if name == "seek"]
    assert seconds[-1] == pytest.approx(start)
    until(page, f"p.currentTime > {start}")
    page.get_by_label("Speed").select_option("1.5")
    assert player(page, "[p.element.playbackRate, p.element.preservesPitch]") == [1.5, True]
    assert page.evaluate("navigator.mediaSession.metadata.title") == stand.audio["title"]
    names = [name for name, _ in page.evaluate("told")]
    assert {"play", "pause", "seek", "article"} <= set(names)
    assert "error" not in names
    assert not page.troubles
    page.context.close()


def test_it_plays_to_the_end_by_quarters_and_on_to_the_next_article(stand):
    page = stand.page(
        '<briefcast-player article="desk:ferry" playlist="desk:nothing desk:market"></briefcast-player>', head=LISTEN
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Up next").click()
    # What is in the queue is named by one call, what has no audio is not in it, and the keyboard stays where it is.
    until(page, QUEUED.format("['Ferry runs again', 'Market opens']"))
    assert [urlsplit(one).path for one in asked if "/v1/" in one and "plays" not in one] == ["/v1/audio"]
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    player(page, "p.seek(p.duration * 0.25 - 0.3)")
    until(page, "told.some(([name, detail]) => name == 'progress' && detail.quarter == 1)")
    player(page, "p.seek(p.duration - 0.5)")
    # An article without audio is passed over.
    until(page, "told.some(([name, detail]) => name == 'play' && detail.article == 'desk:market')")
    ended = [detail for name, detail in page.evaluate("told") if name == "ended"]
    assert [one["article"] for one in ended] == ["desk:ferry"]
    assert [one["quarter"] for name, one in page.evaluate("told") if name == "progress"][:2] == [1, 4]
    until(page, "p.shadowRoot.querySelector('.label').textContent == 'Market opens'")
    page.context.close()


def test_a_queue_is_named_from_files_alone_and_keeps_the_keyboard_on_its_row(stand):
    # Given a file server, which answers no call, and a queue whose first article has no audio
    for article, title in (("desk:first", "First story"), ("desk:second", "Second story")):
        stand.put_audio(article, title=title)
    page = stand.page(
        f'<briefcast-player article="desk:none" playlist="desk:first desk:second" base="{stand.paper.address}">'
        "</briefcast-player>"
    )
    # When its rows are walked by keyboard / Then those with audio are there, and the one that was chosen has the focus
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Up next").click()
    until(page, QUEUED.format("['First story', 'Second story']"))
    page.get_by_role("button", name="Second story").press("Enter")
    until(page, "p.state == 'playing' && p.shadowRoot.querySelector('.label').textContent == 'Second story'")
    until(page, "p.shadowRoot.activeElement?.matches('.rows [data-key=\"desk:second\"][aria-current]')")
    page.context.close()


def test_it_goes_on_where_one_stopped_only_where_the_page_says_so(stand):
    page = stand.page('<briefcast-player article="desk:ferry"></briefcast-player>')
    page.wait_for_selector(READY)
    for remembers in (False, True):
        player(page, f"p.toggleAttribute('remember', {str(remembers).lower()})")
        player(page, "p.play()")
        player(page, "p.seek(12)")
        until(page, "p.currentTime > 12.2")
        player(page, "p.pause()")
        until(page, "p.state == 'paused'")
        assert page.evaluate("localStorage.length") == int(remembers)
    again = page.content().replace('article="desk:ferry"', 'article="desk:ferry" remember')
    page.goto(stand.paper.put("/again", again))
    page.wait_for_selector(READY)
    assert page.get_by_text("Go on at 0:12").is_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "p.state == 'playing' && p.currentTime > 12.2")
    page.context.close()


def test_a_link_starts_at_its_moment_and_sharing_makes_such_links(stand):
    page = stand.page()
    page.goto(page.story + "#t=0:20")
    page.reload()
    page.wait_for_selector(READY)
    until(page, "Math.abs(p.currentTime - 20) < 0.1")
    page.get_by_role("button", name="Share", exact=True).click()
    assert page.get_by_label("Link").input_value() == page.story + "#t=20"
    page.get_by_label("Start at 0:20").uncheck()
    assert page.get_by_label("Link").input_value() == page.story
    assert page.get_by_role("link", name="Download").get_attribute("href").startswith(stand.audio["url"])
    page.evaluate("location.hash = 't=5'")
    until(page, "Math.abs(p.currentTime - 5) < 0.1")
    page.context.close()


def test_the_mini_player_follows_and_two_players_never_sound_at_once(stand):
    two = '<briefcast-player article="desk:ferry"></briefcast-player><briefcast-player article="desk:market"></briefcast-player>'
    page = stand.page(two, after="<p>More.</p>" * 90, viewport={"width": 800, "height": 700})
    page.wait_for_function("() => document.querySelectorAll('briefcast-player[state=ready]').length == 2")
    plays = page.get_by_role("button", name="Play", exact=True)
    plays.first.click()
    until(page, "p.state == 'playing'")
    plays.last.click()
    page.wait_for_selector("briefcast-player:nth-of-type(2)[state=playing]")
    page.wait_for_selector("briefcast-player:nth-of-type(1)[state=paused]")
    page.evaluate("scrollTo(0, 2000)")
    mini = page.get_by_role("group", name="Now playing")
    mini.wait_for()
    assert mini.count() == 1
    assert "Market opens" in mini.inner_text()
    mini.get_by_role("button", name="Close").click()
    page.wait_for_selector("briefcast-player:nth-of-type(2)[state=paused]")
    assert not mini.is_visible()
    page.context.close()


def test_it_plays_inside_a_shadow_root_and_in_ukrainian(stand):
    page = stand.page("<div id=host></div>", lang="uk")
    page.evaluate(
        "document.querySelector('#host').attachShadow({mode: 'open'}).innerHTML = '<briefcast-player article=\"desk:ferry\"></briefcast-player>'"
    )
    page.get_by_role("button", name="Відтворити", exact=True).click()
    page.locator("briefcast-player[state=playing]").wait_for()
    assert page.get_by_text("Послухати статтю").is_visible()
    assert not page.troubles
    page.context.close()


def test_a_strict_policy_lets_it_play(stand):
    policy = (
        f"default-src 'none'; script-src {stand.address}; connect-src {stand.address}; media-src {stand.address}; "
        f"img-src {stand.address} data:; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    page = stand.page(csp=policy)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Transcript").click()
    page.locator("briefcast-player .word").nth(4).click()
    until(page, "p.currentTime > 0.2 && p.state == 'playing'")
    assert not page.troubles
    page.context.close()


def test_without_scripts_the_page_has_a_plain_player(stand):
    plain = f'<briefcast-player article="desk:ferry"><noscript><audio controls src="{stand.address}/articles/desk/ferry.mp3"></audio></noscript></briefcast-player>'
    page = stand.page(plain, java_script_enabled=False)
    assert page.locator("audio").is_visible()
    page.context.close()
    page = stand.page(plain)
    page.wait_for_selector(READY)
    assert page.locator("audio").count() == 0
    page.context.close()


def test_what_was_heard_is_told_where_the_audio_json_says_so(stand):
    stand.put_audio("desk:counted", plays=f"{stand.paper.address}/v1/plays")
    page = stand.page(f'<briefcast-player article="desk:counted" base="{stand.paper.address}"></briefcast-player>')
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.5")
    player(page, "p.pause()")
    wait_for(lambda: stand.paper.posted, "the beacon")
    path, body = stand.paper.posted[-1]
    events = json.loads(body)["events"]
    assert path == "/v1/plays"
    assert [one["event"] for one in events] == ["play", "progress"]
    assert {one["article"] for one in events} == {"desk:counted"}
    assert {one["revision"] for one in events} == {stand.audio["url"].rsplit("/", 1)[1].removesuffix(".mp3")}
    assert events[1]["to_s"] > 0.4
    assert page.evaluate("localStorage.length + document.cookie.length") == 0
    page.context.close()
