"""CleanArticles + Show -> Script: what is read, in which order, in which role. Pure.

Words every sentence that is not the article's own: the "by" line, the date, the disclosure. Spoken text is still the
written text here; `normalise` comes after.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from briefing.articles.moments import day_stated
from briefing.script import Role, Script, ScriptArticle, Segment, segment_id
from briefing.values import BlockKind, Card
from worker.words.correcting import long_date, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefing.podcasts.show import Show
    from briefing.values import CleanArticle, Correction

_ROLES = {
    BlockKind.PARAGRAPH: Role.BODY,
    BlockKind.HEADING: Role.HEADING,
    BlockKind.LIST_ITEM: Role.LIST_ITEM,
    BlockKind.KEY_POINT: Role.KEY_POINT,
    BlockKind.LEAD_IN: Role.LEAD_IN,
    BlockKind.QUOTE: Role.QUOTE,
    BlockKind.TABLE: Role.TABLE,
}

#: Words of the first paragraph that a list shows.
_CARD_WORDS = 60

#: Where the written article has a table; left out in languages without words for it here.
_TABLE = {
    "en": "The written article has a table here",
    "de": "Im geschriebenen Artikel steht hier eine Tabelle",
    "fr": "L’article écrit comporte ici un tableau",
    "es": "El artículo escrito incluye aquí una tabla",
    "it": "Nell’articolo scritto c’è qui una tabella",
    "pt": "O artigo escrito tem aqui uma tabela",
    "nl": "In het geschreven artikel staat hier een tabel",
    "pl": "W artykule znajduje się tutaj tabela",
    "uk": "У тексті статті тут є таблиця",
    "ru": "В тексте статьи здесь есть таблица",
}

#: "By" before an author's name; in other languages the name stands alone.
_BY = {"en": "By", "de": "Von", "fr": "Par", "es": "Por", "it": "Di", "pt": "Por", "nl": "Door"}


def build(articles: Sequence[tuple[CleanArticle, str]], show: Show, correction: Correction | None = None) -> Script:
    """Return the script of one or more articles, each with its content hash, in order.

    The disclosure follows the first article's head, before anything of the story is read; after it, where the show has
    it spoken, what is told of a `correction`.
    """
    language = articles[0][0].language
    corrected = told(correction, language) if correction and show.correction_note != "none" else ""
    ours = [(Role.DISCLOSURE, show.disclosure)]
    if corrected and show.correction_note == "spoken":
        ours.append((Role.CORRECTION, corrected))
    spoken = [
        (str(article.ref), role, text)
        for number, (article, _) in enumerate(articles)
        for role, text in _parts(article, show.clock, ours if number == 0 else ())
    ]
    return Script(
        language=language,
        title=_title([_name(article) for article, _ in articles]),
        articles=tuple(
            ScriptArticle(
                ref=str(article.ref),
                title=_name(article),
                byline=article.byline,
                published_at=article.published_at,
                address=article.address,
                content_hash=content_hash,
                sections=article.sections,
                authors=article.authors,
                tags=article.tags,
            )
            for article, content_hash in articles
        ),
        segments=tuple(_segments(spoken)),
        dropped=tuple(dropped for article, _ in articles for dropped in article.dropped),
        ledger=tuple(entry for article, _ in articles for entry in article.ledger),
        warnings=tuple(warning for article, _ in articles for warning in article.warnings),
        correction=corrected or None,
    )


def card(script: Script, show: Show) -> Card:
    """Return what lists show of a script: the editors' own first words, not a summary of ours."""
    first = next((segment.written for segment in script.heard if segment.role in {Role.BODY, Role.QUOTE}), "")
    words = first.split()
    return Card(
        title=script.title,
        summary=first if len(words) <= _CARD_WORDS else " ".join(words[:_CARD_WORDS]) + " …",
        byline=script.articles[0].byline,
        link=script.articles[0].address,
        language=script.language,
        disclosure=show.disclosure,
        words=script.words,
        correction=script.correction,
    )


def _parts(article: CleanArticle, zone: str | None, ours: Sequence[tuple[Role, str]]) -> Iterator[tuple[Role, str]]:
    if article.title:
        yield Role.HEADLINE, article.title
    if byline := _byline(article, zone):
        yield Role.BYLINE, byline
    yield from ours
    for block in article.blocks:
        text = _table_line(block.text, article.language) if block.kind is BlockKind.TABLE else block.text
        if text:
            yield _ROLES[block.kind], text


def _segments(parts: list[tuple[str, Role, str]]) -> Iterator[Segment]:
    seen: Counter[tuple[str, Role, str]] = Counter()
    for part in parts:
        article, role, text = part
        yield Segment(
            id=segment_id(article, role, text, seen[part]), article=article, role=role, written=text, spoken=text
        )
        seen[part] += 1


def _byline(article: CleanArticle, zone: str | None) -> str:
    parts = []
    if article.byline:
        by = _BY.get(article.language.split("-")[0].lower())
        parts.append(f"{by} {article.byline}." if by else f"{article.byline}.")
    published = day_stated(article.published_at, zone) if article.published_at else None
    if published and (date_line := long_date(published, article.language)):
        parts.append(f"{date_line}.")
    return " ".join(parts)


def _table_line(caption: str, language: str) -> str | None:
    words = _TABLE.get(language.split("-", maxsplit=1)[0].lower())
    if words is None or not caption:
        return words and f"{words}."
    return f"{words}: {caption}" if caption[-1] in ".!?" else f"{words}: {caption}."


def _name(article: CleanArticle) -> str:
    """The article's title, or its first words where it has none."""
    if article.title:
        return article.title
    words = next(block.text for block in article.blocks if block.text).split()
    return " ".join(words[:10]) + ("…" if len(words) > 10 else "")  # noqa: PLR2004


def _title(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    more = len(names) - 1
    return f"{names[0]}, and {more} more {'story' if more == 1 else 'stories'}"
