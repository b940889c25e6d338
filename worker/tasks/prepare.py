"""The `prepare` step: fetch, write the script, cut it, record what is to be spoken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.articles.labels import Labels
from briefing.articles.picks import note_labels
from briefing.articles.versions import latest_versions, save_version
from briefing.digesting.digest import DIGEST
from briefing.editing import conflicts, overrides
from briefing.failpoints import Failpoint, reach
from briefing.going_live import access, wishes
from briefing.models import ArticleRow, BriefingRow, RevisionRow
from briefing.podcasts.show import Show
from briefing.podcasts.shows import listed_sources
from briefing.pronunciations.lexicons import lexicon_for
from briefing.states import RevisionState
from briefing.values import LABEL_KINDS, Article, ArticleRef, Correction
from worker import script, spending
from worker.fetch import fetch
from worker.prepare import cut, write_script
from worker.takes.casting import engage
from worker.tasks.common import finish_idle, load_active, variations
from worker.tasks.extract import extract_revision
from worker.tasks.prepared import check_names, is_unchanged, save_prepared, save_script
from worker.words.overriding import own_voices

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.editing.overrides import Stored
    from briefing.script import Script
    from briefing.steps import Lease
    from worker.workplace import Workplace


def prepare_revision(lease: Lease, place: Workplace) -> None:
    """Fetch the articles, write the script, cut it into chunks, and record a step for each that has no take."""
    revision = load_active(place, lease)
    if revision is None:
        finish_idle(place, lease)
        return
    with place.database.reading() as session:
        kind = session.get_one(BriefingRow, revision.briefing_id).kind
    if kind == DIGEST:
        # Asked for by a process that does not know how a digest is prepared.
        extract_revision(lease, place)
        return
    show = Show.stored(revision.show)
    with place.database.reading() as session:
        spending.may_begin(session, revision, datetime.now(UTC))
    articles, known = _articles(place, revision)
    with place.database.reading() as session:
        cleanings = {name: source.cleaning for name, source in listed_sources(session).items()}
        lexicon = lexicon_for(session, show.slug)
        edits = overrides.listed(session, revision.briefing_id)
        told = session.get_one(BriefingRow, revision.briefing_id).correction
    changes = {name: kept.override for name, kept in edits.items()}
    correction = Correction.stored(told) if told else None
    if correction is not None and correction.silent:
        correction = None
    written = write_script(articles, show, cleanings, lexicon, changes, correction, place.limits)
    # Before anything of it is written down: a name that must not be spoken is not kept either.
    check_names(place, revision, written)
    versions = known or _save_versions(place, articles)
    _note_labels(place, written, heard=bool(revision.request.get("unless_unchanged")))
    if is_unchanged(place, lease, written):
        return
    if _held_in_conflict(place, lease, written, edits, versions):
        return
    casting = revisions.casting_of(revision)
    engaged = engage(casting, place.speakers, [], allowed=show.fallback, own=own_voices(written))
    prepared = cut(written, engaged.cast, engaged.engines, variations(place, revision.briefing_id), place.limits)
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, revision.id)
        if steps.finish(session, lease):
            save_prepared(session, place, row, prepared, engaged, script.card(written, show), versions)
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
        wishes.tell(session, article.ref, article.visibility)


def _held_in_conflict(
    place: Workplace, lease: Lease, written: Script, edits: dict[str, Stored], versions: list[int]
) -> bool:
    """Hold the revision where the script no longer has a text that an editor changed; tell whether it is held, or was
    overtaken.
    """
    if edits.keys() <= {segment.id for segment in written.segments}:
        return False
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, lease.revision_id)
        found = conflicts.find(session, revision.briefing_id, written, edits)
    now = datetime.now(UTC)
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, lease.revision_id)
        if steps.finish(session, lease):
            save_script(row, written, script.card(written, Show.stored(row.show)), versions, now)
            row.conflicts = [conflict.model_dump(mode="json") for conflict in found]
            row.error_code, row.error_message = conflicts.CODE, conflicts.message_of(len(found))
            row.error_hint = "Keep or drop each override with POST …/conflicts/{segment}; what is live stays."
            revisions.supersede_unfinished(session, row.briefing_id, row.number, now)
            revisions.conclude(session, row, RevisionState.HELD, now)
    return True


def _articles(place: Workplace, revision: RevisionRow) -> tuple[list[Article], list[int]]:
    """Return the briefing's articles: fetched now, or as the newest revision had them, then with their version IDs."""
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
    return articles, []


def _save_versions(place: Workplace, articles: list[Article]) -> list[int]:
    """Save the articles as they were fetched; return their version IDs."""
    with place.database.writing() as session:
        # In one order for all, as two briefings of the same articles would wait for each other.
        ordered = sorted(articles, key=lambda article: str(article.ref))
        saved = {article.ref: save_version(session, article, datetime.now(UTC)) for article in ordered}
    return [saved[article.ref] for article in articles]
