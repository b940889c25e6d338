"""A show's artwork: the one it gives, checked and re-encoded, or one drawn from its title. Always a square JPEG.

Apple wants 1400 to 3000 pixels, RGB; files carry the same picture inside, since some apps show only that.
"""

from __future__ import annotations

import colorsys
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from briefing.errors import Misconfigured

if TYPE_CHECKING:
    from briefing.newsroom import Show

SIDE = 1400

_LARGEST_SIDE = 3000
_MARGIN = 110
_FONT_SIZES = range(260, 60, -10)
_QUALITY = 82


def draw(show: Show) -> bytes:
    """Return the show's artwork as JPEG bytes, 1400 × 1400. Raises Misconfigured for a picture that cannot be used."""
    picture = _given(Path(show.artwork)) if show.artwork else _drawn(show.title)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _given(path: Path) -> Image.Image:
    hint = f"Give a square JPEG or PNG of {SIDE} to {_LARGEST_SIDE} pixels."
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as picture:
            width, height = picture.size
            if width != height or not SIDE <= width <= _LARGEST_SIDE:
                message = f"the artwork {path.name} is {width} × {height} pixels"
                raise Misconfigured(message, hint=hint)
            return picture.convert("RGB").resize((SIDE, SIDE))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        message = f"the artwork {path.name} cannot be read"
        raise Misconfigured(message, hint=hint) from error


def _drawn(title: str) -> Image.Image:
    """Set the title in white on a plain dark ground whose hue comes from the title, as large as fits."""
    hue = hashlib.sha256(title.encode()).digest()[0] / 256
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.22, 0.55))
    picture = Image.new("RGB", (SIDE, SIDE), (red, green, blue))
    pen = ImageDraw.Draw(picture)
    for size in _FONT_SIZES:
        font = ImageFont.load_default(size)
        text = "\n".join(_wrapped(title, font))
        left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font=font, spacing=size // 5)
        if right - left <= SIDE - 2 * _MARGIN and bottom - top <= SIDE - 3 * _MARGIN:
            break
    pen.multiline_text((_MARGIN, _MARGIN - top), text, font=font, fill="white", spacing=size // 5)
    pen.rectangle((_MARGIN, SIDE - _MARGIN - 24, SIDE - _MARGIN, SIDE - _MARGIN), fill="white")
    return picture


def _wrapped(title: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines: list[str] = []
    for word in title.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= SIDE - 2 * _MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
