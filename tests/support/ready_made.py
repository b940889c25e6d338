"""A newsroom in which one story is live: made once in a process, and copied for each test that begins with one."""

from __future__ import annotations

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest

from tests.support.asking import ask
from tests.support.newsroom import ARTICLE, make_place, work_off


@lru_cache(maxsize=1)
def _made():
    # It goes with the process.
    kept = tempfile.TemporaryDirectory(prefix="ready-made-")
    folder = Path(kept.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        briefing, _, _ = ask(place, "ferry")
        work_off(place)
        place.database.dispose()
    return kept, briefing


def lay(folder):
    """Lay its data and its article `desk:ferry` under `folder`, before a workplace is made there; return the briefing."""
    kept, briefing = _made()
    made = Path(kept.name)
    shutil.copytree(made / "var", folder / "var", dirs_exist_ok=True)
    shutil.copytree(made / "articles", folder / "articles", dirs_exist_ok=True)
    return briefing
