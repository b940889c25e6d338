"""A crawler as stranger, member and lapsed member: not one byte of members' text or audio that they should not get."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.client import client_of, free_port
from tests.support.crawler import RANGE, Crawler, routes
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.nginx import nginx
from tests.support.sentinels import ARTICLE, WORDS, found

#: How many of the words others may meet: those of the paragraphs before the paywall's mark.
HEARD = 2

ADDRESS = "https://www.paper.example/2026/board"


class Stand:
    """An installation with a briefing that was public, twice, and is members' now; and what was known of it before."""

    def __init__(self, client, place, folder):
        self.client, self.place = client, place
        stories = (("secret", ARTICLE), ("open", "# Open day\n\nEverybody came.\n\nAnd everybody left.\n"))
        for name, text in stories:
            html = "".join(f"<p>{line}</p>" for line in text.splitlines()[1:] if line)
            story = {"title": text.splitlines()[0][2:], "html": html, "address": f"{ADDRESS}-{name}"}
            (folder / "articles" / f"{name}.json").write_text(json.dumps(story))
        self.briefing = self._ask("secret")
        self.opened = self._ask("open")
        both = {"article_ids": ["desk:open", "desk:secret"]}
        self.collection = client.post("/v1/briefings", json=both).raise_for_status().json()["id"]
        client.post("/v1/shows/daily/listeners", json={"name": "first"})
        work_off(place)
        self.everything = [self._known()]
        changed = json.loads((folder / "articles" / "secret.json").read_text())
        changed["html"] = changed["html"].replace("quokkafirst", "quokkafirst, said two")
        (folder / "articles" / "secret.json").write_text(json.dumps(changed))
        client.post(f"/v1/briefings/{self.briefing}/regenerate").raise_for_status()
        work_off(place)
        self.everything.append(self._known())
        # What everybody could get before: the crawler's own measure
        self.before = Crawler(client, {"Authorization": ""}).crawl(self.everything[-1])
        wish = {"visibility": "members", "paywall": {"paragraphs": HEARD}}
        client.put(f"/v1/briefings/{self.briefing}/visibility", json=wish).raise_for_status()
        work_off(place)
        self.everything.append(self._known())
        self.feeds = [client.post("/v1/shows/daily/listeners", json={"name": f"{n}"}).json() for n in range(2)]
        self.signed = [client.post("/v1/articles/desk/secret/signed").json() for _ in range(2)]
        self.signed.append(client.post(f"/v1/briefings/{self.collection}/signed").json())
        self.tags = frozenset(
            answer.headers["etag"] for answer in self.before.got.values() if "etag" in answer.headers
        ) | {f'"{blob.sha256}"' for blob in place.storage.stored()}

    def crawler(self, client=None, more=(), tags=()):
        """A crawler without a key, which knows every tag that was ever told."""
        thorough = frozenset(f"/{file.name}" for file in self.place.storages.members.files())
        known = Crawler(client or self.client, {"Authorization": ""}, self.tags | set(tags), thorough)
        return known.crawl([*more, *self.addresses])

    def _ask(self, name):
        answer = self.client.post("/v1/briefings", json={"article_ids": [f"desk:{name}"]})
        return answer.raise_for_status().json()["id"]

    def _known(self):
        """Every name of every file in every storage, stored blobs included."""
        storages = self.place.storages
        names = [file.name for storage in (storages.public, storages.members) for file in storage.files()]
        blobs = [blob.sha256 for blob in storages.blobs.stored()]
        return (
            [f"/{prefix}{name}" for name in names for prefix in ("", "members/-/", "accel/", "accel-members/")]
            + [f"/audio/{sha256}.mp3" for sha256 in blobs]
            + [f"/listen/daily/{sha256}.mp3" for sha256 in blobs]
            + [f"/blobs/{sha256[:2]}/{sha256}" for sha256 in blobs]
        )

    @property
    def addresses(self):
        """Every address that the system ever wrote, answers, or might."""
        ids = [self.briefing, self.collection]
        filled = [
            {"source": "desk", "article": name, "slug": "daily", "show": "daily", "month": "2026-05", "token": "-",
             "briefing": briefing, "briefing_id": briefing, "revision": revision, "file": file, "name": f"audio/{'0' * 64}.mp3",
             "listener": "0" * 16, "secret": "A" * 43}
            for name in ("secret", "open") for briefing in ids for revision in ("1", "2", "3")
            for file in ("transcript.vtt", "transcript.srt", "transcript.json", "transcript.html", "chapters.json", "audio.json",
                         "audio.m3u8", "0.mp3")
        ]  # fmt: skip
        asked = [
            f"/v1/audio?article=desk:secret&article=desk:open&url={ADDRESS}-secret",
            *(f"/oembed?url={ADDRESS}-secret&format={form}" for form in ("json", "xml")),
            f"/oembed?url={self.client.base_url}embed/desk/secret",
            "/members/", "/listeners/", "/members/../members/audio/", "/public/", "/briefcast.db", "/signing/",
        ]  # fmt: skip
        return [
            *(address for names in self.everything for address in names),
            *dict.fromkeys(routes(self.client.app, filled)),
            *asked,
        ]


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crawled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.setenv("BRIEFCAST_AUDIENCE_ENCLOSURES", "redirect")
        patch.setenv("BRIEFCAST_LIMIT_ANONYMOUS_A_MINUTE", "0")
        patch.chdir(folder)
        shown = 'slug = "daily"\nstream = true\npreview = {paragraphs = 2}\npreview_in_feed = true'
        toml = PLAIN.replace('slug = "daily"', shown, 1)
        place = make_place(folder, toml)
        with client_of(place) as client:
            yield Stand(client, place, folder)
        place.database.dispose()


def members_audio(stand):
    storage = stand.place.storages.members
    return {name: storage.read(name)[0] for name in sorted(file.name for file in storage.files("audio"))}


def is_theirs(path):
    """Whether somebody was given this address, rather than made it up from its beginning."""
    return path.startswith(("/members/", "/listeners/")) and len(path) > len("/members/") + 43


def public_audio(stand):
    """Every MP3 that is public, and every piece of a stream that is (of what is no members': see `streamed`)."""
    storage = stand.place.storages.public
    files = [*storage.files("audio"), *(file for file in storage.files("briefings") if file.name.endswith(".mp3"))]
    return [storage.read(file.name)[0] for file in files]


def streamed(crawler, *briefings):
    """What was answered at addresses of the streams of briefings, in every way."""
    return {
        (path, way): answer.status_code
        for (path, way), answer in crawler.got.items()
        if any(f"briefings/{briefing}/" in path for briefing in briefings) and "/stream/" in path
    }


def check_nothing_leaked(stand, crawler):
    """Not a word behind the mark, and of audio only the very bytes that are public."""
    public, told = public_audio(stand), set()
    for (path, way), answer in crawler.got.items():
        kind = answer.headers.get("content-type", "")
        if kind.startswith("audio/") and answer.status_code in {200, 206} and answer.content:
            part = slice(0, int(RANGE["Range"].rpartition("-")[2]) + 1) if answer.status_code == 206 else slice(None)
            assert any(answer.content == whole[part] for whole in public), (path, way)
        assert set(found(answer.content)) <= set(WORDS[:HEARD]), (path, way, found(answer.content))
        assert not any(word in str(answer.headers) for word in WORDS), (path, way)
        told |= set(found(answer.content))
    # It does find what there is to find
    assert told == set(WORDS[:HEARD])


def test_before_it_was_members_the_crawler_found_all_of_it(stand):
    words = {word for answer in stand.before.got.values() for word in found(answer.content)}
    assert words == set(WORDS)
    audio = {
        answer.content for answer in stand.before.got.values() if answer.headers.get("content-type") == "audio/mpeg"
    }
    assert audio.issuperset(members_audio(stand).values())
    # And what was heard of it while it was being made, piece by piece
    heard = [
        path for (path, way), status in streamed(stand.before, stand.briefing).items() if (way, status) == ("GET", 200)
    ]
    assert [path for path in heard if path.endswith("/audio.m3u8")]
    assert len([path for path in heard if path.endswith(".mp3")]) > 1


def test_a_stranger_gets_the_preview_and_not_a_byte_more(stand):
    crawler = stand.crawler()
    assert len({path for path, _ in crawler.got}) > 300
    check_nothing_leaked(stand, crawler)
    # Nor does any answer tell that there is more, by its tag or length
    for name, content in members_audio(stand).items():
        for way in ("GET", "HEAD", "Range", "since"):
            answer = crawler.got[f"/{name}", way]
            assert answer.status_code == 404, (name, way)
            assert "etag" not in answer.headers
            assert answer.headers.get("content-length") != str(len(content))
    assert crawler.got["/articles/desk/secret.mp3", "GET"].status_code == 302
    # Nor is anything left of its streams, by whatever address there ever was, while others' go on
    theirs = streamed(crawler, stand.briefing, stand.collection)
    assert {path for path, _ in theirs} >= {path for path, _ in streamed(stand.before, stand.briefing)}
    assert set(theirs.values()) == {404}
    assert 200 in streamed(crawler, stand.opened).values()
    # And what is open is as open as ever
    assert b"Everybody came" in b"".join(answer.content for answer in crawler.got.values())


@pytest.mark.parametrize("way", ["files-only.conf", pytest.param("briefcast.conf", marks=pytest.mark.long)])
def test_a_stranger_gets_no_more_from_nginx(stand, tmp_path, way):
    public = stand.place.files.storage.root
    port = urlsplit(str(stand.client.base_url)).port
    with (
        nginx(tmp_path / "nginx", public, way, api=port) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        crawler = stand.crawler(client)
        check_nothing_leaked(stand, crawler)
        assert {crawler.got[f"/{name}", "GET"].status_code for name in members_audio(stand)} == {404}


def test_a_member_gets_all_of_it_and_every_answer_is_for_them_alone(stand):
    feed, signed = stand.feeds[0]["feed"], stand.signed
    seeds = [feed, *(one["address"] for one in signed), *(one["audio"] for one in signed)]
    crawler = Crawler(stand.client, {"Authorization": ""}).crawl(seeds)
    words = {word for answer in crawler.got.values() for word in found(answer.content)}
    assert words == set(WORDS)
    heard = {answer.content for answer in crawler.got.values() if answer.headers.get("content-type") == "audio/mpeg"}
    newest = stand.place.storages.members.read("v1/articles/desk/secret/audio")[0]
    current = members_audio(stand)[f"audio/{json.loads(newest)['url'].rpartition('/')[2]}"]
    assert current in heard
    theirs = [one for (path, _), one in crawler.got.items() if is_theirs(path)]
    assert len(theirs) > 100
    assert {answer.headers["cache-control"] for answer in theirs} == {"private, no-store"}


def test_a_lapsed_member_gets_what_a_stranger_gets(stand):
    lapsed, feed = stand.feeds[1], stand.feeds[1]["feed"]
    member = Crawler(stand.client, {"Authorization": ""}, stand.tags).crawl([feed, stand.signed[1]["address"]])
    assert {word for answer in member.got.values() for word in found(answer.content)} == set(WORDS)
    stand.client.delete(f"/v1/shows/daily/listeners/{lapsed['id']}").raise_for_status()
    signing = stand.client.app.state.context.signing
    clock = signing._clock
    signing._clock = lambda: clock() + 6 * 3600 + 61
    try:
        # What they kept: every address that they ever met, and every tag
        kept = [path for path, _ in member.got]
        tags = frozenset(answer.headers["etag"] for answer in member.got.values() if "etag" in answer.headers)
        crawler = stand.crawler(more=kept, tags=tags)
    finally:
        signing._clock = clock
    check_nothing_leaked(stand, crawler)
    theirs = {path for path, _ in member.got if is_theirs(path)}
    over = {crawler.got[path, way].status_code for path in theirs for way in ("GET", "HEAD", "Range", "since")}
    assert over == {410}
