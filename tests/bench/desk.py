"""Every page of the desk, asked of a newsroom with 20,000 briefings: `./run.sh bench desk [STORIES [FOLDER]]`.

STORIES (10,000) are live with their words, and as many again without; one has 203 segments, and is spoken by the silence
engine. A thousand have scripts, whose words are noted as the sweep does it; the others have of the same words those that
are asked for, and all that are unknown. Each page is asked by HTTP of the app in this process, once for its first view
and then 7 times: the server's time from the request's head to the answer's last byte, and this process's CPU meanwhile.
None may take 200 ms of CPU, which is what an idle machine takes altogether. With a FOLDER what was filled stays there for the next time.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, text

from api.app import create_app
from briefing.accounts import action_links
from briefing.accounts.action_links import LinkAction
from briefing.accounts.audit import Action
from briefing.models import ActionLinkRow, ArticleRow, AudienceRow, AuditRow, BriefingRow, RevisionRow, VocabularyRow
from briefing.requesting.asking import identity
from briefing.values import ArticleRef
from tests.bench import radius
from tests.bench.measure import table
from tests.support.asking import ask
from tests.support.client import free_port, served
from tests.support.desk import add_user, seat_at
from tests.support.newsroom import make_place, work_off
from worker.upkeep import tallying, vocabulary
from worker.workplace import Workplace

_TIMES = 7

#: Milliseconds that no page may take.
_TARGET_MS = 200

_PARAGRAPHS = 201

#: Days over which briefings went live; each is heard in its first days and on some later ones, and once, in a flood of a
#: day, all of them are.
_YEAR, _FRESH, _LATER, _FLOOD = 365, 5, 2, 3

#: Briefings of which nothing is live: each tenth of them is being made, each third held, the others failed.
_TROUBLED = 300

#: Stories that have scripts.
_PATTERN = 1000

#: Words that are looked at, by how many stories say them: which of them, from the most frequent on.
_ASKED = {"few": 20_000, "some": 1500, "all": 1}

#: Rows of one insert.
_BATCH = 2000


def run(stories="10000", folder=""):
    """Measure and print; fail where a page takes longer than it may."""
    with _installed(folder) as place:
        if not (mark := Path("filled")).exists():
            _fill(place, int(stories))
            mark.touch()
        rows = list(_measured(place))
    table(
        f"{2 * int(stories):,} briefings, half of them with words; milliseconds, medians of {_TIMES}",
        ("", "first view", "its CPU", "server", "CPU", "kB"),
        rows,
    )
    if slow := [row[0] for row in rows if float(row[4]) > _TARGET_MS]:
        sys.exit(f"over {_TARGET_MS} ms of CPU: {', '.join(slow)}")


@contextmanager
def _installed(folder):
    """A workplace in `folder`, or in one of its own, which this process stands in."""
    with tempfile.TemporaryDirectory() as own:
        at = Path(folder or own).resolve()
        at.mkdir(exist_ok=True)
        settings = {"DATA": at / "var", "PUBLIC_URL": f"http://127.0.0.1:{free_port()}", "LOG_LEVEL": "ERROR"}
        settings |= {"LIMIT_REQUESTS_A_MINUTE": 0}
        os.environ.update({f"BRIEFCAST_{name}": str(value) for name, value in settings.items()})
        os.chdir(at)
        # Settings are applied once: applying writes all that is live, and most of it here has no sound.
        place = Workplace() if (at / "var").exists() else make_place(at)
        yield place
        place.database.dispose()


def _fill(place, stories):
    now, chance = datetime.now(UTC), random.Random(2)
    pattern = min(stories, _PATTERN)
    radius.fill(place.database, pattern, now)
    while vocabulary.note_some(place, 100):
        pass
    for first in range(pattern, 2 * stories, _BATCH):
        _add_light(place, range(first, min(first + _BATCH, 2 * stories)), stories, now, chance)
    _copy_words(place, pattern, stories)
    tallying.tally(place, now)
    _tell(place, now)
    for name, role in (("ada", "admin"), ("ed", "editor")):
        add_user(place, name, role)
    _write_report(place, now)


def _write_report(place, now):
    """Have a story of 203 segments."""
    paragraphs = [
        f"Paragraph {number} of the harbour board's report says what $3M paid for in Bilohorivka on Nov. 20."
        for number in range(_PARAGRAPHS)
    ]
    Path("articles/report.md").write_text("\n\n".join(["# The harbour report", *paragraphs]))
    ask(place, "report", now=now)
    work_off(place, 10_000)


def _copy_words(place, pattern, stories):
    """Have further stories, up to so many, say what the first `pattern` say, as far as it is asked for."""
    shifts = " UNION ALL ".join(f"SELECT {first} AS shift" for first in range(pattern, stories, pattern))
    same = ", ".join(column.name for column in VocabularyRow.table().columns if not column.foreign_keys)
    its = ", ".join(f"m.{name}" for name in ("count", "segments", "takes", "characters", "audio_ms", "guessed"))
    with place.database.writing() as session:
        session.execute(
            text(
                f"INSERT INTO vocabularies (revision_id, briefing_id, {same}) "
                f"SELECT r.id, r.briefing_id, {', '.join(f'v.{name}' for name in same.split(', '))} "
                f"FROM vocabularies v CROSS JOIN ({shifts}) s JOIN revisions r ON r.id = v.revision_id + s.shift"
            )
        )
        session.execute(
            text(
                f"INSERT INTO mentions SELECT m.word_id, m.revision_id + s.shift, {its} "
                f"FROM mentions m CROSS JOIN ({shifts}) s JOIN words w ON w.id = m.word_id "
                "WHERE m.guessed OR w.text IN (:few, :some, :all)"
            ),
            {name: radius.word_of(number) for name, number in _ASKED.items()},
        )


def _add_light(place, numbers, stories, now, chance):
    """Have briefings without script: live, but for the last ones; with figures of who heard them."""
    briefings, revisions, articles, plays = [], [], [], []
    for number in numbers:
        briefing, article, left = f"{number:016x}", f"desk:light-{number}", 2 * stories - number
        state = "live" if left > _TROUBLED else "speaking" if left % 10 == 0 else "held" if left % 3 == 0 else "failed"
        at = now - timedelta(days=_YEAR * (2 * stories - number) / stories)
        live = number + 1 if state == "live" else None
        named = identity("bench", "story", (ArticleRef.parse(article),))
        briefings.append(
            {"id": briefing, "identity": named, "show": "bench", "kind": "story", "articles": [article],
             "live_revision": live, "created_at": at}
        )  # fmt: skip
        ended = {"finished_at": at if state != "speaking" else None}
        ended |= {"error_code": "source_unavailable" if state == "failed" else None}
        revisions.append(
            {"id": number + 1, "briefing_id": briefing, "number": 1, "state": state, "queue": "bulk",
             "asked_again": False, "created_at": at, "voice": "silence", "voices": {}, "request": {}, "show": {},
             "fallbacks": [], "requested_by": "bench", "card": {"title": f"Council votes on bridge number {number}"},
             "words_noted": True, **ended}
        )  # fmt: skip
        address = f"https://news.example/{number}"
        articles.append({"source": "desk", "id": f"light-{number}", "address": address})
        if live:
            days = {at.date() + timedelta(days=day) for day in range(_FRESH)}
            days |= {at.date() + timedelta(days=chance.randrange(_YEAR)) for _ in range(_LATER)}
            days |= {now.date() - timedelta(days=_FLOOD)}
            plays += [_heard(number, article, day, chance) for day in sorted(days) if day <= now.date()]
    with place.database.writing() as session:
        for kind, rows in ((BriefingRow, briefings), (RevisionRow, revisions), (ArticleRow, articles)):
            session.execute(insert(kind.table()), rows)
        if plays:
            session.execute(insert(AudienceRow.table()), plays)


def _heard(number, article, day, chance):
    """A day's figures of a briefing, as large as real ones are."""
    plays = chance.randrange(1, 50)
    heard = [plays * 2000 - part * plays * 10 for part in range(100)]
    quarters = {f"quarter_{part + 1}_ms": sum(heard[part * 25 : part * 25 + 25]) for part in range(4)}
    return quarters | {
        "day": day.isoformat(), "show": "bench", "sha256": f"{number:064x}", "briefing_id": f"{number:016x}",
        "article": article, "revision": 1, "duration_ms": 200_000, "heard_ms": heard, "plays": plays,
        "completed": plays // 2, "downloads": plays,
    }  # fmt: skip


def _tell(place, now):
    """Have 40,000 rows of the audit."""
    rows = [
        {"at": now - timedelta(minutes=number), "key_id": "k1234567", "by": ("cms", "eve", "ann")[number % 3],
         "action": (Action.ASK if number % 3 else Action.RETRACT).value,
         "briefing_id": f"{number % 20_000:016x}", "revision": 1, "detail": f"desk:light-{number % 20_000}"}
        for number in range(40_000)
    ]  # fmt: skip
    with place.database.writing() as session:
        session.execute(insert(AuditRow.table()), rows)


def _paths(place):
    """What is asked, by what it is called."""
    with place.database.reading() as session:
        report, script = session.execute(
            select(RevisionRow.briefing_id, RevisionRow.script).order_by(RevisionRow.id.desc()).limit(1)
        ).one()
    now, links = datetime.now(UTC), {}
    with place.database.writing() as session:
        for action in LinkAction:
            _, secret = action_links.make(session, report, action, "Mara", "ed", now)
            links[f"link: {action}"] = f"/{action_links.path_of(secret)}"
    here, segment = f"/desk/briefings/{report}", script["segments"][100]["id"]
    word = "/desk/lexicon/word?language=en&say=word&written="
    return {
        "work": "/desk",
        "work, its updates": "/desk/work",
        "search: words of one title": "/desk?q=bridge+19000",
        "search: a word of all titles": "/desk?q=bridge",
        "search: nothing": "/desk?q=nothing+has+this",
        "search: an article": "/desk?q=desk:light-15000",
        "search: no article": "/desk?q=desk:nowhere",
        "search: an address": "/desk?q=https://news.example/15000",
        "live": "/desk/live",
        "live, page 300": "/desk/live?after=15000",
        "203 segments": here,
        "203 segments, standing": f"{here}/standing",
        "203 segments, edit one": f"{here}/segments/{segment}/edit",
        "203 segments, compare": f"{here}/compare?from=1&to=1",
        "withdraw": f"{here}/retract",
        "links": f"{here}/links",
        "words": "/desk/lexicon",
        "a word, as recorded": f"/desk/lexicon/word?written={radius.word_of(_ASKED['all'])}",
        "a word that few say": word + radius.word_of(_ASKED["few"]),
        "a word that a tenth say": word + radius.word_of(_ASKED["some"]),
        "a word that all say": word + radius.word_of(_ASKED["all"]),
        "import": "/desk/lexicon/import",
        "shows": "/desk/shows",
        "voices": "/desk/voices",
        "jingles": "/desk/jingles",
        "audience": "/desk/audience",
        "audience of a show": "/desk/audience?show=bench",
        "audience of a year": "/desk/audience?days=365",
        "audience of three years": "/desk/audience?days=1095",
        "audience, page 100": "/desk/audience?after=5000",
        "audience of an article": "/desk/audience/desk/light-19000?days=365",
        "audit": "/desk/audit",
        "audit, of a person": "/desk/audit?who=eve&action=retract",
        "audit, of a briefing": f"/desk/audit?subject={15_000:016x}",
        "audit, nothing": "/desk/audit?who=nobody",
        "audit as CSV": "/desk/audit.csv",
        "users": "/desk/users",
        **links,
    }


def _measured(place):
    app = _Timed(create_app())
    paths = _paths(place)
    with served(app) as address, seat_at(address) as seat:
        assert seat.sign_in("ada").status_code == 303
        for name, path in paths.items():
            app.taken.clear()
            for _ in range(_TIMES + 1):
                answer = seat.get(path)
                assert answer.status_code in {200, 204}, (path, answer.text)
            first, *others = app.taken
            middle = [statistics.median(one) for one in zip(*others, strict=True)]
            figures = (f"{seconds * 1000:.0f}" for seconds in (*first, *middle))
            row = (name, *figures, f"{len(answer.content) / 1000:.0f}")
            # A loaded machine takes minutes: what is known is told at once.
            print(*row, sep="\t", file=sys.stderr, flush=True)
            yield row
    with place.database.writing() as session:
        session.query(ActionLinkRow).delete()


class _Timed:
    """An app that notes how long each answer took it: seconds, and of this process's CPU."""

    def __init__(self, app):
        self.app, self.state, self.taken = app, app.state, []

    async def __call__(self, scope, receive, send):
        begun, cpu = time.perf_counter(), time.process_time()
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self.taken.append((time.perf_counter() - begun, time.process_time() - cpu))
