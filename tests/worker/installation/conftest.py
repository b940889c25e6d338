"""A newsroom at work, to be backed up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from briefing.models import StepRow
from tests.support.asking import ask
from tests.support.newsroom import ARTICLE, work_off


@pytest.fixture
def newsroom(place, tmp_path):
    """Two episodes, one of them replaced once, a third being made, and one step held by a worker."""
    for name in ("ferry", "tram", "late"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("Ferry", name.title()))
    # Said by nobody else, so that every chunk of it is spoken.
    (tmp_path / "articles" / "late.md").write_text(
        "# Late news\n\nThe library opens on Sundays.\n\nReaders had asked for it for many years.\n\n"
        "The first to come was a boy of nine with a bag.\n"
    )
    for _ in range(2):
        ask(place, "ferry", now=datetime.now(UTC))
        work_off(place)
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "fourteen days"))
    ask(place, "tram", now=datetime.now(UTC))
    work_off(place)
    with place.database.writing() as session:
        # Nothing serves the files here, so the looks from outside are left out.
        session.execute(update(StepRow).where(StepRow.kind == "verify").values(state="done"))
    return place
