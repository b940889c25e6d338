"""What every kind of source does alike, whatever is out there: named errors, bounds, and nothing private reached.

A new kind comes into KINDS with how it is set up at a site, and what it reads of an article that is there.
"""

from __future__ import annotations

import gzip
import json
import socket
import time

import pytest

from briefing.articles.addresses import address_id
from briefing.errors import AddressRefused, ArticleNotFound, BriefcastError, PageRefused, SourceUnavailable
from briefing.podcasts.newsroom import SourceSettings
from briefing.values import Article, ArticleRef
from tests.support.answering import answering
from tests.support.fake_wordpress import recorded
from tests.support.ghost import ADMIN_KEY, POST
from tests.support.site import PAGE
from worker.sources import KINDS, Polled, connect, feed, sitemap, wordpress_rest

ENTITIES = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
BOMB = f'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]>'
RSS = "<rss><channel><item><link>{}</link></item></channel></rss>"
BROKEN = [
    "",
    "{",
    "[" * 100_000,
    '{"id": 5, "status": ["x"]}',
    "<rss",
    "<urlset><url>",
    "\x00",
    BOMB + RSS.format("&i;"),
    f"{BOMB}<urlset><url><loc>&i;</loc></url></urlset>",
    '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + RSS.format("&x;"),
]


class Http:
    """Pages by address."""

    def options(self, address):
        return {"hosts": [address.split("/")[2].split(":")[0]]}

    def named(self, address):
        return address_id(f"{address}/ferry"), f"{address}/ferry"

    def put(self, site):
        site.put("/ferry", PAGE)


class WordPress:
    """Posts by number."""

    def options(self, address):
        return {"address": address}

    def named(self, address):
        return "5", None

    def put(self, site):
        site.put(
            "/wp-json/wp/v2/posts/5?_embed=author,wp:term", json.dumps(recorded("post")["json"]), "application/json"
        )


class Feed:
    """Items by the hash of their address; the page, as the feed has only the beginning."""

    def options(self, address):
        return {"address": f"{address}/feed"}

    def named(self, address):
        return address_id(f"{address}/ferry"), None

    def put(self, site):
        site.put("/ferry", PAGE)
        site.put("/feed", f"<rss><channel><item><link>{site.address}/ferry</link></item></channel></rss>", "text/xml")


class Sitemap(Feed):
    """Pages that a map names."""

    def put(self, site):
        site.put("/ferry", PAGE)
        site.put("/feed", f"<urlset><url><loc>{site.address}/ferry</loc></url></urlset>", "text/xml")


class Ghost:
    """Posts by Ghost's ID."""

    def options(self, address):
        return {"address": address, "admin_key": ADMIN_KEY}

    def named(self, address):
        return POST["id"], None

    def put(self, site):
        asked = f"/ghost/api/admin/posts/{POST['id']}/?formats=html&include=authors%2Ctags"
        site.put(asked, json.dumps({"posts": [POST]}), "application/json")


KINDS_AT_A_SITE = {"http": Http(), "wordpress": WordPress(), "feed": Feed(), "sitemap": Sitemap(), "ghost": Ghost()}

#: What is refused, where a kind has a word of its own for it.
REFUSALS = {"article_refused", "cms_key_refused"}


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})
    monkeypatch.setattr(feed, "_KEPT", type(feed._KEPT)())
    monkeypatch.setattr(sitemap, "_KNOWN", type(sitemap._KNOWN)())


@pytest.fixture
def site():
    with answering() as server:
        yield server


@pytest.fixture(params=KINDS_AT_A_SITE)
def kind(request):
    return request.param


def source(kind, site, **more):
    if kind == "ghost":
        more.pop("hosts", None)  # it follows no redirect, to whatever host
    options = KINDS_AT_A_SITE[kind].options(site.address) | {"allow_private": [site.host]} | more
    return connect(SourceSettings(name="paper", kind=kind, options=options))


def fetched(kind, site, **more):
    number, address = KINDS_AT_A_SITE[kind].named(site.address)
    return source(kind, site, **more).fetch(ArticleRef(source="paper", id=number), address)


def test_every_kind_is_held_to_this():
    # Folders are nowhere on a network: what holds for them alike is below
    assert set(KINDS_AT_A_SITE) == set(KINDS) - {"files"}


def test_an_article_that_is_there_is_given_with_its_name(kind, site):
    KINDS_AT_A_SITE[kind].put(site)
    article = fetched(kind, site)
    assert isinstance(article, Article)
    assert (article.ref.source, bool(article.body)) == ("paper", True)
    # Fetching changes nothing: the same again is the same
    assert fetched(kind, site).content_hash == article.content_hash


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_named(kind, site, status):
    site.every = (status, {"Content-Type": "text/html"}, b"no")
    with pytest.raises((ArticleNotFound, PageRefused)) as caught:
        fetched(kind, site)
    assert caught.value.code in {"article_not_found", "article_refused"}


@pytest.mark.parametrize("status", [401, 403, 406, 451])
def test_a_refusal_is_final(kind, site, status):
    site.every = (status, {"Content-Type": "text/html"}, b"no")
    with pytest.raises(PageRefused) as caught:
        fetched(kind, site)
    assert caught.value.code in REFUSALS


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_trouble_is_worth_another_try_and_the_servers_wish_is_kept(kind, site, status):
    site.every = (status, {"Content-Type": "text/html", "Retry-After": "7"}, b"busy")
    with pytest.raises(SourceUnavailable) as caught:
        fetched(kind, site)
    assert caught.value.retry_after_s == 7


def test_nobody_there_is_worth_another_try(kind, site):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        site.host = f"127.0.0.1:{probe.getsockname()[1]}"
    site.address = f"http://{site.host}"
    with pytest.raises(SourceUnavailable):
        fetched(kind, site)


def test_what_is_slow_ends_with_its_time(kind, site, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_FETCH_SECONDS", "0.1")
    site.delay_s = 0.6
    KINDS_AT_A_SITE[kind].put(site)
    with pytest.raises(SourceUnavailable):
        fetched(kind, site)


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_huge_is_refused_before_it_is_all_here(kind, site, monkeypatch, packed):
    monkeypatch.setattr("worker.sources.sitemap.MOST_BYTES", 10_000_000)
    body = b"<rss>" + b" " * 12_000_000
    headers = {"Content-Type": "application/json" if kind == "wordpress" else "text/plain"}
    if packed:
        body, headers = gzip.compress(body), headers | {"Content-Encoding": "gzip"}
    site.every = (200, headers, body)
    with pytest.raises(PageRefused) as caught:
        fetched(kind, site)
    assert caught.value.code == "page_too_large"


def test_a_private_address_is_refused_where_nobody_named_it(kind, site):
    KINDS_AT_A_SITE[kind].put(site)
    with pytest.raises(AddressRefused):
        fetched(kind, site, allow_private=[])
    assert site.asked == []


def test_a_name_that_leads_to_a_private_address_is_refused_when_it_is_connected_to(kind, site, monkeypatch):
    # Given a public name whose address is this machine's, as one that is bound anew may be
    async def resolved(host, port):
        return ["127.0.0.1"]

    monkeypatch.setattr("briefing.outside.reaching._resolved", resolved)
    site.address = "http://paper.example"
    with pytest.raises(AddressRefused):
        fetched(kind, site, allow_private=[])
    assert site.asked == []


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "file:///etc/passwd"])  # fmt: skip
def test_a_redirect_to_a_private_address_is_refused(kind, site, target):
    site.every = (302, {"Location": target}, b"")
    with pytest.raises(PageRefused if kind == "ghost" else AddressRefused):
        fetched(kind, site, hosts=["127.0.0.1", "169.254.169.254", "::1"])
    assert len(site.asked) == 1


def test_a_redirect_to_another_host_is_refused(kind, site):
    site.every = (302, {"Location": "https://elsewhere.example/"}, b"")
    with pytest.raises(PageRefused if kind == "ghost" else AddressRefused):
        fetched(kind, site)


@pytest.mark.parametrize("target", ["http://[", "//[::1", "http://a:b/"])
def test_a_redirect_that_leads_nowhere_is_a_named_failure(kind, site, target):
    site.every = (302, {"Location": target}, b"")
    with pytest.raises((AddressRefused, SourceUnavailable, PageRefused)):
        fetched(kind, site)


def test_a_mark_in_odd_letters_is_not_sent_back_to_a_server(site):
    KINDS_AT_A_SITE["feed"].put(site)
    status, headers, body = site.pages["/feed"]
    site.pages["/feed"] = (status, headers | {"ETag": '"\u00e9"'}, body)
    for _ in range(2):
        assert [seen.address for seen in source("feed", site).seen(None)] == [f"{site.address}/ferry"]


def test_redirects_that_never_end_do(kind, site):
    site.every = (302, {"Location": "/again"}, b"")
    with pytest.raises(PageRefused):
        fetched(kind, site)


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", "audio/mpeg"])
def test_what_is_of_another_type_is_refused(kind, site, media_type):
    site.every = (200, {"Content-Type": media_type}, b"%PDF")
    # In front of Ghost it is a page of maintenance, as a rule: worth another try
    with pytest.raises((PageRefused, SourceUnavailable)) as caught:
        fetched(kind, site)
    expected = {"source_unavailable"} if kind == "ghost" else {"media_type_refused", "article_refused"}
    assert caught.value.code in expected


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("kind", [kind for kind in KINDS_AT_A_SITE if kind not in {"http", "ghost"}])
def test_broken_answers_and_bombs_are_refused_by_name(site, kind, body):
    # Of a page any text will do: cleaning judges it, in a process of its own (test_clean.py)
    media_type = "application/json" if kind == "wordpress" else "application/xml"
    site.every = (200, {"Content-Type": media_type}, body.encode())
    used = time.process_time()
    with pytest.raises(PageRefused) as caught:
        fetched(kind, site)
    assert caught.value.code in {"feed_unreadable", "page_unreadable"}
    assert time.process_time() - used < 10


@pytest.mark.parametrize("body", BROKEN)
def test_of_ghost_broken_answers_are_named_and_nothing_is_gone(site, body):
    site.every = (200, {"Content-Type": "application/json"}, body.encode())
    found = source("ghost", site)
    for ask in (lambda: fetched("ghost", site), lambda: list(found.look([POST["id"]])), lambda: list(found.seen(None))):
        with pytest.raises((PageRefused, SourceUnavailable)):
            ask()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def filed(folder, name="ferry"):
    found = connect(SourceSettings(name="desk", kind="files", options={"folder": str(folder)}))
    return found.fetch(ArticleRef(source="desk", id=name), None)


def test_a_folder_gives_an_article_by_its_name_and_names_what_is_not_there(folder):
    (folder / "ferry.json").write_text(json.dumps({"title": "Ferry", "html": "<p>It runs.</p>"}))
    article = filed(folder)
    assert (article.ref.source, article.title, article.content_hash) == ("desk", "Ferry", filed(folder).content_hash)
    for name in ("crane", "..", "ferry.json/x", "x" * 128):
        with pytest.raises(ArticleNotFound):
            filed(folder, name)


@pytest.mark.parametrize("body", [*BROKEN, '{"title": 7, "html": "x"}', f'{{"text": {"9" * 5000}}}'])
def test_broken_files_are_refused_by_name(folder, body):
    (folder / "ferry.json").write_text(body)
    with pytest.raises(PageRefused):
        filed(folder)


def test_a_huge_file_and_one_that_leads_round_are_refused(folder):
    (folder / "ferry.txt").write_bytes(b" " * 10_000_001)
    with pytest.raises(PageRefused) as caught:
        filed(folder)
    assert caught.value.code == "page_too_large"
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    with pytest.raises(ArticleNotFound):
        filed(folder, "loop")


def test_those_that_are_polled_fail_alike_and_take_nothing_for_gone(kind, site):
    found = source(kind, site)
    if not isinstance(found, Polled):
        return
    number, _ = KINDS_AT_A_SITE[kind].named(site.address)
    for status, error in ((503, SourceUnavailable), (403, PageRefused), (404, BriefcastError)):
        site.every = (status, {"Content-Type": "text/html"}, b"")
        with pytest.raises(error):
            list(found.seen(None))
        with pytest.raises(error):
            list(found.look([number]))
