"""The row of the show that takes a podcast over, made from its feed where there is none; and which show that is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from briefing.errors import PageRefused, UnknownReference
from briefing.going_live.access import MEMBERS
from briefing.models import EpisodeRow, ShowRow
from briefing.podcasts.show import Show
from briefing.sql.rows import add_unless_there
from worker.feeds.artwork import artwork_of
from worker.installation.newsroom import podcast_guid
from worker.moving.kept_artwork import kept_artwork
from worker.moving.kept_show import kept_show

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.moving.move import Move
    from worker.moving.podcast import OldPodcast

#: Letters of a name that is made from a title.
_NAME_LETTERS = 60


def guid_of(podcast: OldPodcast, address: str) -> str:
    """Return a podcast's podcast:guid, as a feed at `address` has it or by the namespace's rule would."""
    try:
        return str(UUID((podcast.guid or "").removeprefix("urn:uuid:")))
    except ValueError:
        return podcast_guid(address)


def name_of(session: Session, podcast: OldPodcast, guid: str) -> str:
    """Return the name that a podcast's show has by its title. Raises UnknownReference where that makes none, or one
    that is another podcast's: two of them in one feed cannot be told apart again.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", podcast.title.lower()).strip("-")[:_NAME_LETTERS]
    if not re.search("[a-z]", slug):
        message = f"the title {podcast.title[:100]!r} has no letters that a show's name may have"
        raise UnknownReference(message, code="unknown_show", hint="Say which show takes it over: --show NAME.")
    row = session.get(ShowRow, slug)
    if row is not None and row.podcast_guid != guid:
        message = f"the show {slug!r} is there already and is another podcast"
        hint = f"Say which show takes it over: --show {slug} if it is to be this one."
        raise UnknownReference(message, code="unknown_show", hint=hint)
    return slug


def made_show(move: Move, podcast: OldPodcast, slug: str, guid: str) -> Show:
    """Return the show `slug`, made from the podcast's feed where there is none. Raises PageRefused where the feed asks
    not to be listed and it would be heard by everybody, unless that is meant.
    """
    place = move.place
    with place.database.reading() as session:
        row = session.get(ShowRow, slug)
        for_members = row is not None and Show.stored(row.settings).visibility == MEMBERS
    if podcast.blocked and not move.bounds.hidden and not for_members:
        message = "the feed asks not to be listed (itunes:block), as feeds do that are not for everybody"
        hint = 'Make its show with visibility = "members" first; or say --hidden, and everybody may hear it.'
        raise PageRefused(message, code="address_refused", hint=hint)
    picture = kept_artwork(move, podcast)
    with place.database.writing() as session:
        row = session.get(ShowRow, slug)
        if row is None:
            made, warnings = kept_show(podcast, slug, str(picture) if picture else None, place.files.feed_address(slug))
            move.warnings += warnings
            settings = made.model_dump(mode="json")
            values = {"position": 1_000_000, "listed": True, "settings": settings, "podcast_guid": guid}
            drawn = artwork_of(made)
            add_unless_there(session, ShowRow, slug=slug, artwork_png=drawn.png is not None, **values)
            place.files.put_artwork(slug, drawn.jpeg, drawn.png)
            return made
        show = Show.stored(row.settings)
        if row.podcast_guid != guid:
            if session.scalar(select(EpisodeRow.guid).where(EpisodeRow.show == slug).limit(1)) is None:
                row.podcast_guid = guid
            else:
                move.warnings.append(
                    f"the show {slug!r} has episodes and keeps its own podcast:guid {row.podcast_guid}"
                )
        elif picture and not show.artwork:
            # It could not be had the last time.
            show = show.model_copy(update={"artwork": str(picture)})
            row.settings = row.settings | {"artwork": str(picture)}
            drawn = artwork_of(show)
            row.artwork_png = drawn.png is not None
            place.files.put_artwork(slug, drawn.jpeg, drawn.png)
        return show
