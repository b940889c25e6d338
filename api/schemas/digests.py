"""What is answered of digests."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class DigestView(BaseModel):
    """A digest, when it is due, and what came of it last."""

    slug: str = Field(examples=["morning"])
    show: str = Field(examples=["ledger"], description="Its home show.")
    at: list[str] = Field(examples=[["06:30"]], description="Local times; none: on demand alone.")
    days: list[str]
    zone: str = Field(examples=["Europe/Kyiv"])
    minutes: float
    due_at: datetime | None = Field(description="When it is made next; null for one on demand alone.")
    made_at: datetime | None = Field(description="When it was asked for last, by the schedule or on demand.")
    issue: str | None = Field(
        examples=["2026-11-28"], description="The newest: its day, and its time if there are several."
    )
    briefing: str | None = Field(description="ID of the briefing that the newest is.")
    skipped_at: datetime | None = Field(description="The last time at which it was due and not made.")
    skipped_why: str | None = Field(
        examples=["late"],
        description="`late`: nothing ran until too long after; `nothing`: there was no story; else the code of what "
        "befell it.",
    )
    links: dict[str, str]
