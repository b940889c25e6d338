"""A picture that somebody gave -> as podcast apps take it: square, in RGB, of 1400 to 3000 pixels.

A JPEG or PNG that is so already stays as it is, byte for byte; of a PNG what is no picture is left out, as it may say
where that was taken. Any other is coded anew as a JPEG. Knows nothing of whose picture it is and where it goes.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Literal, NamedTuple

from PIL import Image, ImageChops

from briefing.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Pixels of a picture's side: the smallest that apps take, and the largest.
SIDE, LARGEST_SIDE = 1400, 3000

#: Bytes of a picture that is published: older apps show none that is larger.
MOST_BYTES = 512_000

#: The EXIF directory that says where a picture was taken (EXIF 2.3, 4.6.3).
_PLACE = 0x8825

#: The Photoshop resource that may name a city and a country (IPTC-IIM 4.2).
_IPTC = 0x0404

#: What a PNG begins with, and its chunks that are the picture or its colours (PNG 3rd edition, 4.3). All others may say
#: anything: texts, EXIF and XMP, what programs have for themselves.
_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURE = frozenset(
    b"IHDR PLTE IDAT IEND cHRM cICP gAMA iCCP mDCV cLLI sBIT sRGB bKGD hIST pHYs sPLT tIME tRNS".split()
)

#: Where the depth of a PNG's colours stands, in its first chunk, and what it has to be: apps know no other.
_DEPTH, _BITS = 24, 8

_QUALITY = 82

#: The same, of a picture that is coded anew at its own side: the best that is small enough.
_QUALITIES = (95, 90, 85, 80, 75)

#: Pixels at which two pictures are compared, and by how much of 255 a colour may differ there for being coded anew.
_LOOKED_AT, _CODED_ANEW = (64, 64), 16

#: What Pillow raises for files that are torn, damaged or made to harm.
_UNREADABLE = (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError)


class Picture(NamedTuple):
    """A picture as apps take it."""

    content: bytes
    ending: Literal["jpg", "png"]
    """Of its name, by which directories hold it against the bytes."""


def as_apps_take_it(content: bytes, what: str) -> Picture:
    """Return a given picture as it is if it may be, else coded anew as a JPEG, at its own side if it is small enough
    there. Raises Misconfigured for one that cannot be used; `what` is what it is called then.
    """
    jpeg, png = as_jpeg(content), as_png(content)
    if png is not None:
        return Picture(png, "png")
    return Picture(jpeg or coded(opened(content, what)), "jpg")


def as_jpeg(content: bytes) -> bytes | None:
    """Return the bytes of a JPEG that is as apps want it, whole, and does not tell where it was taken; else None."""
    if len(content) > MOST_BYTES:
        return None
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            if not _fits(picture) or (picture.format, picture.mode) != ("JPEG", "RGB") or _may_tell_where(picture):
                return None
            picture.load()
    except _UNREADABLE:
        return None  # what is wrong with it is told by whoever codes it anew
    return content


def as_png(content: bytes) -> bytes | None:
    """Return a PNG that is as apps want it, whole, without what is no picture in it; else None."""
    if len(content) > MOST_BYTES:
        return None
    png = b"".join(_picture_alone(content))
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            if not _fits(picture) or picture.mode != "RGB" or png[_DEPTH] != _BITS or "transparency" in picture.info:
                return None
            picture.load()
    except _UNREADABLE:
        return None
    return png


def opened(content: bytes, what: str) -> Image.Image:
    """Return a given picture, in RGB. Raises Misconfigured for one that cannot be used; `what` is what it is called."""
    hint = f"Give a square JPEG or PNG of {SIDE} to {LARGEST_SIDE} pixels."
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            if not _fits(picture):
                message = f"{what} is {picture.width} × {picture.height} pixels"
                raise Misconfigured(message, hint=hint)
            # What is transparent would come out black.
            ground = Image.new("RGBA", picture.size, "white")
            return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
    except _UNREADABLE as error:
        message = f"{what} cannot be read"
        raise Misconfigured(message, hint=hint) from error


def looks_like(content: bytes, other: bytes) -> bool:
    """Tell whether two given pictures show the same, whatever their size and how they are coded. Raises Misconfigured
    where the first cannot be used; nothing looks like one that is none.
    """
    small = [opened(content, "the picture")]
    try:
        small.append(opened(other, "the other"))
    except Misconfigured:
        return False
    one, two = (picture.resize(_LOOKED_AT, Image.Resampling.BOX) for picture in small)
    return max(ImageChops.difference(one, two).tobytes()) <= _CODED_ANEW


def coded(picture: Image.Image) -> bytes:
    """Return a picture as the best JPEG that apps show, at its own side if it is good enough there."""
    whole = (jpeg(picture, quality) for quality in _QUALITIES)
    found = next((made for made in whole if len(made) <= MOST_BYTES), None)
    return found or jpeg(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), _QUALITY)


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """Return a picture as a JPEG, with nothing else in it."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _fits(picture: Image.Image) -> bool:
    width, height = picture.size
    return width == height and SIDE <= width <= LARGEST_SIDE


def _may_tell_where(picture: Image.Image) -> bool:
    """Tell whether a JPEG may say where it was taken: EXIF is asked, and XMP and IPTC are not read for it. Raises
    struct.error for EXIF that is cut off.
    """
    described = "xmp" in picture.info or _IPTC in picture.info.get("photoshop", {})
    # Where the directory is said to be, too: what is damaged for us may be read by others.
    return described or _PLACE in picture.getexif()


def _picture_alone(content: bytes) -> Iterator[bytes]:
    """Yield of a PNG what it begins with and the chunks that are the picture; nothing of what is none."""
    if not content.startswith(_PNG):
        return
    yield _PNG
    at, kind = len(_PNG), b""
    while kind != b"IEND" and (head := content[at : at + 8])[4:]:
        kind, end = head[4:], at + 12 + int.from_bytes(head[:4], "big")
        if kind in _PICTURE:
            yield content[at:end]
        at = end
