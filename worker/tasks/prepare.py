"""The `prepare` step: fetch, write the script, cut it, record what is to be spoken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import access, noticing, revisions, steps
from briefing.failpoints import Failpoint, reach
from briefing.labels import Labels
from briefing.lexicons import lexicon_for
from briefing.models import ArticleRow, BriefingRow, RevisionRow
from briefing.picks import note_labels
from briefing.show import Show
from briefing.shows import listed_sources
from briefing.states import RevisionState
from briefing.values import LABEL_KINDS, Article, ArticleRef, Script
from briefing.versions import latest_versions, save_version
from worker import script, spending
from worker.casting import engage
from worker.fetch import fetch
from worker.prepare import Prepared, cut, write_script
from worker.stream.telling import streamable
from worker.tasks.common import finish_idle, load_active, save_chunks, variations

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.steps import Lease
    from worker.casting import Engaged
    from worker.workplace import Workplace


def prepare_revision(lease: Lease, place: Workplace) -> None:
    """Fetch the articles, write the script, cut it into chunks, and record a step for each that has no take."""
    revision = load_active(place, lease)
    if revision is None:
        finish_idle(place, lease)
        return
    show = Show.stored(revision.show)
    with place.database.reading() as session:
        spending.may_begin(session, revision, datetime.now(UTC))
    articles, versions = _articles(place, revision)
    with place.database.reading() as session:
        cleanings = {name: source.cleaning for name, source in listed_sources(session).items()}
        lexicon = lexicon_for(session, show.slug)
    written = write_script(articles, show, cleanings, lexicon)
    _note_labels(place, written, heard=bool(revision.request.get("unless_unchanged")))
    if _is_unchanged(place, lease, written):
        return
    engaged = engage(revisions.casting_of(revision), place.speakers, [], allowed=show.fallback)
    prepared = cut(written, engaged.cast, engaged.engines, variations(place, revision.briefing_id), place.limits)
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, revision.id)
        if steps.finish(session, lease):
            if any(article.unpublished for article in articles):
                access.hold(row)
            _save_prepared(session, place, row, prepared, engaged, versions)
            reach(Failpoint.PREPARE_BEFORE_COMMIT)
    reach(Failpoint.PREPARE_AFTER_COMMIT)


def _note_labels(place: Workplace, written: Script, *, heard: bool) -> None:
    """Note what the articles are filed under, though nothing else of them may have changed. In a transaction of its
    own, as article rows are locked before all others, and only where something is new.
    """
    found = {
        article.ref: Labels.model_validate({kind: getattr(article, kind) or None for kind in LABEL_KINDS})
        for article in written.articles
    }
    with place.database.reading() as session:
        known = {text: session.get_one(ArticleRow, tuple(text.split(":"))).found_labels for text in found}
    new = [text for text in sorted(found) if found[text] != Labels.stored(known[text] or {})]
    if new:
        with place.database.writing() as session:
            for text in new:
                note_labels(session, ArticleRef.parse(text), found[text], heard=heard)


def _note_access(session: Session, articles: list[Article]) -> None:
    """Note for whom the articles are, as their source said along with the text: it may have changed since anybody
    looked, and what was read under the new must not be heard under the old.
    """
    ordered = sorted(articles, key=lambda article: str(article.ref))
    for article in ordered:
        if article.unpublished:
            access.keep_back(session, article.ref, datetime.now(UTC))
    for article in ordered:
        noticing.tell_visibility(session, article.ref, article.visibility)


def _is_unchanged(place: Workplace, lease: Lease, written: Script) -> bool:
    """Tell whether an equal revision says the very same; then the step is finished and that revision counts."""
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, lease.revision_id)
        counterpart = revisions.counterpart(session, row)
        if counterpart is None or Script.stored(counterpart.script).substance != written.substance:
            return False
        if steps.finish(session, lease):
            revisions.conclude(session, row, RevisionState.UNCHANGED, datetime.now(UTC))
        return True


def _save_prepared(
    session: Session, place: Workplace, row: RevisionRow, prepared: Prepared, engaged: Engaged, versions: list[int]
) -> None:
    now = datetime.now(UTC)
    row.script = prepared.script.model_dump(mode="json")
    row.card = script.card(prepared.script, Show.stored(row.show)).model_dump(mode="json")
    row.versions = list(versions)
    row.prepared_at = now
    revisions.supersede_unfinished(session, row.briefing_id, row.number, now)
    streams = streamable(session, row, place.files)
    save_chunks(session, place, row, prepared, engaged, now, asked=False, streams=streams)


def _articles(place: Workplace, revision: RevisionRow) -> tuple[list[Article], list[int]]:
    """Return the briefing's articles, fetched now or as the newest revision had them, with their version IDs."""
    with place.database.reading() as session:
        briefing = session.get_one(BriefingRow, revision.briefing_id)
        refs = [ArticleRef.parse(text) for text in briefing.articles]
        addresses = {str(ref): session.get_one(ArticleRow, (ref.source, ref.id)).address for ref in refs}
        known = None if revision.request.get("refetch", True) else latest_versions(session, briefing.id)
        sources = listed_sources(session)
    if known is not None:
        return [Article.stored(row.content) for row in known], [row.id for row in known]
    articles = [fetch(ref, addresses[str(ref)], sources) for ref in refs]
    reach(Failpoint.PREPARE_FETCHED)
    with place.database.writing() as session:
        _note_access(session, articles)
        # In one order for all, as two briefings of the same articles would wait for each other.
        ordered = sorted(articles, key=lambda article: str(article.ref))
        saved = {article.ref: save_version(session, article, datetime.now(UTC)) for article in ordered}
    return articles, [saved[article.ref] for article in articles]
