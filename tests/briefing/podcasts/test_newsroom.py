from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.errors import Misconfigured
from briefing.models import ShowRow
from briefing.podcasts.categories import CATEGORIES, WRITTEN, known
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.show import Show
from tests.support.newsroom import NEWSROOM, PLAIN
from worker.installation.newsroom import apply


def write(tmp_path, text):
    path = tmp_path / "briefcast.toml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_file(tmp_path):
    newsroom = load_newsroom(
        write(tmp_path, NEWSROOM + '[[shows]]\nslug="x"\ntitle="X"\nintro="sounds/in.wav"\noutro="none"\n')
    )
    assert newsroom.sources[0].options["folder"] == str(tmp_path / "articles")
    assert newsroom.shows[2].intro == str(tmp_path / "sounds/in.wav")
    assert newsroom.shows[2].outro is None
    assert newsroom.shows[0].intro == "house"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[shows]\n", "TOML"),
        ("[shows]\nslug='x'\n", "tables"),
        ("[[channels]]\n", "unknown tables channels"),
        ("[[shows]]\nslug='a b'\ntitle='x'\n", "shows.0.slug"),
        ("[[shows]]\nslug='a'\n", "shows.0.title"),
        ("[[shows]]\nslug='a'\ntitle='x'\ncolour='red'\n", "colour"),
        ("[[shows]]\nslug='a'\ntitle='x'\ndisclosure='  '\n", "disclosure"),
        ('[[shows]]\nslug="a"\ntitle="x"\ndisclosure="By AI\\u0000"\n', "shows.0.disclosure"),
        ('[[shows]]\nslug="a"\ntitle="x"\n[shows.txt]\n"ve\\u0007rify"="x"\n', r"'ve\x07rify'"),
        ("[[shows]]\nslug='a'\ntitle='x'\nloudness_lufs=-5\n", "loudness_lufs"),
        ("[[shows]]\nslug='a'\ntitle='x'\n[[shows]]\nslug='a'\ntitle='y'\n", "twice"),
        ("[[shows]]\nslug='a'\ntitle='x'\ncategory='Politics'\n", "is it 'News > Politics'?"),
        (
            "[[shows]]\nslug='a'\ntitle='x'\ncategories=['News', 'society &amp; culture>documentary']\n",
            "is it 'Society & C",
        ),
        ("[[shows]]\nslug='a'\ntitle='x'\ncategory='Quokkas'\n", "take one of: Arts, "),
        (
            "[[shows]]\nslug='a'\ntitle='x'\ncategory='News'\ncategories=['Arts > Books']\n",
            "both category and categories",
        ),
        ("zone='Mars/Olympus'\n[[shows]]\nslug='a'\ntitle='x'\n", "Mars/Olympus"),
        ("zone=1\n[[shows]]\nslug='a'\ntitle='x'\n", "shows.0.zone"),
        ("[[sources]]\nname='s'\nkind='files'\n", "at least one"),
        ("[[shows]]\nslug='a'\ntitle='x'\n[[sources]]\nname='s'\nkind='files'\nshow='b'\n", "'b'"),
    ],
)
def test_faults_are_named_with_the_file(tmp_path, text, fault):
    with pytest.raises(Misconfigured, match="briefcast.toml") as caught:
        load_newsroom(write(tmp_path, text))
    assert fault in caught.value.message


def test_the_newsrooms_zone_is_that_of_shows_and_digests_that_name_none(tmp_path):
    digests = "[[digests]]\nslug='m'\nshow='a'\n[[digests]]\nslug='n'\nshow='a'\nzone='Asia/Tokyo'\n"
    shows = "[[shows]]\nslug='a'\ntitle='x'\n[[shows]]\nslug='b'\ntitle='x'\nzone='America/Lima'\n"
    newsroom = load_newsroom(write(tmp_path, f"zone='Europe/Kyiv'\n{shows}{digests}"))
    assert [show.zone for show in newsroom.shows] == ["Europe/Kyiv", "America/Lima"]
    assert [digest.zone for digest in newsroom.digests] == ["Europe/Kyiv", "Asia/Tokyo"]
    # Without one it is that of the show's rules, else UTC
    late = datetime(2026, 5, 1, 23, tzinfo=UTC)
    plain = load_newsroom(write(tmp_path, shows + "[shows.rules]\ntimezone='Asia/Tokyo'\n"))
    assert [show.day_of(late).day for show in (*newsroom.shows, *plain.shows)] == [2, 1, 1, 1]
    [ruled] = load_newsroom(write(tmp_path, shows[:29] + "[shows.rules]\ntimezone='Asia/Tokyo'\n")).shows
    assert ruled.day_of(late).day == 2


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_newsroom(tmp_path / "none.toml")


def test_applying_twice_changes_nothing(place, tmp_path):
    newsroom = load_newsroom(tmp_path / "briefcast.toml")
    assert apply(newsroom, place).shows == ()
    assert apply(newsroom, place).sources == ()


def test_a_podcasts_guid_outlives_every_change(place, tmp_path):
    def guid():
        with place.database.reading() as session:
            return session.get_one(ShowRow, "daily").podcast_guid

    before = guid()
    assert apply(load_newsroom(write(tmp_path, PLAIN.replace("The Test Ledger", "Another Name"))), place).shows == (
        "daily",
    )
    assert guid() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('voice = "silence"', 'voice = "nobody"'),
        ('title = "The', 'intro = "gone.wav"\ntitle = "The'),
        ('kind = "files"', 'kind = "gopher"'),
    ],
)
def test_a_faulty_newsroom_changes_nothing(place, tmp_path, old, new):
    from briefing.errors import BadInput

    feed = place.files.storage.root / "shows" / "daily" / "feed.xml"
    before = feed.read_bytes()
    text = NEWSROOM.replace("The Test Ledger", "Changed").replace('title = "Changed', 'title = "The Changed', 1)
    with pytest.raises(BadInput):
        apply(load_newsroom(write(tmp_path, text.replace(old, new, 1))), place)
    assert feed.read_bytes() == before
    with place.database.reading() as session:
        assert session.get_one(ShowRow, "daily").settings["title"] == "The Test Ledger"


def test_a_show_names_categories_singly_as_before_with_one_below_or_several(tmp_path):
    # Given each way of writing them
    ways = (
        ("", "News", ("News",)),
        ("category='Arts'", "Arts", ("Arts",)),
        ("category='News > Politics'", "News", ("News > Politics",)),
        ("categories=['Society & Culture > Documentary', 'News']", "Society & Culture", None),
    )
    for written, first, all_of_them in ways:
        (show,) = load_newsroom(write(tmp_path, f"[[shows]]\nslug='a'\ntitle='x'\n{written}\n")).shows
        # Then an older worker finds in it what it knows, and this one all of it, stored or not
        stored = show.model_dump(mode="json")
        assert stored["category"] == first
        assert ("categories" in stored) == (all_of_them != (first,))
        assert Show.stored(stored) == show
        assert show.filed_under == (all_of_them or ("Society & Culture > Documentary", "News"))


def test_what_was_stored_before_categories_were_checked_is_still_read():
    assert Show.stored({"slug": "a", "title": "x", "category": "Quokkas"}).filed_under == ("Quokkas",)


def test_the_list_of_categories_is_whole():
    # Apple's list since 2019 has 19 categories, with 91 below 15 of them
    assert (len(CATEGORIES), len(WRITTEN)) == (19, 19 + 91)
    assert len([name for name, below in CATEGORIES.items() if below]) == 15
    # And all of it is written as a show writes it, however another host spelled it
    for written in WRITTEN:
        spelled = written.upper().replace("&", "&amp;").replace(" > ", ">")
        assert (known(written), known(spelled)) == (written, written)
    assert known("News & Politics") is None
