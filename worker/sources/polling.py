"""What a source's step does: look at what webhooks told of, and at what has changed since.

One step for each source, so that one worker of all hosts is at it at a time; it comes again when its pause is over, or
a webhook rouses it. What may be gone is `worker.sources.looking_after`'s, what follows from what is found
`briefing.following.noticing`'s.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from briefing.errors import BadInput, BriefcastError, DatabaseUnavailable, SourceUnavailable, UnknownReference
from briefing.following import connections, last_seen, noticing
from briefing.following.hooks import Told
from briefing.following.noticing import Desk
from briefing.following.sightings import Seen
from briefing.models import ConnectionRow
from briefing.observing.logs import get_logger
from briefing.podcasts.shows import listed_sources
from briefing.settings import SpeechSettings
from briefing.values import is_name
from worker.sources import Polled, poll_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from briefing.following.connections import Due
    from briefing.following.sightings import Corrected
    from worker.sources import Source
    from worker.workplace import Workplace

#: Looked back behind the newest change: what was saved then may have been committed after we looked.
_OVERLAP = timedelta(seconds=60)

#: Articles that webhooks told of, looked at at once.
_AT_ONCE = 50

#: Seconds until what a source refused to tell of is asked after again, and refusals after which the rest waits too.
_REFUSED_S = 60.0
_MOST_REFUSED = 3

#: How far a CMS's clock may be ahead of ours for nothing to be read twice.
_AHEAD = timedelta(minutes=5)

_log = get_logger("polling")


def tend(place: Workplace) -> None:
    """Have a step for each source that is polled. Called by the sweep; doing it twice at once does no harm."""
    with place.database.reading() as session:
        polled = [name for name, settings in listed_sources(session).items() if poll_s(settings)]
        there = connections.with_step(session) if polled else frozenset()
    for name in sorted(set(polled) - there):
        with place.database.writing() as session:
            connections.rouse(session, name)


def look_at_told(place: Workplace, desk: Desk, source: Source) -> BadInput | None:
    """Look at the articles that a webhook told of, or that are to be out by now; return what was refused last. What is
    refused comes again, and holds up no other. Raises what the source raises, but for refusals.
    """
    refused = None
    while True:
        with place.database.reading() as session:
            due = connections.due_looks(session, desk.source, _AT_ONCE)
        if not due:
            return refused
        try:
            _look_at(place, desk, source, due)
        except BadInput as error:
            refused = _one_by_one(place, desk, source, due) if len(due) > 1 else _put_off(place, desk, due, error)


def _one_by_one(place: Workplace, desk: Desk, source: Source, due: list[Due]) -> BadInput | None:
    """Look at articles by themselves that were refused together; return what was refused last."""
    refused = list[BadInput]()
    for number, look in enumerate(due):
        try:
            _look_at(place, desk, source, [look])
        except BadInput as error:
            refused.append(error)
            _put_off(place, desk, [look], error)
            if len(refused) == _MOST_REFUSED:
                _put_off(place, desk, due[number + 1 :], error)
                break
    return refused[-1] if refused else None


def _put_off(place: Workplace, desk: Desk, due: list[Due], error: BadInput) -> BadInput:
    articles = [look.id for look in due][:10]
    _log.warning("a look is refused", source=desk.source, articles=articles, message=error.message)
    with place.database.writing() as session:
        connections.put_off(session, desk.source, due, _REFUSED_S)
    return error


def _look_at(place: Workplace, desk: Desk, source: Source, due: list[Due]) -> None:
    by_id = {look.id: look for look in due}
    found = source.look(list(by_id)) if isinstance(source, Polled) else _as_told(due)
    for seen in found:
        notice(place, desk, seen, by_id.get(seen.id), believed=not isinstance(source, Polled))
    # Of what nothing can be told, nothing follows.
    with place.database.writing() as session:
        connections.looked_at(session, desk.source, due)


def _as_told(due: list[Due]) -> Iterable[Seen]:
    """Return what was told of articles of a source that cannot be asked: it is believed, as it was signed."""
    for look in due:
        if look.told is not None:
            told = Told.stored(look.told)
            gone = told.kind in {"unpublished", "deleted"}
            yield Seen(
                id=look.id,
                address=told.address,
                updated_at=told.updated_at,
                state="gone" if gone else "published",
                visibility=told.visibility,
                wanted=True if told.kind in {"published", "updated"} else None,
                correction=_told_correction(told),
            )


def _told_correction(told: Told) -> Corrected | Literal[False] | None:
    """Return what a webhook says of a correction, False for a save that is none; as in `Seen`."""
    if told.kind == "visibility":
        # Who says for whom it is says nothing of its words.
        return None
    return told.correction or (False if told.kind in {"published", "updated"} else None)


def look_at_changes(place: Workplace, desk: Desk, source: Polled, now: datetime) -> None:
    """Look at what has changed since the last poll. Raises what the source raises."""
    with place.database.reading() as session:
        row = session.get(ConnectionRow, desk.source)
        cursor = row.cursor if row is not None else None
    if cursor is None:
        # By the CMS's own clock, and nothing of the back catalogue.
        first = next(iter(source.seen(None)), None)
        cursor = min([desk.began_at, *([first.updated_at] if first is not None and first.updated_at else [])])
    newest = cursor
    for seen in source.seen(cursor - _OVERLAP):
        notice(place, desk, seen)
        # What is dated ahead, as feeds have it, must not keep what is changed until then from being seen.
        newest = max(newest, min(seen.updated_at or newest, now + _AHEAD))
    with place.database.writing() as session:
        connections.locked(session, desk.source, now).cursor = newest


def notice(place: Workplace, desk: Desk, seen: Seen, look: Due | None = None, *, believed: bool = False) -> None:
    """Have noticed how an article stands, in a transaction of its own, in which the `look` that it comes of is done.
    One that cannot be followed holds up no other. `believed`: what was told is all that is known of it, as its source
    cannot be asked.
    """
    now = datetime.now(UTC)
    if not is_name(seen.id):
        _log.warning(
            "a change of what can be no article's ID is not followed", source=desk.source, article=seen.id[:200]
        )
        return
    said = Told.stored(look.told) if look is not None and look.told is not None else None
    try:
        with place.database.writing() as session:
            if look is not None:
                connections.looked_at(session, desk.source, [look])
            if said is not None and last_seen.is_outdated(session, desk.source, seen.id, seen.updated_at):
                return
            if said is not None and seen.correction is None:
                # Only where it cannot be asked for: a webhook may come after what its CMS says by now.
                late = last_seen.is_outdated(session, desk.source, seen.id, said.updated_at)
                seen = seen.model_copy(update={"correction": None if late else _told_correction(said)})
            # What was told to be for others may have been edited too: who can be asked says so. Who cannot be asked
            # stamps two saves of a second alike.
            text = not believed or said is None or said.kind != "visibility"
            done = noticing.notice(session, desk, seen, now, text=text, saved=believed)
    except (DatabaseUnavailable, SourceUnavailable):
        raise
    except BriefcastError as error:
        _log.warning("a change is not followed", source=desk.source, article=seen.id, message=error.message)
        return
    if done:
        _log.info("a change is followed", source=desk.source, article=seen.id, done=done)


def desk_of(session: Session, name: str, now: datetime) -> Desk:
    """Return for whom changes of a source are noticed. Raises UnknownReference for one that is not listed."""
    if name not in listed_sources(session):
        message = f"there is no source {name!r}"
        raise UnknownReference(message, code="unknown_source")
    row = session.get(ConnectionRow, name)
    return Desk(name, SpeechSettings().voice, row.began_at if row is not None else now)
