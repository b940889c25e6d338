"""What stands in the tags of MP3s that are taken over: chapters and a picture, as programs write them and as nobody does."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from datetime import UTC, datetime
from urllib.parse import urlsplit

import feedparser
import pytest
from mutagen.id3 import APIC, CHAP, CTOC, ID3, TIT2, TXXX, WXXX, CTOCFlags
from PIL import Image

from briefing.settings import FetchSettings
from tests.support.feeds import accepted
from tests.support.old_host import mp3, picture
from worker.moving.id3 import Tag, parsed
from worker.moving.move import Bounds
from worker.moving.moving_in import take_over
from worker.moving.mp3_length import seconds_of

OWN = picture(colour="maroon")
#: Element, milliseconds, title and link of chapters; the last is an advertisement that no table has.
CHAPTERS = (("a", 0, "Weather", "https://paper.example/w"), ("b", 700, "Пором", ""), ("ad", 300, "Buy", ""))
LISTED = [(0.0, "Weather", "https://paper.example/w"), (0.7, "Пором", "")]


def chapter(element, start, title, link, encoding=3):
    frames = [TIT2(encoding=encoding, text=title), *([WXXX(encoding=encoding, desc="é", url=link)] if link else [])]
    return CHAP(element_id=element, start_time=start, end_time=start + 9, start_offset=2**32 - 1, end_offset=2**32 - 1,
                sub_frames=frames)  # fmt: skip


def table(name, *children, top=True):
    flags = (CTOCFlags.TOP_LEVEL if top else 0) | CTOCFlags.ORDERED
    title = [TIT2(encoding=3, text="Contents")]
    return CTOC(element_id=name, flags=flags, child_element_ids=list(children), sub_frames=title)


def cover(content, kind=3, encoding=3):
    return APIC(encoding=encoding, mime="image/jpeg", type=kind, desc="Обкладинка", data=content)


def tagged(*frames, version=4, sound=b""):
    """The bytes of an MP3 with these frames, as mutagen writes them."""
    tag, out = ID3(), io.BytesIO(sound)
    for frame in frames:
        tag.add(frame)
    tag.save(out, v2_version=version)
    return out.getvalue()


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("encoding", [1, 2, 3])
def test_chapters_and_the_cover_are_read_as_other_programs_write_them(version, encoding):
    chapters = [chapter(*one, encoding=encoding) for one in CHAPTERS]
    other = APIC(encoding=0, mime="image/png", type=0, desc="", data=b"a logo")
    tag = tagged(
        TIT2(encoding=3, text="x" * 300), *chapters, table("toc", "a", "b"), other, cover(OWN, encoding=encoding),
        version=version,
    )  # fmt: skip
    assert parsed(tag) == Tag(tuple(LISTED), OWN)
    # Without a table all of them count, and without a cover the first picture
    found = parsed(tagged(*chapters, other, version=version))
    assert (sorted(found.chapters), found.picture) == (sorted([*LISTED, (0.3, "Buy", "")]), b"a logo")


def test_tables_below_tables_are_read_and_those_in_a_circle_end():
    frames = [chapter(*one) for one in CHAPTERS]
    tables = (
        table("toc", "one", "two", "toc"),
        table("one", "a", "one", top=False),
        table("two", "b", "toc", top=False),
    )
    assert list(parsed(tagged(*frames, *tables)).chapters) == LISTED


def head(version, flags, body):
    size = len(body)
    return b"ID3" + bytes((version, 0, flags, *(size >> 7 * place & 0x7F for place in (3, 2, 1, 0)))) + body


def frame(name, content, size=None, flags=0):
    return name + (len(content) if size is None else size).to_bytes(4, "big") + flags.to_bytes(2, "big") + content


def seven(number):
    """A number of seven bits a byte, read as one of eight."""
    return sum((number >> 7 * place & 0x7F) << 8 * place for place in range(4))


PICTURE = b"\0image/jpeg\0\x03\0" + b"\xff\xd8\xff\xe0" * 100


def test_forms_that_no_library_of_ours_writes_are_read_too():
    shown, swapped = PICTURE[14:], PICTURE.replace(b"\xff", b"\xff\0")
    size = len(PICTURE)
    for tag in (
        head(3, 0x80, frame(b"APIC", PICTURE).replace(b"\xff", b"\xff\0")),  # unsynchronised as a whole
        head(4, 0x80, frame(b"APIC", swapped, seven(len(swapped)))),  # frame by frame
        head(4, 0, frame(b"APIC", seven(size).to_bytes(4, "big") + swapped, seven(len(swapped) + 4), 0x0003)),
        head(4, 0, frame(b"APIC", PICTURE) + frame(b"TIT2", b"\0x", 2)),  # lengths as in 2.3, which iTunes wrote
        head(4, 0, frame(b"APIC", b"g" + PICTURE, seven(size + 1), 0x0040)),  # one of a group
        head(3, 0x40, b"\0\0\0\x06" + bytes(6) + frame(b"APIC", PICTURE)),  # behind an extended head
        head(4, 0x40, b"\0\0\0\x06\x01\0" + frame(b"APIC", PICTURE, seven(size))),
        head(3, 0, frame(b"APIC", b"\0image/jpeg\0\x03\0packed", flags=0x0080) + frame(b"APIC", PICTURE) + bytes(500)),
    ):
        assert parsed(tag).picture == shown
    for nothing in (b"", b"ID3", head(2, 0, PICTURE), head(9, 0, PICTURE), head(4, 0, b"APIC" + b"\xff" * 6), PICTURE):
        assert parsed(nothing) == Tag()


def test_a_frame_that_unpacks_to_more_than_there_is_room_for_is_not_unpacked(tmp_path):
    # Given tags of 100 kB of which a hundred million bytes come out
    packed = (100_000_000).to_bytes(4, "big") + zlib.compress(bytes(100_000_000))
    for name in (b"APIC", b"TXXX", b"CHAP"):
        (tmp_path / "a.mp3").write_bytes(head(3, 0, frame(name, packed, flags=0x0080)) + mp3(1, 1))
        tracemalloc.start()
        try:
            assert parsed((tmp_path / "a.mp3").read_bytes()) == Tag()
            assert seconds_of(tmp_path / "a.mp3") == pytest.approx(1, abs=0.1)
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()


def move(place, host):
    return take_over(place, f"{host.address}/feed.xml", "old", Bounds(FetchSettings()), datetime.now(UTC))


def feed_of(place):
    return place.files.storage.read("shows/old/feed.xml")[0]


def test_chapters_of_an_mp3_are_kept_where_the_feed_has_none(place, host):
    frames = [
        *(chapter(*one) for one in CHAPTERS),
        chapter("late", 9000, "After the end", ""),
        table("toc", "a", "b", "late"),
    ]
    host.audio[1] = tagged(*frames, sound=host.audio[1])
    host.audio[2] = tagged(*frames, sound=host.audio[2])
    said = host.feed
    podlove = (
        b'<psc:chapters xmlns:psc="http://podlove.org/simple-chapters"><psc:chapter start="0" title="Of the feed"/>'
    )
    podlove += b'<psc:chapter start="1" title="Second"/></psc:chapters>'
    host.feed = lambda: said().replace(b"<itunes:episode>2<", podlove + b"<itunes:episode>2<")
    assert move(place, host).warnings == ()
    feed = feed_of(place)
    assert accepted(feed)
    second, first = feedparser.parse(feed).entries
    # Then they are in the feed of ours, and the bytes of the MP3 are what they were
    text = feed.decode()
    assert '<psc:chapter start="00:00:00.000" title="Weather" href="https://paper.example/w"/>' in text
    assert '<psc:chapter start="00:00:00.700" title="Пором"/>' in text
    assert ("Buy" in text, "After the end" in text) == (False, False)
    assert place.files.storage.read(urlsplit(first.enclosures[0].href).path[1:])[0] == host.audio[1]
    # And where the feed has some, those count
    assert text.count("Пором") == 1
    assert text.index("Of the feed") < text.index("Пором")
    assert int(second.enclosures[0].length) == len(host.audio[2])


def test_an_mp3_with_less_than_two_chapters_says_nothing_of_any(place, host):
    host.audio[1] = tagged(chapter(*CHAPTERS[0]), TXXX(encoding=3, desc="a", text="b"), sound=host.audio[1])
    assert (move(place, host).warnings, b"psc:chapter " in feed_of(place)) == ((), False)


def test_a_picture_inside_an_mp3_is_its_own_unless_it_is_the_podcasts(place, host):
    # Given an MP3 with another picture than the podcast's, and one with the podcast's, coded anew and smaller
    shaded = Image.linear_gradient("L").resize((3000, 3000)).convert("RGB")
    host.cover = saved(shaded)
    host.audio[1] = tagged(cover(OWN), sound=host.audio[1])
    host.audio[2] = tagged(cover(saved(shaded.resize((1400, 1400)), quality=60)), sound=host.audio[2])
    assert move(place, host).warnings == ()
    assert images(place) == {"old-1": OWN, "old-2": None}


def test_what_the_feed_says_of_a_picture_counts_and_what_apps_would_not_take_of_an_mp3_stays_inside(place, host):
    host.pictures = {"/1.jpg": OWN}
    host.audio[1] = tagged(cover(picture(colour="olive")), sound=host.audio[1])
    host.audio[2] = tagged(cover(picture(300, colour="olive")), sound=host.audio[2])
    assert move(place, host).warnings == ()
    assert images(place) == {"old-1": OWN, "old-2": None}


def saved(shown, **options):
    out = io.BytesIO()
    shown.save(out, "JPEG", **options)
    return out.getvalue()


def images(place):
    """Guid -> the bytes of the picture that the feed names for an episode."""
    entries = feedparser.parse(feed_of(place)).entries
    named = {entry.id: urlsplit(entry.image.href).path[1:] if "image" in entry else None for entry in entries}
    return {guid: name and place.files.storage.read(name)[0] for guid, name in named.items()}
