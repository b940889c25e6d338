"""Rows -> the episodes of a show's feed: which ones there are, for everybody or for members, and what is said of each.

Writes no file and cuts no page; that is `worker.feeds.show_feed`'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from briefing.audio import MASTER_RATE, Cue
from briefing.models import BriefingRow, EpisodeRow, ListingRow, MasterRow, RevisionRow
from briefing.public_names import briefing_folder, picture_name, preview_folder
from briefing.transcript import CHAPTERS_NAME, TRANSCRIPT_TYPES
from briefing.values import Card
from worker.feeds.feed import KEPT, Episode
from worker.public.heard import labelled

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row, Select

    from briefing.podcasts.show import Show
    from worker.public.public_files import PublicFiles


@dataclass(frozen=True)
class Listed:
    """The episodes that a show's feed has: all of its own, or those that its rules have listed; all of these for
    members, and of what is theirs the previews or nothing for others.
    """

    slug: str
    by_rules: bool
    members: bool
    previews: bool

    @property
    def _revision(self) -> ColumnElement[Any]:
        """The revision that is listed of a briefing."""
        if self.members or self.previews:
            return func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision)
        return BriefingRow.live_revision.expression

    @property
    def _master(self) -> ColumnElement[Any]:
        """The master that is heard of it; none where there is no preview."""
        if self.members or not self.previews:
            return RevisionRow.master_key.expression
        return case((BriefingRow.live_revision.is_not(None), RevisionRow.master_key), else_=RevisionRow.preview_key)

    @property
    def _is_heard(self) -> ColumnElement[bool]:
        if self.members:
            return or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))
        if self.previews:
            theirs = aliased(RevisionRow)
            has_preview = select(theirs.preview_key).where(theirs.id == BriefingRow.members_revision)
            return or_(BriefingRow.live_revision.is_not(None), has_preview.scalar_subquery().is_not(None))
        return BriefingRow.live_revision.is_not(None)

    def moments(self) -> Select[tuple[datetime]]:
        """Return when the live ones were published."""
        return self._of(select(self._moment))

    def live(self, month: str | None = None) -> Select[Any]:
        """Return what the feed says of the live ones, of one month or of all, the newest first."""
        said: list[Any] = [
            func.coalesce(EpisodeRow.kept_guid, EpisodeRow.guid),
            EpisodeRow.published_at,
            # As they are written: of a page that each publication writes, all but one are known.
            cast(RevisionRow.card, Text),
            cast(RevisionRow.preview_card, Text),
            BriefingRow.live_revision,
            RevisionRow.number,
            MasterRow.sha256,
            MasterRow.bytes,
            MasterRow.samples,
            cast(MasterRow.chapters, Text),
            MasterRow.transcript,
            MasterRow.picture,
            MasterRow.picture_ending,
            BriefingRow.id,
            RevisionRow.replaces,
        ]
        statement = self._of(select(*said))
        statement = statement.join(RevisionRow, RevisionRow.id == self._revision).join(
            MasterRow, MasterRow.key == self._master
        )
        if month is not None:
            statement = statement.where(self._moment >= _beginning(month), self._moment < _end(month))
        return statement.order_by(self._moment.desc(), EpisodeRow.briefing_id)

    @property
    def _moment(self) -> ColumnElement[datetime]:
        """The column by which they are found in order."""
        column: ColumnElement[datetime] = (ListingRow if self.by_rules else EpisodeRow).table().c.published_at
        return column

    def _of(self, statement: Select[Any]) -> Select[Any]:
        if not self.by_rules:
            return (
                statement.select_from(EpisodeRow)
                .join(BriefingRow, BriefingRow.id == EpisodeRow.briefing_id)
                .where(EpisodeRow.show == self.slug, self._is_heard)
            )
        of_its_home = (EpisodeRow.briefing_id == BriefingRow.id) & (EpisodeRow.show == BriefingRow.show)
        return (
            statement.select_from(ListingRow)
            .join(BriefingRow, BriefingRow.id == ListingRow.briefing_id)
            .join(EpisodeRow, of_its_home)
            .where(ListingRow.show == self.slug, self._is_heard)
        )


def listed(show: Show, files: PublicFiles) -> Listed:
    """Return the episodes of a show's feed for everybody, or for members where the files are theirs."""
    by_rules = show.rules is not None
    return Listed(show.slug, by_rules=by_rules, members=files.private, previews=show.preview_in_feed)


def _beginning(month: str) -> datetime:
    year, number = map(int, month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)


def _end(month: str) -> datetime:
    year, number = map(int, month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def episode(row: Row[Any], show: Show, files: PublicFiles) -> Episode:
    """Return what a feed says of a row of `Listed.live`."""
    (
        guid,
        published_at,
        card,
        others_card,
        live,
        number,
        sha256,
        size,
        samples,
        chapters,
        transcript,
        picture,
        ending,
        briefing,
        replaces,
    ) = tuple(row)
    is_preview = live is None and not files.private
    shown = _card(others_card if is_preview else card)
    folder = preview_folder(briefing, number, sha256) if is_preview else briefing_folder(briefing)
    return Episode(
        guid=guid,
        title=labelled(shown.title, show.preview_label) if is_preview else shown.title,
        link=shown.link,
        summary=shown.summary,
        published_at=published_at,
        audio_address=files.enclosure_address(show.slug, sha256),
        audio_bytes=size,
        duration_s=round(samples / MASTER_RATE),
        disclosure=shown.disclosure,
        byline=shown.byline,
        language=shown.language,
        transcripts=tuple(
            (files.companion_address(folder, name), media_type)
            for name, media_type in TRANSCRIPT_TYPES.items()
            if transcript
        ),
        chapters=_chapters(chapters),
        chapters_address=files.companion_address(folder, CHAPTERS_NAME),
        kept=shown.kept,
        correction=shown.correction or "",
        # Of what everybody hears, and only where there is more to tell than when it was first.
        history_address=files.history_address(briefing) if live and replaces and not files.private else "",
        folder=folder,
        # A preview's master has none: of what is for members nothing else is shown.
        picture_address=files.companion_address(briefing_folder(briefing, number), picture_name(picture, ending))
        if picture
        else "",
    )


@lru_cache(KEPT)
def _card(written: str) -> Card:
    return Card.stored(json.loads(written))


@lru_cache(KEPT)
def _chapters(written: str) -> tuple[Cue, ...]:
    return tuple(Cue.stored(cue) for cue in json.loads(written))
