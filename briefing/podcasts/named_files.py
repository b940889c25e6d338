"""The files that shows name by path, a picture and music, and where each is now.

One that a backup brought along, or that was taken over, lies in the data folder; where it is named counts first. Reads
none of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.hashing import stable_hash
from briefing.settings import DataSettings

if TYPE_CHECKING:
    from briefing.podcasts.show import Show

#: Fields of a show that may hold a path.
PATH_FIELDS = ("artwork", "intro", "outro", "transition", "mark", "bed")


def is_path(value: str) -> bool:
    """Tell whether a show's setting is a path, and not the name of an uploaded or shipped jingle."""
    return "/" in value or bool(Path(value).suffix)


def named_files(show: Show) -> dict[str, str]:
    """Return the paths that a show names, as it names them, by field."""
    values = {field: getattr(show, field) for field in PATH_FIELDS}
    return {field: value for field, value in values.items() if value and is_path(value)}


def copy_name(named: str) -> str:
    """Return what the copy of a file is called that shows name by `named`: the same wherever it is."""
    return f"{stable_hash('named/1', named)[:32]}{Path(named).suffix[:8]}"


def where(named: str) -> Path:
    """Return where a file is that a show names by its path on the machine of then: there, or, where there is none since
    the installation was relocated or restored elsewhere, in the data folder of now.
    """
    path, data = Path(named), DataSettings()
    if _is_file(path):
        return path
    if path.parts[-3:-2] == (data.imported.name,):
        return data.imported / Path(*path.parts[-2:])
    copy = data.named / copy_name(named)
    return copy if _is_file(copy) else path


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  pathlib's raises where it may not look
