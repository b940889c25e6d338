"""The download button on a page of another origin than the audio's, where browsers pass over `download`."""

from __future__ import annotations

from pathlib import Path

from tests.player.test_listening import READY, player, until


def test_a_page_of_another_origin_has_the_file_and_stays_while_it_plays(stand):
    # Given a page that plays / When its reader downloads
    page = stand.page()
    page.wait_for_selector(READY)
    player(page, "p.play()")
    until(page, "p.currentTime > 0.2")
    downloads, context = [], page.context
    page.on("download", lambda one: downloads.append(one))  # noqa: PLW0108  Playwright marks what it is given
    context.on("page", lambda opened: opened.on("download", lambda one: downloads.append(one)))  # noqa: PLW0108
    page.get_by_role("link", name="Download").click()
    for _ in range(600):
        if downloads:
            break
        page.wait_for_timeout(100)
    # Then the whole MP3 is a file that is named after the article, and the page is where it was
    [download] = downloads
    assert download.suggested_filename == "Ferry-runs-again.mp3"
    assert Path(download.path()).stat().st_size == stand.audio["bytes"]
    assert page.url == page.story
    until(page, "p.state == 'playing'")
    page.context.close()


def test_where_a_server_plays_it_inline_the_page_stays_all_the_same(stand):
    # Given an MP3 at a server that knows nothing of downloads
    stand.paper.put("/plain.mp3", b"\xff\xfb", "audio/mpeg")
    plain = f"{stand.paper.address}/plain.mp3".replace("127.0.0.1", "localhost")
    stand.put_audio("desk:inline", url=plain)
    page = stand.page(f'<briefcast-player article="desk:inline" base="{stand.paper.address}"></briefcast-player>')
    link = page.get_by_role("link", name="Download")
    link.wait_for()
    # When its reader downloads / Then it opens beside the page, which stays
    with page.context.expect_page() as opened:
        link.click()
    assert opened.value.url in {"about:blank", link.get_attribute("href")}
    assert page.url == page.story
    page.context.close()
