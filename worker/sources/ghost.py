"""A Ghost site: its posts, by the Admin API (members' text, drafts) or the Content API. The ID is Ghost's own.

Texts come as Ghost's HTML with its cards, which cleaning knows. What a post's public version must not hold is taken
out here: blocks of it that are for members. Writes nothing.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationError

from briefing.articles.addresses import canonical_address, web_address
from briefing.errors import ArticleEmpty, ArticleNotFound, Misconfigured, PageRefused
from briefing.following.sightings import Seen
from briefing.observing.logs import get_logger
from briefing.outside.calls import Caller
from briefing.settings import FetchSettings
from briefing.values import Article, ArticleRef, Value
from worker.sources.ghost_api import GhostApi
from worker.sources.ghost_post import ID, Post, labels_of, without_gated
from worker.words.text import clean_characters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

#: Posts of one answer, with their text: bounded by what a fetch may bring.
_PAGE = 15

#: Pages of one poll: as many posts as there are of the largest Ghosts.
_MOST_PAGES = 5000

#: The Admin API gives only what is published unless it is asked for more.
_STATUSES = "status:[published,draft,scheduled,sent]"

#: What Ghost makes the end of an address of.
_SLUG = re.compile(r"[a-z0-9_-]{1,128}")

_log = get_logger("ghost")


class Options(Value):
    """Options of a `ghost` source. Its keys are kept with the connection, or named by variables of the environment."""

    address: str
    """Of the site, or where its API is."""
    admin_key: SecretStr | None = None
    content_key: SecretStr | None = None
    admin_key_variable: str | None = Field(default=None, pattern=r"^[A-Z_][A-Z0-9_]*$")
    """Variable of the environment that holds the Admin API key, in every process that works."""
    content_key_variable: str | None = Field(default=None, pattern=r"^[A-Z_][A-Z0-9_]*$")
    language: str | None = None
    """Of its posts; None leaves it to the show."""
    allow_private: tuple[str, ...] = ()
    """"host:port" pairs on private networks that may be reached all the same: an internal Ghost."""
    body_only_signatures: bool = False
    """Whether webhooks are signed as Ghost did before July 2024: then their age cannot be told."""


class GhostSource:
    """One Ghost site."""

    def __init__(self, api: GhostApi, language: str | None = None) -> None:
        self.api, self._language = api, language

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:  # noqa: ARG002  the source protocol
        """Fetch a post by its ID. A draft counts as not there, unless it is tagged to be narrated beforehand.

        Raises ArticleNotFound, ArticleEmpty (behind a paywall), PageRefused, AddressRefused or SourceUnavailable.
        """
        if not _SLUG.fullmatch(ref.id):
            message = f"{ref.id!r} is no ID of a Ghost post"
            raise ArticleNotFound(message, hint="It is 24 hex digits; the API and the editor's address show it.")
        which = ref.id if ID.fullmatch(ref.id) else f"slug/{ref.id}"
        given = self._given(self.api.get(f"posts/{which}/", time.time(), **self._asked()))
        found = self._posts(given)
        if given and not found:
            message = f"source {ref.source!r} answered with a post {ref.id!r} of no form that is known"
            raise PageRefused(message)
        if not found or self._state(found[0]) == "gone":
            message = f"source {ref.source!r} has no published post {ref.id!r}"
            raise ArticleNotFound(message)
        return self._article(found[0], ref)

    def seen(self, since: datetime | None) -> Iterator[Seen]:
        """Give the posts that were changed at `since` or later, newest first; see `worker.sources.Polled`."""
        those = [_STATUSES] if self._is_admin else []
        if since is not None:
            those.append(f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}'")
        page: int | None = 1
        while page:
            asked = self._asked(order="updated_at desc", limit=str(_PAGE), page=str(page))
            if those:
                asked["filter"] = "+".join(those)
            answer = self.api.get("posts/", time.time(), **asked)
            yield from map(self._seen, self._posts(self._given(answer)))
            page = _next_page(answer, page)

    def look(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give these posts as they stand; see `worker.sources.Polled`. Of more than a page, without their text."""
        yield from self._listed(ids, self._asked() if len(ids) <= _PAGE else {"include": "authors,tags"})

    def glance(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give these posts with no more than `worker.sources.Glancing` asks for."""
        yield from self._listed(ids, {})

    def _listed(self, ids: Sequence[str], asked: dict[str, str]) -> Iterator[Seen]:
        yield from (Seen(id=one, state="gone") for one in ids if not _SLUG.fullmatch(one))
        for field in ("id", "slug"):
            known = [one for one in ids if _SLUG.fullmatch(one) and (field == "id") == bool(ID.fullmatch(one))]
            if known:
                yield from self._named(field, known, asked)

    def _named(self, field: Literal["id", "slug"], known: list[str], asked: dict[str, str]) -> Iterator[Seen]:
        """Give posts by their IDs, or by the last part of the address by which they were asked for."""
        those = [f"{field}:[{','.join(known)}]", *([_STATUSES] if self._is_admin else [])]
        asked = {**asked, "limit": str(len(known)), "filter": "+".join(those)}
        if "formats" not in asked:
            asked["fields"] = "id,slug,title,status,visibility,created_at,updated_at,published_at,url"
        given = self._given(self.api.get("posts/", time.time(), **asked))
        for post in self._posts(given):
            yield self._seen(post).model_copy(update={"id": getattr(post, field)})
        # What is there and cannot be read is not gone; of what has no ID either, it might be any.
        there = [post.get(field) if isinstance(post, dict) else None for post in given]
        if all(isinstance(one, str) for one in there):
            yield from (Seen(id=one, state="gone") for one in known if one not in there)

    @property
    def _is_admin(self) -> bool:
        return self.api.admin_key is not None

    def _asked(self, **query: str) -> dict[str, str]:
        return {"formats": "html", "include": "authors,tags", **query}

    def _given(self, answer: dict[str, Any]) -> list[Any]:
        """Return the posts of an answer as they came. Raises PageRefused where it has none: then nothing is gone."""
        found = answer.get("posts")
        if not isinstance(found, list):
            message = f"{self.api.address} answered without a list of posts"
            raise PageRefused(message, hint="Is it Ghost, and of version 5 or later?")
        return found

    def _posts(self, given: list[Any]) -> list[Post]:
        """Return the posts that can be read; one of a form that is not known is left out, and holds no other up."""
        posts = list[Post]()
        for post in given:
            try:
                posts.append(Post.model_validate(post))
            except ValidationError as error:
                fault = error.errors(include_input=False)[0]
                _log.warning("a post of Ghost is of no form that is known", at=fault["loc"], message=fault["msg"])
        return posts

    def _state(self, post: Post) -> Literal["published", "scheduled", "gone"]:
        if post.status == "published":
            return "published"
        # `sent` was only mailed: it has no page.
        beforehand = post.status == "scheduled" or (post.status == "draft" and post.wanted())
        return "scheduled" if beforehand and post.wanted() is not False else "gone"

    def _seen(self, post: Post) -> Seen:
        state = self._state(post)
        whole = post.html is not None and not self._is_cut(post) and state != "gone"
        ref = ArticleRef(source="ghost", id=post.id)
        first = [moment for moment in (post.created_at, post.published_at) if moment is not None]
        return Seen(
            id=post.id,
            address=post.url if state == "published" else None,
            updated_at=post.updated_at,
            # A date of years ago may be set on what is published now.
            published_at=max(first, default=None),
            state=state,
            scheduled_at=post.published_at if post.status == "scheduled" else None,
            visibility="members" if post.members else "public",
            labels=labels_of(post),
            wanted=post.wanted(),
            correction=post.correction(),
            text_hash=self._article(post, ref).content_hash if whole else None,
        )

    def _is_cut(self, post: Post) -> bool:
        """Tell whether the text is not all there: the Content API cuts at the paywall, or gives nothing."""
        return not self._is_admin and (post.members or not post.access)

    def _article(self, post: Post, ref: ArticleRef) -> Article:
        if self._is_cut(post):
            message = f"the post {ref} is for members, and the Content API gives only its beginning"
            raise ArticleEmpty(
                message,
                code="article_behind_paywall",
                hint="Connect Ghost by an Admin API key: `briefcast connect ghost ADDRESS ADMIN_KEY`.",
            )
        unpublished = post.status != "published"
        address = web_address(f"{self.api.address}/{post.slug}/" if unpublished else post.url)
        labels = labels_of(post)
        return Article(
            ref=ref,
            media_type="text/html",
            body=clean_characters(without_gated(post.html or "", post.visibility)),
            title=clean_characters(post.title) or None,
            byline=", ".join(labels.authors or ()) or None,
            # A preview's address is nobody's to have.
            address=canonical_address(address) if address else None,
            published_at=post.published_at,
            language=self._language,
            sections=labels.sections or (),
            authors=labels.authors or (),
            tags=labels.tags or (),
            visibility="members" if post.members else "public",
            unpublished=unpublished,
        )


def connect(options: dict[str, Any]) -> GhostSource:
    """Return the source. Raises pydantic's ValidationError, or Misconfigured for keys."""
    read = Options.model_validate(options)
    bounds = FetchSettings()
    private = frozenset(read.allow_private) | bounds.private_hosts
    api = GhostApi(
        address=read.address.rstrip("/"),
        caller=Caller(bounds, private, media_types=("application/json",)),
        admin_key=_key(read.admin_key, read.admin_key_variable),
        content_key=_key(read.content_key, read.content_key_variable),
    )
    return GhostSource(api, read.language)


def _key(kept: SecretStr | None, variable: str | None) -> str | None:
    if variable is None:
        return kept.get_secret_value() if kept is not None else None
    found = os.environ.get(variable)
    if not found:
        message = f"the variable {variable} holds no key"
        raise Misconfigured(message, hint="Set it for every process that works, or run `briefcast connect`.")
    return found.strip()


def _next_page(answer: dict[str, Any], page: int) -> int | None:
    """Return the number of the page that follows; None behind the last, and where it would lead back."""
    meta = answer.get("meta")
    pagination = meta.get("pagination") if isinstance(meta, dict) else None
    after = pagination.get("next") if isinstance(pagination, dict) else None
    return page + 1 if after == page + 1 and page < _MOST_PAGES else None
