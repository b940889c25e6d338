"""What is said of an article that decides which shows list it: labels, and editors' picks. Records; lists nothing.

A `list` step looks afterwards at the episodes concerned. Article rows come first in the order of locks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.articles.labels import Labels
from briefing.models import ArticleRow
from briefing.sql.rows import add_unless_there
from briefing.states import Queue, StepKind

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.values import ArticleRef


def pick(session: Session, ref: ArticleRef, slug: str, *, wanted: bool) -> list[str]:
    """Have a show list an article's episode whatever its rules say, or leave it to the rules again; return the shows
    that it is picked for. Needs a writing session.
    """
    add_unless_there(session, ArticleRow, source=ref.source, id=ref.id)
    row = _locked(session, ref)
    before = list(row.picks or ())
    picks = sorted({*before, slug} if wanted else set(before) - {slug})
    if picks != before:
        row.picks = picks
        _look(session, ref)
    return picks


def tell_labels(session: Session, ref: ArticleRef, labels: Labels) -> None:
    """Note what a CMS files an article under. Needs a writing session in which its row is."""
    row = _locked(session, ref)
    told = labels.model_dump(mode="json", exclude_none=True)
    if row.told_labels != told:
        row.told_labels = told
        _look(session, ref)


def labels_of(row: ArticleRow) -> Labels:
    """Return what an article is filed under: what a CMS told, and of kinds it said nothing of what the page has."""
    return Labels.stored(row.told_labels or {}).over(Labels.stored(row.found_labels or {}))


def note_labels(session: Session, ref: ArticleRef, labels: Labels, *, heard: bool) -> None:
    """Note what an article's page files it under. `heard`: whether it may be live and stay so; what is published after
    this goes by it anyway. Needs a writing session.
    """
    row = _locked(session, ref)
    found = labels.model_dump(mode="json", exclude_none=True)
    if row.found_labels != found:
        heard = heard or row.found_labels is not None
        row.found_labels = found
        if heard:
            _look(session, ref)


def _locked(session: Session, ref: ArticleRef) -> ArticleRow:
    statement = select(ArticleRow).where(ArticleRow.source == ref.source, ArticleRow.id == ref.id)
    return session.scalars(statement.with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def _look(session: Session, ref: ArticleRef) -> None:
    steps.record(session, StepKind.LIST, Queue.INTERACTIVE, payload={"article": str(ref)})
