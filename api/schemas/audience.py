"""What players report, and audience figures."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from briefing.audience.figures import MOST_ROWS, By
from briefing.values import NAME_PATTERN


class PlayEvent(BaseModel):
    """A stretch of audio that a player played."""

    article: str = Field(examples=["desk:ferry"])
    revision: str = Field(description="The MP3's sha256, as in its address.", examples=["9f86d081…"])
    session: str = Field(description="Random, 8 to 64 of A-Z a-z 0-9 _ -, new at each page view, kept nowhere.")
    event: Literal["play", "progress", "ended"]
    from_s: float
    to_s: float


_EVENT = PlayEvent(article="desk:ferry", revision="9f86d081…", session="k3Jd9-xQ", event="progress", from_s=0, to_s=9.8)


class PlaysReport(BaseModel):
    """What a player tells of what was heard; sent again, it counts no second time."""

    events: list[dict[str, Any]] = Field(
        max_length=50,
        description="At most 50, each {article, revision, session, event, from_s, to_s}; 16 kB in all.",
        examples=[[_EVENT.model_dump()]],
    )


class AudienceQuestion(BaseModel):
    """Which audience figures are asked for."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = Field(default=None, description="First day (UTC); by default thirty days back.")
    until: date | None = Field(default=None, description="Last day (UTC); by default today.")
    show: str | None = Field(default=None, pattern=f"^{NAME_PATTERN}$")
    article: str | None = Field(default=None, pattern=f"^{NAME_PATTERN}:{NAME_PATTERN}$", examples=["desk:ferry"])
    by: By = By.DAY
    format: Literal["json", "csv"] = "json"
    offset: int = Field(default=0, ge=0, le=10_000_000)
    limit: int = Field(default=1000, ge=1, le=MOST_ROWS)


class CountsView(BaseModel):
    """What was heard."""

    plays: int = Field(description="Page views of players in which something was heard.")
    completed: int = Field(description="Of them, those in which at least 90 % of the audio was.")
    completion: float | None = Field(description="completed / plays; null without plays.")
    downloads: int = Field(description="Clients of podcast apps, each once in 24 hours.")
    listened_s: float = Field(description="Seconds heard in players; what a page view hears twice counts once.")
    quarters_s: tuple[float, float, float, float] = Field(description="The same by quarter of the audio.")


class FiguresView(CountsView):
    """What was heard of an article or a show, by day or in all."""

    day: str | None = Field(description="UTC; null unless by day.")
    show: str | None
    article: str | None = Field(description='"source:id"; of a collection its first.')


class AudienceView(BaseModel):
    """Audience figures."""

    since: date
    until: date
    by: str
    totals: CountsView = Field(description="Of all rows, whatever the page.")
    rows: list[FiguresView]
    next: int | None = Field(description="Give it as `offset` for the rows that follow; null where there are none.")


class CurveView(BaseModel):
    """Where in one revision's audio it was listened to."""

    show: str
    revision: int
    sha256: str
    duration_s: float
    plays: int
    completed: int
    downloads: int
    listened_s: float
    heard: tuple[float, ...] = Field(description="For each hundredth of the audio, the share of plays that heard it.")


class ArticleAudienceView(BaseModel):
    """Where in an article's audio it was listened to, newest revision first."""

    article: str
    since: date
    until: date
    curves: list[CurveView]
