from __future__ import annotations

import io
import random
import zlib

import pytest
from PIL import Image

from briefing.errors import Misconfigured
from briefing.podcasts.show import Show
from worker.feeds.artwork import artwork_of, draw_inside


def draw(show):
    return artwork_of(show).jpeg


def opened(jpeg):
    return Image.open(io.BytesIO(jpeg))


@pytest.mark.parametrize(
    "title",
    [
        "A",
        "The Harbour Ledger, Read Aloud",
        "An extraordinarily long title of a podcast about everything under the sun",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "Українська правда: голос",
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


def letters(title):
    """The part of the picture where a title would stand."""
    return opened(draw(Show(slug="s", title=title))).crop((100, 100, 1300, 500)).convert("L").getextrema()


@pytest.mark.parametrize(("title", "drawn"), [("Café Österreich", True), ("Ґанок і Їжак", True), ("新聞を読む", False)])
def test_a_title_is_drawn_in_letters_or_not_at_all_never_in_boxes(title, drawn):
    low, high = letters(title)
    assert (high - low > 100) == drawn


def first_line_px(title):
    """Height of the first line of letters, in pixels, where an app shows the picture 100 pixels wide."""
    rows = opened(draw(Show(slug="s", title=title))).convert("L").crop((0, 0, 1400, 1100)).reduce((1400, 1))
    ground = rows.getpixel((0, 0))
    lit = [rows.getpixel((0, y)) > ground + 4 for y in range(rows.height)]
    first = lit.index(True)
    return lit.index(False, first) / 14 - first / 14


@pytest.mark.parametrize(
    "title",
    [
        "The Harbour Ledger",
        "The Kyiv Independent: Morning Briefing from the Capital, Every Weekday",
        "All the news of the day from the harbour and the hills, read aloud every morning at six",
        "Українська правда: голос",
    ],
)
def test_a_title_can_be_read_at_a_hundred_pixels(title):
    assert first_line_px(title) > 7


def test_a_long_title_loses_its_end_not_its_size():
    # Given a title that would be whole only in letters nobody could read on a list
    long = "All the news of the day from the harbour and the hills, read aloud every morning at six"
    # Then it is as large as its beginning alone
    assert first_line_px(long) == pytest.approx(first_line_px("All the news of the day from the harbour and…"), abs=2)


def test_what_is_transparent_becomes_white(tmp_path):
    Image.new("RGBA", (1500, 1500), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (
        opened(draw(Show(slug="s", title="S", artwork=str(tmp_path / "clear.png")))).getpixel((700, 700)) == (255,) * 3
    )


def test_the_same_title_gives_the_same_bytes():
    assert draw(Show(slug="s", title="Same")) == draw(Show(slug="t", title="Same"))


def test_given_artwork_is_checked_and_keeps_its_size(tmp_path):
    Image.new("RGBA", (2000, 2000), "red").save(tmp_path / "good.png")
    assert opened(draw(Show(slug="s", title="S", artwork=str(tmp_path / "good.png")))).size == (2000, 2000)
    Image.new("RGB", (2000, 1000)).save(tmp_path / "flat.png")
    (tmp_path / "none.png").write_text("no picture")
    for name in ("flat.png", "none.png", "missing.png"):
        with pytest.raises(Misconfigured):
            draw(Show(slug="s", title="S", artwork=str(tmp_path / name)))


def saved(path, side=2000, mode="RGB", form="JPEG", **options):
    """The bytes of a picture in colour, saved at `path`."""
    Image.new("RGB", (side, side), "teal").convert(mode).save(path, form, **options)
    return path.read_bytes()


@pytest.mark.parametrize("side", [1400, 2000, 3000])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_is_as_apps_want_it_is_published_byte_for_byte(tmp_path, side, progressive):
    given = saved(tmp_path / "cover.jpg", side, progressive=progressive)
    assert draw(Show(slug="s", title="S", artwork=str(tmp_path / "cover.jpg"))) == given


def test_any_other_picture_is_coded_anew(tmp_path):
    # Given pictures that are of another form, colours or size in bytes, say where they were taken, or are cut off
    place = Image.Exif()
    place[0x8825] = {1: "N", 2: (50.0, 27.0, 0.0)}
    saved(tmp_path / "png.png", form="PNG")
    saved(tmp_path / "cmyk.jpg", mode="CMYK")
    saved(tmp_path / "grey.jpg", mode="L")
    saved(tmp_path / "place.jpg", exif=place)
    noise = Image.frombytes("RGB", (1400, 1400), random.Random(5).randbytes(1400 * 1400 * 3))
    noise.save(tmp_path / "large.jpg", quality=95)
    for path in sorted(tmp_path.iterdir()):
        found = draw(Show(slug="s", title="S", artwork=str(path)))
        # Then what is published is none of them, but theirs
        assert found != path.read_bytes(), path.name
        picture = opened(found)
        # At its own side, but where that cannot be small enough
        side = 1400 if path.name == "large.jpg" else 2000
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (side, side)), path.name
        assert not picture.getexif(), path.name
    # And a torn one is refused, however right its beginning is
    whole = saved(tmp_path / "torn.jpg")
    (tmp_path / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Misconfigured):
        draw(Show(slug="s", title="S", artwork=str(tmp_path / "torn.jpg")))


@pytest.mark.parametrize("side", [1400, 3000])
def test_a_png_that_is_as_apps_want_it_is_published_byte_for_byte_beside_a_jpeg(tmp_path, side):
    given = saved(tmp_path / "cover.png", side, form="PNG", dpi=(72, 72))
    found = artwork_of(Show(slug="s", title="S", artwork=str(tmp_path / "cover.png")))
    assert found.png == given
    assert (opened(found.jpeg).format, opened(found.jpeg).size) == ("JPEG", (side, side))


def test_any_other_png_is_none_that_feeds_name(tmp_path):
    saved(tmp_path / "grey.png", mode="L", form="PNG")
    saved(tmp_path / "few.png", mode="P", form="PNG")
    saved(tmp_path / "clear.png", mode="RGBA", form="PNG")
    saved(tmp_path / "hole.png", form="PNG", transparency=(0, 0, 0))
    saved(tmp_path / "jpeg.png", form="JPEG")
    noise = Image.frombytes("RGB", (1400, 1400), random.Random(5).randbytes(1400 * 1400 * 3))
    noise.save(tmp_path / "large.png")
    deep = saved(tmp_path / "deep.png", form="PNG")
    row = b"\0" + bytes(6 * 2000)
    head = deep[16:24] + b"\x10" + deep[25:29]
    (tmp_path / "deep.png").write_bytes(
        deep[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * 2000)) + chunk(b"IEND", b"")
    )
    for path in sorted(tmp_path.iterdir()):
        found = artwork_of(Show(slug="s", title="S", artwork=str(path)))
        assert (found.png, opened(found.jpeg).format) == (None, "JPEG"), path.name
    assert len(list(tmp_path.iterdir())) == 7
    torn = saved(tmp_path / "torn.png", form="PNG")
    (tmp_path / "torn.png").write_bytes(torn[: len(torn) // 2])
    with pytest.raises(Misconfigured):
        artwork_of(Show(slug="s", title="S", artwork=str(tmp_path / "torn.png")))


def chunk(kind, content):
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


@pytest.mark.parametrize(
    "beside",
    [
        chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0 Kyiv"),
        chunk(b"tEXt", b"Location\0Kyiv"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>Kyiv</x:xmpmeta>"),
        chunk(b"caBX", b"Kyiv"),
        b"behind",
    ],
    ids=["EXIF", "text", "XMP", "credentials", "behind its end"],
)
def test_of_a_png_nothing_is_published_but_the_picture(tmp_path, beside):
    # Given a PNG as apps want it, but for what is said in it of where it was taken, or behind it
    given = saved(tmp_path / "cover.png", form="PNG")
    at = len(given) if beside == b"behind" else given.index(b"IDAT") - 4
    (tmp_path / "cover.png").write_bytes(given[:at] + beside + given[at:])
    # Then what is published is what it would be without, bit by bit
    assert artwork_of(Show(slug="s", title="S", artwork=str(tmp_path / "cover.png"))).png == given


def test_a_picture_that_is_made_to_harm_is_refused_like_any_other(tmp_path):
    given = saved(tmp_path / "cover.png", form="PNG")
    at = given.index(b"IDAT") - 4
    for kind, before in ((b"zTXt", b"k\0\0"), (b"iCCP", b"k\0\0"), (b"IHDR", b"")):
        harm = chunk(kind, before + zlib.compress(bytes(30_000_000)) if before else b"")
        (tmp_path / "cover.png").write_bytes(
            given[:8] + harm + given[33:] if not before else given[:at] + harm + given[at:]
        )
        with pytest.raises(Misconfigured):
            artwork_of(Show(slug="s", title="S", artwork=str(tmp_path / "cover.png")))


def marked(path, marker, content):
    """Save a JPEG as apps want it, with one more segment behind what its beginning says of its dots an inch."""
    jpeg = saved(path, dpi=(72, 72))
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    segment = bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content
    path.write_bytes(jpeg[:end] + segment + jpeg[end:])


#: What a camera or an agency's software writes of a place, as XMP and as IPTC.
XMP = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/" exif:GPSLatitude="50,27.0N"/>'
CITY = b"\x1c\x02\x5a\x00\x04Kyiv"
IPTC = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + len(CITY).to_bytes(4, "big") + CITY + b"\0"


@pytest.mark.parametrize(
    ("marker", "content", "place"),
    [
        (0xE1, XMP, b"GPSLatitude"),
        (0xED, IPTC, b"Kyiv"),
        (0xE1, b"Exif\0\0MM\0*\0", b"Exif"),
    ],
    ids=["XMP", "IPTC", "EXIF cut off"],
)
def test_what_may_tell_a_place_or_cannot_be_read_is_not_published(tmp_path, marker, content, place):
    # Given a JPEG as apps want it, but for what is said in it of where it was taken, or for EXIF that is cut off
    path = tmp_path / "cover.jpg"
    marked(path, marker, content)
    assert place in path.read_bytes()
    # Then the picture is published without that
    found = draw(Show(slug="s", title="S", artwork=str(path)))
    assert place not in found
    assert opened(found).size == (2000, 2000)


def test_inside_a_file_it_is_small_whatever_it_shows(tmp_path):
    # Given the hardest picture for a JPEG, noise, and one of ours / Then neither holds up the first sound
    noise = Image.frombytes("RGB", (1400, 1400), random.Random(5).randbytes(1400 * 1400 * 3))
    noise.save(tmp_path / "noise.png")
    for show in (Show(slug="s", title="S", artwork=str(tmp_path / "noise.png")), Show(slug="s", title="The Ledger")):
        found = draw_inside(show)
        assert len(found) <= 20_000
        assert opened(found).size == (300, 300)
        assert opened(found).format == "JPEG"


def test_a_picture_that_was_taken_over_is_found_in_the_data_folder_of_now(tmp_path, monkeypatch):
    # Given one that is named by the data folder of another host, and is in ours
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "new"))
    (tmp_path / "new" / "imported" / "s").mkdir(parents=True)
    ours = saved(tmp_path / "new" / "imported" / "s" / "artwork.jpg")
    show = Show(slug="s", title="S", artwork=str(tmp_path / "old" / "imported" / "s" / "artwork.jpg"))
    # Then it is that, as large as it is and inside files
    assert (draw(show), opened(draw_inside(show)).size) == (ours, (300, 300))
    # While where it is named counts first, and one's own pictures are nowhere else
    (tmp_path / "old" / "imported" / "s").mkdir(parents=True)
    named = saved(tmp_path / "old" / "imported" / "s" / "artwork.jpg", side=1500)
    assert draw(show) == named
    with pytest.raises(Misconfigured):
        draw(Show(slug="s", title="S", artwork=str(tmp_path / "old" / "s" / "artwork.jpg")))
