"""What is asked and answered of segments: what editors change by hand, conflicts, comparisons, the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from api.schemas.base import Flag, Request, Text
from api.schemas.editions import RELEASE_HOLD
from briefing.editing.overrides import MOST_NOTE, MOST_SPOKEN

_TAKES = "Addresses of its takes (`audio/flac`), to be played in order; none where it is not spoken, or not yet."
_SEEN = "The `stamp` of the override you saw, empty for none; if somebody changed it since, the answer is a 409."

_SEEN_INSTEAD = (
    "The `new.segment` of the conflict you saw, empty for none; if the article has other words there since, the answer "
    "is a 409 (`override_changed`)."
)


class OverrideRequest(Request):
    """What is heard of a segment from now on, until its written text changes. It takes the place of an earlier one."""

    spoken: Text | None = Field(
        None,
        max_length=MOST_SPOKEN,
        description="Said instead, letter for letter. Null: what is written, as usual.",
        examples=["The ferry sails again from Monday."],
    )
    voice: Text | None = Field(None, description="Who says it, of `GET /v1/voices`; null: who says the rest.")
    omitted: Flag = Field(default=False, description="Leave it out of the audio; it stays in the script.")
    note: Text = Field("", max_length=MOST_NOTE, description="Why, for other editors.")
    seen: Text | None = Field(None, max_length=16, description=_SEEN)


class SettleRequest(Request):
    """What becomes of an override whose text is gone."""

    resolution: Literal["keep", "drop"] = Field(
        description="`keep`: it hangs on the text that took its place; `drop`: it is taken back."
    )
    to: Text | None = Field(None, max_length=16, description="Another segment of the new text to keep it on.")
    seen: Text | None = Field(None, max_length=16, description=_SEEN_INSTEAD)


class RollbackRequest(Request):
    """Which revision is to be heard again."""

    revision: int = Field(strict=True, ge=1, le=2**31 - 1, examples=[3])
    release_hold: Flag = Field(default=False, description=RELEASE_HOLD)


class OverrideView(BaseModel):
    """What an editor changed of a segment by hand."""

    spoken: str | None
    voice: str | None
    omitted: bool
    note: str
    changed_by: str
    changed_at: datetime
    stamp: str = Field(description="Changes with every change.", examples=["5d41402abc4b2a76"])


class SegmentView(BaseModel):
    """A part of a script."""

    id: str
    article: str
    role: str
    written: str
    spoken: str
    edited: bool = Field(description="Whether `spoken` is an editor's own text in this revision.")
    voice: str = Field(description="Who says it.")
    omitted: bool = Field(description="Whether this revision leaves it out.")
    override: OverrideView | None = Field(description="As it stands now; a newer revision may be the first to have it.")
    start_s: float | None
    end_s: float | None
    takes: list[str] = Field(description=_TAKES)


class ReplacementView(BaseModel):
    """A new text, as it would be said without the override."""

    segment: str
    role: str
    written: str
    spoken: str


class ConflictView(BaseModel):
    """An override whose text is no longer in the article, and what took its place."""

    segment: str
    article: str
    role: str
    written: str
    spoken: str | None
    voice: str | None
    omitted: bool
    note: str
    changed_by: str
    changed_at: datetime
    new: ReplacementView | None = Field(description="Null where nothing seems to have taken its place.")


class SegmentsView(BaseModel):
    """A revision's script with what editors changed of it."""

    revision: int
    state: str
    language: str
    title: str
    duration_s: float | None
    segments: list[SegmentView]
    conflicts: list[ConflictView] = Field(description="To be settled before the briefing goes on.")


class SideView(BaseModel):
    """A segment as one of two revisions has it."""

    segment: str
    role: str
    written: str
    spoken: str
    voice: str
    edited: bool
    omitted: bool
    takes: list[str] = Field(description=_TAKES)


class PairView(BaseModel):
    """A segment in two revisions."""

    change: Literal["unchanged", "text", "sound", "added", "removed"] = Field(
        description="`text`: other words are written, said or left out; `sound`: the same words from other takes."
    )
    before: SideView | None
    after: SideView | None


class ComparisonView(BaseModel):
    """Two revisions, segment by segment."""

    before: int
    after: int
    let_go: list[int] = Field(description="Those of the two whose audio was let go: their sound is not compared.")
    segments: list[PairView]
