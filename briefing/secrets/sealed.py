"""Which secrets there are in rows, how they are sealed, and what of them cannot be read. Shows none of them.

Those of a source: what its connection keeps (keys of its CMS, secrets of its webhooks), and what of its options opens
something, by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from briefing.errors import SecretUnreadable
from briefing.models import ConnectionRow, SourceRow
from briefing.secrets.sealing import is_sealed, key_of, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy.orm import Session

#: What an option's name ends in that opens something: `password`, `admin_key`. `password_variable` only says where.
_OPENS = frozenset({"credential", "key", "passphrase", "password", "secret", "token"})


@dataclass(frozen=True, repr=False)
class Kept:
    """A secret as a row has it."""

    source: str
    whose: str
    text: str

    @property
    def key(self) -> str | None:
        """The ID of the key that sealed it, None where it is in the clear."""
        return key_of(self.text)


def whose_option(source: str, option: str) -> str:
    """Return what binds a sealed option to its source."""
    return f"source {source}, {option}"


def whose_webhook(source: str) -> str:
    """Return what binds a sealed secret of webhooks to its source."""
    return f"source {source}, webhooks"


def sealed_options(source: str, options: Mapping[str, Any], change: Callable[[str, str], str] = seal) -> dict[str, Any]:
    """Return options with those sealed that open something, where they are not already."""
    return {
        name: change(value, whose_option(source, name)) if _opens(name, value) and not is_sealed(value) else value
        for name, value in options.items()
    }


def unsealed_options(source: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as they are used. Raises SecretUnreadable, Misconfigured."""
    return {
        name: unseal(value, whose_option(source, name)) if isinstance(value, str) else value
        for name, value in options.items()
    }


def secrets_kept(session: Session) -> Iterator[Kept]:
    """Give all secrets of sources that rows have, by source."""
    for source in _sources(session):
        row, connection = session.get(SourceRow, source), session.get(ConnectionRow, source)
        options = row.settings.get("options", {}) if row is not None else {}
        keys = (connection.keys if connection is not None else None) or {}
        for name, value in (*options.items(), *keys.items()):
            if _opens(name, value) or (name in keys and isinstance(value, str)):
                yield Kept(source, whose_option(source, name), value)
        for one in (connection.hook_secrets if connection is not None else None) or []:
            yield Kept(source, whose_webhook(source), one["secret"])


def seal_source(session: Session, source: str, newest: str | None) -> int:
    """Seal a source's secrets by the newest key, whose ID it is; those that it sealed stay. Return how many changed.

    Those that cannot be read stay too. Needs a writing session.
    """
    changed = 0

    def anew(text: str, whose: str) -> str:
        nonlocal changed
        if newest is not None and key_of(text) == newest:
            return text
        try:
            sealed = seal(unseal(text, whose), whose)
        except SecretUnreadable:
            return text
        changed += 1
        return sealed

    connection = session.get(ConnectionRow, source, with_for_update=True, populate_existing=True)
    if connection is not None and connection.keys:
        connection.keys = {name: anew(text, whose_option(source, name)) for name, text in connection.keys.items()}
    if connection is not None and connection.hook_secrets:
        hooks = connection.hook_secrets
        connection.hook_secrets = [one | {"secret": anew(one["secret"], whose_webhook(source))} for one in hooks]
    row = session.get(SourceRow, source, with_for_update=True, populate_existing=True)
    if row is not None:
        options = row.settings.get("options", {})
        sealed = {
            name: anew(value, whose_option(source, name)) if _opens(name, value) else value
            for name, value in options.items()
        }
        if sealed != options:
            row.settings = row.settings | {"options": sealed}
    session.flush()
    return changed


def _sources(session: Session) -> list[str]:
    names = {*session.scalars(select(SourceRow.name)), *session.scalars(select(ConnectionRow.source))}
    return sorted(names)


def _opens(name: str, value: object) -> bool:
    return isinstance(value, str) and bool(value) and name.rpartition("_")[2] in _OPENS
