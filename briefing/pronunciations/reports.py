"""Words that listeners heard said wrongly: read from bytes that anybody may send, counted by word and briefing.

What makes no sense, or is not said in the briefing, is left out without a word. Keeps nothing of who told it.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.audience.records import known_audio
from briefing.models import BriefingRow, ReportRow, RevisionRow
from briefing.pronunciations import mentioning, mentions
from briefing.pronunciations.lexicon import alike
from briefing.pronunciations.radius import plays_since
from briefing.sql.rows import add_unless_there

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

#: Bytes of a report.
MOST_BYTES = 2048

#: Words of one briefing that are told of at a time, and of all; what comes then is left out.
MOST_OF_BRIEFING = 50
MOST_OPEN = 10_000

_MOST_S = 24 * 3600.0
_ARTICLE = re.compile(r"[A-Za-z0-9._-]{1,128}:[A-Za-z0-9._-]{1,128}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

#: What stands around a word in a transcript.
_EDGES = " \t\n.,;:!?…\"'’‘“”„«»()[]{}–—-"
_POSSESSIVE = re.compile(r"['’][sS]$")


@dataclass(frozen=True)
class Report:
    """What a player sent."""

    article: str
    sha256: str
    """Of the MP3."""
    word: str
    at_ms: int


def parse(body: bytes) -> Report | None:
    """Return what was sent, None for what makes no sense."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    article, sha256, word, at_s = (told.get(name) for name in ("article", "revision", "word", "at_s"))
    fits = (
        isinstance(article, str)
        and _ARTICLE.fullmatch(article)
        and isinstance(sha256, str)
        and _SHA256.fullmatch(sha256)
        and isinstance(word, str)
        and not isinstance(at_s, bool)
        and isinstance(at_s, int | float)
        and 0 <= at_s <= _MOST_S
        and math.isfinite(at_s)
    )
    if not fits or (plain := bare(str(word))) is None:
        return None
    return Report(str(article), str(sha256), plain, round(float(str(at_s)) * 1000))


def bare(word: str) -> str | None:
    """Return a word of a transcript without what stands around it; None for what is no word."""
    if len(word) > 4 * mentions.MOST_LETTERS:
        return None
    found = _POSSESSIVE.sub("", alike(unicodedata.normalize("NFC", word)).strip(_EDGES))
    sayable = found.isprintable() and any(character.isalnum() for character in found) and " " not in found
    return found if sayable and len(found) <= mentions.MOST_LETTERS else None


def take(session: Session, told: Report, now: datetime) -> ReportRow | None:
    """Count a report; None where it is left out. Needs a writing session."""
    audio = next(
        (one for one in known_audio(session, [told.sha256]).get(told.sha256, []) if told.article in one.articles), None
    )
    if audio is None or told.at_ms > audio.duration_ms:
        return None
    revision = session.scalars(
        select(RevisionRow.id).where(RevisionRow.briefing_id == audio.briefing_id, RevisionRow.number == audio.revision)
    ).first()
    if revision is None or mentioning.says(session, revision, told.word) is False:
        return None
    row = _row(session, audio.briefing_id, told.word)
    if row is None:
        if _full(session, audio.briefing_id):
            return None
        add_unless_there(
            session,
            ReportRow,
            id=secrets.token_hex(8),
            briefing_id=audio.briefing_id,
            word=told.word,
            count=0,
            revision=audio.revision,
            at_ms=told.at_ms,
            state="open",
            first_at=now,
            last_at=now,
        )
        row = _row(session, audio.briefing_id, told.word)
    if row is None or (row.state == "closed" and audio.revision <= row.revision):
        # Of audio that an editor has judged already: the old one plays on somewhere.
        return None
    row.state, row.revision, row.at_ms = "open", max(row.revision, audio.revision), told.at_ms
    row.count, row.last_at, row.closed_at, row.closed_by = row.count + 1, now, None, None
    session.flush()
    return row


def _row(session: Session, briefing: str, word: str) -> ReportRow | None:
    return session.scalars(
        select(ReportRow).where(ReportRow.briefing_id == briefing, ReportRow.word == word).with_for_update()
    ).first()


def _full(session: Session, briefing: str) -> bool:
    open_ = select(ReportRow.id).where(ReportRow.state == "open")
    for statement, most in ((open_.where(ReportRow.briefing_id == briefing), MOST_OF_BRIEFING), (open_, MOST_OPEN)):
        if (session.scalar(select(func.count()).select_from(statement.limit(most).subquery())) or 0) >= most:
            return True
    return False


def close(session: Session, report: str, who: str, now: datetime) -> ReportRow | None:
    """Note that an editor has looked at a report; told again of newer audio, it is open again. None for one that is not
    there. Needs a writing session.
    """
    row = session.get(ReportRow, report, with_for_update=True)
    if row is not None and row.state != "closed":
        live = select(RevisionRow.number).join(
            BriefingRow, func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision) == RevisionRow.id
        )
        heard = session.scalar(live.where(BriefingRow.id == row.briefing_id))
        row.revision = max(row.revision, heard or 0)
        row.state, row.closed_at, row.closed_by = "closed", now, who
        session.flush()
    return row


@dataclass(frozen=True)
class Told:
    """A report, as editors see it."""

    row: ReportRow
    show: str
    article: str
    title: str
    plays: int


def listed(session: Session, state: str, since: str, offset: int, limit: int, show: str | None = None) -> list[Told]:
    """Return a page of reports, those most told of first; within a page, then those of the most heard since that
    day (UTC).
    """
    heard = func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision)
    statement = (
        select(ReportRow, BriefingRow.show, BriefingRow.articles, heard)
        .join(BriefingRow, BriefingRow.id == ReportRow.briefing_id)
        .where(ReportRow.state == state)
        .order_by(ReportRow.count.desc(), ReportRow.last_at.desc(), ReportRow.id)
        .offset(offset)
        .limit(limit)
    )
    rows = session.execute(statement.where(BriefingRow.show == show) if show else statement).all()
    asked = select(RevisionRow.id, RevisionRow.card).where(RevisionRow.id.in_([row[3] for row in rows if row[3]]))
    titles = {found.id: str((found.card or {}).get("title", "")) for found in session.execute(asked)}
    plays = plays_since(session, since, [row[0].briefing_id for row in rows])
    told = [
        Told(row[0], row[1], str(row[2][0]), titles.get(row[3], ""), plays.get(row[0].briefing_id, 0)) for row in rows
    ]
    return sorted(told, key=lambda one: (-one.row.count, -one.plays))
