"""The `verify` step: what was published is fetched from its addresses and compared with what was made.

It never takes anything back: what it finds stands with the revision and in the log. Files that do not match are written
anew once; a server or a cache that has not caught up is asked again later.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.backoff import MAX_POSTPONED
from briefing.errors import NotPublishedYet
from briefing.failpoints import Failpoint, reach
from briefing.models import RevisionRow
from briefing.observing.logs import get_logger
from worker.public.published import expected
from worker.public.staging import ready_to_rewrite
from worker.public.verify import Finding, check
from worker.publish import rewrite
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.public.verify import Published
    from worker.workplace import Workplace

_log = get_logger("verify")


def verify_revision(lease: Lease, place: Workplace) -> None:
    """Look at the published addresses and note what is found. Raises NotPublishedYet to have it tried again."""
    wanted = _wanted(lease, place)
    if wanted is None:
        finish_idle(place, lease)
        return
    last = lease.postponed >= MAX_POSTPONED
    reach(Failpoint.VERIFY_BEFORE)
    try:
        findings = _findings(lease, place, wanted)
    except NotPublishedYet as error:
        unreachable = (Finding(code=error.code, detail=error.message),)
        _note(lease, place, "unverified", unreachable, finish=last)
        if last:
            return
        raise
    _note(lease, place, "failed" if findings else "verified", findings, finish=last or not findings)
    if findings and not last:
        message = "the published audio is not as it was made"
        raise NotPublishedYet(message)


def _wanted(lease: Lease, place: Workplace) -> Published | None:
    with place.database.reading() as session:
        return expected(session, session.get_one(RevisionRow, lease.revision_id), place.files)


def _findings(lease: Lease, place: Workplace, wanted: Published) -> tuple[Finding, ...]:
    """Return what is wrong after the files have been written anew where something was."""
    findings = check(wanted, place.storage.temporary(".mp3"))
    if not findings:
        return findings
    _log.warning("published files written anew", findings=[finding.code for finding in findings])
    assert lease.revision_id is not None
    with ready_to_rewrite(place, lease.revision_id), place.database.writing() as session:
        rewrite(session, session.get_one(RevisionRow, lease.revision_id), place.storage, place.files)
    return check(wanted, place.storage.temporary(".mp3"))


def _note(lease: Lease, place: Workplace, state: str, findings: tuple[Finding, ...], *, finish: bool) -> None:
    """Write down what was found, if the step is still ours and its revision still the live one."""
    with place.database.writing() as session:
        row = revisions.locked(session, lease.revision_id)
        held = steps.finish(session, lease) if finish else steps.renew(session, lease, place.work.lease_s)
        if not held or expected(session, row, place.files) is None:
            return
        row.verification = {
            "state": state,
            "findings": [finding.model_dump(mode="json") for finding in findings],
            "checked_at": datetime.now(UTC).isoformat(),
        }
        reach(Failpoint.VERIFY_BEFORE_COMMIT)
    said = [f"{finding.code}: {finding.detail}" for finding in findings]
    (_log.info if state == "verified" else _log.warning)("published audio looked at", state=state, findings=said)
