"""Shorthands for tests of what editors change by hand, on one short story."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from briefing.editing import conflicts, overrides, rollback
from briefing.editing.overrides import Override
from briefing.errors import OverrideRefused, RollbackRefused, UnknownReference
from briefing.models import BriefingRow, RevisionRow
from briefing.podcasts.show import Quiet
from briefing.requesting import asking
from briefing.revisions import Asker
from briefing.script import Role, Script, Segment, segment_id
from tests.support import ready_made
from tests.support.asking import briefing_row, revision_row, wanted
from tests.support.engines import VOICES
from tests.support.newsroom import PLAIN, make_place, work_off

EDITOR = Asker("mira", "key1")

CREWS = "Crews had stopped work for four days over unpaid overtime."
FERRY = "The ferry runs again from Monday, the harbour board said."
BOTH = "Both sides are to meet again on Nov. 20."
REWRITTEN = "Crews had stopped work for five days over unpaid overtime and rosters."

#: A second silent voice, beside the scripted ones.
HUSH = (
    VOICES
    + """
[[voices]]
id = "hush"
name = "Hush"
language = "mul"
engine = "silence"
licence = "none"
attribution = "none"
ms_per_character = 40
"""
)


@contextmanager
def newsroom(folder, monkeypatch):
    """Yield a workplace with a live story, and a second silent voice and three scripted ones in its catalogue."""
    ready_made.lay(folder)
    (folder / "voices.toml").write_text(HUSH)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(folder / "voices.toml"))
    place = make_place(folder, PLAIN)
    yield place
    place.database.dispose()


def story(place):
    """The ID of the live story's briefing."""
    with place.database.reading() as session:
        return session.query(BriefingRow).one().id


def name_of(written, role=Role.BODY, article="desk:ferry"):
    return segment_id(article, role, written, 0)


def put(place, briefing, written=CREWS, *, role=Role.BODY, note="", seen=None, **fields):
    with place.database.writing() as session:
        override = Override(**fields)
        return overrides.put(
            session, briefing, name_of(written, role), override, EDITOR, datetime.now(UTC), note=note, seen=seen
        ).id


def drop(place, briefing, written=CREWS):
    with place.database.writing() as session:
        return overrides.drop(session, briefing, name_of(written), EDITOR, datetime.now(UTC)).id


def settle(place, briefing, how, written=CREWS, **fields):
    with place.database.writing() as session:
        return conflicts.settle(session, briefing, name_of(written), how, EDITOR, datetime.now(UTC), **fields).id


def back(place, briefing, number):
    with place.database.writing() as session:
        return rollback.roll_back(session, briefing, number, EDITOR, datetime.now(UTC)).id


def listed(place, briefing):
    with place.database.reading() as session:
        return {kept.written: kept.override for kept in overrides.listed(session, briefing).values()}


def live(place, briefing):
    return revision_row(place, briefing_row(place, briefing).heard)


def newest(place, briefing):
    with place.database.reading() as session:
        numbers = session.query(RevisionRow).filter_by(briefing_id=briefing).order_by(RevisionRow.number.desc())
        return revision_row(place, numbers.first().id)


def segment(row, written=CREWS):
    return next(part for part in Script.stored(row.script).segments if part.written == written)


def heard(row):
    return [chunk["spoken"] for chunk in row.chunks]


def count(place, row_type):
    with place.database.reading() as session:
        return session.query(row_type).count()


def edited(place, article, *changes):
    """Have the CMS say something else, and make what follows."""
    text = article.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    article.write_text(text)
    with place.database.writing() as session:
        asking.edited(session, wanted("ferry"), Quiet(seconds=0), datetime.now(UTC))
    work_off(place)


def refused(work, *given, **fields):
    with pytest.raises((OverrideRefused, RollbackRefused, UnknownReference)) as caught:
        work(*given, **fields)
    return caught.value.code


def parts(*texts, role=Role.BODY):
    return tuple(
        Segment(id=segment_id("desk:x", role, text, 0), article="desk:x", role=role, written=text, spoken=text)
        for text in texts
    )
