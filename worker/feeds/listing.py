"""Which shows list an episode, as rows: decided when it is published, changes or goes, and when a show's rules change.

What is for members is listed too: whether a feed has it, or its preview, is decided where that is written. What rules
say is `briefing.podcasts.rules`'s, what a feed looks like `worker.feeds.show_feed`'s. Rows, not a look through all
episodes
at each writing, so that a feed costs the same however many there are; and so that the day's first stay the day's first:
an episode that was listed is not pushed out of apps by a later one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select

from briefing.articles.labels import Labels, tidied
from briefing.articles.picks import labels_of
from briefing.audio import MASTER_RATE
from briefing.models import ArticleRow, BriefingRow, EpisodeRow, ListingRow, MasterRow, RevisionRow, ShowRow
from briefing.podcasts.rules import Facts, Rules
from briefing.podcasts.show import Show
from briefing.podcasts.shows import lock_shows
from briefing.values import IMPORTED, LABEL_KINDS, ArticleRef
from worker.feeds.show_feed import write_feed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from worker.public.public_files import PublicFiles

#: Episodes of a day that are looked at for a place that has become free: each costs some reads, while shows are locked.
_MOST_WAITING = 500

#: A show's day lasts 25 hours at most.
_DAY = timedelta(hours=26)


def lock_listing(session: Session, homes: Iterable[str]) -> None:
    """Lock the shows whose feeds episodes of `homes` may be in, until the transaction ends."""
    wanted = set(homes)
    slugs = wanted | {slug for home in wanted for slug in _listing(session, home)}
    lock_shows(session, ShowRow.slug.in_(sorted(slugs)))


def may_list(session: Session, briefing: BriefingRow) -> set[str]:
    """Return the shows whose feeds a briefing may be in, whatever rows say by now."""
    return {briefing.show, *_listing(session, briefing.show)}


def relist(session: Session, briefing: BriefingRow, now: datetime | None = None) -> set[str]:
    """List a briefing where it now belongs and nowhere else; return the shows whose feeds it is in, or was until now.
    A place of the day of `now` that it gives up goes to the day's next story that waits; None: to nobody.

    Their rows are locked. Needs a writing session.
    """
    episode = session.get(EpisodeRow, (briefing.show, briefing.id))
    if episode is None:
        return set()
    listing = _listing(session, briefing.show)
    concerned = set() if _has_rules(session, briefing.show) else {briefing.show}
    there = {row.show: row for row in session.scalars(select(ListingRow).where(ListingRow.briefing_id == briefing.id))}
    facts = _facts(session, briefing) if listing and briefing.heard is not None else None
    picks = _picks(session, briefing) if facts else set()
    places = {slug for slug, row in there.items() if not row.picked}
    for slug, rules in listing.items():
        row = there.pop(slug, None)
        if facts is not None and (slug in picks or _belongs(session, slug, rules, facts, briefing, episode)):
            if row is None:
                _add(session, slug, rules, episode, picked=slug in picks)
            else:
                row.picked = slug in picks
            concerned.add(slug)
        elif row is not None:
            session.delete(row)
            concerned.add(slug)
    for slug, row in there.items():
        session.delete(row)
        concerned.add(slug)
    session.flush()
    if now is not None:
        freed = places - {slug for slug, picked in standing(session, briefing) if not picked}
        _give_on(session, {slug: listing[slug] for slug in freed & listing.keys()}, episode, now)
    return concerned


def feeds_of(session: Session, briefing: BriefingRow) -> set[str]:
    """Return the shows whose feeds a briefing is in."""
    listed = set(session.scalars(select(ListingRow.show).where(ListingRow.briefing_id == briefing.id)))
    return listed if _has_rules(session, briefing.show) else listed | {briefing.show}


def standing(session: Session, briefing: BriefingRow) -> set[tuple[str, bool]]:
    """Return the same with whether it is picked there: what a change of may change the feed."""
    rows = session.scalars(select(ListingRow).where(ListingRow.briefing_id == briefing.id))
    listed = {(row.show, row.picked) for row in rows}
    return listed | {(slug, False) for slug in feeds_of(session, briefing) - {slug for slug, _ in listed}}


def write_feeds(session: Session, briefing: BriefingRow, shows: Iterable[str], files: PublicFiles) -> None:
    """Write feeds that a briefing is in, or was. Raises StorageUnavailable."""
    for slug in sorted(shows):
        episode = session.get_one(EpisodeRow, (briefing.show, briefing.id))
        for moment in _moments(session, slug, episode.published_at):
            write_feed(session, slug, files, moment)


def _moments(session: Session, slug: str, changed: datetime) -> list[datetime]:
    """Return a moment of each month whose page of the archive a change may concern: its own, and where the show's day
    reaches into another month, that of what took a freed place.
    """
    if f"{changed - _DAY:%Y-%m}" == f"{changed + _DAY:%Y-%m}":
        return [changed]
    of_day = select(ListingRow.published_at).where(
        ListingRow.show == slug, ListingRow.published_at.between(changed - _DAY, changed + _DAY)
    )
    moments = {f"{moment:%Y-%m}": moment for moment in session.scalars(of_day)}
    return list((moments | {f"{changed:%Y-%m}": changed}).values())


def list_anew(session: Session, slug: str) -> None:
    """Decide anew of every live episode whether a show lists it, the oldest first, as when its rules have changed.

    Its row is locked. Needs a writing session.
    """
    session.execute(delete(ListingRow).where(ListingRow.show == slug))
    rules = Show.stored(session.get_one(ShowRow, slug).settings).rules
    if rules is None:
        return
    homes = [home for home in session.scalars(select(ShowRow.slug)) if rules.lists_from(slug, home)]
    heard = or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))
    episodes = (
        select(BriefingRow, EpisodeRow)
        .join(EpisodeRow, (EpisodeRow.briefing_id == BriefingRow.id) & (EpisodeRow.show == BriefingRow.show))
        .where(BriefingRow.show.in_(homes), heard)
        .order_by(EpisodeRow.published_at, EpisodeRow.briefing_id)
    )
    for briefing, episode in session.execute(episodes).all():
        picked = slug in _picks(session, briefing)
        if picked or _belongs(session, slug, rules, _facts(session, briefing), briefing, episode):
            _add(session, slug, rules, episode, picked=picked)
            session.flush()


def _listing(session: Session, home: str) -> dict[str, Rules]:
    """Return the rules of the shows that may list episodes of the show `home`."""
    shows = {row.slug: Show.stored(row.settings) for row in session.scalars(select(ShowRow))}
    return {slug: show.rules for slug, show in shows.items() if show.rules and show.rules.lists_from(slug, home)}


def _has_rules(session: Session, slug: str) -> bool:
    return Show.stored(session.get_one(ShowRow, slug).settings).rules is not None


def _belongs(
    session: Session, slug: str, rules: Rules, facts: Facts, briefing: BriefingRow, episode: EpisodeRow
) -> bool:
    """Tell whether the rules want an episode. The day's others are counted without it, so that it keeps its place;
    what is for members takes no place from what everybody hears.
    """
    if not rules.admit(facts):
        return False
    if rules.daily_cap is None:
        return True
    counted = [] if briefing.live_revision is None else [BriefingRow.live_revision.is_not(None)]
    others = session.scalar(
        select(func.count())
        .select_from(ListingRow)
        .join(BriefingRow, BriefingRow.id == ListingRow.briefing_id)
        .where(
            ListingRow.show == slug,
            ListingRow.day == rules.day(episode.published_at),
            ListingRow.picked.is_(False),
            ListingRow.briefing_id != episode.briefing_id,
            *counted,
        )
    )
    return (others or 0) < rules.daily_cap


def _give_on(session: Session, listing: dict[str, Rules], left: EpisodeRow, now: datetime) -> None:
    """Have shows list the first of today's stories that wait for a place, in place of one that they list no more.
    Yesterday's stay out: apps would show them as new.
    """
    for slug, rules in listing.items():
        if rules.daily_cap is not None and rules.day(left.published_at) == rules.day(now):
            _list_next(session, slug, rules, left, now)


def _list_next(session: Session, slug: str, rules: Rules, left: EpisodeRow, now: datetime) -> None:
    day = rules.day(now)
    homes = [home for home in session.scalars(select(ShowRow.slug)) if rules.lists_from(slug, home)]
    listed = select(ListingRow.briefing_id).where(ListingRow.show == slug, ListingRow.day == day)
    waiting = (
        select(BriefingRow, EpisodeRow)
        .join(EpisodeRow, (EpisodeRow.briefing_id == BriefingRow.id) & (EpisodeRow.show == BriefingRow.show))
        .where(
            BriefingRow.show.in_(homes),
            BriefingRow.id != left.briefing_id,
            or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None)),
            EpisodeRow.published_at > now - _DAY,
            BriefingRow.id.not_in(listed),
        )
        .order_by(EpisodeRow.published_at, EpisodeRow.briefing_id)
        .limit(_MOST_WAITING)
    )
    for briefing, episode in session.execute(waiting).all():
        if rules.day(episode.published_at) != day:
            continue
        if _belongs(session, slug, rules, _facts(session, briefing), briefing, episode):
            _add(session, slug, rules, episode, picked=False)
            session.flush()
            return


def _add(session: Session, slug: str, rules: Rules, episode: EpisodeRow, *, picked: bool) -> None:
    session.add(
        ListingRow(
            show=slug,
            briefing_id=episode.briefing_id,
            day=rules.day(episode.published_at),
            picked=picked,
            published_at=episode.published_at,
        )
    )


def _facts(session: Session, briefing: BriefingRow) -> Facts:
    samples, script = session.execute(
        select(MasterRow.samples, RevisionRow.script)
        .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
        .where(RevisionRow.id == briefing.heard)
    ).one()
    characters = sum(len(segment["written"]) for segment in (script or {}).get("segments", ()))
    labels = [labels_of(row) for row in _articles(session, briefing)]
    together = {
        kind: tidied(label for one in labels for label in getattr(one, kind) or ()) or None for kind in LABEL_KINDS
    }
    return Facts(Labels.model_validate(together), samples / MASTER_RATE, characters)


def _picks(session: Session, briefing: BriefingRow) -> set[str]:
    """Return the shows that are to list a briefing whatever their rules say. Of one that was taken over from another
    host, its own is: apps know it there.
    """
    kept = {briefing.show} if briefing.kind == IMPORTED else set()
    return kept | {slug for row in _articles(session, briefing) for slug in row.picks or ()}


def _articles(session: Session, briefing: BriefingRow) -> list[ArticleRow]:
    refs = [ArticleRef.parse(text) for text in briefing.articles]
    found = [session.get(ArticleRow, (ref.source, ref.id)) for ref in refs]
    return [row for row in found if row is not None]
