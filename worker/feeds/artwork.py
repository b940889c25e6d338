"""A show's artwork: the one it gives, checked, or one drawn from its title. Always a square JPEG.

Apple wants 1400 to 3000 pixels, RGB. A JPEG that is so already is published as it is, byte for byte; any other picture
is coded anew. Files carry the same picture inside, since some apps show only that: a small one, as it is fetched before
the first sound.
"""

from __future__ import annotations

import colorsys
import hashlib
import io
import re
import struct
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from briefing.errors import Misconfigured
from briefing.podcasts.named_files import where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.podcasts.show import Show

SIDE = 1400

_LARGEST_SIDE = 3000

#: Bytes of a picture that is published as it is: older apps show none that is larger.
_MOST_BYTES = 512_000

#: The EXIF directory that says where a picture was taken (EXIF 2.3, 4.6.3).
_PLACE = 0x8825

#: The Photoshop resource that may name a city and a country (IPTC-IIM 4.2).
_IPTC = 0x0404

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

#: The same, of a picture that is coded anew at its own side: the best that is small enough.
_QUALITIES = (95, 90, 85, 80, 75)

#: Pixels and bytes of the picture inside a file: enough for a phone's list and lock screen, and 0.1 s of a slow link.
_INSIDE_SIDE = 300
_INSIDE_BYTES = 20_000


def draw(show: Show) -> bytes:
    """Return the show's artwork as JPEG bytes: what it gives as it is if it may be, else coded anew at its own side, or
    at 1400 × 1400 where that is too large. Raises Misconfigured for a picture that cannot be used.
    """
    if not show.artwork:
        return _drawn(show.title)[0]
    path = where(show.artwork)
    return _as_it_is(path) or _coded(_given(path))


def draw_inside(show: Show) -> bytes:
    """Return the artwork as its MP3s carry it: a JPEG of 300 × 300, 20 kB at most. Raises as `draw` does."""
    return _inside(_given(where(show.artwork))) if show.artwork else _drawn(show.title)[1]


@lru_cache(maxsize=16)
def _drawn(title: str) -> tuple[bytes, bytes]:
    """Return what is drawn for a title, at both sizes. Kept, as each MP3 of a show carries the same."""
    picture = _draw(title)
    return _jpeg(picture, _QUALITY), _inside(picture)


def _inside(picture: Image.Image) -> bytes:
    small = picture.resize((_INSIDE_SIDE, _INSIDE_SIDE), Image.Resampling.LANCZOS)
    qualities = range(_QUALITY, 0, -10)
    return next(filter(lambda found: len(found) <= _INSIDE_BYTES, (_jpeg(small, one) for one in qualities)))


def _coded(picture: Image.Image) -> bytes:
    """Return a picture as the best JPEG that apps show, at its own side if it is good enough there."""
    whole = (_jpeg(picture, quality) for quality in _QUALITIES)
    found = next((jpeg for jpeg in whole if len(jpeg) <= _MOST_BYTES), None)
    return found or _jpeg(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), _QUALITY)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _as_it_is(path: Path) -> bytes | None:
    """Return the bytes of a JPEG that is as apps want it, whole, and does not tell where it was taken; else None."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            width, height = picture.size
            fits = width == height and SIDE <= width <= _LARGEST_SIDE
            if not fits or (picture.format, picture.mode) != ("JPEG", "RGB") or _may_tell_where(picture):
                return None
            picture.load()
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError):
        return None  # what is wrong with it is told by whoever codes it anew
    return content


def _may_tell_where(picture: Image.Image) -> bool:
    """Tell whether a picture may say where it was taken: EXIF is asked, and XMP and IPTC are not read for it. Raises
    struct.error for EXIF that is cut off.
    """
    described = "xmp" in picture.info or _IPTC in picture.info.get("photoshop", {})
    # Where the directory is said to be, too: what is damaged for us may be read by others.
    return described or _PLACE in picture.getexif()


def _given(path: Path) -> Image.Image:
    hint = f"Give a square JPEG or PNG of {SIDE} to {_LARGEST_SIDE} pixels."
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as picture:
            width, height = picture.size
            if width != height or not SIDE <= width <= _LARGEST_SIDE:
                message = f"the artwork {path.name} is {width} × {height} pixels"
                raise Misconfigured(message, hint=hint)
            # What is transparent would come out black.
            ground = Image.new("RGBA", picture.size, "white")
            return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        message = f"the artwork {path.name} cannot be read"
        raise Misconfigured(message, hint=hint) from error


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
