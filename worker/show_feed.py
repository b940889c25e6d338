"""A show's feed as files: the newest episodes, and all of them month by month once there are more (RFC 5005 section 4).

Months, not numbered pages: an episode stays on its page whatever comes or goes, so caches and readers keep the others.
What a feed looks like is `worker.feed`'s; when one is written, `publish`'s, `withdraw`'s and the doctor's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from briefing.audio import MASTER_RATE, Cue
from briefing.models import BriefingRow, EpisodeRow, ListenerRow, ListingRow, MasterRow, RevisionRow, ShowRow
from briefing.public_names import archive_name, archived_month, briefing_folder, feed_name, preview_folder
from briefing.show import Show
from briefing.transcript import CHAPTERS_NAME, TRANSCRIPT_TYPES
from briefing.values import Card
from worker.feed import Channel, Episode, render
from worker.heard import labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session

    from briefing.storage import PublicStorage
    from worker.public_files import PublicFiles

#: Items and bytes of a feed's first page: what apps ask for again and again. Older episodes are in the archive.
FEED_ITEMS = 300
FEED_BYTES = 1_000_000

#: Of the newest, how many are on the first page whatever their size: an item has at most some 12 kB.
SURE_ITEMS = 50


def write_feed(session: Session, slug: str, files: PublicFiles, changed: datetime | None = None) -> None:
    """Write a show's feed from what is live: the first page, and of the archive what an episode first published at
    `changed` can have changed; everything without it. Raises StorageUnavailable.
    """
    _write_pages(session, slug, files, changed)
    if files.members is not None and _is_for_members(session, slug, files.members):
        _write_pages(session, slug, files.of_members, changed)


def _is_for_members(session: Session, slug: str, storage: PublicStorage) -> bool:
    """Tell whether anybody may have use for a show's feed for members."""
    theirs = select(BriefingRow.id).where(BriefingRow.show == slug, BriefingRow.members_revision.is_not(None))
    listeners = select(ListenerRow.id).where(ListenerRow.show == slug, ListenerRow.revoked_at.is_(None))
    return (
        session.scalar(theirs.limit(1)) is not None
        or session.scalar(listeners.limit(1)) is not None
        or storage.look(feed_name(slug)) is not None
    )


def _write_pages(session: Session, slug: str, files: PublicFiles, changed: datetime | None) -> None:
    row = session.get_one(ShowRow, slug)
    show = Show.stored(row.settings)
    listed = _listed(show, files)

    def page(address: str, episodes: Sequence[Episode], links: Iterable[tuple[str, str]], *, archive: bool) -> bytes:
        hubs = () if archive else files.hubs
        channel = _channel(row, files, feed_address=address, hubs=hubs, links=tuple(links), archive=archive)
        return render(channel, episodes)

    newest = [_episode(found, show, files) for found in session.execute(listed.live().limit(FEED_ITEMS + 1))]
    first, goes_on = _first_page(
        newest, lambda shown, links: page(files.feed_address(slug), shown, links, archive=False), slug, files
    )
    files.put_feed(feed_name(slug), first)
    there = {month for file in files.storage.files(f"shows/{slug}/archive") if (month := archived_month(file.name))}
    months = _months(session, listed, there, changed) if goes_on else []
    for month in sorted(there - set(months)):
        files.remove([archive_name(slug, month)])
    for month in _to_write(months, there, changed):
        links = _archive_links(months, month, slug, files)
        of_month = session.execute(listed.live(month))
        episodes = [_episode(found, show, files) for found in of_month]
        address = files.archive_address(slug, month)
        files.put_feed(archive_name(slug, month), page(address, episodes, links, archive=True))


def whole_feed(session: Session, slug: str, files: PublicFiles) -> tuple[bytes, list[Episode]]:
    """Return a show's feed with all its episodes on one page, which another host may take over, and the episodes. It
    leads nobody elsewhere: where it will be, it is the new one.
    """
    row = session.get_one(ShowRow, slug)
    show = Show.stored(row.settings)
    episodes = [_episode(found, show, files) for found in session.execute(_listed(show, files).live())]
    channel = _channel(row, files, feed_address=files.feed_address(slug), locked=False)
    settled = replace(channel, show=channel.show.model_copy(update={"new_feed": ""}))
    return render(settled, episodes), episodes


def _channel(row: ShowRow, files: PublicFiles, **others: Any) -> Channel:  # noqa: ANN401  fields of Channel
    show = Show.stored(row.settings)
    return Channel(
        show=show,
        guid=row.podcast_guid,
        artwork_address=files.artwork_address(row.slug),
        site=show.link or files.address,
        private=files.private,
        **others,
    )


def _first_page(
    newest: Sequence[Episode],
    page: Callable[[Sequence[Episode], list[tuple[str, str]]], bytes],
    slug: str,
    files: PublicFiles,
) -> tuple[bytes, str | None]:
    """Return the first page, and the month in which the archive goes on; None where the page has everything."""
    number = min(len(newest), FEED_ITEMS)
    while True:
        oldest = newest[number - 1] if number else None
        month = f"{oldest.published_at:%Y-%m}" if oldest and number < len(newest) else None
        links = [(rel, files.archive_address(slug, month)) for rel in ("next", "prev-archive")] if month else []
        content = page(newest[:number], links)
        if len(content) <= FEED_BYTES or number <= SURE_ITEMS:
            return content, month
        number = max(SURE_ITEMS, min(number - 1, number * FEED_BYTES // len(content)))


def _months(session: Session, listed: _Listed, there: set[str], changed: datetime | None) -> list[str]:
    """Return the months with episodes that are live, the oldest first: by what is `there` already and the one that has
    `changed`, so that a change does not look through years of episodes; by all of them where neither is known.
    """
    if changed is not None and there:
        month = f"{changed:%Y-%m}"
        filled = session.execute(listed.live(month).limit(1)).first() is not None
        return sorted(there | {month} if filled else there - {month})
    return sorted({f"{moment:%Y-%m}" for moment in session.scalars(listed.moments())})


def _to_write(months: Sequence[str], there: set[str], changed: datetime | None) -> list[str]:
    """Return the months whose pages are to be written: pure. Pages name their neighbours, so those of a page that comes
    or goes are written anew.
    """
    if changed is None:
        return list(months)
    came_or_went = there ^ set(months)
    every = sorted(there | set(months))
    beside = {
        neighbour
        for place, month in enumerate(every)
        if month in came_or_went
        for neighbour in every[max(0, place - 1) : place + 2]
    }
    return [month for month in months if month in came_or_went | beside or month == f"{changed:%Y-%m}"]


def _archive_links(months: Sequence[str], month: str, slug: str, files: PublicFiles) -> list[tuple[str, str]]:
    place = months.index(month)
    links = [("current", files.feed_address(slug)), ("first", files.feed_address(slug))]
    if place > 0:
        links += [(rel, files.archive_address(slug, months[place - 1])) for rel in ("prev-archive", "next")]
    if place + 1 < len(months):
        links += [(rel, files.archive_address(slug, months[place + 1])) for rel in ("next-archive", "previous")]
    return links


@dataclass(frozen=True)
class _Listed:
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
        statement = self._of(
            select(
                func.coalesce(EpisodeRow.kept_guid, EpisodeRow.guid),
                EpisodeRow.published_at,
                RevisionRow.card,
                RevisionRow.preview_card,
                BriefingRow.live_revision,
                RevisionRow.number,
                MasterRow.sha256,
                MasterRow.bytes,
                MasterRow.samples,
                MasterRow.chapters,
                MasterRow.transcript,
                BriefingRow.id,
                RevisionRow.replaces,
            )
        )
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


def _listed(show: Show, files: PublicFiles) -> _Listed:
    by_rules = show.rules is not None
    return _Listed(show.slug, by_rules=by_rules, members=files.private, previews=show.preview_in_feed)


def _beginning(month: str) -> datetime:
    year, number = map(int, month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)


def _end(month: str) -> datetime:
    year, number = map(int, month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _episode(row: Row[Any], show: Show, files: PublicFiles) -> Episode:
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
        briefing,
        replaces,
    ) = tuple(row)
    is_preview = live is None and not files.private
    shown = Card.stored(others_card if is_preview else card)
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
        chapters=tuple(Cue.stored(cue) for cue in chapters),
        chapters_address=files.companion_address(folder, CHAPTERS_NAME),
        kept=shown.kept,
        correction=shown.correction or "",
        # Of what everybody hears, and only where there is more to tell than when it was first.
        history_address=files.history_address(briefing) if live and replaces and not files.private else "",
        folder=folder,
    )
