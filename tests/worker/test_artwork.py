from __future__ import annotations

import io

import pytest
from PIL import Image

from briefing.errors import Misconfigured
from briefing.newsroom import Show
from worker.artwork import draw


def opened(jpeg):
    return Image.open(io.BytesIO(jpeg))


@pytest.mark.parametrize(
    "title",
    [
        "A",
        "The Harbour Ledger, Read Aloud",
        "An extraordinarily long title of a podcast about everything under the sun",
    ],
)
def test_a_title_is_set_on_a_square_of_apples_size(title):
    picture = opened(draw(Show(slug="s", title=title)))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (1400, 1400))
    assert len(draw(Show(slug="s", title=title))) < 512_000
    # White letters on a dark ground, and nothing cut off at the right edge.
    grey = picture.convert("L")
    assert grey.getextrema()[1] > 240
    assert grey.crop((1330, 0, 1400, 1100)).getextrema()[1] < 140


def test_the_same_title_gives_the_same_bytes():
    assert draw(Show(slug="s", title="Same")) == draw(Show(slug="t", title="Same"))


def test_given_artwork_is_checked_and_made_one_size(tmp_path):
    Image.new("RGBA", (2000, 2000), "red").save(tmp_path / "good.png")
    assert opened(draw(Show(slug="s", title="S", artwork=str(tmp_path / "good.png")))).size == (1400, 1400)
    Image.new("RGB", (2000, 1000)).save(tmp_path / "flat.png")
    (tmp_path / "none.png").write_text("no picture")
    for name in ("flat.png", "none.png", "missing.png"):
        with pytest.raises(Misconfigured):
            draw(Show(slug="s", title="S", artwork=str(tmp_path / name)))
