"""Article -> CleanArticle: what is read, and a ledger of what is not, block by block and rule by rule.

HTML is parsed in a process of its own; plain text needs no parser. Fetches nothing and words nothing: every
sentence kept is the editors' own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from briefing.errors import ArticleEmpty, PageRefused
from briefing.values import BlockKind, CleanArticle, Dropped
from worker.clean.draft import Draft
from worker.clean.plain import read_plain
from worker.clean.shape import shape
from worker.text import one_line

if TYPE_CHECKING:
    from briefing.values import Article

#: Seconds for parsing one page; its CPU limit strikes earlier unless the machine is overloaded.
_PARSE_S = 60

_DEFAULT_LANGUAGE = "en"


def clean(article: Article) -> CleanArticle:
    """Return what of an article is to be read.

    Raises ArticleEmpty when no paragraph is left, PageRefused when the page cannot be parsed safely.
    """
    draft = _read(article)
    title = one_line(article.title or draft.title or "") or None
    blocks, dropped = shape(draft.blocks, title)
    if not any(block.kind in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.QUOTE} for block in blocks):
        message = f"nothing is left to read of {article.ref} after cleaning"
        raise ArticleEmpty(message)
    return CleanArticle(
        ref=article.ref,
        title=title,
        byline=one_line(article.byline or draft.byline or "") or None,
        published_at=article.published_at or draft.published_at,
        language=article.language or draft.language or _DEFAULT_LANGUAGE,
        address=article.address or draft.address,
        blocks=blocks,
        dropped=(*draft.dropped, *dropped),
    )


def _read(article: Article) -> Draft:
    if article.media_type == "text/plain":
        return read_plain(article.body, article.title)
    if article.media_type == "text/markdown":
        from worker.clean.markdown import read_markdown  # noqa: PLC0415  0.1 s, also in the parsing child, that HTML spares

        head, markup = read_markdown(article.body)
        draft = _parse(markup, "fragment")
        return draft.model_copy(update=head.model_dump(exclude_none=True))
    return _parse(article.body, article.form)


def _parse(markup: str, form: str) -> Draft:
    """Have the parsing child read `markup`. Raises PageRefused."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "worker.clean.child"],
            input=json.dumps({"form": form, "markup": markup}),
            capture_output=True,
            text=True,
            timeout=_PARSE_S,
            check=True,
        )
    except subprocess.SubprocessError as error:
        message = "the page could not be parsed within the limits on time and memory"
        raise PageRefused(message, hint="Give the article's own text instead of this page.") from error
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise PageRefused(answer["message"], code=answer["error"], hint=answer["hint"])
    return Draft.model_validate(answer["draft"])


__all__ = ["Dropped", "clean"]
