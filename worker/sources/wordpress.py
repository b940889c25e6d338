"""Articles of a WordPress site, by its REST interface: the ID is the post's number.

Gives `content.rendered` as the site makes it; the cleaner takes out what is no story. A post that is no longer public
(a draft, the trash, a password) is `gone` to whoever polls, and refused to whoever fetches. Needs no plugin on the
site; with an application password it also reads what is not public yet.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from briefing.articles.addresses import canonical_address, web_address
from briefing.errors import AddressRefused, ArticleNotFound, PageRefused
from briefing.following.sightings import Seen
from briefing.observing.logs import get_logger
from briefing.settings import FetchSettings
from briefing.values import Article, ArticleRef
from worker.asking.answers import Asker
from worker.sources.wordpress_options import Options
from worker.sources.wordpress_rest import Post, Rest, moment_of, text_of
from worker.words.text import clean_characters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from worker.asking.answers import Answer

_log = get_logger("wordpress")

#: Posts of one page of a list; WordPress gives no more.
_PAGE = 100

#: Pages of one poll; a site of so many posts is read by its map (`sitemap`).
_MOST_PAGES = 200

#: What lists ask for: a poll wants no texts.
_FIELDS = "id,status,link,date_gmt,modified_gmt,content.protected,briefcast_correction,_links,_embedded"
_BARE_FIELDS = "id,status,date_gmt,modified_gmt,content.protected"

#: Characters of the names that one list asks for: an address has no more than 2,000 in all.
_MOST_NAMED = 1500

#: WordPress has these in its own words when it refuses; anything else may be a firewall in front of it, and no reason
#: to take a story for withdrawn.
_NOT_PUBLIC = frozenset({"rest_forbidden", "rest_cannot_read"})
_NO_POST = frozenset({"rest_post_invalid_id", "rest_invalid_post_id"})
_LAST_PAGE = "rest_post_invalid_page_number"


class WordPressSource:
    """The posts of one site."""

    def __init__(self, options: Options, bounds: FetchSettings) -> None:
        self._options = options
        hosts = (str(urlsplit(options.address).hostname), *options.hosts)
        private = frozenset(options.allow_private) | bounds.private_hosts
        secret: dict[str, str] = {}
        login = options.login
        if login is not None:
            secret = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
        self._rest = Rest(options.address, Asker(bounds, private, hosts, media_types=()), secret)

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:
        """Fetch a post by its number, or by what its address ends in where the ID is none."""
        if ref.id.isdecimal():
            answer = self._rest.ask(
                f"{self._options.post_type}/{ref.id}", "_embed=author,wp:term", also={401, 403, 404}
            )
            post = self._post(_checked(answer, ref), answer)
        else:
            post = self._named(ref, address)
        allowed = {"publish", "future", "draft", "pending", "private"} if self._options.unpublished else {"publish"}
        if post.status not in allowed:
            message = f"post {ref.id} of {self._options.address} is not published: {post.status}"
            raise ArticleNotFound(message)
        if post.content.protected:
            message = f"post {ref.id} of {self._options.address} is protected by a password"
            raise PageRefused(
                message, code="article_protected", hint="Take the password off the post if it is to be heard."
            )
        return Article(
            ref=ref,
            media_type="text/html",
            body=clean_characters(post.content.rendered),
            address=web_address(post.link),
            title=text_of(post.title.rendered) or None,
            byline=", ".join(post.authors) or None,
            published_at=moment_of(post.date_gmt),
            language=self._options.language or (post.lang if isinstance(post.lang, str) and post.lang else None),
            **post.labels.model_dump(),
        )

    def seen(self, since: datetime | None) -> Iterator[Seen]:
        """Give the posts changed at `since` or later, newest first."""
        asked = (
            f"orderby=modified&order=desc&per_page={_PAGE}&_embed=author,wp:term&_fields={_FIELDS}{self._statuses()}"
        )
        if since is not None:
            # The interface gives what is later than that; its clock counts whole seconds.
            before = since.astimezone(UTC) - timedelta(seconds=1)
            asked += f"&modified_after={before:%Y-%m-%dT%H:%M:%SZ}"
        given: set[int] = set()
        for number in count(1):
            posts = self._page(f"{asked}&page={number}")
            for post in self._readable(posts):
                moment = moment_of(post.modified_gmt)
                if since is not None and moment is not None and moment < since:
                    return  # a WordPress before 5.7, which knows no modified_after
                if post.id not in given:  # the pages move on while posts are saved
                    given.add(post.id)
                    yield self._sighting(post, str(post.id))
            if len(posts) < _PAGE or number == _MOST_PAGES:
                return

    def look(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give these posts as they stand; those that the site's own list has not are gone."""
        yield from self._listed(ids, f"_embed=author,wp:term&_fields={_FIELDS}")

    def glance(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give these posts with no more than whether they are public and when they changed: for each, WordPress would
        ask itself after its author and terms.
        """
        yield from self._listed(ids, f"_fields={_BARE_FIELDS}")

    def _listed(self, ids: Sequence[str], fields: str) -> Iterator[Seen]:
        for numbers in _for_addresses([name for name in ids if name.isdecimal()]):
            yield from self._numbered(numbers, fields)
        for slugs in _for_addresses([name for name in ids if not name.isdecimal()]):
            yield from self._called(slugs, fields)

    def _called(self, slugs: list[str], fields: str) -> Iterator[Seen]:
        """Give posts by the last part of the address by which they were asked for."""
        called = ",".join(quote(slug, safe="") for slug in slugs)
        page = self._page(f"slug={called}&per_page={_PAGE}&{fields},slug{self._statuses()}")
        there = {post.slug: post for post in self._readable(page)}
        given = [one.get("slug") if isinstance(one, dict) else None for one in page]
        # What is there and cannot be read is not gone. Of what has another name than was asked for, as WordPress writes
        # names its own way and finds them by any, it might be any.
        are_ours = all(slug in slugs for slug in given)
        for name in slugs:
            post = there.get(name)
            if post is not None:
                yield self._sighting(post, name)
            elif are_ours and name not in given:
                yield Seen(id=name, state="gone")

    def _numbered(self, numbers: list[str], fields: str) -> Iterator[Seen]:
        page = self._page(f"include={','.join(numbers)}&per_page={_PAGE}&{fields}{self._statuses()}")
        there = {post.id: post for post in self._readable(page)}
        # What is there and cannot be read is not gone; of what has no number either, it might be any.
        given = [one.get("id") if isinstance(one, dict) else None for one in page]
        are_named = all(isinstance(number, int) for number in given)
        for name in numbers:
            post = there.get(int(name))
            if post is not None:
                yield self._sighting(post, name)
            elif are_named and int(name) not in given:
                yield Seen(id=name, state="gone")

    def _statuses(self) -> str:
        return "&status=publish,future,draft,private" if self._options.unpublished else ""

    def _sighting(self, post: Post, name: str) -> Seen:
        state: Literal["published", "scheduled", "gone"] = "gone"
        if post.content.protected:
            state = "gone"
        elif post.status == "publish":
            state = "published"
        elif post.status == "future" or (post.status == "draft" and post.wanted):
            state = "scheduled"
        return Seen(
            id=name,
            address=web_address(post.link),
            updated_at=moment_of(post.modified_gmt),
            published_at=moment_of(post.date_gmt) if post.status in {"publish", "private"} else None,
            state=state,
            scheduled_at=moment_of(post.date_gmt) if post.status == "future" else None,
            visibility="public" if state == "published" else None,
            labels=post.labels,
            wanted=post.wanted,
            correction=post.correction,
        )

    def _named(self, ref: ArticleRef, address: str | None) -> Post:
        slug = urlsplit(canonical_address(address)).path.rstrip("/").rpartition("/")[2] if address else ref.id
        found = self._page(f"slug={quote(slug, safe='%')}&_embed=author,wp:term") if slug else []
        posts = list(self._readable(found))
        if address is not None:
            wanted = canonical_address(address).rstrip("/")
            posts = [post for post in posts if post.link.startswith("http") and _same(post.link, wanted)]
        if len(posts) != 1:
            message = f"{self._options.address} has no post {address or ref.id!r}"
            raise ArticleNotFound(message, hint="Ask by the post's number, which its editing page has in its address.")
        return posts[0]

    def _page(self, asked: str) -> list[Any]:
        """Return what is on one page of a list; nothing behind the last."""
        answer = self._rest.ask(self._options.post_type, asked, also={400, 401, 403, 404})
        said = answer.json if answer.is_json else None
        if isinstance(said, list) and answer.status == 200:  # noqa: PLR2004  HTTP
            return said
        code = _code(said)
        if code == _LAST_PAGE:
            return []
        if code == "rest_invalid_param" and self._options.unpublished:
            message = f"{self._options.address} does not take the password, or its user may not edit posts"
            raise PageRefused(message, code="article_refused", hint="Make a new application password for an editor.")
        message = (
            f"{answer.address} answered {answer.status} ({code or answer.media_type or 'nothing'}): no list of posts"
        )
        raise PageRefused(
            message, code="article_refused", hint="Open the address in a browser: is the REST interface shut off?"
        )

    def _readable(self, found: list[Any]) -> Iterator[Post]:
        """Give the posts of a list; one of a form that is not known is left out, and holds no other up."""
        for fields in found:
            try:
                yield Post.model_validate(fields)
            except ValidationError as error:
                fault = error.errors(include_input=False, include_url=False)[0]
                _log.warning(
                    "a post of WordPress is of no form that is known",
                    site=self._options.address,
                    at=fault["loc"],
                    message=fault["msg"],
                )

    def _post(self, fields: object, answer: Answer) -> Post:
        try:
            return Post.model_validate(fields)
        except ValidationError as error:
            message = f"{answer.address} is no post of WordPress: {str(error).splitlines()[0]}"
            raise PageRefused(message) from error


def connect(options: dict[str, Any]) -> WordPressSource:
    """Return the source. Raises pydantic's ValidationError."""
    return WordPressSource(Options.model_validate(options), FetchSettings())


def _checked(answer: Answer, ref: ArticleRef) -> object:
    """Return a post's fields. Raises ArticleNotFound where WordPress itself says that there is none to be read."""
    said = answer.json if answer.is_json else None
    if answer.status == 200 and said is not None:  # noqa: PLR2004  HTTP
        return said
    code = _code(said)
    if code in _NO_POST or code in _NOT_PUBLIC:
        message = f"{answer.address} answered {answer.status}: there is no such post, or it is not public"
        raise ArticleNotFound(message)
    message = f"{answer.address} answered {answer.status} ({code or answer.media_type or 'nothing'}) for {ref}"
    raise PageRefused(
        message, code="article_refused", hint="Open the address in a browser: is something in front of it?"
    )


def _code(said: object) -> str:
    """Return WordPress's own word for what is wrong; empty where there is none."""
    code = said.get("code") if isinstance(said, dict) else None
    return clean_characters(code)[:100] if isinstance(code, str) else ""


def _for_addresses(names: Sequence[str]) -> Iterator[list[str]]:
    """Give names by as many as an address holds and a list has."""
    some, length = list[str](), 0
    for name in names:
        if some and (len(some) == _PAGE or length + len(name) > _MOST_NAMED):
            yield some
            some, length = [], 0
        some.append(name)
        length += len(name) + 1
    if some:
        yield some


def _same(link: str, wanted: str) -> bool:
    try:
        return canonical_address(link).rstrip("/") == wanted
    except AddressRefused:
        return False
