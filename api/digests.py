"""`/v1/digests`: a show's briefings of the day: which there are, when they are due, and one now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response
from sqlalchemy import select

from api import quotas, schemas
from api.context import Generator, Here, Reader
from api.once import Asked, IdempotencyKey, once
from api.problems import KEY_PROBLEMS, responses
from briefing.accounts.audit import Action
from briefing.digesting import digests
from briefing.digesting.digest import Due
from briefing.hashing import stable_hash
from briefing.models import DigestRow, IssueRow, RevisionRow
from briefing.revisions import Asker
from briefing.states import Queue
from briefing.values import NAME_PATTERN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.digesting.digest import Digest

router = APIRouter(prefix="/v1/digests", tags=["digests"])

DigestSlug = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$", examples=["morning"])]


@router.get("", summary="List the digests", responses=responses(*KEY_PROBLEMS))
def list_digests(context: Here, caller: Reader) -> list[schemas.DigestView]:  # noqa: ARG001
    """When each is due next, and what came of it last."""
    with context.database.reading() as session:
        return [_view(session, digest, context.address) for digest in digests.listed_digests(session).values()]


@router.post(
    "/{slug}",
    status_code=202,
    summary="Make a digest now",
    responses=responses(
        *KEY_PROBLEMS, "unknown_digest", "nothing_to_digest", "idempotency_key_reused", "quota_exceeded"
    ),
)
def make(
    slug: DigestSlug, response: Response, context: Here, caller: Generator, idempotency_key: IdempotencyKey = None
) -> schemas.Briefing:
    """Records today's digest, with the stories that its rules choose now, and answers at once. Where today's is there
    already, it is made again; if it says the same, that audio counts and nothing is made.
    """

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        digest, show = digests.find_digest(session, slug)
        due = Due(now, digest.issue_of(now))
        asker = Asker(caller.name, caller.key_id)
        revision, made = digests.request(session, digest, show, due, context.speech.voice, asker, now)
        if made:
            quotas.admit(session, caller, Queue.INTERACTIVE, 1, now)
        return revision, 202

    fingerprint = stable_hash("digest/1", slug)
    shown, _ = once(context, Asked(Action.ASK, caller, idempotency_key, fingerprint), work)
    response.headers["Location"] = shown.links["self"]
    return shown


def _view(session: Session, digest: Digest, address: str) -> schemas.DigestView:
    row = session.get_one(DigestRow, digest.slug)
    newest = select(IssueRow).where(IssueRow.digest == digest.slug).order_by(IssueRow.issue.desc()).limit(1)
    issue = session.scalars(newest).first()
    return schemas.DigestView(
        slug=digest.slug,
        show=digest.show,
        at=list(digest.at),
        days=list(digest.days),
        zone=digest.zone,
        minutes=digest.minutes,
        due_at=row.due_at,
        made_at=row.made_at,
        briefing=issue.briefing_id if issue is not None else None,
        issue=issue.issue if issue is not None else None,
        skipped_at=row.skipped_at,
        skipped_why=row.skipped_why,
        links={
            "make": f"{address}/v1/digests/{digest.slug}",
            **({"briefing": f"{address}/v1/briefings/{issue.briefing_id}"} if issue is not None else {}),
        },
    )
