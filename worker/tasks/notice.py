"""The `notice` step: editors hear of briefings that failed or are held, by one way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from briefing import steps
from briefing.errors import BriefcastError
from briefing.failpoints import Failpoint, reach
from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.settings import NoticeSettings
from briefing.states import RevisionState
from worker.notices import linking, sending, wording
from worker.notices.wording import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.steps import Lease
    from worker.workplace import Workplace


def tell_editors(lease: Lease, place: Workplace) -> None:
    """Send the message that the step is for, about what is still as it was then."""
    settings = NoticeSettings()
    if left := lease.payload.get(linking.LINKS):
        with place.database.writing() as session:
            linking.end(session, left, datetime.now(UTC))
    notices = _notices(place, lease.payload["revisions"])
    recipient = _recipient(settings, lease.payload)
    if notices and recipient:
        _send(lease, place, settings, notices, recipient)
    with place.database.writing() as session:
        steps.finish(session, lease)


def _recipient(settings: NoticeSettings, told: Mapping[str, Any]) -> str:
    """Return whom a message goes to, as the audit names them; empty where that way is set no more."""
    match told["way"]:
        case "email" if settings.mails:
            return ", ".join(told["to"])
        case "webhook" if settings.webhook:
            return f"webhook at {urlsplit(settings.webhook).hostname}"
        case "slack" if address := settings.slack.get_secret_value():
            return f"chat at {urlsplit(address).hostname}"
        case _:
            return ""


def _send(
    lease: Lease, place: Workplace, settings: NoticeSettings, notices: tuple[Notice, ...], recipient: str
) -> None:
    """Send a message with links of its own. Raises SourceUnavailable or Misconfigured."""
    base, now = place.public.public_url.rstrip("/"), datetime.now(UTC)
    with place.database.writing() as session:
        step = session.get_one(StepRow, lease.step_id, with_for_update=True)
        if step.fence != lease.fence:
            return
        made = linking.linked(session, notices, recipient, settings, base, now)
        # Whoever comes after a worker that dies before it has sent them ends them.
        step.payload = step.payload | {linking.LINKS: made.links}
    reach(Failpoint.NOTICE_LINKED)
    try:
        _by_its_way(settings, lease.payload, made.notices, now)
    except BriefcastError:
        with place.database.writing() as session:
            linking.end(session, made.links, now)
        raise
    reach(Failpoint.NOTICE_TOLD)


def _by_its_way(settings: NoticeSettings, told: Mapping[str, Any], notices: tuple[Notice, ...], now: datetime) -> None:
    more = told["more"]
    match told["way"]:
        case "email":
            subject = f"Briefcast: {wording.subject(notices, more)}"
            sending.mail(settings, told["to"], subject, wording.text(notices, more), told["id"])
        case "webhook":
            moment = now.isoformat(timespec="seconds")
            body = {"type": "briefings.noticed", "timestamp": moment, "data": wording.data(notices, more)}
            sending.webhook(settings, body, told["id"], int(now.timestamp()))
        case _:
            sending.chat(settings, wording.slack(notices, more))


def _notices(place: Workplace, ids: list[int]) -> tuple[Notice, ...]:
    """Return what is still failed or held of what there was to tell, and was neither put right nor withdrawn since."""
    base = place.public.public_url.rstrip("/")
    states = {RevisionState.FAILED.value: "failed", RevisionState.HELD.value: "held"}
    newer = aliased(RevisionRow)
    # One that failed too, or is being made, is not: nobody is told of it by itself if it fails for the same reason.
    put_right = exists().where(
        newer.briefing_id == RevisionRow.briefing_id,
        newer.number > RevisionRow.number,
        newer.state.in_([RevisionState.LIVE.value, RevisionState.HELD.value, RevisionState.RETRACTED.value]),
    )
    with place.database.reading() as session:
        rows = session.execute(
            select(RevisionRow, BriefingRow)
            .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
            .where(RevisionRow.id.in_(ids), RevisionRow.state.in_(states), ~put_right)
            .where(RevisionRow.number > func.coalesce(BriefingRow.withdrawn_number, 0))
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
