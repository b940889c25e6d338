from __future__ import annotations

import socket

import pytest

from briefing.articles.addresses import address_id, canonical_address, host_allowed
from briefing.errors import AddressRefused, ArticleNotFound, PageRefused, SourceUnavailable
from briefing.outside.reaching import is_public
from briefing.settings import FetchSettings
from briefing.values import ArticleRef
from tests.support.site import PAGE, website
from worker.asking.web import Fetcher
from worker.sources import http
from worker.words.text import decode_page


@pytest.fixture(scope="module")
def site():
    with website() as server:
        yield server


def fetcher(site, **bounds):
    return Fetcher(FetchSettings(**bounds), frozenset([site.host]))


def test_a_page_is_fetched_with_its_type_and_charset(site):
    page = fetcher(site).fetch(f"{site.address}/page?utm_source=x#top")
    assert (page.content, page.media_type, page.charset) == (PAGE, "text/html", "utf-8")
    assert page.address == f"{site.address}/page"
    assert site.seen[-1][1]["Host"] == site.host


def test_no_proxy_of_the_environment_is_used(site, monkeypatch):
    # Given an environment that names a proxy, where nobody listens / Then pages still come, straight from their host
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetcher(site).fetch(f"{site.address}/page").content == PAGE


def test_gzip_is_unpacked(site):
    assert fetcher(site).fetch(f"{site.address}/gzip").content == PAGE


def test_one_redirect_is_followed(site):
    assert fetcher(site).fetch(f"{site.address}/once").address == f"{site.address}/page"


@pytest.mark.parametrize(
    ("path", "error", "code"),
    [
        ("/status/404", ArticleNotFound, "article_not_found"),
        ("/status/410", ArticleNotFound, "article_not_found"),
        ("/status/403", PageRefused, "article_refused"),
        ("/status/429", SourceUnavailable, "source_unavailable"),
        ("/status/503", SourceUnavailable, "source_unavailable"),
        ("/loop", PageRefused, "page_unreadable"),
        ("/pdf", PageRefused, "media_type_refused"),
        ("/big", PageRefused, "page_too_large"),
        ("/bomb", PageRefused, "page_too_large"),
        ("/notgzip", PageRefused, "page_unreadable"),
        ("/brotli", PageRefused, "page_unreadable"),
        ("/cut", SourceUnavailable, "source_unavailable"),
        ("/to/169.254.169.254/latest/meta-data", AddressRefused, "address_refused"),
        ("/to/[::1]/", AddressRefused, "address_refused"),
    ],
)
def test_faults_are_named_and_sorted(site, path, error, code):
    with pytest.raises(error) as caught:
        fetcher(site).fetch(site.address + path)
    assert caught.value.code == code


def test_a_servers_wish_to_wait_is_kept(site):
    with pytest.raises(SourceUnavailable) as caught:
        fetcher(site).fetch(f"{site.address}/status/503")
    assert caught.value.retry_after_s == 7


def test_a_drip_ends_with_the_total_time(site):
    with pytest.raises(SourceUnavailable, match="within"):
        fetcher(site, seconds=0.5).fetch(f"{site.address}/drip")


def test_nobody_there_is_unavailable():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(SourceUnavailable):
        Fetcher(FetchSettings(), frozenset([f"127.0.0.1:{port}"])).fetch(f"http://127.0.0.1:{port}/")


def test_loopback_is_refused_unless_named(site):
    with pytest.raises(AddressRefused):
        Fetcher(FetchSettings()).fetch(f"{site.address}/page")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
        "198.18.0.1", "240.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fd00:ec2::254", "fe80::1",
        "fe80::1%eth0", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b:1::a00:1", "::7f00:1", "::ffff:0:7f00:1", "fec0::1",
        "192.88.99.1",
    ],
)  # fmt: skip
def test_private_addresses_are_known_in_every_dress(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are_known_too(address):
    assert is_public(address)


def resolving(monkeypatch, *answers):
    """Have names resolve to `answers`, one list per look-up."""
    waiting = list(answers)

    def getaddrinfo(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in waiting.pop(0)]

    # The resolver is what a rebinding attacker controls, so it alone is put in here.
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return waiting


def test_one_private_answer_among_public_ones_refuses_the_host(monkeypatch):
    resolving(monkeypatch, ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(AddressRefused):
        Fetcher(FetchSettings()).fetch("http://news.example/")


def test_a_rebinding_resolver_is_asked_once_per_hop(monkeypatch, site):
    # Given a name that is public for the check and private for a second look-up / When its page is fetched
    # Then there is no second look-up: the connection goes to the address that was checked
    connected = []

    async def refuse(self, request, **_):
        connected.append(request)
        import httpx

        raise httpx.ConnectError("no network in tests")

    import httpx

    left = resolving(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", refuse)
    with pytest.raises(SourceUnavailable):
        Fetcher(FetchSettings()).fetch("http://news.example/story")
    (request,) = connected
    assert (request.url.host, request.headers["host"]) == ("1.1.1.1", "news.example")
    assert request.extensions["sni_hostname"] == "news.example", "or TLS would ask for the address's certificate"
    assert len(left) == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example/\ud83d",
        "http://xn--a.example:x/",
        "http://\ud83d.example/",
        "http://-.example\u2028/",
        "ftp://a.example/",
        "http://user:pw@a.example/",
        "http://",
        "file:///etc/passwd",
        "http://a.example:99999/",
    ],
)
def test_odd_addresses_are_refused(address):
    with pytest.raises(AddressRefused):
        canonical_address(address)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "localhost",
        "localhost.",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[0:0::1]",
    ],
)
def test_this_machine_is_refused_by_every_name_it_has(host):
    # Whatever a resolver makes of the name, its answers are what is judged
    with pytest.raises((AddressRefused, SourceUnavailable)):
        Fetcher(FetchSettings()).fetch(f"http://{host}/")


@pytest.mark.parametrize(
    "host",
    ["a\x00.example", "a b.example", "a\\b.example", "[fe80::1%25eth0]", "[fe80::1%\x87]", "a..b", ".a", "a\x7f"],
)
def test_what_can_be_no_host_is_refused_before_any_look_up(host, monkeypatch):
    resolving(monkeypatch)
    with pytest.raises(AddressRefused):
        Fetcher(FetchSettings()).fetch(f"http://{host}/")


def test_odd_ports_are_refused():
    with pytest.raises(AddressRefused):
        Fetcher(FetchSettings()).fetch("http://1.1.1.1:6379/")


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("http://１.1.1.1/", "http://1.1.1.1/"),
        ("https://a.example/straße?q=ö b", "https://a.example/stra%C3%9Fe?q=%C3%B6%20b"),
        ("https://a.example/?q=%E9&x", "https://a.example/?q=%E9&x"),
        ("https://a.example/a\x01b", "https://a.example/a%01b"),
    ],
)
def test_addresses_are_written_as_servers_take_them(address, canonical):
    assert canonical_address(address) == canonical
    assert canonical_address(canonical) == canonical


def test_an_endless_address_is_refused():
    with pytest.raises(AddressRefused):
        canonical_address("https://a.example/" + "a" * 3000)


def test_addresses_have_one_form():
    assert canonical_address(" HTTPS://News.Example:443/a?utm_source=x&b=1&fbclid=2#c ") == "https://news.example/a?b=1"
    assert address_id("https://news.example/a") == address_id("https://NEWS.example:443/a#x")
    assert len(address_id("https://news.example/a")) == 16


def test_hosts_of_a_source():
    hosts = ("news.example", "*.paper.example")
    assert host_allowed("news.example", hosts)
    assert host_allowed("www.paper.example", hosts)
    assert not host_allowed("paper.example", hosts)
    assert not host_allowed("evilnews.example", hosts)
    assert not host_allowed("www.news.example", hosts)


def test_the_http_source_fetches_from_its_hosts_only(site):
    source = http.connect({"hosts": ["127.0.0.1"], "allow_private": [site.host]})
    ref = ArticleRef(source="site", id="x")
    assert "Ferry runs again" in source.fetch(ref, f"{site.address}/page").body
    for address in ("http://other.example/", f"{site.address}/to/other.example/"):
        with pytest.raises(AddressRefused, match="not on a host"):
            source.fetch(ref, address)
    with pytest.raises(ArticleNotFound):
        source.fetch(ref, None)


@pytest.mark.parametrize("charset", ["undefined", "idna", "punycode", "no-such-charset"])
def test_a_charset_that_is_none_is_passed_over(charset):
    assert decode_page("<p>Café</p>".encode(), charset) == "<p>Café</p>"
    meta = f'<meta charset="{charset}"><p>Café</p>'
    assert decode_page(meta.encode()) == meta


def test_charsets_are_honoured(site):
    source = http.connect({"hosts": ["127.0.0.1"], "allow_private": [site.host]})
    assert source.fetch(ArticleRef(source="site", id="x"), f"{site.address}/latin").body == "<p>Café</p>"
