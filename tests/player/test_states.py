"""What the player says while there is no audio, while it is made, and when it changes, goes, or cannot be reached."""

from __future__ import annotations

import pytest

from tests.player.test_listening import LISTEN, READY, player, until


def at(stand, article, more=""):
    """A player whose audio JSON the newspaper answers."""
    return f'<briefcast-player article="{article}" base="{stand.paper.address}" {more}></briefcast-player>'


def test_without_audio_there_is_nothing_or_soon(stand):
    page = stand.page(at(stand, "desk:none") + at(stand, "desk:none", "soon"))
    page.wait_for_selector("briefcast-player[state=soon]")
    first, second = page.locator("briefcast-player").all()
    assert first.bounding_box()["height"] == 0
    assert second.get_by_text("You will soon be able to listen").first.is_visible()
    page.context.close()


def test_what_is_being_made_is_there_when_it_is(stand):
    stand.put_audio("desk:made", url="", state="making")
    page = stand.page(at(stand, "desk:made"))
    page.wait_for_selector("briefcast-player[state=making]")
    assert page.get_by_text("is being made").first.is_visible()
    stand.put_audio("desk:made")
    player(page, "p.look()")
    page.wait_for_selector(READY)
    page.context.close()


#: By how many seconds the audio has moved while the player looked and another element took over, and how many passed.
TAKEN_OVER = """(async () => {
    const from = p.currentTime, at = performance.now();
    await p.look();
    return [p.currentTime - from, (performance.now() - at) / 1000];
})()"""


def test_from_what_is_heard_while_it_is_made_it_goes_on_with_the_mp3_at_the_same_moment(stand):
    # Given a playlist (here one that any browser plays, as the module that plays others is fetched from Briefcast)
    module = "export function attach(element, address) { element.src = address; return () => undefined; }"
    stand.paper.put("/player-hls.js", module, "text/javascript")
    market = stand.api.get("/v1/articles/desk/market/audio").json()["url"]
    stand.put_audio("desk:live", url="", state="making", hls=stand.audio["url"])
    page = stand.page(at(stand, "desk:live"))
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 1")
    # When the MP3 is there / Then it goes on with that, from where it was
    stand.put_audio("desk:live", url=market, duration_s=9.0)
    moved, passed = player(page, TAKEN_OVER)
    until(page, f"p.element.src == '{market}' && p.state == 'playing' && !p.paused && p.currentTime > 1.2")
    assert -0.3 < moved < passed + 0.3
    assert page.get_by_role("link", name="Download").get_attribute("href").startswith(market)
    page.context.close()


def live(stand, article, queue=(), **fields):
    """A page that plays an article which is being made, and then the `queue`."""
    module = "export function attach(element, address) { element.src = address; return () => undefined; }"
    stand.paper.put("/player-hls.js", module, "text/javascript")
    stand.put_audio(article, url="", state="making", hls=stand.audio["url"], **fields)
    page = stand.page(at(stand, article, f'playlist="{" ".join((article, *queue))}"'), head=LISTEN)
    page.wait_for_selector(READY)
    return page


class Held:
    """An article's MP3 that is there, is asked for, and does not come before it is `let`."""

    def __init__(self, stand, page, article):
        self.url = stand.api.get("/v1/articles/desk/market/audio").json()["url"]
        self._waiting, self._let = [], False
        stand.put_audio(article, url=self.url, duration_s=9.0)
        page.route(self.url, self._asked)
        with page.expect_request(self.url):
            player(page, "void p.look()")

    def _asked(self, route):
        if self._let:
            route.continue_()
        else:
            self._waiting.append(route)

    def let(self, *, waiting=True):
        """Let what is asked for from now on come, and what waits already unless its connection is dead."""
        self._let = True
        for route in self._waiting if waiting else ():
            route.continue_()


def test_an_mp3_that_comes_after_its_listener_went_on_takes_nothing_from_them(stand):
    # Given a story heard while it is made, whose MP3 is on its way / When its listener goes on to the next one
    stand.put_audio("desk:after")
    page = live(stand, "desk:left", ["desk:after"])
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3")
    mp3 = Held(stand, page, "desk:left")
    player(page, "p.next()")
    until(page, "p.audio?.article === 'desk:after' && p.state === 'playing' && p.currentTime > 0.2")
    player(page, "told.length = 0")
    # Then the MP3, when it has come, leaves that one alone
    mp3.let()
    until(page, "!p.taking")
    assert player(page, "told.filter(([name]) => name === 'pause')") == []
    assert player(page, "[p.audio.article, p.element.src]") == ["desk:after", stand.audio["url"]]
    page.context.close()


def test_an_mp3_that_does_not_come_is_asked_for_anew(stand):
    # Given a story heard while it is made, whose MP3 the net does not bring
    page = live(stand, "desk:stalled")
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3")
    page.clock.install()
    mp3 = Held(stand, page, "desk:stalled")
    # When that has lasted a while, and the net is back / Then it goes on with the MP3
    page.clock.fast_forward(21_000)
    until(page, "!p.taking")
    mp3.let(waiting=False)
    page.clock.fast_forward(6_000)
    until(page, f"p.element.src === '{mp3.url}'")
    page.context.close()


def test_the_next_story_comes_to_its_mp3_while_that_of_the_one_before_does_not_come(stand):
    stand.put_audio("desk:then", url="", state="making", hls=stand.audio["url"])
    page = live(stand, "desk:stuck", ["desk:then"])
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3")
    Held(stand, page, "desk:stuck")
    player(page, "p.next()")
    until(page, "p.audio?.article === 'desk:then' && p.state === 'playing' && p.currentTime > 0.2")
    addressed = stand.api.get("/v1/articles/desk/addressed/audio").json()["url"]
    stand.put_audio("desk:then", url=addressed, duration_s=9.0)
    player(page, "p.look()")
    assert player(page, "p.element.src") == addressed
    page.context.close()


def test_a_speed_that_is_chosen_while_the_mp3_takes_over_stays(stand):
    # Given a reader who chooses a speed at the very moment at which the MP3 begins to play along unheard
    page = live(stand, "desk:faster")
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3")
    page.evaluate("""() => {
        const play = HTMLMediaElement.prototype.play, speed = document.querySelector('briefcast-player').view.speed;
        HTMLMediaElement.prototype.play = function () {
            const begun = play.call(this);
            if (this.muted) { speed.value = '1.5'; speed.dispatchEvent(new Event('change')); }
            return begun;
        };
    }""")
    market = stand.api.get("/v1/articles/desk/market/audio").json()["url"]
    stand.put_audio("desk:faster", url=market, duration_s=9.0)
    player(page, "p.look()")
    assert player(page, "[p.element.src, p.element.playbackRate]") == [market, 1.5]
    page.context.close()


def test_an_update_waits_until_its_listener_wants_it(stand):
    stand.put_audio("desk:news")
    page = stand.page(at(stand, "desk:news"))
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.3")
    newer = stand.api.get("/v1/articles/desk/market/audio").json()["url"]
    stand.put_audio("desk:news", url=newer, duration_s=9.0)
    player(page, "p.look()")
    page.get_by_role("button", name="Play the new version").wait_for()
    assert player(page, "p.element.src") == stand.audio["url"]
    page.get_by_role("button", name="Play the new version").click()
    until(page, f"p.state == 'playing' && p.element.src == '{newer}'")
    assert not page.get_by_text("has been updated").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("answer", [{"status": 410}, {"state": "retracted", "url": ""}])
def test_what_is_withdrawn_stops_and_says_so(stand, answer):
    stand.put_audio("desk:gone")
    page = stand.page(at(stand, "desk:gone"))
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    stand.put_audio("desk:gone", **answer)
    player(page, "p.look()")
    page.wait_for_selector("briefcast-player[state=retracted]")
    assert page.get_by_text("This audio has been withdrawn.").first.is_visible()
    assert player(page, "p.paused && !p.element.getAttribute('src')")
    page.context.close()


def test_what_is_withdrawn_while_its_address_ends_is_told_as_withdrawn(stand):
    stand.put_audio("desk:gone")
    page = stand.page(at(stand, "desk:gone"))
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    stand.put_audio("desk:gone", status=410)
    # The file goes too: what the browser asks for next fails, before the player has looked again.
    player(page, f"p.element.src = '{stand.paper.address}/lost.mp3'")
    page.wait_for_selector("briefcast-player[state=retracted]")
    page.context.close()


def test_offline_is_told_and_over_when_the_net_is_back(stand):
    page = stand.page()
    page.wait_for_selector(READY)
    page.context.set_offline(True)
    page.reload_later = page.evaluate(
        "document.querySelector('briefcast-player').setAttribute('article', 'desk:market')"
    )
    page.wait_for_selector("briefcast-player[state=offline]")
    assert page.get_by_role("button", name="Try again").is_visible()
    page.context.set_offline(False)
    page.wait_for_selector(READY)
    page.context.close()


def test_audio_that_is_not_there_is_told_and_can_be_tried_again(stand):
    stand.put_audio("desk:broken", url=f"{stand.paper.address}/lost.mp3")
    page = stand.page(at(stand, "desk:broken"))
    page.wait_for_selector("briefcast-player[state=failed]")
    # The sentence stands above the player, whose parts stay beside one another.
    box = "p.shadowRoot.querySelector('{}').getBoundingClientRect().{}"
    assert player(page, f"{box.format('.notice', 'bottom')} <= {box.format('.play', 'top')}")
    assert player(page, f"{box.format('.play', 'right')} <= {box.format('.rail', 'left')}")
    assert player(page, f"{box.format('.rail', 'top')} < {box.format('.play', 'bottom')}")
    stand.put_audio("desk:broken")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(READY)
    page.context.close()


def test_nothing_on_the_page_moves_while_it_loads(stand):
    watch = """<script>window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(one => moved += one.value))
    .observe({type: 'layout-shift', buffered: true})</script>"""
    for width in (1000, 360, 320):
        page = stand.page(head=watch, viewport={"width": width, "height": 760})
        page.wait_for_selector(READY)
        player(page, "p.play()")
        until(page, "p.currentTime > 0.3")
        assert page.evaluate("moved") == 0
        page.context.close()


def test_a_story_that_is_made_anew_is_heard_by_its_new_stream_and_one_that_is_not_is_gone(stand):
    # Given a story that is being made, and that nobody has begun to hear / When it is corrected
    page = live(stand, "desk:anew")
    market = stand.api.get("/v1/articles/desk/market/audio").json()["url"]
    stand.put_audio("desk:anew", url="", state="making", hls=market)
    player(page, "p.look()")
    # Then it is the new words that are played
    until(page, f"p.state == 'ready' && p.element.src == '{market}'")
    # And where nothing comes of it, there is no button that plays nothing
    stand.put_audio("desk:anew", status=404)
    player(page, "p.look()")
    page.wait_for_selector("briefcast-player[state=none]", state="attached")
    assert not page.get_by_role("button", name="Play", exact=True).is_visible()
    page.context.close()


def test_whoever_pauses_while_it_loads_waits_for_nothing(stand):
    stand.put_audio("desk:slow")
    page = stand.page(at(stand, "desk:slow"))
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    assert player(page, "(p.element.dispatchEvent(new Event('waiting')), p.view.play.ariaBusy)") == "true"
    player(page, "p.pause()")
    until(page, "p.state == 'paused'")
    assert player(page, "p.view.play.ariaBusy") is None
    page.context.close()
