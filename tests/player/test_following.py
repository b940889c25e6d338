"""The player in a real browser: what follows what is heard, and what leads to it, without taking it from a reader."""

from __future__ import annotations

import pytest

from tests.player.test_listening import LISTEN, READY, player, until


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (360, "dark")])
def test_a_text_that_a_reader_drags_by_its_scrollbar_stays_there(stand, width, scheme):
    # Given a transcript that follows what is said
    page = stand.page(viewport={"width": width, "height": 500}, color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Transcript").click()
    page.locator("briefcast-player .word").first.wait_for()
    page.add_style_tag(content="briefcast-player::part(transcript) { max-height: 6rem }")
    player(page, "p.seek(p.duration - 1)")
    until(page, "p.reading.element.scrollTop > 0")
    # When it is moved with neither wheel, key nor finger, and something else is said
    until(page, "Date.now() > p.reading.moving")
    page.evaluate("document.querySelector('briefcast-player').reading.element.scrollTop = 0")
    until(page, "Date.now() - p.reading.scrolled < 5000")
    # (at once, however long this took to be asked)
    player(page, "(p.reading.scrolled = Date.now(), p.seek(p.duration - 4))")
    # Then it stays where the reader has put it
    assert player(page, "p.reading.element.scrollTop") == 0
    # And follows again after a while
    player(page, "p.reading.scrolled = 0")
    player(page, "p.seek(p.duration - 1)")
    until(page, "p.reading.element.scrollTop > 0")
    page.context.close()


def test_what_is_heard_once_more_tells_its_quarters_once_more(stand):
    # Given a short story that was heard to its end
    page = stand.page('<briefcast-player article="desk:market"></briefcast-player>', head=LISTEN)
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.state == 'playing'")
    player(page, "p.seek(p.duration - 0.3)")
    until(page, "told.at(-1)[0] == 'ended'")
    # When it is played again / Then its first quarter is told, as when it was new
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "told.at(-1)[0] == 'progress' && told.at(-1)[1].quarter == 1")
    page.context.close()


def test_a_link_from_another_page_starts_the_player_that_is_meant(stand):
    # Given a story's page whose first player is of another story, and a frame's page that names it as its own
    first = '<briefcast-player article="desk:market"></briefcast-player>'
    story = stand.page(f'{first}<briefcast-player article="desk:ferry"></briefcast-player>')
    frame = stand.page(head=f'<link rel="canonical" href="{story.story}">')
    frame.wait_for_selector(READY)
    player(frame, "p.seek(20)")
    frame.get_by_role("button", name="Share", exact=True).click()
    link = frame.get_by_label("Link").input_value()
    # When a link that was shared there is opened / Then it starts the story, and nothing else
    story.goto("about:blank")
    story.goto(link)
    story.wait_for_function("() => document.querySelectorAll('briefcast-player[state=ready]').length == 2")
    at = "[...document.querySelectorAll('briefcast-player')].map(one => Math.round(one.currentTime)).join()"
    story.wait_for_function(f"() => {at} == '0,20'")
    frame.context.close()
    story.context.close()


@pytest.mark.parametrize("selectors", [".none, :is(.nowhere, #here)", ".none, :is(.no, :is(.not, #here)), body"])
def test_the_line_takes_a_comma_inside_brackets_for_no_end_of_a_selector(stand, selectors):
    line = (
        f"""<script async src="{stand.address}/embed.js" data-article="desk:ferry" data-into="{selectors}"></script>"""
    )
    html = f"<!doctype html><html lang=en><title>Paper</title><body><div id=here><p>x</p></div>{line}"
    page = stand.browser.new_page()
    page.goto(stand.paper.put("/brackets", html))
    page.locator("briefcast-player[state=ready]").wait_for(state="attached")
    assert page.evaluate("document.querySelector('#here > briefcast-player') != null")
    page.close()
