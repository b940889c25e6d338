"""Pictures of single episodes that are taken over from another host, and a show's artwork that came as a PNG."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from lxml import etree
from PIL import Image

from briefing.models import EpisodeRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.settings import FetchSettings
from tests.support.client import client_of
from tests.support.command import briefcast
from tests.support.feeds import accepted
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.nginx import nginx
from tests.support.old_host import old_host, picture
from tests.support.s3 import s3
from worker.doctor import public, stored
from worker.feeds.feed import ITUNES
from worker.installation.backup import back_up
from worker.installation.newsroom import apply
from worker.installation.restore import restore
from worker.moving.move import Bounds
from worker.moving.moving_in import take_over
from worker.upkeep import retention
from worker.workplace import Workplace

OWN, OTHER = picture(colour="maroon"), picture(1500, "PNG", colour="olive")
IMAGE = f"{{{ITUNES}}}image"
MEMBERS = (
    '[[shows]]\nslug = "old"\ntitle = "Old"\nvoice = "silence"\nintro = "none"\nvisibility = "members"\n\n[[sources]]'
)


@pytest.fixture
def host(monkeypatch):
    """A podcast of three episodes, two of which have pictures of their own."""
    with old_host(3) as host:
        host.categories = '<itunes:category text="News"/>'
        host.pictures = {"/1.jpg": OWN, "/2.png": OTHER}
        monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", urlsplit(host.address).netloc)
        yield host


def move(place, host, slug="old"):
    return take_over(place, f"{host.address}/feed.xml", slug, Bounds(FetchSettings()), datetime.now(UTC))


def naming(host, numbers, address):
    """Have the host's feed name one more picture, in those items."""
    said = host.feed

    def says():
        feed = said().decode()
        for number in numbers:
            mark = f"<itunes:episode>{number}<"
            feed = feed.replace(mark, f'<itunes:image href="{address}"/>{mark}')
        return feed.encode()

    host.feed = says


def feed_of(place, slug="old"):
    return place.files.storage.read(f"shows/{slug}/feed.xml")[0]


def pictured(feed):
    """Guid -> path of the episode's own picture, as a feed names them; None for none."""
    items = etree.fromstring(feed).iter("item")
    images = {item.findtext("guid"): item.find(IMAGE) for item in items}
    return {guid: None if image is None else urlsplit(image.get("href")).path for guid, image in images.items()}


def read(place, path):
    found = place.files.storage.read(path[1:])
    return found and found[0]


def findings(place, *, fix=False):
    return [(one.code, bool(one.mended)) for look in (stored.look, public.look) for one in look(place, fix)]


def briefing_of(place, guid):
    with place.database.reading() as session:
        return session.query(EpisodeRow).filter(EpisodeRow.kept_guid == guid).one().briefing_id


def test_an_episodes_own_picture_is_published_as_it_came_and_apps_find_it(place, host):
    assert move(place, host).warnings == ()
    feed = feed_of(place)
    assert accepted(feed)
    paths = pictured(feed)
    # Then the feed names each at an address that says by its hash what is there, and none for who has none
    names = {"old-1": (OWN, "jpg", "image/jpeg"), "old-2": (OTHER, "png", "image/png")}
    assert (paths.keys() - names.keys(), paths["old-3"]) == ({"old-3"}, None)
    with client_of(place) as client:
        for guid, (given, ending, kind) in names.items():
            assert paths[guid].endswith(f"/1/{hashlib.sha256(given).hexdigest()}.{ending}")
            answer = client.get(paths[guid])
            assert (answer.content, answer.headers["content-type"]) == (given, kind)
            assert answer.headers["cache-control"] == "public, max-age=3600"
            assert client.head(paths[guid]).headers["content-length"] == str(len(given))
            assert client.get(paths[guid], headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
        assert client.get(paths["old-1"].replace("/1/", "/2/")).status_code == 404
        assert client.get(paths["old-1"].replace("/1/", "/")).status_code == 404
    assert findings(place) == []
    # And of the podcast's own artwork in an item, by its address or its bytes, nothing is taken
    host.pictures = {"/1.jpg": host.cover}
    naming(host, (2,), f"{host.address}/cover.jpg")
    asked = len(host.seen)
    assert move(place, host, "again").warnings == ()
    assert [path for path, _ in host.seen[asked:]].count("/cover.jpg") == 1
    assert set(pictured(feed_of(place, "again")).values()) == {None}


def test_what_apps_would_not_take_is_coded_anew_or_told_and_each_is_asked_for_once(place, host):
    where = Image.Exif()
    where[0x8825] = {1: "N", 2: (50.0, 27.0, 0.0)}
    host.pictures = {
        "/1.jpg": picture(colour="maroon", exif=where.tobytes()),
        "/2.jpg": picture(600),
        "/3.jpg": b"<html>busy</html>",
    }
    done = move(place, host)
    assert done.warnings == (
        "the picture of 'Episode 2' is not taken over: it is 600 × 600 pixels",
        "the picture of 'Episode 3' is not taken over: it cannot be read",
    )
    paths = pictured(feed_of(place))
    assert (done.taken, paths["old-2"], paths["old-3"]) == (3, None, None)
    found = read(place, paths["old-1"])
    assert (found[:2], b"Exif" in found) == (b"\xff\xd8", False)


@pytest.mark.parametrize(("address", "why"), [("{host}/none.jpg", "404"), ("http://127.0.0.1/a.jpg", "private")])
def test_one_that_all_episodes_name_is_asked_for_once_and_never_on_a_private_network(place, host, address, why):
    host.pictures = {}
    naming(host, (1, 2, 3), address.format(host=host.address))
    done = move(place, host)
    assert (done.taken, len([one for one in done.warnings if "the picture of" in one and why in one])) == (3, 3)
    assert sum(path == "/none.jpg" for path, _ in host.seen) == (why == "404")


def test_it_is_kept_through_retention_backup_and_export(place, host, tmp_path, monkeypatch):
    # Given two episodes of one MP3, of which one has a picture, and artwork that is a PNG
    host.audio[3], host.cover = host.audio[1], picture(1400, "PNG")
    move(place, host)
    before = pictured(feed_of(place))
    assert (before["old-1"] is None, before["old-3"]) == (False, None)
    # Given ten years / Then nothing of it goes, and nothing that was stored then is nobody's
    for blob in place.storage.stored():
        os.utime(place.storage.path(blob.sha256), (1, 1))
    later = datetime.now(UTC) + timedelta(days=4000)
    _, cursors = retention.collect(place, later, {})
    while cursors:
        _, cursors = retention.collect(place, later, cursors)
    assert findings(place) == []
    # And it is taken out with the show, under its new address, and the old one leads there
    done = briefcast("export", "show", "old", tmp_path / "out", "--address", "https://new.example/pod", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    out = pictured((tmp_path / "out" / "shows" / "old" / "feed.xml").read_bytes())
    redirects = (tmp_path / "out" / "redirects.csv").read_text()
    for guid, given in (("old-1", OWN), ("old-2", OTHER)):
        assert out[guid] == f"/pod{before[guid]}"
        assert (tmp_path / "out" / before[guid][1:]).read_bytes() == given
        assert f"{place.files.address}{before[guid]},https://new.example{out[guid]},301" in redirects
    # And a backup brings it back
    back_up(place, tmp_path / "backup", datetime.now(UTC), 3)
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "other"))
    assert briefcast("restore", tmp_path / "backup", cwd=tmp_path).returncode == 0
    restored = Workplace()
    assert pictured(feed_of(restored)) == before
    assert [read(restored, before[guid]) for guid in ("old-1", "old-2")] == [OWN, OTHER]
    assert read(restored, "/shows/old/artwork.png") == host.cover
    assert findings(restored) == []
    restored.database.dispose()
    # While one that the backup has lost is told, and the rest is there
    sha256 = hashlib.sha256(OWN).hexdigest()
    (tmp_path / "backup" / "blobs" / sha256[:2] / sha256).unlink()
    monkeypatch.setenv("BRIEFCAST_DATA", str(tmp_path / "third"))
    third = Workplace()
    done = restore(third, tmp_path / "backup", None)
    assert (done.lost, done.briefings) == ([briefing_of(third, "old-1")], 2)
    assert pictured(feed_of(third)).keys() == before.keys()
    third.database.dispose()


def test_it_goes_with_its_episode_and_stays_with_another_that_has_it(place, host):
    # Given a picture that two episodes have
    host.pictures = {"/1.jpg": OWN, "/2.jpg": OWN}
    move(place, host)
    paths = pictured(feed_of(place))
    sha256 = hashlib.sha256(OWN).hexdigest()
    with client_of(place) as client:
        for guid, other in (("old-1", "old-2"), ("old-2", None)):
            client.post(f"/v1/briefings/{briefing_of(place, guid)}/retract")
            work_off(place)
            # Then it is gone where the one was that is withdrawn, at once, and a little later for good
            assert (client.get(paths[guid]).status_code, guid in pictured(feed_of(place))) == (410, False)
            retention.collect(place, datetime.now(UTC) + timedelta(days=2), {})
            assert place.storage.has(sha256) == (other is not None)
            if other:
                assert client.get(paths[other]).content == OWN
    assert findings(place) == []


def test_what_is_for_members_is_for_them_alone_and_moves_with_its_episode(place, host, tmp_path):
    toml = PLAIN.replace("[[sources]]", MEMBERS, 1)
    (tmp_path / "briefcast.toml").write_text(toml)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    move(place, host)
    with client_of(place) as client:
        listener = client.post("/v1/shows/old/listeners", json={"name": "Ada"}).json()
        with httpx.Client(trust_env=False, timeout=60) as theirs:
            feed = theirs.get(listener["feed"]).content
            path = pictured(feed)["old-1"]
            assert path.startswith("/members/")
            answer = theirs.get(f"{place.files.address}{path}")
            assert (answer.content, answer.headers["content-type"]) == (OWN, "image/jpeg")
            assert answer.headers["cache-control"] == "private, no-store"
            # And nobody has it without that address, nor by another's, nor where everybody's would lie
            _, _, token, name = path.split("/", 3)
            other = pictured(feed)["old-2"].split("/", 3)[2]
            for guess in (name, f"members/-/{name}", f"members/{other}/{name}", f"members/{token[:-1]}/{name}"):
                assert theirs.get(f"{place.files.address}/{guess}").status_code == 404, guess
        assert OWN not in [b"".join(place.files.storage.blocks(one.name)) for one in place.files.storage.files()]
        assert findings(place) == []
        # When it comes to lie there all the same / Then the doctor takes it away
        (place.files.storage.root / name).parent.mkdir(parents=True)
        (place.files.storage.root / name).write_bytes(OWN)
        assert findings(place) == [("public_exposed", False)]
        assert findings(place, fix=True) == [("public_exposed", True)]
        # When the show is everybody's / Then everybody has it, and it lies among members' files no more
        (tmp_path / "briefcast.toml").write_text(toml.replace('visibility = "members"\n', ""))
        apply(load_newsroom(tmp_path / "briefcast.toml"), place)
        work_off(place)
        assert pictured(feed_of(place))["old-1"] == f"/{name}"
        assert client.get(f"/{name}").content == OWN
        assert place.storages.members.look(name) is None
        # And the other way round
        (tmp_path / "briefcast.toml").write_text(toml)
        apply(load_newsroom(tmp_path / "briefcast.toml"), place)
        work_off(place)
        assert client.get(f"/{name}").status_code == 404
        assert place.storages.members.read(name)[0] == OWN
    assert findings(place) == []


def test_what_is_lost_is_told_and_comes_back_while_there_is_a_copy(place, host, tmp_path):
    move(place, host)
    path, sha256 = pictured(feed_of(place))["old-1"], hashlib.sha256(OWN).hexdigest()
    # Given a public file that is lost / Then it is written anew
    place.files.storage.remove(path[1:])
    assert (findings(place, fix=True), read(place, path)) == ([("public_missing", True)], OWN)
    # Given stored bytes that are lost / Then they are put back from what is public
    place.storage.remove(sha256)
    assert (findings(place), findings(place, fix=True)) == ([("master_missing", False)], [("master_missing", True)])
    assert (place.storage.intact(sha256), findings(place)) == (True, [])
    # Given transcripts and chapters that are lost beside a picture / Then they come back by applying the settings
    chapters = path.rpartition("/")[0][1:] + "/chapters.json"
    place.files.storage.remove(chapters)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    assert place.files.storage.look(chapters)
    # And where there is neither, the rest is published all the same
    place.storage.remove(sha256)
    place.files.storage.remove(path[1:])
    assert findings(place, fix=True) == [("master_missing", False)]
    assert read(place, pictured(feed_of(place))["old-2"]) == OTHER


def test_a_png_that_apps_take_stays_one_and_is_named_by_the_feed(place, host, tmp_path):
    host.cover = picture(1500, "PNG")
    show = move(place, host).show
    channel = etree.fromstring(feed_of(place)).find("channel")
    assert channel.find(IMAGE).get("href") == f"{place.files.address}/shows/old/artwork.png"
    with client_of(place) as client:
        answer = client.get("/shows/old/artwork.png")
        assert (answer.content, answer.headers["content-type"]) == (host.cover, "image/png")
        # While pages and players have the JPEG that they always had
        assert client.get("/shows/old/artwork.jpg").content[:2] == b"\xff\xd8"
        assert client.get("/shows/daily/artwork.png").status_code == 404
    # And nginx over the files alone sends that and episodes' pictures as what they are
    sent = {"/shows/old/artwork.png": "image/png", "/shows/old/artwork.jpg": "image/jpeg"}
    sent |= {path: f"image/{path[-3:].replace('jpg', 'jpeg')}" for path in pictured(feed_of(place)).values() if path}
    assert len(sent) == 4
    with (
        nginx(tmp_path / "nginx", place.files.storage.root) as address,
        httpx.Client(trust_env=False, timeout=60) as files,
    ):
        for path, kind in sent.items():
            answer = files.get(f"{address}{path}")
            assert (answer.headers["content-type"], answer.content) == (kind, read(place, path))
            kept = "public, max-age=60" if "artwork" in path else "public, max-age=3600"
            assert answer.headers["cache-control"] == kept
    # And so it is when the show is applied, taken out, and made a JPEG
    toml = tmp_path / "briefcast.toml"
    toml.write_text(PLAIN + f'[[shows]]\nslug = "old"\ntitle = "Old"\nartwork = "{show.artwork}"\n')
    apply(load_newsroom(toml), place)
    assert b"/shows/old/artwork.png" in feed_of(place)
    assert read(place, "/shows/old/artwork.png") == host.cover
    done = briefcast("export", "show", "old", tmp_path / "out", "--address", "https://new.example", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "shows" / "old" / "artwork.png").read_bytes() == host.cover
    assert "https://new.example/shows/old/artwork.png,301" in (tmp_path / "out" / "redirects.csv").read_text()
    place.files.storage.remove("shows/old/artwork.png")
    assert findings(place) == [("public_missing", False)]
    apply(load_newsroom(toml), place)
    assert findings(place) == []
    (tmp_path / "cover.jpg").write_bytes(picture())
    toml.write_text(PLAIN + '[[shows]]\nslug = "old"\ntitle = "Old"\nartwork = "cover.jpg"\n')
    apply(load_newsroom(toml), place)
    assert b"/shows/old/artwork.jpg" in feed_of(place)
    assert read(place, "/shows/old/artwork.png") is None
    assert findings(place) == []


def test_in_a_bucket_each_has_the_headers_of_what_it_is(tmp_path, host, monkeypatch):
    host.cover = picture(1400, "PNG")
    with s3(tmp_path / "s3") as server:
        for name, value in server.settings("paper").items():
            monkeypatch.setenv(name, value)
        place = make_place(tmp_path)
        move(place, host)
        paths = pictured(feed_of(place))
        for path, kind, given, seconds in (
            (paths["old-1"], "image/jpeg", OWN, 3600),
            (paths["old-2"], "image/png", OTHER, 3600),
            ("/shows/old/artwork.png", "image/png", host.cover, 60),
        ):
            found = server.get(f"paper/public{path}")
            assert (found.content, found.headers["content-type"]) == (given, kind)
            assert found.headers["cache-control"] == f"public, max-age={seconds}"
        assert findings(place) == []
        place.database.dispose()
