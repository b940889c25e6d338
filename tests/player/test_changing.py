"""What a page changes under a player: the article, its signed address, the language; and the player's own removal."""

from __future__ import annotations

import json

import pytest

from tests.player.test_listening import READY, player, until
from tests.player.test_on_pages import HANDS
from tests.player.test_states import at


def other(stand):
    """The address of another MP3 than the stand's own."""
    return stand.api.get("/v1/articles/desk/market/audio").json()["url"]


def signed(stand, article):
    """The signed address at which a member hears all of an article, of which the others hear a preview."""
    stand.put_audio(article, access="preview", whole_s=90)
    whole = stand.audio | {"article": article, "access": "members", "url": other(stand), "duration_s": 9.0}
    return stand.paper.put(f"/signed/{article.replace(':', '/')}", json.dumps(whole), "application/json")


class Waiting:
    """What is asked for at an address and does not come before it is let."""

    def __init__(self, page, address):
        self._routes, self._let = [], False
        page.route(address, self._asked)

    def _asked(self, route):
        if self._let:
            route.continue_()
        else:
            self._routes.append(route)

    def let(self):
        self._let = True
        for route in self._routes:
            route.continue_()


def test_a_signed_address_that_comes_while_the_player_loads_is_taken(stand):
    # Given a page whose player has asked what everybody hears / When its reader's address comes before the answer
    page = stand.page(at(stand, "desk:none", "soon"))
    address = signed(stand, "desk:later")
    everybodys = f"{stand.paper.address}/v1/articles/desk/later/audio"
    waiting = Waiting(page, everybodys)
    with page.expect_request(everybodys):
        player(page, "p.setAttribute('article', 'desk:later')")
    player(page, f"p.signed = '{address}'")
    waiting.let()
    # Then they hear all of it
    until(page, "p.state == 'ready' && p.audio.access == 'members'")
    page.context.close()


def test_another_article_is_never_heard_by_the_address_of_the_one_before(stand):
    # Given a member's page / When it shows another story, whose address it sets next
    page = stand.page(at(stand, "desk:before", f'signed="{signed(stand, "desk:before")}"'))
    until(page, "p.state == 'ready' && p.audio.access == 'members'")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    address = signed(stand, "desk:after")
    player(page, f"(p.setAttribute('article', 'desk:after'), p.signed = '{address}')")
    # Then that is heard, and both changes are one question
    until(page, "p.state == 'ready' && p.audio.article == 'desk:after' && p.audio.access == 'members'")
    assert [one for one in asked if not one.endswith(".mp3")] == [address]
    # And where it sets no other one, it is what everybody hears
    stand.put_audio("desk:public")
    player(page, "p.setAttribute('article', 'desk:public')")
    until(page, "p.state == 'ready' && p.audio.article == 'desk:public' && p.audio.access == 'public'")
    page.context.close()


@pytest.mark.parametrize("status", [500, 404])
def test_a_signed_address_that_cannot_be_asked_takes_nothing_away_and_is_asked_again(stand, status):
    # Given a preview that is heard / When its listener becomes a member just as nothing answers
    address = signed(stand, "desk:kept")
    page = stand.page(at(stand, "desk:kept"))
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    page.clock.install()
    stand.put_audio("desk:kept", status=status)
    stand.paper.put("/signed/desk/kept", "", status=status)
    player(page, f"p.unlock('{address}')")
    player(page, "p.exchange()")
    # Then the preview plays on, with its controls
    assert player(page, "p.state") == "playing"
    assert page.get_by_role("button", name="Pause", exact=True).is_visible()
    # And it goes on with all of it when that is there, without a question
    signed(stand, "desk:kept")
    page.clock.fast_forward(61_000)
    until(page, "p.audio.access == 'members' && p.state == 'playing'")
    page.context.close()


def test_a_new_address_of_the_same_audio_mends_what_has_failed(stand):
    # Given an MP3 that nobody gets where it is said to be / When its page brings a signed address
    name = stand.audio["url"].rsplit("/", 1)[1]
    stand.put_audio("desk:ended", url=f"{stand.paper.address}/{name}")
    page = stand.page(at(stand, "desk:ended"))
    page.wait_for_selector("briefcast-player[state=failed]")
    whole = json.dumps(stand.audio | {"article": "desk:ended"})
    player(page, f"p.unlock('{stand.paper.put('/signed/desk/ended', whole, 'application/json')}')")
    # Then it can be heard
    page.wait_for_selector(READY)
    page.context.close()


def test_a_page_of_members_without_an_address_of_its_own_shares_nothing_secret(stand):
    # Given a page that its secret address opens, and that names no other
    address = signed(stand, "desk:secret")
    page = stand.page(at(stand, "desk:secret", f'signed="{address}"'))
    page.wait_for_selector(READY)
    # When it is shared / Then by the page that everybody may open; by the article's own, where it has one
    for link, shared in (
        ("", f"{stand.paper.address}/embed/desk/secret"),
        ("https://d.example/", "https://d.example/"),
    ):
        player(page, f"p.audio = {{...p.audio, link: '{link}'}}")
        page.get_by_role("button", name="Share", exact=True).click()
        assert page.get_by_label("Link").input_value() == shared
        page.get_by_role("button", name="Share", exact=True).click()
    page.context.close()


def test_a_language_that_is_written_otherwise_or_is_none_is_no_hindrance(stand):
    said = {"en_US": "Play", "uk_UA": "Відтворити", "no such": "Play", "en_US.UTF-8": "Play"}
    elements = "".join(f'<p lang="{one}"><briefcast-player article="desk:ferry"></briefcast-player>' for one in said)
    page = stand.page(elements)
    page.wait_for_function("count => document.querySelectorAll('briefcast-player[state=ready]').length == count", arg=4)
    assert page.locator("briefcast-player .card > .play").evaluate_all("all => all.map(one => one.title)") == [
        *said.values()
    ]
    assert not page.troubles
    page.context.close()


def test_a_player_that_is_removed_leaves_nothing_behind(stand):
    # Given one that was heard, with the small player at the bottom
    page = stand.page(head=HANDS, after="<p>More.</p>" * 90, viewport={"width": 800, "height": 700})
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2 && navigator.mediaSession.playbackState == 'playing'")
    page.evaluate("scrollTo(0, 2000)")
    page.get_by_role("group", name="Now playing").wait_for()
    assert page.evaluate("document.documentElement.style.scrollPaddingBottom") != ""
    # When it is taken away / Then neither the page nor the lock screen has anything of it
    assert player(page, "(p.remove(), p.element.paused)")
    assert page.evaluate("document.documentElement.style.scrollPaddingBottom") == ""
    assert page.evaluate("navigator.mediaSession.metadata") is None
    assert page.evaluate("navigator.mediaSession.playbackState") == "none"
    assert {one for one in page.evaluate("hands").values() if one is not None} == set()
    page.context.close()


#: Counts what is watched on a page, and not let go again.
WATCHED = """<script>
window.watched = new Set();
window.IntersectionObserver = class extends IntersectionObserver {
    observe(target) { watched.add(target); this.mine = target; super.observe(target); }
    disconnect() { watched.delete(this.mine); super.disconnect(); }
};
</script>"""


def test_however_often_the_article_changes_one_card_is_watched(stand):
    page = stand.page(head=WATCHED)
    for article in ("desk:market", "desk:ferry", "desk:market"):
        page.wait_for_selector(READY)
        player(page, f"p.setAttribute('article', '{article}')")
    page.wait_for_selector(READY)
    assert page.evaluate("watched.size") == 1
    player(page, "p.remove()")
    assert page.evaluate("watched.size") == 0
    page.context.close()


def test_a_stream_that_comes_late_leaves_the_next_article_alone(stand):
    # Given a story that is being made, for which the script is on its way / When its page shows another one
    module = "window.came = true; export function attach(element, address) { element.src = address; return () => {}; }"
    script = stand.paper.put("/player-hls.js", module, "text/javascript")
    stand.put_audio("desk:streamed", url="", state="making", hls=other(stand))
    stand.put_audio("desk:made")
    page = stand.page(at(stand, "desk:none", "soon"))
    waiting = Waiting(page, script)
    with page.expect_request(script):
        player(page, "p.setAttribute('article', 'desk:streamed')")
    player(page, "p.setAttribute('article', 'desk:made')")
    page.wait_for_selector(READY)
    # Then the stream stays away from that
    waiting.let()
    until(page, "window.came")
    assert player(page, "[p.audio.article, p.element.src]") == ["desk:made", stand.audio["url"]]
    page.context.close()


def test_a_script_that_makes_a_player_may_say_at_once_what_it_is_to_do(stand):
    # Given a player that does not yet stand on the page / When it is to play two articles, from the ninth second on
    page = stand.page("")
    page.evaluate("""async () => {
        await customElements.whenDefined('briefcast-player');
        const made = document.createElement('briefcast-player');
        made.setAttribute('article', 'desk:ferry');
        made.enqueue('desk:market');
        made.seek(9);
        document.querySelector('main').append(made);
    }""")
    page.wait_for_selector(READY)
    until(page, "p.currentTime == 9")
    assert player(page, "p.articles") == ["desk:ferry", "desk:market"]
    # Then it does so, another language takes neither from it, nor the speed that its reader chose
    page.get_by_label("Speed").select_option("1.5")
    player(page, "p.setAttribute('lang', 'uk')")
    page.wait_for_selector(READY)
    assert player(page, "[p.articles, p.view.speed.value]") == [["desk:ferry", "desk:market"], "1.5"]
    # And another article is what the page says, alone
    player(page, "p.setAttribute('article', 'desk:market')")
    page.wait_for_selector(READY)
    assert player(page, "p.articles") == ["desk:market"]
    assert not page.troubles
    page.context.close()


def test_what_stands_open_is_of_the_article_that_plays(stand):
    # Given a queue whose next story has neither chapters nor a transcript, as one that is being made
    stand.put_audio("desk:full")
    stand.put_audio("desk:plain", chapters=[], transcripts=[], title="Plain")
    for name in ("Transcript", "Chapters"):
        page = stand.page(at(stand, "desk:full", 'playlist="desk:plain"'))
        page.wait_for_selector(READY)
        toggle = page.get_by_role("button", name=name)
        toggle.press("Enter")
        # When it comes / Then nothing stands open for it, and the keyboard is at the play button
        player(page, "p.next()")
        until(page, "p.audio?.article == 'desk:plain'")
        assert not page.locator(f"briefcast-player #{name.lower()}").is_visible(), name
        assert player(page, "p.shadowRoot.activeElement == p.view.play"), name
        page.context.close()
    # And a link that is shared is of that story
    page = stand.page(at(stand, "desk:full", 'playlist="desk:plain"'))
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_label("Link").focus()
    player(page, "p.next()")
    until(page, "p.audio?.article == 'desk:plain'")
    page.get_by_label("Start at").check()
    assert page.get_by_label("Link").input_value().endswith("&a=desk:plain")
    assert player(page, "p.view.panels.share.contains(p.shadowRoot.activeElement)")
    page.context.close()
