"""What CMSs answer, with a part of it another than it should be: each source names what is wrong, or reads the rest.

The answers are recorded ones, in which Hypothesis puts odd values in the place of any part.
"""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefing.articles.addresses import address_id, canonical_address
from briefing.errors import AddressRefused, ArticleEmpty, ArticleNotFound, PageRefused, SourceUnavailable
from briefing.following.hooks import HookRefused, read_standard
from briefing.outside.calls import Caller, Reply
from briefing.podcasts.newsroom import SourceSettings
from briefing.values import ArticleRef
from tests.support.fake_wordpress import recorded
from tests.support.ghost import ADMIN_KEY, POST
from worker.asking.answers import Answer, Asker
from worker.asking.web import Fetcher, check_status
from worker.sources import Glancing, Polled, connect, feed, sitemap, wordpress_rest

#: All that a source may raise; whatever else comes ends a poll, or is answered with 500.
DECLARED = (ArticleNotFound, ArticleEmpty, PageRefused, AddressRefused, SourceUnavailable)

#: In the place of which more digits are put than Python reads as a number.
_DIGITS = "@digits@"

ODD = [
    None, True, False, 0, -1, 10**30, 1e300, float("nan"), _DIGITS, "", "\x00", "\ud800", "é", "@", "\u0669",
    [], {}, [[]], ["x"], [None], {"x": 1}, {"rendered": None}, "0000-00-00T00:00:00", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00", "2026-05-01T25:00:00Z", "2026-05-01", "http://[", "https://[::1", "//[", "http://a b/",
    "http://\ud800.example/", "javascript:x", "../..", "#audio", "x" * 5000, "&#" + "9" * 5000 + ";", "<b" * 3000,
]  # fmt: skip

_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
RSS = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><language>en</language><item>
<title>@0</title><link>@1</link><guid isPermaLink="@2">@3</guid><pubDate>@4</pubDate><author>@5</author>
<dc:creator>@6</dc:creator><category>@7</category><description>@8</description></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="@0" xml:lang="@1"><author><name>@2</name></author>
<entry><id>@3</id><title type="@4">@5</title><link rel="@6" href="@1"/><updated>@7</updated><published>@4</published>
<category term="@2"/><content type="@8">@0</content></entry></feed>"""
MAP = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="{_NEWS}"><url><loc>@0</loc>
<lastmod>@1</lastmod><news:news><news:publication_date>@2</news:publication_date><news:title>@3</news:title>
<news:language>@4</news:language></news:news></url><url><loc>/ferry</loc></url></urlset>"""
TEXTS = [text for text in ODD if isinstance(text, str) and text.isprintable() and "\ud800" not in text] + [
    "Mon, 01 Jan 0001 00:00:00 +1400", "Fri, 31 Dec 9999 23:59:59 -1400", "Mon, 99 May 2026 99:99:99 +9999", "2026",
    "Tue, 12 May 2026 09:58:00 GMT", "2026-05-12T09:58:00Z", "true", "false", "xhtml", "html", "alternate", "/ferry",
]  # fmt: skip

_JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "language": "en",
    "items": [
        {"id": 7, "url": "/ferry", "title": "Ferry", "content_html": "<p>It runs.</p>", "tags": ["Harbour"],
         "date_published": "2026-05-12T09:58:00Z", "date_modified": "2026-05-12T09:58:00Z",
         "authors": [{"name": "Nora Field"}], "author": {"name": "Nora Field"}, "summary": "It runs."},
        {"id": "https://paper.example/crane", "url": "/crane"},
    ],
}  # fmt: skip

_WEBHOOK = {
    "type": "article.updated",
    "data": {"id": "ferry", "address": "https://paper.example/ferry", "updated_at": "2026-05-01T12:00:00Z", "visibility": "public"},
}  # fmt: skip


def _places(value, path=()):
    """All places of a JSON value, its own among them."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in items:
        yield from _places(part, (*path, name))


@st.composite
def bent(draw, value):
    """A JSON value with up to two of its parts replaced, left out or put twice; as text."""
    found = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(_places(found))))
        odd = copy.deepcopy(draw(st.sampled_from(ODD)))
        if not path:
            found = odd if draw(st.booleans()) else [found]
            continue
        parent = found
        for name in path[:-1]:
            parent = parent[name]
        how = draw(st.sampled_from(["replace", "replace", "replace", "remove"]))
        if how == "remove":
            del parent[path[-1]]
        else:
            parent[path[-1]] = odd
    return json.dumps(found).replace(f'"{_DIGITS}"', "9" * 5000)


@st.composite
def filled(draw, form):
    """A document with odd texts in its places."""
    found = form
    for number in range(9):
        text = draw(st.sampled_from(TEXTS))
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        found = found.replace(f"@{number}", escaped)
    return found


_POST = recorded("post")["json"]
_GHOST = {"posts": [POST], "meta": {"pagination": {"page": 1, "pages": 2, "next": 2}}}
_ERROR = {"code": "rest_post_invalid_page_number", "message": "no", "data": {"status": 400}}
JSON_TYPE, XML_TYPE = "application/json", "text/xml"

#: Kind -> what its server answers to all that is asked, of which status and type; the article's ID.
SHAPES = {
    "wordpress list": ("wordpress", bent([_POST, _POST | {"id": 6}]), 200, JSON_TYPE, "5"),
    "wordpress post": ("wordpress", bent(_POST), 200, JSON_TYPE, "5"),
    "wordpress error": ("wordpress", bent(_ERROR), 400, JSON_TYPE, "5"),
    "wordpress refusal": ("wordpress", bent(_ERROR), 404, JSON_TYPE, "5"),
    "ghost": ("ghost", bent(_GHOST), 200, JSON_TYPE, POST["id"]),
    "ghost error": ("ghost", bent({"errors": [{"message": "no", "code": "X", "type": "Y"}]}), 422, JSON_TYPE, POST["id"]),
    "json feed": ("feed", bent(_JSON_FEED), 200, JSON_TYPE, None),
    "rss": ("feed", filled(RSS), 200, XML_TYPE, None),
    "atom": ("feed", filled(ATOM), 200, XML_TYPE, None),
    "sitemap": ("sitemap", filled(MAP), 200, XML_TYPE, None),
}  # fmt: skip


class _Wire:
    """In place of the network, which has tests of its own: thousands of answers are read here, at once. What is asked
    is built all the same, so that headers which cannot be sent are found.
    """

    host, address = "paper.example", "https://paper.example"

    def __init__(self):
        self.status, self.headers, self.body = 200, httpx.Headers(), b""

    def ask(self, address, headers=None, *, secret=None, also=()):
        httpx.Request("GET", canonical_address(address), headers={**(headers or {}), **(secret or {})})
        if self.status not in also:
            check_status(self.status, self.headers, address)
        return Answer(address, self.status, self.headers, self.body)

    def fetch(self, address):
        return self.ask(address).page

    def call(self, method, address, headers, content=None, seconds=0.0):
        httpx.Request(method, address, headers=headers)
        return Reply(self.status, self.body)


@pytest.fixture(scope="module")
def wire():
    found = _Wire()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Asker, "ask", lambda _, *args, **more: found.ask(*args, **more))
        patch.setattr(Fetcher, "fetch", lambda _, address: found.fetch(address))
        patch.setattr(Caller, "call", lambda _, *args: found.call(*args))
        yield found


def _source(kind, wire):
    options = {"address": f"{wire.address}/feed" if kind in {"feed", "sitemap"} else wire.address}
    more = {"admin_key": ADMIN_KEY} if kind == "ghost" else {}
    settings = SourceSettings(name="paper", kind=kind, options=options | more)
    wordpress_rest._FOUND.clear()
    feed._KEPT.clear()
    sitemap._KNOWN.clear()
    return connect(settings)


def _asked(source, article):
    """All that a source can be asked, each by itself."""
    since = datetime(2026, 5, 1, tzinfo=UTC)
    yield lambda: [source.fetch(ArticleRef(source="paper", id=article), None)]
    if isinstance(source, Polled):
        yield lambda: list(source.seen(None))
        yield lambda: list(source.seen(since))
        yield lambda: list(source.look([article]))
    if isinstance(source, Glancing):
        yield lambda: list(source.glance([article]))
    if hasattr(source, "catalogue"):
        yield lambda: list(source.catalogue(since))


def _check_usable(found):
    """What comes out can be stored and counted with."""
    text = found.model_dump_json()
    assert json.loads(text)
    for name in ("updated_at", "published_at", "scheduled_at"):
        moment = getattr(found, name, None)
        if moment is not None:
            assert moment.tzinfo is not None
            assert moment.astimezone(UTC) - timedelta(days=2) < moment
    if found.address is not None:
        assert urlsplit(found.address).hostname


def _check(wire, shape, body):
    """Everything is asked of a source whose server answers so: it is read, or refused by an error that is declared."""
    kind, _, status, media_type, article = SHAPES[shape]
    wire.status, wire.body = status, body.encode("utf-8", "surrogatepass")
    wire.headers = httpx.Headers([(b"content-type", media_type.encode()), (b"etag", b"\xe9")])
    article = article or address_id(f"{wire.address}/ferry")
    source = _source(kind, wire)
    for ask in _asked(source, article):
        try:
            found = ask()
        except DECLARED as error:
            str(error).encode()
            continue
        for one in found:
            _check_usable(one)


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_cms_answers_is_read_or_refused_by_name(wire, shape, data):
    _check(wire, shape, data.draw(SHAPES[shape][1]))


#: What broke something once, so that chance does not decide whether it is tried.
BROKE = [
    *(("wordpress refusal", json.dumps({"code": odd})) for odd in ([], {}, [["x"]], 7, None)),
    ("wordpress post", json.dumps(_POST | {"title": {"rendered": f"&#{'9' * 5000};"}})),
    ("wordpress post", json.dumps(_POST | {"link": "http://["})),
    ("wordpress list", json.dumps([_POST | {"_embedded": []}])),
    ("wordpress list", json.dumps([_POST | {"modified_gmt": "0001-01-01T00:00:00+14:00"}])),
    ("ghost", json.dumps({"posts": [POST | {"updated_at": "9999-12-31T23:59:59-14:00"}]})),
    ("ghost", json.dumps({"posts": [POST | {"status": "draft", "slug": "x" * 5000, "tags": [{"name": "#audio"}]}]})),
    ("ghost", json.dumps({"posts": [POST | {"authors": [{"name": "\x00\ud800"}]}]})),
    ("ghost", json.dumps({"posts": [POST], "meta": {"pagination": {"next": 1}}})),
    *(("rss", RSS.replace("@1", link)) for link in ("http://[", "//[", "http://[::1")),
    ("rss", RSS.replace("@1", "/ferry").replace("@0", f"&amp;#{'9' * 5000};")),
    ("atom", ATOM.replace("@0", "http://[").replace("@1", "/ferry")),
    ("json feed", json.dumps(_JSON_FEED | {"items": [{"id": 1, "url": "http://["}]})),
    ("json feed", json.dumps(_JSON_FEED | {"items": [{"id": _DIGITS}]}).replace(f'"{_DIGITS}"', "9" * 5000)),
    ("json feed", json.dumps(_JSON_FEED | {"items": [{"id": 1, "url": "/ferry"}, {"id": []}, None]})),
    ("sitemap", MAP.replace("@0", "/crane").replace("@1", "0001-01-01T00:00:00+14:00")),
]


@pytest.mark.parametrize("number", range(len(BROKE)))
def test_what_broke_once_does_not_again(wire, number):
    _check(wire, *BROKE[number])


def test_an_item_of_an_odd_form_holds_up_no_other(wire):
    wire.status, wire.headers = 200, httpx.Headers({"Content-Type": JSON_TYPE})
    items = [{"id": [], "url": 7}, None, {"id": 1, "url": "/ferry", "title": None}]
    wire.body = json.dumps(_JSON_FEED | {"items": items}).encode()
    assert [seen.address for seen in _source("feed", wire).seen(None)] == [f"{wire.address}/ferry"]


@settings(max_examples=60, derandomize=True)
@given(body=bent(_WEBHOOK))
def test_whatever_a_webhook_says_is_read_or_refused(body):
    try:
        told = read_standard(body.encode("utf-8", "surrogatepass"), datetime(2026, 5, 2, tzinfo=UTC).timestamp())
    except HookRefused:
        return
    if told is not None:
        assert told.address is None or urlsplit(told.address).hostname


@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=bent({"title": "Ferry", "byline": "Nora", "published_at": "2026-05-12T09:58:00Z", "language": "en",
                  "address": "https://paper.example/ferry", "html": "<p>It runs.</p>", "tags": ["Harbour"]}))  # fmt: skip
def test_whatever_a_file_holds_is_read_or_refused(tmp_path_factory, body):
    folder = tmp_path_factory.getbasetemp() / "shapes"
    folder.mkdir(exist_ok=True)
    (folder / "ferry.json").write_bytes(body.encode("utf-8", "surrogatepass"))
    source = connect(SourceSettings(name="desk", kind="files", options={"folder": str(folder)}))
    try:
        article = source.fetch(ArticleRef(source="desk", id="ferry"), None)
    except DECLARED:
        return
    assert article.model_dump_json()


def test_a_post_that_cannot_be_read_is_not_gone_and_holds_up_no_other(wire):
    wire.status, wire.headers = 200, httpx.Headers({"Content-Type": JSON_TYPE})
    # Given a site that gives one post of a form that nobody knows
    for kind, body, ids in (
        ("wordpress", [_POST | {"title": 7}, _POST | {"id": 6}], ["5", "6", "7"]),
        ("ghost", {"posts": [POST | {"title": 7}, POST | {"id": "a" * 24}]}, [POST["id"], "a" * 24, "b" * 24]),
    ):
        wire.body = json.dumps(body).encode()
        # When it is looked after its posts
        for look in (_source(kind, wire).look, _source(kind, wire).glance):
            found = {seen.id: seen.state for seen in look(ids)}
            # Then what can be read is, what is not there is gone, and of the odd one nothing is said
            assert found == {ids[1]: "published", ids[2]: "gone"}
    # And where nobody can tell which one that is, nothing is gone
    for kind, body, ids in (("wordpress", [{"id": []}], ["5"]), ("ghost", {"posts": [None]}, [POST["id"]])):
        wire.body = json.dumps(body).encode()
        assert list(_source(kind, wire).look(ids)) == []
    # Nor is what WordPress finds by a name that it writes otherwise itself
    wire.body = json.dumps([_POST | {"slug": "ferry"}]).encode()
    assert list(_source("wordpress", wire).look(["Ferry"])) == []
    wire.body = b"[]"
    assert [seen.state for seen in _source("wordpress", wire).look(["Ferry"])] == ["gone"]
    wire.body = b"{}"
    with pytest.raises(PageRefused):
        list(_source("ghost", wire).look([POST["id"]]))
