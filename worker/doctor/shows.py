"""Pictures and music that shows name by path, and that are not to be had: what is made anew of such a show fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.podcasts.named_files import named_files, where
from briefing.podcasts.shows import listed_shows
from worker.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace


def look(place: Workplace, fix: bool) -> Iterator[Finding]:  # noqa: ARG001  nobody else has them
    """Yield the files that listed shows name and that are missing. Raises DatabaseUnavailable."""
    with place.database.reading() as session:
        shows = listed_shows(session)
    for slug, show in shows.items():
        for field, named in named_files(show).items():
            try:
                with where(named).open("rb"):
                    continue
            except OSError as error:
                yield Finding(
                    code="show_file_missing",
                    subject=named,
                    detail=f"show {slug!r} names it as its {field}: {error.strerror}",
                    hint="Put it there, or name another and run `briefcast apply`: what is made for the show fails.",
                )
