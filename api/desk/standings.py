"""What is known of briefings beside their revisions: what holds them, and where their articles are edited.

For lists, by a few queries for all of it and without reading a script: what `briefing.going_live.editions` finds
exactly of one
revision is taken there from what the revision's code says of it, and where that may have changed since, one is led to
the briefing's page. Records nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sqlalchemy import select, tuple_

from api.desk.fixes import CONFLICT, Standing
from briefing.going_live.obstacles import Obstacle
from briefing.going_live.signing_off import with_a_hand
from briefing.models import ArticleRow, BriefingRow, ShowRow, SightingRow
from briefing.podcasts.show import Show
from briefing.podcasts.shows import listed_sources
from briefing.pronunciations.never_speak import find
from briefing.states import RevisionState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller
    from briefing.going_live.obstacles import Reason
    from briefing.observing.worklist import Work
    from briefing.podcasts.newsroom import SourceSettings

#: States of which more is to be known than the revision says.
_ASKED = frozenset({RevisionState.HELD, RevisionState.FAILED})

#: Digits of a Ghost post's ID; its address by slug leads to no editor.
_GHOST_ID = 24


def standings(session: Session, works: Iterable[Work], user: Caller, now: datetime) -> dict[str, Standing]:
    """Return what is known beside of what is held or failed, by briefing; `user` is who looks."""
    asked = [work for work in works if work.state in _ASKED]
    if not asked:
        return {}
    names = sorted({name for work in asked for name in work.articles})
    known = _articles(session, names)
    drafts = _drafts(session, names)
    briefings = [one.briefing for one in asked]
    noted = select(BriefingRow.id, BriefingRow.embargo_until).where(BriefingRow.id.in_(briefings))
    said = {briefing: until for briefing, until in session.execute(noted)}  # noqa: C416  a row is no pair to mypy
    sources = listed_sources(session)
    shows = _shows(session, {one.show for one in asked})
    signing = frozenset(slug for slug, show in shows.items() if show.sign_off)
    listing = frozenset(slug for slug, show in shows.items() if show.never_speak)
    waiting = {(one.briefing, one.revision) for one in asked if one.show in signing and not one.approved}
    own = with_a_hand(session, waiting, user)

    def standing(work: Work) -> Standing:
        untils = [said.get(work.briefing), *(known[name].embargo_until for name in work.articles if name in known)]
        until = max((one for one in untils if one is not None and one > now), default=None)
        waits = work.state is RevisionState.HELD
        unpublished = any(name in drafts for name in work.articles)
        # Which names the list has now is not asked of a script that is not read.
        unread = waits and work.show in listing
        found = _obstacles(work, signing, until, now, unpublished=unpublished, listed=unread) if waits else ()
        address = article_address(work.articles[0], known, sources)
        return Standing(found, address, may_approve=work.briefing not in own, unread=unread)

    return {work.briefing: standing(work) for work in asked}


def standing_of(
    session: Session,
    work: Work,
    obstacles: Sequence[Obstacle],
    segments: Sequence[Mapping[str, str]],
    names: Sequence[str],
    user: Caller,
) -> Standing:
    """Return what is known beside of one briefing, of which `obstacles` stand in the way. `segments` are its script's
    as they are dumped, `names` those that its show must not speak; `user` is who looks.
    """
    there = any(one.reason == "never_speak" for one in obstacles)
    address = ""
    if obstacles or work.state in _ASKED:
        address = article_address(work.articles[0], _articles(session, list(work.articles)), listed_sources(session))
    own = (
        with_a_hand(session, [(work.briefing, work.revision)], user)
        if any(one.reason == "sign_off" for one in obstacles)
        else ()
    )
    segment = _said_alone(segments, names) if there else ""
    return Standing(tuple(obstacles), address, segment, may_approve=not own)


def _said_alone(segments: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    """Return the first segment that holds a name by what is said for it, not by what is written; else nothing."""
    for one in segments:
        if find(names, [("written", one["written"])]):
            # The article has it: no editor's wording takes it from what is published in writing.
            return ""
    return next((one["id"] for one in segments if find(names, [("spoken", one["spoken"])])), "")


def article_address(name: str, known: Mapping[str, ArticleRow], sources: Mapping[str, SourceSettings]) -> str:
    """Return where an article, as "source:id", is edited: in its CMS where that is known, else its own address, else
    nothing.
    """
    source, _, article = name.partition(":")
    settings, row = sources.get(source), known.get(name)
    own = _web(row.address if row is not None else None)
    site = _web(settings.options.get("address")) if settings is not None else ""
    if settings is None or not site:
        return own
    here, which = site.rstrip("/"), quote(article, safe="")
    if settings.kind == "wordpress" and article.isdecimal():
        return f"{here}/wp-admin/post.php?post={which}&action=edit"
    if settings.kind == "ghost" and len(article) == _GHOST_ID:
        return f"{here}/ghost/#/editor/post/{which}"
    return own


def _web(address: object) -> str:
    """Return an address that a page may lead to: of the web, without a password in it."""
    if not isinstance(address, str) or not address.startswith(("https://", "http://")):
        return ""
    return "" if "@" in urlsplit(address).netloc else address


def _obstacles(
    work: Work,
    signing: frozenset[str],
    embargo: datetime | None,
    now: datetime,
    *,
    unpublished: bool,
    listed: bool,
) -> tuple[Obstacle, ...]:
    """Return what a held briefing waits for, in the order of `obstacles`."""
    timed = work.scheduled_at if work.scheduled_at is not None and work.scheduled_at > now else None
    there: list[tuple[Reason, bool, datetime | None]] = [
        ("conflict", work.error_code == CONFLICT, None),
        ("never_speak", listed and work.error_code == "never_speak", None),
        ("sign_off", work.show in signing and not work.approved, None),
        ("embargo", embargo is not None, embargo),
        ("unpublished", unpublished, None),
        ("schedule", timed is not None, timed),
        ("editor", work.held_by is not None, None),
    ]
    return tuple(
        Obstacle(reason=reason, until=until, by=work.held_by if reason == "editor" else None)
        for reason, is_there, until in there
        if is_there
    )


def _shows(session: Session, slugs: Collection[str]) -> dict[str, Show]:
    """Return the settings of shows as they are now."""
    rows = session.execute(select(ShowRow.slug, ShowRow.settings).where(ShowRow.slug.in_(sorted(slugs))))
    return {slug: Show.stored(settings) for slug, settings in rows}


def _articles(session: Session, names: Sequence[str]) -> dict[str, ArticleRow]:
    """Return the rows of articles, by "source:id"."""
    pairs = [tuple(name.partition(":")[::2]) for name in names]
    rows = session.scalars(select(ArticleRow).where(tuple_(ArticleRow.source, ArticleRow.id).in_(pairs)))
    return {f"{row.source}:{row.id}": row for row in rows}


def _drafts(session: Session, names: Sequence[str]) -> set[str]:
    """Return those of the articles that are scheduled in their CMS, or drafts."""
    pairs = [tuple(name.partition(":")[::2]) for name in names]
    those = tuple_(SightingRow.source, SightingRow.article_id).in_(pairs)
    rows = session.execute(
        select(SightingRow.source, SightingRow.article_id).where(those, SightingRow.state == "scheduled")
    )
    return {f"{source}:{article}" for source, article in rows}
