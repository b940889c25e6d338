"""The `notice` step: editors hear of briefings that failed or are held, by one way."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import steps
from briefing.models import BriefingRow, RevisionRow
from briefing.settings import NoticeSettings
from briefing.states import RevisionState
from worker.notices import sending, wording
from worker.notices.wording import Notice

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def tell_editors(lease: Lease, place: Workplace) -> None:
    """Send the message that the step is for, about what is still as it was then."""
    settings, told = NoticeSettings(), lease.payload
    notices = _notices(place, told["revisions"])
    if notices:
        subject = wording.subject(notices, told["more"])
        match told["way"]:
            case "email" if settings.mails:
                text = wording.text(notices, told["more"])
                sending.mail(settings, told["to"], f"Briefcast: {subject}", text, told["id"])
            case "webhook" if settings.webhook:
                moment = datetime.now(UTC).isoformat(timespec="seconds")
                body = {"type": "briefings.noticed", "timestamp": moment, "data": wording.data(notices, told["more"])}
                sending.webhook(settings, body, told["id"], int(time.time()))
            case "slack" if settings.slack.get_secret_value():
                sending.chat(settings, wording.slack(notices, told["more"]))
    with place.database.writing() as session:
        steps.finish(session, lease)


def _notices(place: Workplace, ids: list[int]) -> tuple[Notice, ...]:
    """Return what is still failed or held of what there was to tell."""
    base = place.public.public_url.rstrip("/")
    states = {RevisionState.FAILED.value: "failed", RevisionState.HELD.value: "held"}
    with place.database.reading() as session:
        rows = session.execute(
            select(RevisionRow, BriefingRow)
            .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
            .where(RevisionRow.id.in_(ids), RevisionRow.state.in_(states))
            .order_by(RevisionRow.id)
        ).all()
        return tuple(
            Notice(
                briefing=briefing.id,
                revision=revision.number,
                state=states[revision.state],
                title=str((revision.card or {}).get("title") or briefing.articles[0]),
                show=briefing.show,
                code=revision.error_code or "",
                message=revision.error_message or "",
                hint=revision.error_hint or "",
                heard=briefing.heard is not None,
                address=f"{base}/desk/briefings/{briefing.id}",
            )
            for revision, briefing in rows
        )
