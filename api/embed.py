"""`/embed/{source}/{id}`: a page with an article's player, to be framed by any site."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

from api.context import Here
from api.elsewhere import bucket_origin
from api.lookup import is_making, is_retracted, told_of
from api.problems import Problem, responses
from api.published import Name
from api.routes import get_and_head
from briefing.public_names import MOVING_CACHE
from briefing.values import ArticleRef, is_name

if TYPE_CHECKING:
    from api.context import Context

router = APIRouter(tags=["published"])

_templates = Jinja2Templates(FilePath(__file__).with_name("templates"))

#: "AI" in the languages that say it otherwise, as the player has it (`player/src/texts.ts`).
_BADGES = {"uk": "ШІ"}


@get_and_head(
    router,
    "/embed/{source}/{article}",
    summary="A page that plays an article's audio",
    responses={200: {"content": {"text/html": {}}}, **responses("no_audio", "withdrawn")},
)
def embed(source: Name, article: Name, request: Request, context: Here) -> Response:
    """Made from the article's audio JSON alone; without JavaScript it is the browser's own player."""
    if not (is_name(source) and is_name(article)):
        raise Problem("not_found", "there is nothing here")
    ref = ArticleRef(source=source, id=article)
    audio = told_of(context, ref)
    if audio is not None and is_retracted(audio):
        raise Problem("withdrawn", "the audio was withdrawn by its newsroom")
    if audio is None:
        raise Problem("no_audio", f"{ref} has no audio")
    return page(request, context, ref, audio)


def page(request: Request, context: Context, ref: ArticleRef, audio: dict[str, Any], signed: str = "") -> Response:
    """Return the page, made from an article's audio JSON. `signed`: where one reader's player has that from."""
    # What is being made has neither length nor MP3.
    audio["length"] = "" if is_making(audio) else clock(audio.get("duration_s", 0))
    heard_at = audio.setdefault("url", "") or audio["hls"]
    public = f"{context.address}/embed/{ref.source}/{ref.id}"
    oembed = f"{context.address}/oembed?url={quote(public, safe='')}"
    response = _templates.TemplateResponse(
        request,
        "embed.html",
        {
            "audio": audio,
            "article": str(ref),
            "signed": signed,
            "badge": _BADGES.get(str(audio["language"]).partition("-")[0], "AI"),
            "feed": f"/shows/{audio['show']}/feed.xml",
            "oembed": oembed,
            # What sharing gives: the frame's own address may be one listener's.
            "shared": audio.get("article_url") or public,
        },
    )
    response.headers["Cache-Control"] = MOVING_CACHE
    # The audio may lie at another host, a CDN's say; and what is published names our public address, whichever it is
    # that this page was asked at.
    bucket = bucket_origin(context, context.storages.members if signed else context.files)
    places = " ".join(sorted({"'self'", _origin(heard_at), _origin(context.address), *([bucket] if bucket else [])}))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {places}; media-src {places} blob:; "
        f"connect-src {places}; base-uri 'none'; form-action 'none'; frame-ancestors {context.public.embed_sites}"
    )
    return response


def clock(seconds: float) -> str:
    """Return m:ss, or h:mm:ss from an hour on, as the player has it."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
