"""Connects a Ghost: checks its key, records the source, registers webhooks, tries one. Speaks nothing by itself.

What does not work is told in words, with a code, and is no reason to stop: a source whose webhooks are blocked is
polled all the same.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.articles.addresses import canonical_address
from briefing.errors import BriefcastError, Misconfigured, SecretUnreadable
from briefing.following import connections, noticing
from briefing.following.hooks import GHOST_EVENTS
from briefing.following.noticing import Desk
from briefing.models import ConnectionRow, SourceRow
from briefing.podcasts.newsroom import SourceSettings
from briefing.settings import SpeechSettings
from briefing.states import Queue
from briefing.values import Value
from worker.sources import connect
from worker.sources.ghost import GhostSource
from worker.sources.ghost_api import GhostApi, GhostRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from briefing.following.sightings import Seen
    from worker.workplace import Workplace

#: Seconds for which a webhook is waited for when it is tried: Ghost sends at once or never.
_TRIED_S = 10.0

_LOOK_S = 0.2

#: What is added to Ghost and taken away again to have it send a webhook. Nobody sees it but its editors, for a moment.
_TRIAL = "Briefcast tries its webhooks (this draft goes away by itself)"


class Site(Value):
    """What Ghost says of itself."""

    title: str
    version: str
    language: str | None


class Obstacle(Value):
    """Why webhooks do not come; the source is polled all the same."""

    code: str
    """Stable; docs/cms.md lists them."""
    reason: str
    remedy: str


@dataclass(frozen=True)
class Wanted:
    """What is to be connected."""

    name: str
    address: str
    admin_key: str
    show: str | None = None
    private: bool = False
    """Whether the address may be one of a private network."""

    def settings(self, known: SourceSettings | None, language: str | None = None) -> SourceSettings:
        """Return the source as it is recorded; `known` is what a settings file says of it already."""
        address = canonical_address(self.address).rstrip("/").removesuffix("/ghost")
        parts = urlsplit(address)
        options: dict[str, Any] = dict(known.options) if known else {}
        options["address"] = address
        if language and not options.get("language"):
            options["language"] = language
        if self.private:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            options["allow_private"] = sorted({*options.get("allow_private", ()), f"{parts.hostname}:{port}"})
        own: dict[str, Any] = known.model_dump() if known else {"name": self.name, "kind": "ghost"}
        own |= {"options": options, "show": self.show or own.get("show"), "secrets": {"admin_key": self.admin_key}}
        return SourceSettings.model_validate(own)


def known_source(session: Session, name: str) -> SourceSettings | None:
    """Return the Ghost source of that name, None where there is none. Raises Misconfigured for one of another kind."""
    row = session.get(SourceRow, name)
    found = SourceSettings.stored(row.settings) if row is not None else None
    if found is not None and found.kind != "ghost":
        message = f"the source {name!r} is of the kind {found.kind!r}"
        raise Misconfigured(message, hint="Choose another --name.")
    return found


def api_of(settings: SourceSettings) -> GhostApi:
    """Return the API of a source. Raises Misconfigured."""
    source = connect(settings)
    assert isinstance(source, GhostSource)
    return source.api


def check_site(api: GhostApi) -> Site:
    """Return what Ghost says of itself after it has accepted the key. Raises what `GhostApi.get` raises."""
    found = api.get("site/", time.time()).get("site")
    # The site tells itself to everybody: it is this that needs the key.
    api.get("posts/", time.time(), limit="1", fields="id")
    told: dict[str, Any] = found if isinstance(found, dict) else {}
    language = told.get("locale")
    return Site(
        title=str(told.get("title") or "")[:200],
        version=str(told.get("version") or "unknown")[:20],
        language=language if isinstance(language, str) and 0 < len(language) < 36 else None,  # noqa: PLR2004  as tags are
    )


def record(place: Workplace, settings: SourceSettings, now: datetime) -> str:
    """Record the source and its connection; return the secret of its webhooks, made where there is none."""
    with place.database.writing() as session:
        # Before the source, as whoever seals anew takes them.
        connection = connections.locked(session, settings.name, now)
        row = session.get(SourceRow, settings.name)
        connection.by_command = row is None or connection.by_command
        if row is None:
            position = (session.scalar(select(func.max(SourceRow.position))) or 0) + 1
            row = SourceRow(name=settings.name, position=position, settings={})
            session.add(row)
        row.listed, row.settings = True, settings.recorded()
        connection.keys = (connection.keys or {}) | settings.sealed_secrets()
        secret = _secret(session, connection, now)
        connections.rouse(session, settings.name)
        audit.record(session, now, Action.CONNECT, None, detail=f"{settings.name} ghost")
    return secret


def _secret(session: Session, connection: ConnectionRow, now: datetime) -> str:
    """Return the secret of a connection's webhooks, made where there is none that can be read."""
    try:
        kept = connections.hook_secrets(connection, now)
    except SecretUnreadable:
        return connections.rotate_secret(session, connection.source, now, at_once=True)
    return kept[0] if kept else connections.rotate_secret(session, connection.source, now)


def _connection(session: Session, name: str, field: str) -> object:
    return session.scalar(select(getattr(ConnectionRow, field)).where(ConnectionRow.source == name))


def hook_address(public: str, name: str) -> str:
    """Return where a source's webhooks go."""
    return f"{public}/v1/hooks/{name}"


def register(api: GhostApi, public: str, name: str, secret: str) -> Obstacle | None:
    """Have Ghost send its webhooks to us; return what blocks it. Those that are there already stay. Raises as the API
    for what is no matter of webhooks.
    """
    for event in GHOST_EVENTS:
        hook = {
            "event": event,
            # Ghost 5 does not say in the body what happened.
            "target_url": f"{hook_address(public, name)}?event={event}",
            "name": f"Briefcast {event}",
            "secret": secret,
        }
        try:
            api.post("webhooks/", time.time(), {"webhooks": [hook]})
        except GhostRefused as error:
            if "already been used" in error.message:
                continue
            return _obstacle(error, public)
    return None


def _obstacle(error: GhostRefused, public: str) -> Obstacle:
    if error.reason == "URL_PRIVATE_INVALID" or "private" in error.message.lower():
        return Obstacle(
            code="hooks_private",
            reason=f"Ghost sends no webhooks to private addresses, and {public} is one",
            remedy="Set BRIEFCAST_PUBLIC_URL to a public address, or security.allowWebhookInternalIPs in Ghost.",
        )
    return Obstacle(
        code="hooks_refused", reason=error.message, remedy="Give the key's integration the right to webhooks."
    )


def try_out(place: Workplace, api: GhostApi, name: str, public: str) -> Obstacle | None:
    """Have Ghost send a webhook by adding a draft and removing it; return what blocks it, None where it came."""
    before = _heard_at(place, name)
    found = api.post("posts/", time.time(), {"posts": [{"title": _TRIAL, "status": "draft"}]})
    api.delete(f"posts/{found['posts'][0]['id']}/", time.time())
    until = time.monotonic() + _TRIED_S
    while time.monotonic() < until:
        if _heard_at(place, name) != before:
            return None
        time.sleep(_LOOK_S)
    scheme = urlsplit(public).scheme
    return Obstacle(
        code="hooks_lost",
        reason=f"Ghost's webhook did not come to {public} within {_TRIED_S:.0f} s",
        remedy="Check that `briefcast serve` runs, and that Ghost's server reaches that address"
        + ("." if scheme == "https" else "; it should be https."),
    )


def _heard_at(place: Workplace, name: str) -> object:
    with place.database.reading() as session:
        return _connection(session, name, "heard_at")


def is_connected(session: Session, name: str) -> bool:
    """Tell whether a source of that name was connected before, by key and webhooks."""
    row = session.get(ConnectionRow, name)
    return row is not None and bool(row.keys)


def recent(settings: SourceSettings, number: int) -> list[Seen]:
    """Return the newest published posts, at most so many, without those that are never to be narrated. Raises as the
    source.
    """
    source = connect(settings)
    assert isinstance(source, GhostSource)
    those = (seen for seen in source.seen(None) if seen.state == "published" and seen.wanted is not False)
    return list(islice(those, number))


def narrate(place: Workplace, source: str, posts: Sequence[Seen], now: datetime) -> None:
    """Have posts narrated, as bulk work, however old they are. What has audio already stays as it is."""
    desk = Desk(source, SpeechSettings().voice, now, Queue.BULK, back_catalogue=True)
    for seen in posts:
        with place.database.writing() as session:
            noticing.notice(session, desk, seen, datetime.now(UTC))


def explained(error: BriefcastError) -> Obstacle:
    """Return an error as an obstacle."""
    return Obstacle(code=error.code, reason=error.message, remedy=error.hint)
