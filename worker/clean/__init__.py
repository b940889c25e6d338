"""Article -> CleanArticle: what is read, and a ledger of every block of the input, spoken or dropped by a named rule.

HTML is parsed in a process of its own, each page in a fork of it; plain text needs no parser. Fetches nothing and
words nothing: every sentence kept is the editors' own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

from briefing.articles.cleaning import Cleaning
from briefing.articles.labels import names_in, tidied
from briefing.errors import Misconfigured, PageRefused
from briefing.values import Block, CleanArticle, Dropped, LedgerEntry
from worker.clean.draft import Draft
from worker.clean.language import decide
from worker.clean.plain import read_plain
from worker.clean.refusal import check
from worker.clean.shape import shape
from worker.words.text import one_line

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from briefing.values import Article

#: Seconds for parsing one page; its CPU limit strikes earlier unless the machine is overloaded.
_PARSE_S = 60

#: A live blog of a day has some thousands.
_MOST_BLOCKS = 20_000

#: What is left of an empty page is a line of its frame; a text that was given as the article is one, however short.
LEAST_WORDS_OF_PAGE = 8

_DEFAULT_LANGUAGE = "en"

#: What reads `many_pages`, page by page.
_readers: ContextVar[Iterator[subprocess.Popen[str]] | None] = ContextVar("_readers", default=None)


def clean(article: Article, cleaning: Cleaning | None = None) -> CleanArticle:
    """Return what of an article is to be read, by its source's settings.

    Raises ArticleEmpty when too little is left, PageRefused when the page cannot be parsed safely, Misconfigured when
    the settings hold a faulty expression.
    """
    cleaning = cleaning or Cleaning()
    _check_size(article.body.count("\n") if article.media_type == "text/plain" else 0)
    draft = _read(article, cleaning)
    _check_size(len(draft.pieces))
    title = one_line(article.title or draft.title or "") or None
    byline = one_line(article.byline or draft.byline or "") or None
    pieces = shape(draft.pieces, title, byline, cleaning)
    least_words = cleaning.least_words or (LEAST_WORDS_OF_PAGE if _is_web_page(article) else 1)
    warnings = check(str(article.ref), pieces, draft.signs, least_words)
    spoken = [piece for piece in pieces if piece.to_read]
    text = "\n".join(piece.text for piece in spoken)
    language, doubts = decide(article.language or draft.language, text, _DEFAULT_LANGUAGE)
    return CleanArticle(
        ref=article.ref,
        title=title,
        byline=byline,
        published_at=article.published_at or draft.published_at,
        language=language,
        address=article.address or draft.address,
        blocks=tuple(Block(kind=piece.kind, text=piece.text) for piece in spoken),
        dropped=tuple(Dropped(text=piece.text, rule=piece.rule) for piece in pieces if piece.rule is not None),
        ledger=tuple(LedgerEntry(kind=piece.kind, text=piece.text, rule=piece.rule) for piece in pieces),
        warnings=(*doubts, *warnings),
        sections=tidied(article.sections or draft.sections),
        authors=tidied(article.authors or draft.authors or names_in(byline or "")),
        tags=tidied(article.tags or draft.tags),
    )


def check_cleaning(cleaning: Cleaning) -> None:
    """Raise Misconfigured when `cleaning` holds an expression that cannot be used."""
    from worker.clean.marks import check_xpaths  # noqa: PLC0415  lxml, which only the parsing child needs otherwise

    check_xpaths(cleaning)


def _is_web_page(article: Article) -> bool:
    return article.media_type == "text/html" and article.form == "page"


def _check_size(blocks: int) -> None:
    """Keep the rules that run in this process, which has no limits of its own, from a page of a million blocks."""
    if blocks > _MOST_BLOCKS:
        message = f"the page has more than {_MOST_BLOCKS} blocks of text"
        raise PageRefused(message, code="page_too_large", hint="Give the article's own text instead of this page.")


def _read(article: Article, cleaning: Cleaning) -> Draft:
    if article.media_type == "text/plain":
        return read_plain(article.body, article.title, given=article.form == "fragment")
    if article.media_type == "text/markdown":
        from worker.clean.markdown import read_markdown  # noqa: PLC0415  0.1 s, also in the parsing child, that HTML spares

        head, markup = read_markdown(article.body)
        draft = _parse(markup, "fragment", cleaning)
        return draft.model_copy(update=head.model_dump(exclude_none=True))
    return _parse(article.body, article.form, cleaning)


@contextmanager
def many_pages() -> Iterator[None]:
    """Have one process, whose start takes longer than most pages, read all markup that this thread cleans meanwhile."""
    with closing(_one_at_a_time()) as readers:
        token = _readers.set(readers)
        try:
            yield
        finally:
            _readers.reset(token)


def _one_at_a_time() -> Generator[subprocess.Popen[str]]:
    """Yield a process for each page: the same, and another one once it was killed."""
    while True:
        with _started() as reader:
            while reader.poll() is None:
                yield reader


@contextmanager
def _started() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-I", "-m", "worker.clean.child"]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603  our own module
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as reader:
        assert reader.stdin is not None
        try:
            yield reader
        finally:
            # One that was killed takes no more.
            with suppress(BrokenPipeError):
                reader.stdin.close()


def _parse(markup: str, form: str, cleaning: Cleaning) -> Draft:
    """Have the parsing child read `markup`. Raises PageRefused and Misconfigured."""
    kept = _readers.get()
    page = {"form": form, "markup": markup, "cleaning": cleaning.model_dump(mode="json"), "seconds": _PARSE_S}
    # That no process can be started says nothing of the page: it is tried again, as all that is unforeseen.
    there = next(kept, None) if kept else None
    with nullcontext(there) if there else _started() as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        try:
            reader.stdin.write(json.dumps(page) + "\n")
            reader.stdin.flush()
            line = reader.stdout.readline()
            if not line:
                # It was killed itself, and not a page's fork.
                reader.wait()
            answer = json.loads(line)
        except (OSError, ValueError) as error:
            message = "the page could not be parsed within the limits on time and memory"
            raise PageRefused(message, hint="Give the article's own text instead of this page.") from error
    if "error" in answer:
        refused = Misconfigured if answer["error"] == Misconfigured.code else PageRefused
        raise refused(answer["message"], code=answer["error"], hint=answer["hint"])
    return Draft.model_validate(answer["draft"])
