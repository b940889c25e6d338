"""`/v1/audit`: who changed what, for whoever administrates this installation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import AfterValidator, BaseModel, Field

from api.context import Administrator, Here
from api.problems import KEY_PROBLEMS, responses
from briefing.accounts import audit
from briefing.accounts.audit import CURSOR, MOST_ENTRIES, Action, Question

router = APIRouter(tags=["operation"])


def _in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC, which is what one without a zone is taken for. Raises ValueError beyond the calendar."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        message = "there is no such moment"
        raise ValueError(message) from error


Moment = Annotated[datetime, AfterValidator(_in_utc)]

#: Names as people gave them; no control characters.
_TEXT = r"^[^\x00-\x1f\x7f]+$"


class AuditQuestion(BaseModel):
    """Which changes are asked for."""

    who: str | None = Field(
        default=None, max_length=128, pattern=_TEXT, description="A key's ID or name, or `command line`"
    )
    action: Action | None = None
    subject: str | None = Field(
        default=None,
        max_length=300,
        pattern=_TEXT,
        description="A briefing's ID, an article as `source:id`, a jingle's name, a key's ID",
        examples=["desk:ferry"],
    )
    since: Moment | None = Field(default=None, description="First moment; UTC unless it says otherwise")
    until: Moment | None = Field(default=None, description="First moment after them")
    after: str | None = Field(default=None, pattern=f"^{CURSOR}$", description="`next` of the page before")
    format: Literal["json", "csv"] = "json"
    limit: int = Field(default=100, ge=1, le=MOST_ENTRIES)


class AuditEntryView(BaseModel):
    """One change."""

    at: datetime
    key_id: str | None = Field(description="Null for the command line")
    by: str = Field(description="The key's name, or the user that ran a command")
    action: str
    briefing: str | None
    revision: int | None = Field(description="Number of the revision that was made or published")
    detail: str


class AuditView(BaseModel):
    """A page of changes, newest first."""

    entries: list[AuditEntryView]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last one")


@router.get(
    "/v1/audit",
    summary="Who changed what",
    response_model=AuditView,
    responses={200: {"content": {"text/csv": {}}}, **responses("invalid_request", *KEY_PROBLEMS)},
)
def changes(
    context: Here,
    caller: Administrator,  # noqa: ARG001  demands the scope
    query: Annotated[AuditQuestion, Query()],
) -> Response | AuditView:
    """Every request and command that changed something, newest first. A page of CSV names the next in its `Link`."""
    asked = query.model_dump(exclude={"format"})
    with context.database.reading() as session:
        found, following = audit.page(session, Question(**asked))
    if query.format == "json":
        views = [AuditEntryView.model_validate(entry, from_attributes=True) for entry in found]
        return AuditView(entries=views, next=following)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    if following:
        given = query.model_dump(mode="json", exclude_none=True) | {"after": following}
        headers["Link"] = f'<{context.address}/v1/audit?{urlencode(given)}>; rel="next"'
    return PlainTextResponse(audit.table(found), media_type="text/csv", headers=headers)
