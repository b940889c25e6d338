"""WordPress as a source: against a stand-in that answers as recorded, and (long) against the real one."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import trustme

from briefing.errors import (
    AddressRefused,
    ArticleNotFound,
    BriefcastError,
    Misconfigured,
    PageRefused,
    SourceUnavailable,
)
from briefing.podcasts.newsroom import SourceSettings
from briefing.values import ArticleRef
from tests.support.cleaning import BOARD, FERRY
from tests.support.fake_wordpress import fake_wordpress, path_of
from tests.support.tls import tls_before
from tests.support.wordpress import wordpress
from worker.clean import clean
from worker.sources import Polled, connect, wordpress_rest

TEXT = "<!-- wp:paragraph --><p>The ferry runs again from Monday, the harbour board said.</p><!-- /wp:paragraph -->"


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})


@pytest.fixture
def site():
    with fake_wordpress() as server:
        yield server


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.long)])
def either(request, tmp_path):
    """A site of each make, changed by the same calls."""
    with fake_wordpress() if request.param == "fake" else wordpress(tmp_path) as server:
        yield server


def source(site, **options):
    given = {"address": site.address, "allow_private": [site.host]} | options
    return connect(SourceSettings(name="site", kind="wordpress", options=given))


def ref(number):
    return ArticleRef(source="site", id=number)


def test_a_post_is_fetched_with_all_that_the_site_says_of_it(site):
    # Given a post as recorded / When it is fetched
    number = site.publish("recorded")
    article = source(site, language="en-GB").fetch(ref(number), None)
    # Then its head is words, without markup and entities, in UTC
    assert article.title == "It’s back: the ferry runs again & sails on Monday"
    assert (article.byline, article.authors) == ("Jo O’Baker", ("Jo O’Baker",))
    assert (article.sections, article.tags) == (("Harbour & Sea",), ("Ferries",))
    assert article.published_at == datetime(2026, 5, 10, 21, 4, tzinfo=UTC)
    assert article.address == f"{site.address}/2026/05/recorded/"
    assert (article.language, article.form) == ("en-GB", "fragment")
    assert "_embed=author,wp:term" in path_of(site.asked[-1])


def test_what_is_no_story_in_a_post_is_not_read_and_in_the_ledger(site):
    cleaned = clean(source(site).fetch(ref(site.publish("recorded")), None))
    assert [block.text for block in cleaned.blocks] == [
        "What we know:",
        "The ferry runs again from Monday",
        "Its new engine cost “more than planned”",
        f"{FERRY[:-1]} — it’s the first crossing in four days.",
        "What it cost",
        f"{BOARD[:-1].replace(',', '')}, a [former] member said.",
    ]
    rules = {piece.text: piece.rule for piece in cleaned.dropped}
    assert rules["[newsletter_signup list=”daily”]"] == "shortcode"
    assert rules["[gallery ids=”1,2″]"] == "shortcode"
    assert rules["Become a member"] == "call-to-action"
    assert rules["Read also: The crane that nobody ordered"] == "related"
    assert rules["This audio is created with AI assistance"] == "player-disclosure"


def test_a_post_lives_through_all_its_states(either):
    found = source(either)
    assert isinstance(found, Polled)
    # Given a published post / Then it is fetched, and seen
    number = either.publish("Ferry runs again", TEXT)
    article = found.fetch(ref(number), None)
    assert article.title == "Ferry runs again"
    assert [block.text for block in clean(article).blocks] == [
        "The ferry runs again from Monday, the harbour board said."
    ]
    first = next(iter(found.seen(None)))
    assert (first.id, first.state, first.visibility, first.address) == (number, "published", "public", article.address)
    # When it is edited / Then it is seen since then, and what was not changed is not
    other = either.publish("Crane", TEXT)
    either.edit(number, content=TEXT.replace("Monday", "Tuesday"))
    assert "Tuesday" in found.fetch(ref(number), None).body
    again = list(found.seen(first.updated_at))
    assert number in {seen.id for seen in again}
    assert [seen.updated_at for seen in again] == sorted((seen.updated_at for seen in again), reverse=True)
    assert not list(found.seen(again[0].updated_at + timedelta(seconds=5)))
    # When it gets a password / Then it is refused by a code of its own, and gone for listeners
    either.edit(number, password="secret")
    with pytest.raises(PageRefused) as caught:
        found.fetch(ref(number), None)
    assert caught.value.code == "article_protected"
    for look in (found.look, found.glance):
        assert {seen.id: seen.state for seen in look([number, other])} == {number: "gone", other: "published"}
    [closely], [briefly] = found.look([other]), found.glance([other])
    assert (briefly.updated_at, briefly.visibility) == (closely.updated_at, closely.visibility) != (None, None)
    assert {seen.id: seen.state for seen in found.seen(None)}[number] == "gone"
    # When it is a draft, in the trash, deleted / Then it is not found, and gone
    for change in (
        lambda: either.edit(other, status="draft"),
        lambda: either.trash(other),
        lambda: either.delete(other),
    ):
        change()
        with pytest.raises(ArticleNotFound):
            found.fetch(ref(other), None)
        assert [seen.state for look in (found.look, found.glance) for seen in look([other])] == ["gone", "gone"]
        assert other not in {seen.id for seen in found.seen(None)}


def test_a_post_is_found_by_its_slug_and_its_address(either):
    number = either.publish("Ferry runs again", TEXT)
    by_number = source(either).fetch(ref(number), None)
    assert source(either).fetch(ref("ferry-runs-again"), None).body == by_number.body
    assert source(either).fetch(ref("0123456789abcdef"), f"{by_number.address}?utm_source=x").body == by_number.body
    with pytest.raises(ArticleNotFound):
        source(either).fetch(ref("0123456789abcdef"), f"{either.address}/2019/01/ferry-runs-again/")
    with pytest.raises(ArticleNotFound):
        source(either).fetch(ref("no-such-slug"), None)


def test_a_site_with_plain_permalinks_says_where_its_interface_is(site):
    site.pretty = False
    number = site.publish("Ferry runs again", TEXT)
    assert source(site).fetch(ref(number), None).title == "Ferry runs again"
    assert [seen.id for seen in source(site).seen(None)] == [number]
    # Then it is looked for once in a process
    assert [path_of(asked) for asked in site.asked].count("/") == 1
    assert path_of(site.asked[-1]).startswith("/index.php?rest_route=/wp/v2/posts&")


def test_lists_are_read_page_by_page_to_their_end_and_no_further(site):
    for number in range(100):
        site.publish(f"Story {number}", TEXT)
    seen = list(source(site).seen(None))
    assert len({one.id for one in seen}) == len(seen) == 100
    # 100 fill a page: the second is answered with an error that means the end
    assert "page=2" in path_of(site.asked[-1])
    site.publish("One more", TEXT)
    assert len(list(source(site).seen(None))) == 101
    # Then a poll that takes only the newest asks for no second page
    before = len(site.asked)
    next(iter(source(site).seen(None)))
    assert len(site.asked) == before + 1


def test_a_site_that_knows_no_modified_after_is_read_no_further_than_needed(site, monkeypatch):
    for number in range(5):
        site.publish(f"Story {number}", TEXT)
    moments = [one.updated_at for one in source(site).seen(None)]
    old = source(site)
    ask = old._rest.asker.ask
    monkeypatch.setattr(
        type(old._rest.asker), "ask", lambda _, address, **more: ask(address.partition("&modified_after")[0], **more)
    )
    assert len(list(old.seen(moments[1]))) == 2


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ((200, "text/html", b"<html>maintenance</html>"), PageRefused, "article_refused"),
        ((200, "application/json", b"{"), PageRefused, "page_unreadable"),
        ((200, "application/json", b"[" * 100_000), PageRefused, "page_unreadable"),
        ((200, "application/json", b'{"id": "x"}'), PageRefused, "page_unreadable"),
        ((200, "application/json", b'"ferry"'), PageRefused, "page_unreadable"),
        ((401, "application/json", b'{"code": "rest_login_required"}'), PageRefused, "article_refused"),
        ((403, "text/html", b"blocked by a firewall"), PageRefused, "article_refused"),
        ((404, "application/json", b'{"code": "rest_no_route"}'), PageRefused, "article_refused"),
        ((404, "text/html", b"gone"), BriefcastError, None),
        ((503, "text/html", b"busy"), SourceUnavailable, "source_unavailable"),
        ((500, "application/json", b'{"code": "internal_server_error"}'), SourceUnavailable, "source_unavailable"),
    ],
)
def test_a_site_that_answers_oddly_is_no_reason_to_take_a_story_for_withdrawn(site, fault, error, code):
    number = site.publish("Ferry", TEXT)
    site.fault = fault
    with pytest.raises(error) as caught:
        source(site).fetch(ref(number), None)
    assert code is None or caught.value.code == code
    # Nothing is `gone` because a list could not be had
    with pytest.raises(BriefcastError):
        list(source(site).look([number]))
    with pytest.raises(BriefcastError):
        list(source(site).glance([number]))


def test_a_glance_has_wordpress_ask_itself_for_nothing_and_long_names_fit_into_addresses(site):
    number, names = site.publish("Ferry", TEXT), [f"{'long-name-' * 9}{one}" for one in range(50)]
    site.asked.clear()
    found = {seen.id: seen.state for seen in source(site).glance([number, *names])}
    assert found == {number: "published"} | dict.fromkeys(names, "gone")
    assert {seen.id for seen in source(site).look([number, *names])} == set(found)
    asked = [path_of(one) for one in site.asked]
    assert "_embed" not in asked[0]
    assert max(map(len, asked)) < 2000
    assert len(asked) < 20


@pytest.mark.parametrize(
    "options",
    [
        {"address": "ftp://paper.example"},
        {"address": "https://paper.example", "user": "x"},
        {"address": "http://paper.example", "user": "x", "password": "y"},
        {"address": "https://paper.example", "unpublished": True},
        {"address": "https://paper.example", "post_type": "../users"},
    ],
)
def test_settings_that_cannot_be_are_refused(options):
    with pytest.raises(Misconfigured):
        connect(SourceSettings(name="site", kind="wordpress", options=options))


@pytest.fixture
def secure(monkeypatch):
    """A site over TLS, its certificate believed."""
    authority = trustme.CA()
    believed = ssl.create_default_context()
    authority.configure_trust(believed)
    monkeypatch.setattr("briefing.outside.reaching.trust", lambda: believed)
    with fake_wordpress(authority.issue_cert("127.0.0.1")) as server:
        yield server


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.long)])
def closed(request, tmp_path, monkeypatch):
    """A site of each make over TLS, and how it is read with its password."""
    if request.param == "fake":
        server = request.getfixturevalue("secure")
        yield server, partial(source, server, user="editor", unpublished=True), server.password
        return
    authority = trustme.CA()
    believed = ssl.create_default_context()
    authority.configure_trust(believed)
    monkeypatch.setattr("briefing.outside.reaching.trust", lambda: believed)
    with wordpress(tmp_path) as server, tls_before(server.port, authority.issue_cert("127.0.0.1")) as host:
        options = {"address": f"https://{host}", "allow_private": [host]}
        yield server, partial(source, server, user="editor", unpublished=True, **options), server.password


def test_with_a_password_what_is_not_public_yet_is_read_where_the_newsroom_says_so(closed, monkeypatch):
    site, reading, password = closed
    # Given a scheduled post, a draft that is to be heard, and one that is not
    later = site.publish("Later", TEXT, status="future", date_gmt="2037-01-01T06:00:00")
    draft = site.publish("Draft", TEXT, status="draft")
    heard = site.publish("Heard", TEXT, status="draft")
    site.tag(heard, "#audio")
    # Then they are seen as what they are, and the tag is for nobody's eyes
    seen = {one.id: one for one in reading(password=password).seen(None)}
    assert (seen[later].state, seen[later].scheduled_at) == ("scheduled", datetime(2037, 1, 1, 6, tzinfo=UTC))
    assert (seen[draft].state, seen[heard].state, seen[heard].wanted) == ("gone", "scheduled", True)
    assert "#audio" not in (seen[heard].labels.tags or ())
    assert reading(password=password).fetch(ref(later), None).title == "Later"
    # But not without being told to, and not with a wrong password
    with pytest.raises(ArticleNotFound):
        reading(password=password, unpublished=False).fetch(ref(later), None)
    with pytest.raises(PageRefused) as caught:
        list(reading(password="wrong").look([later]))
    assert caught.value.code == "article_refused"
    assert password not in repr(reading(password=password)._options) + repr(reading(password=password)._rest)
    # The password may be a variable's, so that no file has it
    with pytest.raises(Misconfigured, match="WP_PASSWORD"):
        reading(password_variable="WP_PASSWORD")
    monkeypatch.setenv("WP_PASSWORD", password)
    assert reading(password_variable="WP_PASSWORD").fetch(ref(draft), None).title == "Draft"


def test_the_password_is_sent_to_the_site_and_to_nobody_else(secure):
    # Given a site that redirects to another one
    with fake_wordpress() as other:
        number = secure.publish("Ferry", TEXT)
        redirected = source(
            secure, user="editor", password="abcd efgh", hosts=["127.0.0.1"], allow_private=[secure.host, other.host]
        )
        handler = secure.server.RequestHandlerClass
        there = f"{other.address}/wp-json/wp/v2/posts/{number}"

        class Redirecting(handler):
            def do_GET(self):  # noqa: N802  its name in http.server
                secure.asked.append((self.path, dict(self.headers)))
                self._answer(302, b"", [("Location", there)])

        secure.server.RequestHandlerClass = Redirecting
        other.publish("Elsewhere", TEXT)
        assert redirected.fetch(ref(number), None).title == "Elsewhere"
    assert "Authorization" in secure.asked[-1][1]
    assert "Authorization" not in other.asked[-1][1]


def test_an_interface_elsewhere_is_not_asked_with_or_without_the_password(secure):
    secure.pretty = False
    address = secure.address
    secure.address = "https://elsewhere.example"
    number = secure.publish("Ferry", TEXT)
    with pytest.raises(AddressRefused):
        source(secure, address=address, user="editor", password="abcd efgh").fetch(ref(number), None)
    secure.address = address.replace("https:", "http:")
    with pytest.raises(AddressRefused, match="no password is sent"):
        source(secure, address=address, user="editor", password="abcd efgh").fetch(ref(number), None)
