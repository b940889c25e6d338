"""What a listener keeps whatever happens: the slider in their hand, the queue, the focus; and not what was withdrawn."""

from __future__ import annotations

import json

from briefing.player import hls_script
from tests.player.test_listening import LISTEN, READY, player, until
from tests.player.test_on_pages import HANDS
from tests.player.test_states import at, live
from tests.support.processes import wait_for


def heard(stand, article, more="", **context):
    """A page on which an article is being heard."""
    page = stand.page(at(stand, article, more), head=LISTEN + HANDS, **context)
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    return page


def to_its_end(page):
    """Let it play to its end."""
    player(page, "p.seek(p.duration - 0.2)")
    until(page, "told.some(([name]) => name == 'ended')")


def newer(stand):
    return stand.api.get("/v1/articles/desk/market/audio").json()["url"]


def test_a_slider_in_somebodys_hand_stays_there_while_it_plays(stand):
    stand.put_audio("desk:slid")
    page = heard(stand, "desk:slid")
    box = page.locator("briefcast-player input[type=range]").bounding_box()
    middle = box["y"] + box["height"] / 2
    # When it is dragged, and held while the audio goes on
    page.mouse.move(box["x"] + 4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=4)
    aimed = player(page, "Number(p.view.slider.value)")
    assert aimed > 0.5 * player(page, "p.duration")
    now = player(page, "p.currentTime")
    until(page, f"p.currentTime > {now} + 0.8")
    assert player(page, "Number(p.view.slider.value)") == aimed
    # Then it goes there when it is let go, and moves with the audio again
    page.mouse.up()
    until(page, f"p.currentTime > {aimed} + 0.3 && Number(p.view.slider.value) > {aimed} + 0.2")
    page.context.close()


def test_a_queue_whose_rest_has_no_audio_ends_where_it_is(stand):
    stand.put_audio("desk:last")
    stand.put_audio("desk:taken", status=410)
    page = heard(stand, "desk:last", 'playlist="desk:void desk:taken desk:empty"')
    to_its_end(page)
    player(page, "p.next()")
    assert player(page, "[p.state, p.audio.article]") == ["ended", "desk:last"]
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "p.state == 'playing'")
    page.context.close()


def test_a_queue_waits_for_a_server_and_goes_on_when_it_is_asked_again(stand):
    stand.put_audio("desk:here")
    stand.put_audio("desk:down", status=500)
    stand.put_audio("desk:far")
    page = heard(stand, "desk:here", 'playlist="desk:down desk:far"')
    to_its_end(page)
    page.get_by_role("button", name="Try again").wait_for()
    assert player(page, "[p.state, p.audio.article]") == ["ended", "desk:here"]
    stand.put_audio("desk:down")
    page.get_by_role("button", name="Try again").click()
    until(page, "p.state == 'playing' && p.audio.article == 'desk:down'")
    page.context.close()


def test_a_queue_waits_for_the_net_and_goes_on_by_itself(stand):
    stand.put_audio("desk:here")
    stand.put_audio("desk:there")
    page = heard(stand, "desk:here", 'playlist="desk:there"')
    until(page, "p.element.buffered.end(0) > p.duration - 0.2")
    page.context.set_offline(True)
    to_its_end(page)
    page.get_by_text("No connection.").first.wait_for()
    assert player(page, "[p.state, p.audio.article]") == ["ended", "desk:here"]
    page.context.set_offline(False)
    until(page, "p.state == 'playing' && p.audio.article == 'desk:there'")
    assert not page.get_by_text("No connection.").first.is_visible()
    page.context.close()


def test_what_was_corrected_is_told_once_and_a_later_withdrawal_is_noticed(stand):
    stand.put_audio("desk:fixed")
    page = heard(stand, "desk:fixed")
    page.evaluate("addEventListener('briefcast-updated', () => told.push(['updated']))")
    page.clock.install()
    stand.put_audio("desk:fixed", url=newer(stand), duration_s=9.0)
    for _ in range(2):
        player(page, "p.look()")
    assert player(page, "told.filter(([name]) => name == 'updated').length") == 1
    assert page.get_by_role("button", name="Play the new version").is_visible()
    stand.put_audio("desk:fixed", status=410)
    page.clock.fast_forward(301_000)
    page.wait_for_selector("briefcast-player[state=retracted]")
    page.context.close()


def test_nothing_plays_what_was_withdrawn(stand):
    # Given audio that has come as a whole / When it is withdrawn, and a headset's key is pressed
    stand.put_audio("desk:gone")
    page = heard(stand, "desk:gone")
    until(page, "p.element.buffered.end(0) > p.duration - 0.2")
    assert page.evaluate("navigator.mediaSession.metadata") is not None
    page.get_by_role("button", name="Pause", exact=True).focus()
    stand.put_audio("desk:gone", status=410)
    player(page, "p.look()")
    page.evaluate("hands.play?.()")
    player(page, "p.play()")
    # Then nothing is heard, nothing is kept of it, and the keyboard is at the sentence that says so
    assert player(page, "[p.state, p.paused, p.element.readyState, p.audio]") == ["retracted", True, 0, None]
    assert page.evaluate("navigator.mediaSession.metadata") is None
    assert page.evaluate("hands.play") is None
    assert [name for name, _ in page.evaluate("told")].count("pause") == 1
    assert player(page, "p.shadowRoot.activeElement?.textContent") == "This audio has been withdrawn."
    page.context.close()


def test_a_withdrawn_stream_is_let_go(stand):
    page = live(stand, "desk:stream")
    module = "export function attach(element, address) { element.src = address; return () => { window.let = true; }; }"
    stand.paper.put("/player-hls.js", module, "text/javascript")
    page.reload()
    page.wait_for_selector(READY)
    stand.put_audio("desk:stream", status=410)
    player(page, "p.look()")
    assert page.evaluate("window.let")
    page.context.close()


#: Of a stream that grows; its part is where `attached` puts it.
PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:9,\npart.mp3\n"


def attached(stand, address):
    """Attach the stream at `address` to an element of a page, `sound`, whose clock stands still; return the page, and the
    list that takes the statuses of all answers from there.
    """
    stand.paper.put("/player-hls.js", hls_script(), "text/javascript")
    stand.paper.put("/part.mp3", stand.api.get(stand.audio["url"]).content, "audio/mpeg")
    page = stand.page("")
    page.clock.install()
    statuses = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.url == address else None)
    page.evaluate("""async address => {
        const { attach } = await import(new URL('/player-hls.js', address).href);
        window.sound = new Audio();
        attach(sound, address);
    }""", address)  # fmt: skip
    return page, statuses


def test_a_stream_whose_playlist_is_gone_is_not_asked_for_again(stand):
    # Given a stream that grows
    paper = stand.paper
    address = paper.put("/live.m3u8", PLAYLIST, "application/vnd.apple.mpegurl")
    page, answers = attached(stand, address)
    page.evaluate("() => sound.play()")
    # When it has gone / Then it is asked for as often as hls.js tries everything, and no more
    paper.put("/live.m3u8", "", status=410)

    def tried():
        page.clock.run_for(2_000)
        page.evaluate("async () => void await fetch('/room.css')")
        return answers.count(410)

    wait_for(lambda: tried() >= 3, "the tries that hls.js makes by itself")
    assert [tried() for _ in range(10)] == [3] * 10
    # And anew when its listener presses play
    page.evaluate("(sound.pause(), void sound.play())")
    wait_for(lambda: [page.evaluate("async () => void await fetch('/room.css')")] and answers.count(410) > 3, "a try")
    page.context.close()


def test_one_listening_is_one_play_however_often_the_audio_is_asked_for(stand):
    stand.put_audio("desk:once", plays=f"{stand.paper.address}/v1/plays")
    page = heard(stand, "desk:once")
    # When it breaks off, and goes on with the same MP3
    with page.expect_response("**/desk/once/audio"):
        player(page, "p.element.dispatchEvent(new Event('error'))")
    until(page, "told.filter(([name]) => name == 'play').length == 2 && p.state == 'playing' && p.currentTime > 0.4")
    player(page, "p.pause()")
    until(page, "p.state == 'paused'")
    reached = player(page, "p.currentTime")
    events = []

    def paused():
        told = [one for _, body in stand.paper.posted for one in json.loads(body)["events"]]
        events[:] = [one for one in told if one["article"] == "desk:once"]
        return any(one["to_s"] > reached - 0.3 for one in events)

    wait_for(paused, "what was heard")
    # However many parts it was told in
    assert {one["event"] for one in events} == {"play", "progress"}
    assert len({one["session"] for one in events}) == 1
    page.context.close()


def test_play_tries_again_what_failed(stand):
    stand.put_audio("desk:failing", url=f"{stand.paper.address}/lost.mp3")
    page = stand.page(at(stand, "desk:failing"))
    page.wait_for_selector("briefcast-player[state=failed]")
    stand.put_audio("desk:failing")
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "p.state == 'playing' && p.currentTime > 0.2")
    assert not page.get_by_text("cannot be played").first.is_visible()
    page.context.close()


def test_whoever_tries_again_by_keyboard_is_at_the_play_button_then(stand):
    # Given audio that fails, in the player, and what cannot be asked for, in its place
    stand.put_audio("desk:failing", url=f"{stand.paper.address}/lost.mp3")
    stand.put_audio("desk:unasked", status=500)
    for article, state in (("desk:failing", "failed"), ("desk:unasked", "offline")):
        page = stand.page(at(stand, article))
        page.wait_for_selector(f"briefcast-player[state={state}]")
        stand.put_audio(article)
        page.get_by_role("button", name="Try again").press("Enter")
        page.wait_for_selector(READY)
        assert player(page, "p.shadowRoot.activeElement == p.view.play"), state
        page.context.close()


def test_a_correction_is_offered_still_when_the_net_has_gone_and_come_back(stand):
    # Given a listener who is offered a correction / When their train goes through a tunnel
    stand.put_audio("desk:tunnel")
    page = heard(stand, "desk:tunnel")
    stand.put_audio("desk:tunnel", url=newer(stand), duration_s=9.0)
    player(page, "p.look()")
    offer = page.get_by_role("button", name="Play the new version")
    offer.wait_for()
    page.context.set_offline(True)
    page.locator("briefcast-player .notice").get_by_text("No connection.").wait_for()
    page.context.set_offline(False)
    # Then it is offered again, and is what it says
    offer.click()
    until(page, f"p.state == 'playing' && p.element.src == '{newer(stand)}'")
    assert not page.locator("briefcast-player .notice").is_visible()
    page.context.close()


def test_a_transcript_that_does_not_come_is_not_said_of_the_audio(stand):
    lost = [{"type": "application/json", "url": f"{stand.paper.address}/lost.json"}]
    stand.put_audio("desk:textless", transcripts=lost)
    page = stand.page(at(stand, "desk:textless"))
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Transcript").click()
    page.get_by_text("The text could not be loaded.").wait_for()
    assert not page.get_by_text("The audio cannot be played.").is_visible()
    page.context.close()


def test_a_stream_that_breaks_off_goes_on_where_it_was(stand):
    # Given a story that is heard while it is made, which has no length yet / When it breaks off
    page = live(stand, "desk:broken", duration_s=None)
    player(page, "p.play()")
    player(page, "p.seek(6)")
    until(page, "p.state == 'playing' && p.currentTime > 6.1")
    player(page, "p.element.dispatchEvent(new Event('error'))")
    # Then its listener is not back at the beginning
    until(page, "told.filter(([name]) => name == 'play').length == 2 && p.element.readyState > 1")
    assert player(page, "p.currentTime") > 5.9
    page.context.close()


def test_a_playlist_that_the_net_did_not_bring_is_asked_for_again(stand):
    # Given a stream whose playlist never came / When the net is back
    paper = stand.paper
    address = paper.put("/late.m3u8", "", status=500)
    page, asked = attached(stand, address)
    page.evaluate("() => void sound.play()")

    def tried(status):
        page.clock.run_for(2_000)
        page.evaluate("async () => void await fetch('/room.css')")
        return asked.count(status) > (2 if status == 500 else 0)

    wait_for(lambda: tried(500), "more tries than hls.js makes by itself")
    paper.put("/late.m3u8", PLAYLIST, "application/vnd.apple.mpegurl")
    # Then it is heard
    wait_for(lambda: tried(200) and page.evaluate("sound.currentTime > 0"), "sound")
    page.context.close()
