"""Shows and sources as rows: found by name, and which show is an article's home. Reads; records nothing.

A row that the newest settings file does not list stays, since published audio refers to it, but is not found by
requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.models import ConnectionRow, ShowRow, SourceRow
from briefing.podcasts.newsroom import SourceSettings
from briefing.podcasts.show import Show

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def listed_shows(session: Session) -> dict[str, Show]:
    """Return the listed shows by slug, in the order of the settings file."""
    rows = session.scalars(select(ShowRow).where(ShowRow.listed).order_by(ShowRow.position))
    return {row.slug: Show.stored(row.settings) for row in rows}


def listed_sources(session: Session) -> dict[str, SourceSettings]:
    """Return the listed sources by name, in the order of the settings file."""
    rows = session.execute(
        select(SourceRow, ConnectionRow.keys)
        .outerjoin(ConnectionRow, ConnectionRow.source == SourceRow.name)
        .where(SourceRow.listed)
        .order_by(SourceRow.position)
    )
    return {row.name: SourceSettings.stored(row.settings | ({"secrets": keys} if keys else {})) for row, keys in rows}


def lock_shows(session: Session, which: ColumnElement[bool] | None = None) -> None:
    """Lock shows, all or some, until the transaction ends: whoever writes a feed does so alone. After a briefing and
    its revision, never before. FOR NO KEY UPDATE, so that new briefings of the show are not kept waiting.
    """
    statement = select(ShowRow.slug).order_by(ShowRow.slug).with_for_update(key_share=True)
    session.execute(statement if which is None else statement.where(which)).all()


def home_show(session: Session, source: str) -> str | None:
    """Return the slug of the show that articles of `source` are at home in: the source's own, or the first.

    None where there is no such source, or no show.
    """
    row = session.get(SourceRow, source)
    if row is None:
        return None
    return SourceSettings.stored(row.settings).show or next(iter(listed_shows(session)), None)
