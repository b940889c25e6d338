"""`GET /v1/audio`: which of many articles have audio, by ID or by address, for index pages.

Reads published files alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.context import Context, Here
from api.problems import Problem, responses
from api.published import none_match
from api.routes import get_and_head
from briefing.errors import AddressRefused, UnknownReference
from briefing.public_names import ARTICLE, address_name, article_name, gone_name
from briefing.values import ArticleRef

router = APIRouter(tags=["published"])

#: Articles in one answer.
_MOST = 100

_Many = list[Annotated[str, Field(max_length=2_000)]] | None

#: What an index page shows of an article's audio.
_SHOWN = (
    "title",
    "byline",
    "language",
    "url",
    "duration_s",
    "disclosure",
    "show",
    "show_title",
    "artwork",
    "article_url",
    "published_at",
    "updated_at",
    "access",
)


class FoundAudio(BaseModel):
    """What there is of one article."""

    asked: str = Field(description="As it was asked for.")
    article: str | None = Field(description="`source:id`; null where no article is known by that.")
    state: Literal["none", "making", "live", "retracted"]
    audio: dict[str, Any] | None = Field(description="The first facts of the article's audio JSON.")


class FoundAll(BaseModel):
    """The articles in the order they were asked for, those by ID first."""

    audio: list[FoundAudio]


@get_and_head(router, "/v1/audio", summary="The audio of many articles", response_model=FoundAll, responses=responses())
def audio(
    request: Request,
    context: Here,
    article: Annotated[_Many, Query(description="`source:id`; may be repeated.", max_length=_MOST)] = None,
    url: Annotated[_Many, Query(description="An article's address; may be repeated.", max_length=_MOST)] = None,
) -> Response:
    """Answers up to 100 articles at once."""
    by_id, by_address = article or [], url or []
    if not 1 <= len(by_id) + len(by_address) <= _MOST:
        raise Problem("invalid_request", f"between 1 and {_MOST} of `article` and `url` are needed")
    found = [_found(context, asked, _named(asked)) for asked in by_id]
    found += [_found(context, asked, article_at(context, asked)) for asked in by_address]
    content = FoundAll(audio=found).model_dump_json().encode()
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "Cache-Control": ARTICLE.cache}
    if none_match(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=ARTICLE.media_type, headers=headers)


def article_at(context: Context, address: str) -> ArticleRef | None:
    """Return the article whose address this is, None where none with audio is known."""
    try:
        small = context.small.read(address_name(address))
        return ArticleRef.parse(json.loads(small.content)["article"]) if small else None
    except (AddressRefused, UnknownReference, ValueError, KeyError):
        return None


def told_of(context: Context, ref: ArticleRef) -> dict[str, Any] | None:
    """Return the article's audio JSON, a tombstone included; None where there is none."""
    name = article_name(ref)
    small = context.small.read(name) or context.small.read(gone_name(name))
    try:
        told = json.loads(small.content) if small else None
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def is_retracted(told: dict[str, Any]) -> bool:
    """Tell whether an article's audio JSON is the tombstone of audio that was withdrawn."""
    return told.get("state") == "retracted"


def is_making(told: dict[str, Any]) -> bool:
    """Tell whether an article's audio JSON is of audio that is still being made."""
    return told.get("state") == "making"


def _named(asked: str) -> ArticleRef | None:
    try:
        return ArticleRef.parse(asked)
    except UnknownReference:
        return None


def _found(context: Context, asked: str, ref: ArticleRef | None) -> FoundAudio:
    told = told_of(context, ref) if ref else None
    if told is None:
        return FoundAudio(asked=asked, article=str(ref) if ref else None, state="none", audio=None)
    if is_retracted(told):
        return FoundAudio(asked=asked, article=str(ref), state="retracted", audio=None)
    shown = {name: told[name] for name in _SHOWN if name in told}
    return FoundAudio(asked=asked, article=str(ref), state="making" if is_making(told) else "live", audio=shown)
