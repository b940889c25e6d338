"""An MP3's ID3 tag -> the chapters and the picture in it. Reads the file's beginning, and nothing of its sound.

ID3v2.3 and 2.4 with the addendum on chapters. A reader of our own, as strangers' tags are read by it: it unpacks no
frame that is compressed, which a library does whatever comes out, and so never has more than the tag in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Bytes of the largest tag that is read: a picture of 3000 pixels has a few millions.
_MOST_BYTES = 16_000_000

#: Frames of a tag, and of a chapter, that are looked at: ten minutes of sound may have a hundred chapters.
_MOST_FRAMES = 2000

#: Bytes of a tag's head, and of a frame's; versions that are read.
_HEAD, _FRAME_HEAD = 10, 10
_V23, _V24 = 3, 4

#: Flags of a tag.
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40

#: Flags of a frame's form: what it is packed or encrypted by, is unsynchronised by, and says its length by.
_PACKED = {_V23: 0x00C0, _V24: 0x000C}
_GROUPED = {_V23: 0x0020, _V24: 0x0040}
_FRAME_UNSYNCHRONISED, _LENGTH_SAID = 0x0002, 0x0001

#: Encodings of texts, and how many bytes of zero end one.
_LATIN = ("latin-1", 1)
_ENCODINGS = {0: _LATIN, 1: ("utf-16", 2), 2: ("utf-16-be", 2), 3: ("utf-8", 1)}

#: Bytes of a text that are looked at.
_MOST_TEXT = 4096

#: That a table of contents is the whole file's, and the kind of picture that is its cover.
_TOP_LEVEL, _COVER = 0x02, 3

#: Bytes of a chapter's moments.
_MOMENTS = 16


class Tag(NamedTuple):
    """What is in a tag; nothing of what is not there or cannot be read."""

    chapters: tuple[tuple[float, str, str], ...] = ()
    """Second, title and link of each that stands in the table of contents, or of all where there is no table."""
    picture: bytes = b""
    """The cover's bytes, or the first picture's where none is the cover."""


class _Frame(NamedTuple):
    name: bytes
    content: bytes


def read_tag(path: Path) -> Tag:
    """Return what the tag at the beginning of a file says."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        length = _length(head)
        return parsed(head + file.read(length)) if 0 < length <= _MOST_BYTES else Tag()


def parsed(tag: bytes) -> Tag:
    """Return what a tag says."""
    length = _length(tag)
    if not length:
        return Tag()
    version, flags, body = tag[3], tag[5], tag[_HEAD : _HEAD + length]
    is_whole = version == _V23 and bool(flags & _UNSYNCHRONISED)
    if is_whole:
        body = _synchronised(body)
    if flags & _EXTENDED:
        # In 2.3 its length does not count itself.
        body = body[_number(body[:4], plain=True) + 4 :] if version == _V23 else body[_number(body[:4]) :]
    frames = list(_frames(body, version, unsynchronised=bool(flags & _UNSYNCHRONISED) and not is_whole))
    return Tag(tuple(_chapters(frames, version)), _picture(frames))


def _length(tag: bytes) -> int:
    """Return the bytes of a tag behind its head; none for what is no tag of a version that is read."""
    if len(tag) < _HEAD or not tag.startswith(b"ID3") or tag[3] not in _PACKED:
        return 0
    return _number(tag[6:10])


def _number(raw: bytes, *, plain: bool = False) -> int:
    """Return a number, of seven bits a byte where it is not written as others are."""
    if plain:
        return int.from_bytes(raw, "big")
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(raw)))


def _synchronised(raw: bytes) -> bytes:
    """Undo that nothing in a tag may look like a frame of sound."""
    return raw.replace(b"\xff\x00", b"\xff")


def _frames(body: bytes, version: int, *, unsynchronised: bool = False) -> Iterator[_Frame]:
    """Yield the frames that can be read, those packed or encrypted left out."""
    at = 0
    for _ in range(_MOST_FRAMES):
        head = body[at : at + _FRAME_HEAD]
        if len(head) < _FRAME_HEAD or not head[:4].isalnum():
            return
        size, flags = _size(body, at, version), int.from_bytes(head[8:10], "big")
        content = body[at + _FRAME_HEAD : at + _FRAME_HEAD + size]
        at += _FRAME_HEAD + size
        if len(content) < size or flags & _PACKED[version]:
            continue
        content = content[1:] if flags & _GROUPED[version] else content
        if version == _V24:
            content = content[4:] if flags & _LENGTH_SAID else content
            if unsynchronised or flags & _FRAME_UNSYNCHRONISED:
                content = _synchronised(content)
        yield _Frame(head[:4], content)


def _size(body: bytes, at: int, version: int) -> int:
    """Return how long a frame is. Some programs write it in 2.4 as in 2.3: what follows tells which was meant."""
    raw = body[at + 4 : at + 8]
    plain, size = _number(raw, plain=True), _number(raw)
    if version == _V23 or plain == size:
        return plain
    return size if _goes_on(body, at + _FRAME_HEAD + size) or not _goes_on(body, at + _FRAME_HEAD + plain) else plain


def _goes_on(body: bytes, at: int) -> bool:
    """Tell whether a frame, the filling or the end of the tag stands there."""
    following = body[at : at + 4]
    return at == len(body) or following == bytes(4) or (len(following) == len(b"CHAP") and following.isalnum())


def _text(raw: bytes) -> str:
    """Return a text that says by its first byte how it is written, up to its end."""
    encoding, width = _ENCODINGS.get(raw[0] if raw else 0, _LATIN)
    said = raw[1 : 1 + _MOST_TEXT]
    return said[: _end(said, width)].decode(encoding, "replace")


def _after_text(raw: bytes, encoding: int) -> bytes:
    """Return what follows a text of that encoding and its end."""
    _, width = _ENCODINGS.get(encoding, _LATIN)
    return raw[_end(raw[:_MOST_TEXT], width) + width :]


def _end(said: bytes, width: int) -> int:
    return next((at for at in range(0, len(said), width) if not any(said[at : at + width])), len(said))


def _chapters(frames: list[_Frame], version: int) -> Iterator[tuple[float, str, str]]:
    found: dict[bytes, tuple[float, str, str]] = {}
    tables: dict[bytes, tuple[bool, list[bytes]]] = {}
    for frame in frames:
        name, _, rest = frame.content.partition(b"\0")
        if frame.name == b"CHAP" and len(rest) >= _MOMENTS:
            below = {one.name: one.content for one in _frames(rest[_MOMENTS:], version)}
            title, link = _text(below.get(b"TIT2", b"")), _link(below.get(b"WXXX", b""))
            found.setdefault(name, (int.from_bytes(rest[:4], "big") / 1000, title, link))
        elif frame.name == b"CTOC" and len(rest) > 1:
            tables.setdefault(name, (bool(rest[0] & _TOP_LEVEL), rest[2:].split(b"\0", rest[1])[: rest[1]]))
    if not tables:
        yield from found.values()
        return
    waiting = [name for name, (is_top, _) in tables.items() if is_top] or list(tables)
    seen = set(waiting)
    while waiting:
        for child in tables[waiting.pop(0)][1]:
            if child in found:
                yield found.pop(child)
            elif child in tables and child not in seen:
                seen.add(child)
                waiting.append(child)


def _link(raw: bytes) -> str:
    """Return the address of a link that has a description before it."""
    return _after_text(raw[1:], raw[0]).split(b"\0", 1)[0].decode("latin-1") if raw else ""


def _picture(frames: list[_Frame]) -> bytes:
    """Return the cover, or else the first picture, as it is: what it is of is told by its bytes."""
    pictures: list[tuple[bool, bytes]] = []
    for frame in frames:
        if frame.name != b"APIC":
            continue
        _, _, rest = frame.content[1:].partition(b"\0")  # behind its media type
        if rest:
            pictures.append((rest[0] == _COVER, _after_text(rest[1:], frame.content[0])))
    return max(pictures, key=lambda one: one[0], default=(False, b""))[1]
