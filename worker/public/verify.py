"""Published addresses -> what is wrong with them: fetched as a podcast app would, and compared with what was made.

Looks from outside: nothing here reads our own folders or tables. Every address is below the public URL, which is this
installation's own setting, so it may be on a private network; redirects are looked at, never followed. Mends nothing.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx
from lxml import etree

from briefing.errors import NotPublishedYet
from briefing.outside.reaching import REDIRECTS
from briefing.outside.tls import trust
from briefing.values import Value
from worker.credentials.inspection import inspect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from briefing.values import ArticleRef
    from worker.public.public_files import PublicFiles

#: Seconds for one answer to begin, and for all of them to end.
_ANSWER_S = 15.0
_ALL_S = 240.0

#: A feed of 300 episodes has about 600 kB.
_MOST_FEED_BYTES = 20_000_000

#: Bytes asked for by Range, somewhere behind the tag's beginning.
_RANGE = (100, 299)


class Finding(Value):
    """Something that is not as it should be."""

    code: str
    """Stable: audio_status, audio_headers, audio_bytes, audio_range, disclosure, credentials, alias, feed, artwork."""
    detail: str


@dataclass(frozen=True)
class Published:
    """What should be found, and where."""

    files: PublicFiles
    """Gives the addresses."""
    sha256: str
    bytes: int
    disclosure: str
    show: str
    artwork_png: bool
    """Whether the show's feed names its artwork as a PNG."""
    guid: str | None
    """Of the feed's entry; None for an episode older than what the feed lists."""
    article: ArticleRef | None
    """Whose alias leads here; None for what is not an article's own audio."""


def check(published: Published, temporary: Path) -> tuple[Finding, ...]:
    """Return what is wrong; nothing when all is well. `temporary` is a path for the fetched MP3.

    Raises NotPublishedYet when the public URL does not answer at all.
    """
    # trust_env=False: not through a proxy, which might answer from its cache.
    with httpx.Client(verify=trust(), trust_env=False, timeout=_ANSWER_S, follow_redirects=False) as client:
        visit = _Visit(published, client, time.monotonic() + _ALL_S)
        try:
            return tuple(visit.findings(temporary))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"{published.files.address} cannot be reached: {type(error).__name__}"
            raise NotPublishedYet(message) from error
        finally:
            temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Visit:
    """One round over all addresses."""

    published: Published
    client: httpx.Client
    deadline: float
    """Monotonic seconds."""

    def findings(self, temporary: Path) -> Iterator[Finding]:
        address = self.published.files.audio_address(self.published.sha256)
        head = self._ask("HEAD", address)
        if head.status_code != httpx.codes.OK:
            yield Finding(code="audio_status", detail=f"HEAD {address} answers {head.status_code}")
        else:
            yield from self._headers(head, address)
        yield from self._range(address)
        yield from self._content(address, temporary)
        yield from self._alias(address)
        yield from self._feed()
        yield from self._artwork()

    def _ask(self, method: str, address: str, headers: dict[str, str] | None = None, most: int = 0) -> httpx.Response:
        """Return an answer with at most `most` bytes of its body. Raises NotPublishedYet for a server in trouble."""
        headers = {"Accept-Encoding": "identity", **(headers or {})}
        with self.client.stream(method, address, headers=headers) as response:
            self._not_in_trouble(response, address)
            body = bytearray()
            for block in response.iter_raw() if most else ():
                self._not_in_trouble(response, address)
                body += block[: most - len(body)]
                if len(body) >= most:
                    break
        return httpx.Response(response.status_code, headers=_plain(response.headers), content=bytes(body))

    def _not_in_trouble(self, response: httpx.Response, address: str) -> None:
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            message = f"{address} answers {response.status_code}"
            raise NotPublishedYet(message)
        if time.monotonic() > self.deadline:
            message = f"{self.published.files.address} does not answer in full within {_ALL_S:g} s"
            raise NotPublishedYet(message)

    def _headers(self, head: httpx.Response, address: str) -> Iterator[Finding]:
        wanted = {"content-type": "audio/mpeg", "content-length": str(self.published.bytes), "accept-ranges": "bytes"}
        for name, value in wanted.items():
            found = head.headers.get(f"x-was-{name}", head.headers.get(name, ""))
            if found.split(";")[0].strip().lower() != value:
                yield Finding(code="audio_headers", detail=f"{address} has {name} {found or 'none'}, not {value}")

    def _range(self, address: str) -> Iterator[Finding]:
        first, last = _RANGE
        answer = self._ask("GET", address, {"Range": f"bytes={first}-{last}"}, most=last - first + 2)
        wanted = f"bytes {first}-{last}/{self.published.bytes}"
        found = answer.headers.get("content-range", "none")
        if (answer.status_code, found, len(answer.content)) != (206, wanted, last - first + 1):
            detail = f"a Range request of {address} answers {answer.status_code}, Content-Range {found}, not {wanted}"
            yield Finding(code="audio_range", detail=detail)

    def _content(self, address: str, temporary: Path) -> Iterator[Finding]:
        """Fetch the whole MP3 and look into it."""
        digest, size = hashlib.sha256(), 0
        with (
            self.client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as response,
            temporary.open("xb") as file,
        ):
            self._not_in_trouble(response, address)
            for block in response.iter_raw():
                self._not_in_trouble(response, address)
                size += len(block)
                if size > self.published.bytes:
                    break
                digest.update(block)
                file.write(block)
        if response.status_code != httpx.codes.OK or (size, digest.hexdigest()) != (
            self.published.bytes,
            self.published.sha256,
        ):
            detail = f"{address} answers {response.status_code} and other bytes than were published"
            yield Finding(code="audio_bytes", detail=detail)
        found = inspect(temporary)
        if found.tags.disclosure != self.published.disclosure:
            yield Finding(code="disclosure", detail=f"the tags of {address} do not carry the disclosure")
        if found.state != "valid":
            said = ", ".join(found.reasons)
            yield Finding(code="credentials", detail=f"the content credentials of {address} are {found.state} {said}")

    def _alias(self, audio: str) -> Iterator[Finding]:
        """Look where an article's stable address leads: by a redirect, or to the very file where a plain file server
        follows the symbolic link.
        """
        if self.published.article is None:
            return
        alias = self.published.files.alias_address(self.published.article)
        answer = self._ask("HEAD", alias)
        location = urljoin(alias, answer.headers.get("location", ""))
        length = answer.headers.get("x-was-content-length")
        redirects = answer.status_code in REDIRECTS and location == audio
        if not redirects and (answer.status_code, length) != (httpx.codes.OK, str(self.published.bytes)):
            detail = f"{alias} answers {answer.status_code} and leads to {location}, not to {audio}"
            yield Finding(code="alias", detail=detail)

    def _feed(self) -> Iterator[Finding]:
        if self.published.guid is None:
            return
        files, show = self.published.files, self.published.show
        address, audio = files.feed_address(show), files.enclosure_address(show, self.published.sha256)
        answer = self._ask("GET", address, most=_MOST_FEED_BYTES)
        wanted = (audio, str(self.published.bytes), "audio/mpeg")
        found = _enclosure(answer.content, self.published.guid)
        if answer.status_code != httpx.codes.OK or found != wanted:
            detail = f"{address} answers {answer.status_code} and lists {found or 'no such episode'}, not {wanted}"
            yield Finding(code="feed", detail=detail)

    def _artwork(self) -> Iterator[Finding]:
        published = self.published
        address = published.files.artwork_address(published.show, png=published.artwork_png)
        answer = self._ask("HEAD", address)
        media_type = answer.headers.get("content-type", "none")
        if answer.status_code != httpx.codes.OK or not media_type.startswith("image/"):
            yield Finding(code="artwork", detail=f"HEAD {address} answers {answer.status_code}, {media_type}")


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Return headers for a copy of an answer; its length is the copy's own, so the original's gets another name."""
    kept = {name: value for name, value in headers.items() if name not in {"content-length", "transfer-encoding"}}
    return kept | ({"x-was-content-length": headers["content-length"]} if "content-length" in headers else {})


def _enclosure(feed: bytes, guid: str) -> tuple[str, str, str] | None:
    """Return address, length and type of an episode's enclosure, None where the feed does not list it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(feed, parser)
    except etree.XMLSyntaxError:
        return None
    for item in root.iterfind("channel/item"):
        enclosure = item.find("enclosure")
        if item.findtext("guid") == guid and enclosure is not None:
            return (enclosure.get("url", ""), enclosure.get("length", ""), enclosure.get("type", ""))
    return None
