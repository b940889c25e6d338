"""Sources that are polled and do not answer, and secrets of theirs that cannot be read, or are in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.errors import Misconfigured, SecretUnreadable
from briefing.following import connections
from briefing.secrets.sealed import secrets_kept
from briefing.secrets.sealing import unseal
from worker.doctor.finding import Finding
from worker.installation.sealing_rows import tend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace


def look(place: Workplace, fix: bool) -> Iterator[Finding]:
    """Yield the sources that fail, and those whose secrets are not as they should be."""
    with place.database.reading() as session:
        failing = [(row.source, row.failures, row.error_code, row.error) for row in connections.failing(session)]
    for name, failures, code, error in failing:
        yield Finding(
            code="source_failing",
            subject=name,
            detail=f"{failures} polls in a row failed: {error} [{code}]",
            hint="Changes in it are not noticed until it answers; `briefcast connect` checks its key.",
        )
    yield from _secrets(place, fix=fix)


def _secrets(place: Workplace, *, fix: bool) -> Iterator[Finding]:
    with place.database.reading() as session:
        found = list(secrets_kept(session))
    for kept in found:
        try:
            unseal(kept.text, kept.whose)
        except (SecretUnreadable, Misconfigured) as error:
            yield Finding(code=error.code, subject=kept.source, detail=error.message, hint=error.hint)
    plain = sorted({kept.source for kept in found if kept.key is None})
    if plain and fix:
        tend(place)
    for name in plain:
        yield Finding(
            code="secret_in_the_clear",
            subject=name,
            detail="a key or secret of it is in the database, and so in its backups, as it is",
            hint="Workers seal it at their next sweep, if none of an earlier release is about and there is a key.",
            mended="sealed" if fix and not _is_plain(place, name) else "",
        )


def _is_plain(place: Workplace, source: str) -> bool:
    with place.database.reading() as session:
        return any(kept.key is None for kept in secrets_kept(session) if kept.source == source)
