"""What a pronunciation changes, asked of a newsroom with many stories: `./run.sh bench radius [STORIES]`.

Stories of 540 words drawn as words are in a language (the n-th as often as 1/n), from 40,000 words; a month of plays. Noting
their words, as the sweep does, then the radius of a word that few say, of one that a tenth say, of one that all say, of a
name of two words, and the list of unknown words: the middle one of 15 times.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import insert, select, text

from briefing.database import Database
from briefing.models import AudienceRow, BriefingRow, RevisionRow, ShowRow, TakeRow
from briefing.podcasts.show import Show
from briefing.pronunciations import guessed, radius
from briefing.pronunciations.changes import Change
from briefing.pronunciations.lexicon import make_entry
from briefing.sql.schema import migrate
from tests.bench.measure import table
from tests.support.postgres import postgres
from worker.upkeep import tallying, vocabulary

_TIMES = 15
_SEGMENTS, _WORDS, _VOCABULARY = 12, 45, 40_000
_NOW = datetime(2026, 5, 20, tzinfo=UTC)


def run(stories="10000"):
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, postgres(Path(folder) / "log") as server:
        rows = []
        for name, address in (("SQLite", f"sqlite:///{folder}/b.db"), ("PostgreSQL", server.address)):
            database = Database(address)
            migrate(database)
            fill(database, int(stories), _NOW)
            before = _size(database)
            begun = time.perf_counter()
            while vocabulary.note_some(SimpleNamespace(database=database)):
                pass
            noting = (time.perf_counter() - begun) / int(stories)
            rows.append((name, "noting a story", f"{noting * 1000:.1f}", ""))
            rows.append((name, "room for the words of all, MB", "", f"{(_size(database) - before) / 1e6:.0f}"))
            rows += [(name, *row) for row in _asked(database)]
            database.dispose()
    table(f"{stories} live stories", ("", "", "ms", "briefings"), rows)


def _asked(database):
    for what, written in (
        ("radius of a rare word", word_of(20_000)),
        ("radius of a word that some say", word_of(1500)),
        ("radius of a word that all say", word_of(1)),
        ("radius of a name of two words", f"{word_of(900)} {word_of(2000)}"),
    ):
        entry = make_entry({"written": written, "language": "en", "kind": "alias", "value": "x"})
        change = Change(None, None, entry)
        found = []

        def ask(session, change=change, found=found):
            found.append(radius.radius(session, [change], _NOW))

        ms = _ms(database, ask)
        yield what, f"{ms:.0f}", found[-1].briefings
        yield (
            what + ", all of them in order",
            f"{_ms(database, lambda session, change=change: radius.briefings(session, [change], _NOW)):.0f}",
            "",
        )
    begun = time.perf_counter()
    tallying.tally(SimpleNamespace(database=database), _NOW)
    yield "counting unknown words", f"{(time.perf_counter() - begun) * 1000:.0f}", ""
    yield "listing unknown words", f"{_ms(database, lambda session: guessed.listed(session, 0, 100)):.0f}", ""


def _ms(database, ask):
    taken = []
    for _ in range(_TIMES):
        with database.reading() as session:
            begun = time.perf_counter()
            ask(session)
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def word_of(number):
    """A made-up word; the first of them are the most frequent."""
    letters = ""
    number += 100
    while number:
        number, last = divmod(number, 20)
        letters += "bcdfghklmnprstvwzaeo"[last] + "aeiou"[last % 5]
    return f"q{letters}"


def fill(database, stories, now):
    """Have live stories, their takes and a month of plays until `now`, in a show of their own."""
    chance = random.Random(1)
    words = [word_of(number) for number in range(_VOCABULARY)]
    weights = list(accumulate(1 / (number + 1) for number in range(_VOCABULARY)))
    with database.writing() as session:
        shown = Show(slug="bench", title="Bench").model_dump(mode="json")
        session.add(ShowRow(slug="bench", position=0, settings=shown, podcast_guid="g"))
    for first in range(0, stories, 500):
        rows = [_story(number, chance, words, weights, now) for number in range(first, min(first + 500, stories))]
        with database.writing() as session:
            session.execute(insert(BriefingRow.table()), [row[0] for row in rows])
            session.execute(insert(RevisionRow.table()), [row[1] for row in rows])
            session.execute(insert(TakeRow.table()), [take for row in rows for take in row[2]])
            session.execute(insert(AudienceRow.table()), [play for row in rows for play in row[3]])
    if database.engine.dialect.name == "postgresql":
        with database.writing() as session:
            session.execute(text("ANALYZE"))


def _story(number, chance, words, weights, now):
    drawn = chance.choices(words, cum_weights=weights, k=_SEGMENTS * _WORDS)
    segments = [
        {"id": f"{number:08x}{part:08x}", "written": " ".join(drawn[part * _WORDS : (part + 1) * _WORDS])}
        for part in range(_SEGMENTS)
    ]
    chunks = [
        {"key": f"{number:032x}{part:032x}", "segment": one["id"], "spoken": one["written"]}
        for part, one in enumerate(segments)
    ]
    unknown = [{"word": word, "count": 1, "segments": ["x"]} for word in chance.sample(sorted(set(drawn)), 6)]
    briefing = f"{number:016x}"
    plain = {"voice": "silence", "voices": {}, "request": {}, "show": {}, "fallbacks": [], "requested_by": "bench"}
    revision = plain | {
        "id": number + 1, "briefing_id": briefing, "number": 1, "state": "live", "queue": "bulk", "asked_again": False,
        "created_at": now, "finished_at": now, "script": {"language": "en", "segments": segments, "unknown_words": unknown},
        "chunks": chunks, "card": {"title": f"Story {number}"},
    }  # fmt: skip
    takes = [
        {"key": chunk["key"], "sha256": "0" * 64, "rate": 22_050, "samples": 400_000, "words": [], "timing": "exact",
         "created_at": now}
        for chunk in chunks
    ]  # fmt: skip
    counts = dict.fromkeys(["completed", "downloads", *(f"quarter_{part}_ms" for part in range(1, 5))], 0)
    plays = [
        counts | {
            "day": (now - timedelta(days=day)).date().isoformat(), "show": "bench", "sha256": f"{number:064x}",
            "briefing_id": briefing, "article": "desk:x", "revision": 1, "duration_ms": 1, "heard_ms": [],
            "plays": chance.randrange(50),
        }
        for day in range(0, 30, 7)
    ]  # fmt: skip
    row = {"id": briefing, "identity": briefing, "show": "bench", "kind": "story", "articles": [f"desk:{number}"],
           "live_revision": number + 1, "created_at": now}  # fmt: skip
    return row, revision, takes, plays


def _size(database):
    with database.reading() as session:
        if database.engine.dialect.name == "sqlite":
            return session.scalar(select(text("page_count * page_size FROM pragma_page_count, pragma_page_size")))
        return session.scalar(text("SELECT pg_database_size(current_database())"))
