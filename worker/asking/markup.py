"""XML of others -> a tree, with nothing looked up or expanded. Knows nothing of what is in it."""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING

from lxml import etree

from briefing.errors import PageRefused

if TYPE_CHECKING:
    from worker.asking.web import Page

#: Slips that are mended: bytes that XML has no place for, and ampersands that begin no reference of its own, in an
#: address or of HTML. (A parser that is told to go on leaves out what follows them: another address.) CDATA stays.
_AMPERSANDS = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)(\w{1,32};)?")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}\bencoding\s*=")


def read_xml(page: Page, *, forgiving: bool = False) -> etree._Element:
    """Return the root element of a document. `forgiving` mends the slips of feeds.

    Raises PageRefused (`feed_unreadable`) for what is none, and for entities of its own: nobody needs them, and they
    are how small documents become large ones.
    """
    charset = None if _DECLARED.search(page.content[:300]) else page.charset
    try:
        try:
            root = _parsed(page.content, charset)
        except etree.XMLSyntaxError:
            if not forgiving:
                raise
            root = _parsed(_mended(page.content), charset)
    except (etree.XMLSyntaxError, LookupError) as error:
        message = f"{page.address} is not well-formed XML: {error}"
        raise PageRefused(message, code="feed_unreadable") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(iter(declared.iterentities()), None) is not None:
        message = f"{page.address} declares entities of its own"
        raise PageRefused(message, code="feed_unreadable")
    return root


def _mended(content: bytes) -> bytes:
    first, *rest = _CONTROLS.sub(b"", content).split(b"<![CDATA[")
    parts = [_AMPERSANDS.sub(_escaped, first)]
    for part in rest:
        literal, end, markup = part.partition(b"]]>")
        parts.append(b"<![CDATA[" + literal + end + _AMPERSANDS.sub(_escaped, markup))
    return b"".join(parts)


def _escaped(found: re.Match[bytes]) -> bytes:
    letters = html5.get((found[1] or b"").decode("ascii", "replace"))
    if letters is None:
        return b"&amp;" + (found[1] or b"")
    return "".join(f"&#{ord(letter)};" for letter in letters).encode()


def _parsed(content: bytes, charset: str | None) -> etree._Element:
    # Without huge_tree, libxml2 bounds depth, names and what entities grow to.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        encoding=charset,
    )
    return etree.fromstring(content, parser=parser)
