"""A desk: a newsroom, its server, and a seat at it; with briefings in every state and a browser for a whole file."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from briefing.accounts import users
from briefing.models import AudienceRow, AuditRow
from tests.support.browser import chromium
from tests.support.client import client_of, free_port
from tests.support.desk import PASSWORD, add_user, seat_at
from tests.support.newsroom import PLAIN, make_place, work_off


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords():
    """Have passwords hashed by the real Argon2 at a cost of next to nothing; what it costs in earnest is a test."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(users, "_hasher", lambda: cheap)
        yield


@pytest.fixture
def desk(place):
    """A server, and a seat at it; `place` has the users."""
    with client_of(place) as api, seat_at(str(api.base_url)) as seat:
        seat.api = api
        yield seat


FERRY = """# Ferry runs again

The ferry runs again from Monday, the harbour board said. Crews had stopped work for four days over $300K of overtime.

## What it cost

- Nobody paid it, said the board of the harbour in Bilohorivka.

> "Both sides are to meet again on Nov. 20," said the mayor of the town.

The ferry had not run since Thursday, and the town had to do without its market.
"""

FIRST = "The ferry runs again from Monday, the harbour board said."

MARKET = """# Market opens on Saturday

The market is open again on Saturday, the council said. It had been shut since the strike at the harbour began.
"""


#: A show whose editions a second person approves, and one for members, each with a source.
SHOWS = "".join(
    f"""
[[shows]]
slug = "{name}"
title = "The {name} show"
voice = "silence"
intro = "none"
outro = "none"
{setting}

[[sources]]
name = "{name}"
kind = "files"
folder = "articles"
show = "{name}"
"""
    for name, setting in (("signed", "sign_off = true"), ("inside", 'visibility = "members"'))
)


class Stand:
    """A server with users of every role and briefings in every state, and a browser."""

    def __init__(self, place, api, browser):
        self.place, self.api, self.browser = place, api, browser
        self.address = str(api.base_url)
        self.briefings = {}
        self.folder = place.data.data.parent / "articles"
        self.measured = False

    def ask(self, article, *, work=True):
        answer = self.api.post("/v1/briefings", json={"article_ids": [article]}).raise_for_status().json()
        self.briefings[article] = answer["id"]
        if work:
            work_off(self.place)
        return answer["id"]

    def write(self, article, text):
        (self.folder / f"{article}.md").write_text(text)

    def measure(self):
        """Have figures of an audience."""
        if self.measured:
            return
        self.measured = True
        heard = [int(40_000 * (1 - part / 140)) for part in range(100)]
        quarters = {f"quarter_{n + 1}_ms": sum(heard[n * 25 : n * 25 + 25]) for n in range(4)}
        with self.place.database.writing() as session:
            session.add(
                AudienceRow(
                    day=datetime.now(UTC).date().isoformat(),
                    show="daily",
                    sha256="0" * 64,
                    briefing_id=self.briefings["desk:ferry"],
                    article="desk:ferry",
                    revision=1,
                    duration_ms=100_000,
                    plays=40,
                    completed=22,
                    downloads=310,
                    heard_ms=heard,
                    **quarters,
                )
            )

    def page(self, *, signed_in="ed", path=None, **context):
        """Open a page of its own browser; what goes wrong on it is in its `troubles`."""
        page = self.browser.new_context(base_url=self.address, **context).new_page()
        page.troubles = []
        page.on("console", lambda said: page.troubles.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        if signed_in:
            page.goto("/desk/sign-in")
            page.fill("[name=name]", signed_in)
            page.fill("[name=password]", PASSWORD)
            page.click("button.main")
            page.wait_for_url("**/desk")
        if path:
            page.goto(path)
        return page


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """Everything, started once for a file."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.setenv("BRIEFCAST_LOG_LEVEL", "ERROR")
        patch.chdir(folder)
        place = make_place(folder, PLAIN + SHOWS)
        articles = folder / "articles"
        (articles / "ferry.md").write_text(FERRY)
        (articles / "market.md").write_text(MARKET)
        (articles / "bridge.json").write_text(
            json.dumps({"title": "Bridge closes", "html": "<nav>Home</nav><p>The bridge is shut from Monday.</p>"})
        )
        for name, role in (("vera", "viewer"), ("ed", "editor"), ("ada", "admin")):
            add_user(place, name, role)
        with client_of(place) as api, chromium() as browser:
            found = Stand(place, api, browser)
            for article in ("desk:ferry", "desk:bridge", "slow:market", "desk:missing"):
                found.ask(article)
            yield found
        place.database.dispose()


@pytest.fixture(autouse=True)
def _pages_closed(request):
    """Have no page of a test that has ended ask and draw beside those of the next."""
    yield
    if "stand" in request.fixturenames:
        for context in request.getfixturevalue("stand").browser.contexts:
            context.close()


#: How long what a page's player has is, in seconds.
LENGTH = "audio => (audio.load(), new Promise(done => audio.ondurationchange = () => done(audio.duration)))"


def story(stand, name):
    """A live story of its own, so that tests do not meet."""
    stand.write(name, FERRY.replace("Ferry runs again", f"Ferry {name} runs again"))
    return stand.ask(f"desk:{name}")


def audited(stand, briefing):
    with stand.place.database.reading() as session:
        rows = session.execute(
            select(AuditRow.action, AuditRow.by).where(AuditRow.briefing_id == briefing).order_by(AuditRow.id)
        )
        return [tuple(row) for row in rows]
