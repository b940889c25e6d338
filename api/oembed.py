"""`GET /oembed`: what another site needs to show an article's player, by oEmbed 1.0 (https://oembed.com).

Takes the article's own address, or ours of its embed page, its MP3 or its audio JSON. Reads published files alone.
"""

from __future__ import annotations

import re
from html import escape
from typing import Annotated, Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.context import Context, Here
from api.lookup import article_at, is_retracted, told_of
from api.problems import Problem, responses
from api.routes import get_and_head
from briefing.public_names import MOVING_CACHE, artwork_name
from briefing.values import NAME_PATTERN, ArticleRef, is_name

router = APIRouter(tags=["published"])

#: CSS pixels. The embed page's height on a desk and on a phone, and where the frame is narrower still, measured in
#: Chromium; its panels scroll. A frame for a desk stands on phones, too: CMSs keep what we answered once.
WIDTH, HEIGHT, NARROW_HEIGHT = 640, 325, 380
_NARROW = 345

#: The side of artwork that is drawn or coded anew, in pixels (`worker.feeds.pictures`).
_ARTWORK = 1400

#: JPEG's markers (ITU-T T.81, B.1.1.3) of a frame's head, which says how large the picture is.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARK = 0xFF

#: What XML 1.0 has no way to write (its section 2.2).
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_OURS = re.compile(rf"/(?:embed|articles|v1/articles)/({NAME_PATTERN})/({NAME_PATTERN}?)(?:\.mp3|/audio)?")


@get_and_head(
    router,
    "/oembed",
    summary="An article's player, for other sites",
    response_class=JSONResponse,
    responses={
        200: {"content": {"application/json": {}, "text/xml": {}}},
        **responses("no_audio"),
    },
)
def oembed(
    context: Here,
    url: Annotated[str, Query(max_length=2_000)],
    maxwidth: Annotated[int, Query(ge=1, le=10_000)] = WIDTH,
    maxheight: Annotated[int, Query(ge=1, le=10_000)] = NARROW_HEIGHT,
    form: Annotated[Literal["json", "xml"], Query(alias="format")] = "json",
) -> Response:
    """A frame of the embed page, in JSON or XML."""
    ref = _ours(context, url) or article_at(context, url)
    told = told_of(context, ref) if ref else None
    if ref is None or told is None or is_retracted(told):
        raise Problem("no_audio", "no article with audio has this address")
    answer = described(context, ref, told, maxwidth, maxheight)
    headers = {"Cache-Control": MOVING_CACHE}
    if form == "xml":
        return Response(_xml(answer), media_type="text/xml", headers=headers)
    return JSONResponse(answer, headers=headers)


def described(
    context: Context, ref: ArticleRef, told: dict[str, Any], most_wide: int, most_high: int
) -> dict[str, Any]:
    """Return the oEmbed answer for an article's audio JSON; bounds in CSS pixels."""
    width = min(WIDTH, most_wide)
    height = min(NARROW_HEIGHT if width < _NARROW else HEIGHT, most_high)
    frame = (
        f'<iframe src="{escape(context.address)}/embed/{ref.source}/{ref.id}" width="{width}" height="{height}" '
        f'title="{escape(told["title"])}" loading="lazy" allow="autoplay; clipboard-write; web-share" '
        'frameborder="0" style="max-width: 100%"></iframe>'
    )
    side = _side(context, told)
    return {
        "version": "1.0",
        "type": "rich",
        "title": told["title"],
        **({"author_name": told["byline"]} if told.get("byline") else {}),
        "provider_name": told["show_title"],
        "provider_url": context.address,
        "cache_age": 60,
        "thumbnail_url": told["artwork"],
        "thumbnail_width": side,
        "thumbnail_height": side,
        "html": frame,
        "width": width,
        "height": height,
    }


def _side(context: Context, told: dict[str, Any]) -> int:
    """Return the side of the show's artwork, in pixels: what a show gives may be larger than what is drawn for it."""
    show = told.get("show")
    small = context.small.read(artwork_name(show)) if isinstance(show, str) and is_name(show) else None
    return (side_of(small.content) if small else None) or _ARTWORK


def side_of(jpeg: bytes) -> int | None:
    """Return the width of a JPEG in pixels; None for what is none."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == _MARK:
        kind = jpeg[at + 1]
        if kind in _FRAMES:
            return int.from_bytes(jpeg[at + 7 : at + 9])
        # A mark may be filled up with more of the same byte; any other segment says how long it is.
        at += 1 if kind == _MARK else 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return None


def _xml(answer: dict[str, Any]) -> bytes:
    root = Element("oembed")
    for name, value in answer.items():
        SubElement(root, name).text = _NOT_XML.sub("", str(value))
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _ours(context: Context, address: str) -> ArticleRef | None:
    before, _, after = address.partition(context.address)
    match = _OURS.fullmatch(after.partition("#")[0].partition("?")[0]) if not before and after else None
    if match is None or not all(is_name(part) for part in match.groups()):
        return None
    return ArticleRef(source=match.group(1), id=match.group(2))
