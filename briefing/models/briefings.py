"""Briefings, their revisions, and the episodes they became."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from briefing.models.base import Base, OwnJson, PlainText
from briefing.observing.requests import current_request

#: Condition of revisions whose words are still to be noted, as the index over them has it.
UNREAD = "state = 'live' AND NOT words_noted"

#: Condition of briefings that were withdrawn, as the index over them has it.
WITHDRAWN = "withdrawn_at IS NOT NULL"


class BriefingRow(Base):
    """One or more articles to be heard as one MP3; `identity` is unique over show, kind and articles."""

    __tablename__ = "briefings"
    __table_args__ = (
        Index("briefings_withdrawn", "withdrawn_at", sqlite_where=text(WITHDRAWN), postgresql_where=text(WITHDRAWN)),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), unique=True)
    show: Mapped[str] = mapped_column(ForeignKey("shows.slug"))
    kind: Mapped[str] = mapped_column(String(16))
    articles: Mapped[list[Any]]
    """Ordered "source:id" strings."""
    live_revision: Mapped[int | None] = mapped_column(Integer)
    """The revision that readers hear. Publishing changes it, only upwards, and retracting empties it."""
    members_revision: Mapped[int | None] = mapped_column(Integer)
    """The revision that members hear, where it is not for everybody: then `live_revision` is empty, so that a worker of
    before there were members finds nothing to write for readers."""
    visibility: Mapped[str | None] = mapped_column(String(8))
    """Of a briefing of several articles, as of an article."""
    paywall: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    created_at: Mapped[datetime]
    held_at: Mapped[datetime | None]
    """When an editor had the next edition wait; None for no hold. See `briefing.going_live.editions`."""
    held_by: Mapped[str | None] = mapped_column(String(128))
    scheduled_at: Mapped[datetime | None]
    """When the next edition goes live; stays when that has passed, until it is live."""
    scheduled_by: Mapped[str | None] = mapped_column(String(128))
    embargo_until: Mapped[datetime | None]
    """Of a briefing of several articles, as of an article."""
    corrects_from: Mapped[int | None]
    """Number of the first revision that has what was corrected, while a correction is under way: what goes live until
    then, and it, take the place of what was wrong."""
    correction: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """A dumped `briefing.values.Correction`: the last one that its CMS or an editor told of."""
    withdrawn_at: Mapped[datetime | None]
    """When it was withdrawn last (`briefing.going_live.withdrawals`), live or not. Stays when it is asked for anew."""
    withdrawn_number: Mapped[int | None]
    """Number of the newest revision then: what is newer was asked for since."""

    @property
    def heard(self) -> int | None:
        """The revision that is live, for everybody or for members."""
        return self.live_revision if self.live_revision is not None else self.members_revision


class RevisionRow(Base):
    """One attempt at a briefing's audio."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("briefing_id", "number"),
        Index("revisions_by_state", "state", "error_code"),
        Index(
            "revisions_streamed",
            "id",
            sqlite_where=text("stream IS NOT NULL"),
            postgresql_where=text("stream IS NOT NULL"),
        ),
        Index("revisions_by_end", "let_go_at", "state", "finished_at"),
        Index("revisions_to_note", "uses_noted"),
        Index("revisions_unread", "id", sqlite_where=text(UNREAD), postgresql_where=text(UNREAD)),
        Index("revisions_of_master", "master_key"),
        Index("revisions_of_preview", "preview_key"),
        Index("revisions_of_requester", "requester", "queue", "state"),
        Index("revisions_of_audio", "audio_sha256"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str] = mapped_column(String(16))
    voice: Mapped[str] = mapped_column(String(128))
    """Asked to speak the body."""
    voices: Mapped[dict[str, Any]]
    """Those asked to speak other parts, where they differ; see `briefing.speech.Casting`."""
    request: Mapped[dict[str, Any]]
    """What was asked beyond the identity: refetch, segments."""
    show: Mapped[dict[str, Any]]
    """The home show's settings when the revision was asked for."""
    asked_again: Mapped[bool] = mapped_column(default=False)
    """Whether an equal request shared it after it had fetched."""
    requested_by: Mapped[str] = mapped_column(String(128))
    request_id: Mapped[str | None] = mapped_column(String(64), default=current_request)
    """The request that asked for it, by which logs are followed."""
    requester: Mapped[str | None] = mapped_column(String(64))
    """ID of the key it was asked for with."""
    rank: Mapped[int] = mapped_column(default=0, server_default="0")
    """Its place in its queue; see `briefing.requesting.ranks`."""
    look_after: Mapped[float | None] = mapped_column(Float)
    """When the articles may be looked at again, if that is asked for: after an edit's quiet period."""
    created_at: Mapped[datetime]
    prepared_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cast: Mapped[dict[str, Any] | None]
    """A dumped `Cast`: who speaks in fact."""
    fallbacks: Mapped[list[Any]]
    """Dumped `Fallback` values in order: the voices that failed, and who speaks instead."""
    script: Mapped[dict[str, Any] | None]
    card: Mapped[dict[str, Any] | None]
    """A dumped `Card`."""
    versions: Mapped[list[Any] | None]
    """IDs of the article versions, in the order of the briefing's articles."""
    chunks: Mapped[list[Any] | None]
    """Dumped `Chunk` values in order."""
    chunks_total: Mapped[int] = mapped_column(default=0)
    """Distinct chunks to be spoken or reused."""
    chunks_reused: Mapped[int] = mapped_column(default=0)
    chunks_left: Mapped[int] = mapped_column(default=0)
    spoken_s: Mapped[float] = mapped_column(default=0.0)
    """Seconds of audio ready so far, reused takes included."""
    stream: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """A dumped `worker.stream.Stream`: what can be heard before it is finished; None where nothing of it is public."""
    master_key: Mapped[str | None] = mapped_column(ForeignKey("masters.key"))
    verification: Mapped[dict[str, Any] | None]
    """What the `verify` step found (state, findings, checked_at); None until it has looked."""
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(PlainText)
    error_hint: Mapped[str | None] = mapped_column(PlainText)
    uses_noted: Mapped[bool] = mapped_column(default=False)
    """Whether `uses` has what it is made of; only of revisions that are finished."""
    words_noted: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its words were looked at, for `briefing.pronunciations.mentions`; only of those that were live."""
    preview_key: Mapped[str | None] = mapped_column(String(64))
    """The master of what others hear of it. No foreign key: workers of before let masters go that no `master_key`
    names."""
    preview_card: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """A dumped `Card` that says no more than the preview."""
    let_go_at: Mapped[datetime | None]
    """When its audio was given up because its time had come."""
    conflicts: Mapped[list[Any] | None] = mapped_column(OwnJson)
    """Dumped `briefing.editing.conflicts.Conflict` values that an editor has still to settle; then it is held and has
    no audio."""
    approved_at: Mapped[datetime | None]
    """When somebody else than its makers said that it may go live, where its show asks for that."""
    approved_by: Mapped[str | None] = mapped_column(String(128))
    live_at: Mapped[datetime | None]
    """When it went live, of those that did since this was written down."""
    replaces: Mapped[str | None] = mapped_column(String(16))
    """How it took the place of what was live before it: update or correction; None where nothing was, or for older
    ones."""
    change: Mapped[dict[str, Any] | None] = mapped_column(OwnJson)
    """A dumped `worker.history.Change`: how much of its words was new then."""
    audio_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the MP3 that readers were given at its address; None where none ever was, as far as is known."""


class VariationRow(Base):
    """How often an editor asked for another reading of a segment."""

    __tablename__ = "variations"
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), primary_key=True)
    segment_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int]


class EpisodeRow(Base):
    """A briefing published in a show; its guid and first date never change."""

    __tablename__ = "episodes"
    __table_args__ = (Index("episodes_of_show", "show", "published_at"),)
    show: Mapped[str] = mapped_column(ForeignKey("shows.slug"), primary_key=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), primary_key=True)
    guid: Mapped[str] = mapped_column(String(64), unique=True)
    published_at: Mapped[datetime]
    kept_guid: Mapped[str | None] = mapped_column(PlainText)
    """What feeds say instead of `guid`: of an episode taken over from another feed."""


class ListingRow(Base):
    """An episode that a show with rules lists, its own or another show's; see `briefing.podcasts.rules`."""

    __tablename__ = "listings"
    __table_args__ = (
        Index("listings_of_show", "show", "published_at"),
        Index("listings_of_day", "show", "day"),
        Index("listings_of_briefing", "briefing_id"),
    )
    show: Mapped[str] = mapped_column(ForeignKey("shows.slug"), primary_key=True)
    briefing_id: Mapped[str] = mapped_column(ForeignKey("briefings.id"), primary_key=True)
    day: Mapped[str] = mapped_column(String(10))
    """The newsroom's day of `published_at`."""
    picked: Mapped[bool]
    """By an editor, so that it does not count for the day's cap."""
    published_at: Mapped[datetime]
    """The episode's."""
