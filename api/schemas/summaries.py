"""What is asked and answered of summaries."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.schemas.base import Request


class SummaryView(BaseModel):
    """What a model wrote of a story, and what was said of it."""

    id: str
    article: str = Field(examples=["desk:ferry"])
    briefing: str = Field(description="ID of the story's briefing.")
    state: str = Field(
        examples=["waiting"],
        description="`asked`; `failed`: the server gave no answer; `refused`: by the checks, see `reasons`; "
        "`waiting` for an editor; `approved`; `declined`; `void`: its story says something else by now.",
    )
    text: str | None = Field(description="The summary; null before there is one, and where it was forgotten.")
    text_sha256: str | None = Field(description="Send it back as `seen` with a decision.")
    reasons: list[str] = Field(description="Why it was refused, or why there is no answer.")
    edited: bool = Field(description="Whether an editor has worded it otherwise than the model did.")
    model: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    source: str | None = Field(None, description="The article's text, of one that is asked for alone.")


class SummariesAsked(BaseModel):
    """Which stories are being summarised."""

    articles: list[str]


class SummaryDecision(Request):
    """A decision on a summary."""

    seen: str = Field(pattern="^[0-9a-f]{64}$", description="`text_sha256` of what was read.")


class SummaryApproval(SummaryDecision):
    """A summary's approval, in the model's words or an editor's."""

    text: str | None = Field(
        None, min_length=1, max_length=2000, description="Another wording, which is checked as the model's was."
    )
