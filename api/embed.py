"""`/embed/{source}/{id}`: a plain page with the audio, its title and its disclosure, to be framed by any site."""

from __future__ import annotations

import json
from pathlib import Path as FilePath

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

from api.context import Here
from api.problems import Problem, responses
from api.published import Name
from api.routes import get_and_head
from briefing.public_names import article_name, artwork_name
from briefing.values import ArticleRef, is_name

router = APIRouter(tags=["published"])

_templates = Jinja2Templates(FilePath(__file__).with_name("templates"))


@get_and_head(
    router,
    "/embed/{source}/{article}",
    summary="A page that plays an article's audio",
    responses={200: {"content": {"text/html": {}}}, **responses("no_audio")},
)
def embed(source: Name, article: Name, request: Request, context: Here) -> Response:
    """Made from the article's audio JSON alone."""
    if not (is_name(source) and is_name(article)):
        raise Problem("not_found", "there is nothing here")
    found = context.files.read(article_name(ArticleRef(source=source, id=article)))
    try:
        audio = json.loads(found[0] if found else b"")
    except ValueError:
        raise Problem("no_audio", f"{source}:{article} has no audio") from None
    minutes, seconds = divmod(int(audio["duration_s"]), 60)
    audio["length"] = f"{minutes}:{seconds:02}"
    # From where this page is served, whatever address the JSON was written with.
    audio["url"] = "/audio/" + audio["url"].rpartition("/")[2]
    audio["artwork"] = f"/{artwork_name(audio['show'])}"
    response = _templates.TemplateResponse(
        request, "embed.html", {"audio": audio, "feed": f"/shows/{audio['show']}/feed.xml"}
    )
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {context.public.embed_sites}"
    )
    return response
