"""The `jingle` step: an editor's upload becomes a jingle, or is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import steps
from briefing.errors import JingleRefused, StorageUnavailable
from briefing.failpoints import Failpoint, reach
from briefing.podcasts.jingles import ConformedJingle, settle_upload
from worker.sound.conform import conform

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.podcasts.show import JinglePart
    from briefing.steps import Lease
    from worker.workplace import Workplace


def conform_jingle(lease: Lease, place: Workplace) -> None:
    """Check an upload and re-encode it; what it replaces stays in use until then, and for good where it is refused."""
    name: str = lease.payload["name"]
    part: JinglePart = lease.payload["part"]
    upload: str = lease.payload["upload"]
    path = place.storage.path(upload)
    if path is None:
        message = "the upload is not in the storage"
        raise StorageUnavailable(message)
    outcome: ConformedJingle | JingleRefused
    try:
        outcome = conform(path, part, place.storage)
    except JingleRefused as refused:
        outcome = _nameless(refused, path)
    reach(Failpoint.JINGLE_STORED)
    with place.database.writing() as session:
        if steps.finish(session, lease):
            settle_upload(session, name, part, upload, outcome, datetime.now(UTC))
            reach(Failpoint.JINGLE_BEFORE_COMMIT)


def _nameless(refused: JingleRefused, path: Path) -> JingleRefused:
    """Return a refusal that says nothing of where uploads lie here, nor of the names they have there."""
    message = refused.message
    for name in (str(path.resolve()), str(path), path.name):
        message = message.replace(f"'{name}'", "the file").replace(name, "the file")
    return JingleRefused(message, code=refused.code, hint=refused.hint)
