"""Which stories a digest is made of: what is live, for those who hear the digest, by its rules. Reads; records
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from briefing.articles.picks import labels_of
from briefing.going_live import access
from briefing.going_live.holds import show_of
from briefing.models import ArticleRow, BriefingRow, EpisodeRow, RevisionRow, ShowRow
from briefing.podcasts.rules import Facts
from briefing.pronunciations.never_speak import find, texts_of
from briefing.requesting.asking import identity
from briefing.values import ArticleRef

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.digesting.digest import Digest
    from briefing.podcasts.show import Show

#: Stories of a digest's time that are looked at, the newest: more than any newsroom publishes in a week.
_MOST = 1000


def choose(session: Session, digest: Digest, show: Show, since: datetime, until: datetime) -> list[ArticleRef]:
    """Return the articles of an issue, in order: published in [since, until), each once."""
    rules, picked, others = digest.rules, [], []
    for briefing, article in _candidates(session, digest, show, since, until):
        is_pick = digest.show in (article.picks or ())
        ref = ArticleRef(source=article.source, id=article.id)
        if ref in picked or ref in others or not _heard(session, briefing, show):
            continue
        if is_pick and rules.picks != "as_others":
            picked.append(ref)
        elif rules.picks != "only" and rules.labels.admit(Facts(labels_of(article), 0.0, 0)):
            others.append(ref)
        if len(picked) >= rules.most:
            break
    return [*picked, *others][: rules.most]


def _candidates(
    session: Session, digest: Digest, show: Show, since: datetime, until: datetime
) -> Iterator[tuple[BriefingRow, ArticleRow]]:
    """Yield the stories of a digest's time in its language, the newest first, with their articles."""
    homes = [slug for slug in session.scalars(select(ShowRow.slug)) if digest.rules.takes_from(digest.show, slug)]
    heard = or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))
    found = (
        select(BriefingRow, RevisionRow.card)
        .join(EpisodeRow, (EpisodeRow.briefing_id == BriefingRow.id) & (EpisodeRow.show == BriefingRow.show))
        .join(
            RevisionRow,
            or_(RevisionRow.id == BriefingRow.live_revision, RevisionRow.id == BriefingRow.members_revision),
        )
        .where(BriefingRow.kind == "story", BriefingRow.show.in_(homes), heard)
        .where(EpisodeRow.published_at >= since, EpisodeRow.published_at < until)
        .order_by(EpisodeRow.published_at.desc(), BriefingRow.id)
        .limit(_MOST)
    )
    for briefing, card in session.execute(found).all():
        ref = ArticleRef.parse(briefing.articles[0])
        article = session.get(ArticleRow, (ref.source, ref.id))
        if article is not None and _tongue(str((card or {}).get("language", ""))) == _tongue(show.language):
            yield briefing, article


def story_of(session: Session, ref: ArticleRef, show: Show) -> BriefingRow | None:
    """Return the live story of an article that a digest of `show` reads from: the show's own, else another's; None
    where there is none for those who hear the show.
    """
    slugs = [show.slug, *sorted(slug for slug in session.scalars(select(ShowRow.slug)) if slug != show.slug)]
    wanted = {identity(slug, "story", (ref,)): number for number, slug in enumerate(slugs)}
    found = session.scalars(select(BriefingRow).where(BriefingRow.identity.in_(wanted))).all()
    in_order = sorted(found, key=lambda briefing: wanted[briefing.identity])
    return next((briefing for briefing in in_order if _heard(session, briefing, show)), None)


def _heard(session: Session, briefing: BriefingRow, show: Show) -> bool:
    """Tell whether those who hear `show` may hear a story: what is for members is in members' shows alone. By what its
    visibility says, which is sooner than where its files lie.
    """
    if briefing.heard is None or _holds_a_name(session, briefing, show):
        return False
    return show.visibility == access.MEMBERS or not access.for_members(session, briefing)


def _holds_a_name(session: Session, briefing: BriefingRow, show: Show) -> bool:
    """Tell whether what is live of a story holds a name that its show or `show` must not speak, put on a list since."""
    entries = (*show.never_speak, *show_of(session, briefing).never_speak)
    live = session.get(RevisionRow, briefing.heard) if entries else None
    return live is not None and bool(find(entries, texts_of(live.script, live.card)))


def outdated(session: Session, revision: RevisionRow) -> str | None:
    """Return a story that a digest's revision tells and that is none any more for those who hear it, so that it must
    not go live; None for none.
    """
    show = show_of(session, session.get_one(BriefingRow, revision.briefing_id))
    told = [str(article["ref"]) for article in (revision.script or {}).get("articles", ())]
    return next((text for text in told if story_of(session, ArticleRef.parse(text), show) is None), None)


def _tongue(language: str) -> str:
    return language.split("-", maxsplit=1)[0].lower()
