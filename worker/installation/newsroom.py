"""Newsroom -> rows: what `briefcast apply` does. Adds and updates; what the file no longer lists is kept, unlisted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from briefing.digesting.digests import put_digests
from briefing.digesting.issues import look_after_show
from briefing.errors import Misconfigured
from briefing.going_live.access import follow_others
from briefing.models import BriefingRow, ConnectionRow, ShowRow, SourceRow
from briefing.observing.logs import get_logger
from briefing.podcasts.jingles import PARTS, jingle_files
from briefing.podcasts.show import Show
from briefing.podcasts.shows import lock_shows
from briefing.pronunciations.lexicons import replace_file_entries
from briefing.revisions import lock_briefing
from briefing.sql.rows import add_unless_there
from worker import spending, watermark
from worker.clean import check_cleaning
from worker.feeds.artwork import artwork_of
from worker.feeds.listing import list_anew
from worker.feeds.show_feed import write_feed
from worker.feeds.websub import record_pings
from worker.public.staging import ready_to_point
from worker.publish import renew
from worker.sound import jingle
from worker.sources import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from briefing.podcasts.newsroom import Newsroom, SourceSettings
    from worker.feeds.artwork import Artwork
    from worker.public.public_files import PublicFiles
    from worker.workplace import Workplace

_log = get_logger("apply")

#: Namespace of podcast:guid (Podcasting 2.0, docs/tags/guid.md).
_PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


@dataclass(frozen=True)
class Applied:
    """What an application changed."""

    shows: tuple[str, ...]
    sources: tuple[str, ...]
    lexicons: tuple[str, ...] = ()
    """Shows whose pronunciations changed; the newsroom's own are under the empty name."""
    digests: tuple[str, ...] = ()


def apply(newsroom: Newsroom, place: Workplace) -> Applied:
    """Record shows, sources and pronunciations, and write artwork, feeds and the articles' files as they now should be.
    What waits for a budget looks again at one that changed, and hubs hear of a feed that did.

    Everything is checked first: voices, jingles, artwork, watermarks, source options. Raises Misconfigured or
    WatermarkNotInstalled; then nothing has changed. Raises StorageUnavailable; then files may be the old ones, and
    applying it once more writes the rest.
    """
    pictures = {show.slug: _checked(show, place) for show in newsroom.shows}
    for source in newsroom.sources:
        connect(source)
        _check_cleaning(source)
    with place.database.writing() as session:
        lock_shows(session)
        before = {row.slug: _heard_by(Show.stored(row.settings)) for row in session.scalars(select(ShowRow))}
        shows = tuple(
            show.slug
            for position, show in enumerate(newsroom.shows)
            if _put_show(session, position, _with_names(show, newsroom), place.files)
        )
        spending.look_again(session, shows)
        for show in newsroom.shows:
            if show.slug in before and before[show.slug] != _heard_by(show):
                follow_others(session, show=show.slug)
                look_after_show(session, show.slug)
        sources = tuple(
            source.name for position, source in enumerate(newsroom.sources) if _put_source(session, position, source)
        )
        # What a command connected stays: the file need not name it.
        connected = session.scalars(select(ConnectionRow.source).where(ConnectionRow.by_command)).all()
        for row_type, key, names in (
            (ShowRow, ShowRow.slug, [show.slug for show in newsroom.shows]),
            (SourceRow, SourceRow.name, [*(source.name for source in newsroom.sources), *connected]),
        ):
            session.execute(update(row_type).where(key.not_in(names)).values(listed=False))
        _forbid_names(session, newsroom)
        session.flush()
        lexicons = tuple(_put_lexicons(session, newsroom, datetime.now(UTC)))
        digests = put_digests(session, newsroom.digests, datetime.now(UTC))
        for slug in shows:
            list_anew(session, slug)
        for slug, picture in pictures.items():
            session.get_one(ShowRow, slug).artwork_png = picture.png is not None
            place.files.put_artwork(slug, picture.jpeg, picture.png)
        session.flush()
        place.files.put_player()
        for slug in session.scalars(select(ShowRow.slug)):
            write_feed(session, slug, place.files)
        for slug in sorted(before.keys() & set(shows)):
            record_pings(session, slug, place.files.hubs)
    _renew_articles(place)
    return Applied(shows, sources, lexicons, digests)


def _renew_articles(place: Workplace) -> None:
    """Write the files of what is live anew, each briefing in a transaction of its own: there may be many, and their
    publications are not to wait for all of them.
    """
    live = or_(BriefingRow.live_revision.is_not(None), BriefingRow.members_revision.is_not(None))
    with place.database.reading() as session:
        found = session.scalars(select(BriefingRow.id).where(live)).all()
    for briefing_id in found:
        with ready_to_point(place, briefing_id) as is_there:
            if not is_there:
                _log.warning("MP3 lost", briefing=briefing_id, hint="Run `briefcast doctor`.")
                continue
            with place.database.writing() as session:
                briefing = lock_briefing(session, briefing_id)
                if briefing.heard is not None:
                    renew(session, briefing, place.storage, place.files)


def _with_names(show: Show, newsroom: Newsroom) -> Show:
    """Return a show with the newsroom's names that must not be spoken behind its own."""
    return show.model_copy(update={"never_speak": (*show.never_speak, *newsroom.never_speak)})


def _forbid_names(session: Session, newsroom: Newsroom) -> None:
    """Have shows that the file no longer lists refuse the newsroom's names too: what is theirs can be made again."""
    for row in session.scalars(select(ShowRow).where(ShowRow.listed.is_(False))):
        show = Show.stored(row.settings)
        names = tuple(dict.fromkeys((*show.never_speak, *newsroom.never_speak)))
        if names != show.never_speak:
            row.settings = show.model_copy(update={"never_speak": names}).model_dump(mode="json")


def _heard_by(show: Show) -> tuple[object, ...]:
    """Return what of a show's settings says who hears how much of what is live."""
    return show.visibility, show.preview, show.preview_label


def _put_lexicons(session: Session, newsroom: Newsroom, now: datetime) -> Iterator[str]:
    """Record the pronunciations of the file, and give the names of the lexicons that changed by it."""
    if replace_file_entries(session, None, newsroom.lexicon, now):
        yield ""
    for slug in session.scalars(select(ShowRow.slug)).all():
        if replace_file_entries(session, slug, newsroom.show_lexicons.get(slug, ()), now):
            yield slug


def _checked(show: Show, place: Workplace) -> Artwork:
    """Return the show's artwork after checking all it refers to."""
    _check_voices(show, place)
    with place.database.reading() as session:
        uploaded = jingle_files(session, place.storage)
    for part in PARTS:
        jingle.find_and_load(getattr(show, part), part, uploaded)
    watermark.find(show.watermark)
    return artwork_of(show)


def _check_voices(show: Show, place: Workplace) -> None:
    """Raise Misconfigured for voices that the catalogue does not have."""
    named = {"voice": show.voice} | {f"voices.{part}": voice for part, voice in show.voices.model_dump().items()}
    unknown = [
        f"{field} = {voice!r}" for field, voice in named.items() if voice and voice not in place.speakers.catalogue
    ]
    if unknown:
        message = f"show {show.slug!r} names voices that there are none of: {', '.join(unknown)}"
        raise Misconfigured(message, hint="List the voices with `briefcast voices`.")


def _check_cleaning(source: SourceSettings) -> None:
    try:
        check_cleaning(source.cleaning)
    except Misconfigured as error:
        message = f"source {source.name!r}: {error.message}"
        raise Misconfigured(message) from error


def _put_show(session: Session, position: int, show: Show, files: PublicFiles) -> bool:
    settings = show.model_dump(mode="json")
    row = session.get(ShowRow, show.slug)
    if row is None:
        guid = podcast_guid(files.feed_address(show.slug))
        values = {"slug": show.slug, "position": position, "listed": True, "settings": settings, "podcast_guid": guid}
        if add_unless_there(session, ShowRow, **values):
            return True
        row = session.get_one(ShowRow, show.slug)
    changed = row.settings != settings or not row.listed
    row.position, row.settings, row.listed = position, settings, True
    return changed


def podcast_guid(feed_address: str) -> str:
    """Return a feed's podcast:guid: a UUIDv5 of its address without scheme and trailing slash. Kept once assigned."""
    return str(uuid.uuid5(_PODCAST_NAMESPACE, feed_address.partition("://")[2].rstrip("/")))


def _put_source(session: Session, position: int, source: SourceSettings) -> bool:
    settings = source.recorded()
    row = session.get(SourceRow, source.name)
    if row is None:
        values = {"name": source.name, "position": position, "listed": True, "settings": settings}
        if add_unless_there(session, SourceRow, **values):
            return True
        row = session.get_one(SourceRow, source.name)
    changed = row.settings != settings or not row.listed
    row.position, row.settings, row.listed = position, settings, True
    return changed
