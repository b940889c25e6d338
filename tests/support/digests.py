"""A newsroom with a digest, and shorthands for tests that make some."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

from sqlalchemy import select

from briefing.digesting import digests
from briefing.digesting.digest import Due
from briefing.models import BriefingRow, DigestRow, EpisodeRow, IssueRow, RevisionRow, StepRow
from briefing.revisions import Asker, newest_revision
from briefing.script import Script
from tests.support.asking import ask
from tests.support.newsroom import PLAIN, work_off

_HOUR = datetime.now(UTC).hour


def zone_at(hour):
    """A time zone where it is so many o'clock now: no issue's day ends while a test goes by it."""
    ahead = (hour - _HOUR + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


#: Where it is noon.
NOON = zone_at(12)
MORNING = f"""
[[digests]]
slug = "morning"
show = "daily"
at = ["06:30"]
zone = "{NOON}"
"""

#: Without music between the stories either, so that a word leads from one to the next.
NEWSROOM = PLAIN.replace('outro = "none"\n', 'outro = "none"\ntransition = "none"\n') + MORNING


def write(tmp_path, name, *paragraphs, **fields):
    """Write an article of three paragraphs, or of those given."""
    paragraphs = paragraphs or [
        f"The {name} story has its {which} paragraph here." for which in ("first", "second", "third")
    ]
    article = {"title": f"About {name}", "text": "\n\n".join(paragraphs), "address": f"https://paper.example/{name}"}
    (tmp_path / "articles" / f"{name}.json").write_text(json.dumps(article | fields))


def publish(place, tmp_path, name, *paragraphs, show="daily", at=None, **fields):
    """Have a story live, since `at`; return its briefing's ID."""
    write(tmp_path, name, *paragraphs, **fields)
    briefing, _, _ = ask(place, name, show=show, now=datetime.now(UTC))
    work_off(place)
    if at is not None:
        with place.database.writing() as session:
            session.get_one(EpisodeRow, (show, briefing)).published_at = at
    return briefing


def demand(place, slug="morning", now=None):
    """Ask for a digest as an editor does; return its briefing's ID."""
    now = now or datetime.now(UTC)
    with place.database.writing() as session:
        digest, show = digests.find_digest(session, slug)
        due = Due(now, digest.issue_of(now))
        revision, _ = digests.request(session, digest, show, due, "silence", Asker("test"), now)
        return revision.briefing_id


def make(place, slug="morning", now=None):
    """The same, and have it made."""
    briefing = demand(place, slug, now)
    work_off(place)
    return briefing


def work_until(place, reached):
    """Perform steps until `reached` says so: what was withdrawn is made again half a second later."""
    until = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < until
        work_off(place)


def work_until_live(place, briefing_id):
    """The same, until what is newest is what is heard."""
    work_until(place, lambda: live(place, briefing_id) is not None and newest(place, briefing_id).state == "live")


def newest(place, briefing_id):
    with place.database.reading() as session:
        row = newest_revision(session, briefing_id)
        session.expunge(row)
        return row


def live(place, briefing_id):
    """The revision that is heard, None for none."""
    with place.database.reading() as session:
        heard = session.get_one(BriefingRow, briefing_id).heard
        row = session.get(RevisionRow, heard) if heard else None
        if row is not None:
            session.expunge(row)
        return row


def guid(place, briefing_id, show="daily"):
    with place.database.reading() as session:
        return session.get_one(EpisodeRow, (show, briefing_id)).guid


def told(revision):
    """What is said, as (role, words)."""
    return [(part.role.value, part.written) for part in Script.stored(revision.script).segments]


def digest_row(place, slug="morning"):
    with place.database.reading() as session:
        row = session.get_one(DigestRow, slug)
        session.expunge(row)
        return row


def issues(place):
    with place.database.reading() as session:
        return {row.issue: row.briefing_id for row in session.scalars(select(IssueRow))}


def waiting(place):
    """The steps that wait for a digest's time."""
    with place.database.reading() as session:
        rows = session.scalars(select(StepRow).where(StepRow.kind == "digest", StepRow.state == "ready")).all()
        session.expunge_all()
        return [row for row in rows if "digest" in row.payload]
