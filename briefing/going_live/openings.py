"""What of a request would make more public what is there already: whose members' audio everybody would hear, of which
more would be heard, or which would be heard sooner.

Reads; notes nothing and lets nobody in. What is said of something new opens nothing, nor does what makes it more
private.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from briefing.database import clock
from briefing.going_live import access
from briefing.models import ArticleRow, BriefingRow, ShowRow
from briefing.podcasts.show import Paywall, Show
from briefing.requesting.asking import identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from briefing.requesting.asking import Wanted

#: Kinds that one article's own briefings may have; the API asks for no other.
_KINDS = ("story", "collection")


def opened_by(session: Session, wanted: Wanted) -> list[str]:
    """Return the names of those fields of `wanted` that would make something more public than it is."""
    articles, briefings = _articles(session, wanted), _briefings(session, wanted)
    # As `holds.subject` has it: said of the article where there is one, else of the briefing. One row at most.
    rows: Sequence[ArticleRow | BriefingRow] = articles if len(wanted.articles) == 1 else briefings
    noted = rows[0] if rows else None
    found = []
    if wanted.visibility == access.PUBLIC and noted is not None and noted.visibility == access.MEMBERS:
        found.append("visibility")
    if wanted.paywall is not None and _is_closed(session, articles, briefings):
        own = Paywall.stored(noted.paywall) if noted is not None and noted.paywall else None
        marks = [own] if own is not None else _previews(session, wanted, briefings)
        if not all(_is_within(wanted.paywall, mark) for mark in marks):
            found.append("paywall")
    ends = noted.embargo_until if noted is not None else None
    if wanted.embargo is not None and ends is not None and ends > clock(session):
        until = wanted.embargo.until
        if until is None or until < ends:
            found.append("embargo_until")
    return found


def _articles(session: Session, wanted: Wanted) -> list[ArticleRow]:
    refs = (and_(ArticleRow.source == ref.source, ArticleRow.id == ref.id) for ref in wanted.articles)
    return list(session.scalars(select(ArticleRow).where(or_(*refs))))


def _briefings(session: Session, wanted: Wanted) -> list[BriefingRow]:
    """Return the briefings of which the request says something: all of one article's own, or that of several."""
    identities = {wanted.identity}
    if len(wanted.articles) == 1:
        shows = session.scalars(select(ShowRow.slug)).all()
        identities |= {identity(slug, kind, wanted.articles) for slug in shows for kind in _KINDS}
    return list(session.scalars(select(BriefingRow).where(BriefingRow.identity.in_(identities))))


def _is_closed(session: Session, articles: list[ArticleRow], briefings: list[BriefingRow]) -> bool:
    """Tell whether anything of it is for members alone now, so that its paywall counts."""
    said = any(row.visibility == access.MEMBERS for row in articles)
    return said or any(access.for_members(session, briefing) for briefing in briefings)


def _previews(session: Session, wanted: Wanted, briefings: list[BriefingRow]) -> list[Paywall | None]:
    """Return what counts where nobody has said how far others hear it: what the shows say that it is heard in."""
    slugs = {wanted.show, *(briefing.show for briefing in briefings)}
    return [Show.stored(session.get_one(ShowRow, slug).settings).preview for slug in sorted(slugs)]


def _is_within(mark: Paywall, other: Paywall | None) -> bool:
    """Tell whether a preview up to `mark` is for certain no longer than one up to `other`; None: no preview."""
    own = mark.model_dump(exclude_none=True)
    most = other.model_dump(exclude_none=True) if other is not None else {}
    return all(value == 0 or (unit in most and value <= most[unit]) for unit, value in own.items())
