"""A show's artwork: the one it gives, checked, or one drawn from its title.

There is always a square JPEG of it, which pages and players show. Where it was given as a PNG that apps take as it is,
feeds name that, since directories take other bytes for another picture. Files carry the same picture inside, since some
apps show only that: a small one, as it is fetched before the first sound.
"""

from __future__ import annotations

import colorsys
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from briefing.errors import Misconfigured
from briefing.podcasts.named_files import where
from worker.feeds.pictures import SIDE, as_jpeg, as_png, coded, jpeg, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.podcasts.show import Show

_MARGIN = 90
_FONT_SIZES = range(340, 70, -10)

#: Letters of this size are 11 pixels high where an app shows the picture 100 pixels wide; better few words than small.
_READABLE = 150

#: What a title is not shortened below.
_LEAST_WORDS = 3
_LEAST_LETTERS = 4

_SUBTITLE = re.compile(r"\s*:\s+|\s+[–—|-]\s+")

#: Latin, Greek and Cyrillic letters; ours, since what Pillow brings has not even an "é".
_FONT = Path(__file__).parent / "fonts" / "DejaVuSans-Bold.subset.ttf"

#: Heights of the bars below the title, a picture of sound.
_BARS = (30, 70, 120, 60, 150, 90, 40, 110, 170, 80, 50, 130, 60, 100, 40, 70, 30, 20)
_BAR_WIDTH = 36

_QUALITY = 82

#: Pixels and bytes of the picture inside a file: enough for a phone's list and lock screen, and 0.1 s of a slow link.
_INSIDE_SIDE = 300
_INSIDE_BYTES = 20_000


class Artwork(NamedTuple):
    """A show's artwork as it is published."""

    jpeg: bytes
    png: bytes | None
    """The same as it was given, where that is a PNG that apps take as it is: what feeds name then."""


def artwork_of(show: Show) -> Artwork:
    """Return the show's artwork as it is published: what it gives as it is if it may be, else coded anew at its own
    side, or at 1400 × 1400 where that is too large. Raises Misconfigured for a picture that cannot be used.
    """
    if not show.artwork:
        return Artwork(_drawn(show.title)[0], None)
    content = _given(show.artwork)
    return Artwork(as_jpeg(content) or coded(opened(content, _name(show.artwork))), as_png(content))


def draw_inside(show: Show) -> bytes:
    """Return the artwork as its MP3s carry it: a JPEG of 300 × 300, 20 kB at most. Raises as `artwork_of` does."""
    if not show.artwork:
        return _drawn(show.title)[1]
    return _inside(opened(_given(show.artwork), _name(show.artwork)))


def _given(named: str) -> bytes:
    try:
        return where(named).read_bytes()
    except OSError as error:
        message = f"{_name(named)} cannot be read"
        raise Misconfigured(message, hint=f"Give a square JPEG or PNG of {SIDE} pixels or more.") from error


def _name(named: str) -> str:
    return f"the artwork {Path(named).name}"


@lru_cache(maxsize=16)
def _drawn(title: str) -> tuple[bytes, bytes]:
    """Return what is drawn for a title, at both sizes. Kept, as each MP3 of a show carries the same."""
    picture = _draw(title)
    return jpeg(picture, _QUALITY), _inside(picture)


def _inside(picture: Image.Image) -> bytes:
    small = picture.resize((_INSIDE_SIDE, _INSIDE_SIDE), Image.Resampling.LANCZOS)
    qualities = range(_QUALITY, 0, -10)
    return next(filter(lambda found: len(found) <= _INSIDE_BYTES, (jpeg(small, one) for one in qualities)))


def _draw(title: str) -> Image.Image:
    """Set the title in white on a plain dark ground whose hue comes from the title, as large as fits, and shortened
    where it could not be read on a list.

    A title in a script that our font does not have is left out: apps show it beside the picture, and boxes help nobody.
    """
    hue = hashlib.sha256(title.encode()).digest()[0] / 256
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.22, 0.55))
    picture = Image.new("RGB", (SIDE, SIDE), (red, green, blue))
    pen = ImageDraw.Draw(picture)
    if _has_letters(title):
        _set(pen, title)
    for number, height in enumerate(_BARS):
        left = _MARGIN + number * (SIDE - 2 * _MARGIN) // len(_BARS)
        pen.rectangle((left, SIDE - _MARGIN - height, left + _BAR_WIDTH, SIDE - _MARGIN), fill="white")
    return picture


def _set(pen: ImageDraw.ImageDraw, title: str) -> None:
    """Set as much of the title as can be read when an app shows the picture 100 pixels wide."""
    options = list(_shortened(" ".join(title.split())))
    readable = [(text, size) for text in options for size in _FONT_SIZES if size >= _READABLE]
    smaller = [(text, size) for size in _FONT_SIZES if size < _READABLE for text in options]
    text, size = next((option for option in (*readable, *smaller) if _fits(*option)), (options[0], 0))
    if not size:  # a word wider than the picture is broken
        size = next((size for size in _FONT_SIZES if _fits(text, size, broken=True)), _FONT_SIZES[-1])
    font = ImageFont.truetype(_FONT, size)
    lines = "\n".join(_wrapped(text, font))
    _, top, _, _ = pen.multiline_textbbox((0, 0), lines, font=font, spacing=size // 6)
    pen.multiline_text((_MARGIN, _MARGIN - top), lines, font=font, fill="white", spacing=size // 6)


def _shortened(title: str) -> Iterator[str]:
    """Yield a title whole, then without what follows a colon or a dash, then fewer and fewer of its words."""
    yield title
    main = _SUBTITLE.split(title, maxsplit=1)[0].rstrip(",;")
    if main != title and len(main) >= _LEAST_LETTERS:
        yield main
    words = title.split()
    for count in range(len(words) - 1, _LEAST_WORDS - 1, -1):
        yield f"{' '.join(words[:count]).rstrip(',;:–—-')}…"


def _fits(text: str, size: int, *, broken: bool = False) -> bool:
    """Tell whether a text has room at a size, words being `broken` or not."""
    font = ImageFont.truetype(_FONT, size)
    if not broken and any(font.getlength(word) > SIDE - 2 * _MARGIN for word in text.split()):
        return False
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    lines = "\n".join(_wrapped(text, font))
    _, top, _, bottom = pen.multiline_textbbox((0, 0), lines, font=font, spacing=size // 6)
    return bool(bottom - top <= SIDE - 3 * _MARGIN - max(_BARS))


def _has_letters(title: str) -> bool:
    """Tell whether the font can draw every character of `title`."""
    font = ImageFont.truetype(_FONT, _FONT_SIZES[-1])
    missing = bytes(font.getmask("\uffff"))
    return not any(bytes(font.getmask(character)) == missing for character in set(title) if not character.isspace())


def _wrapped(title: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Break a title into lines; a word that is wider than a line even in the smallest letters is broken too."""
    widest = SIDE - 2 * _MARGIN
    lines: list[str] = []
    for word in title.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= widest:
            lines[-1] = longer
            continue
        lines.append("")
        for character in word:
            if lines[-1] and font.getlength(lines[-1] + character) > widest:
                lines.append("")
            lines[-1] += character
    return lines
