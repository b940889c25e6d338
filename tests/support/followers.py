"""What follows stories, for tests/faults/test_failpoints.py: digests of them with summaries, other editions that a correction
reaches, a feed that lists one by a pick, and messages that one has failed. Laid out, failed at, looked at in the end.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from itertools import product

from sqlalchemy import select

from briefing.failpoints import Action, Failpoint
from briefing.models import DigestRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from tests.support import installation
from tests.support.asking import again, ask
from tests.support.openai_chat import MODEL
from worker.installation.newsroom import apply

_SHOW = """
[[shows]]
slug = "{slug}"
title = "The Test {slug}"
voice = "tone"
intro = "none"
outro = "none"
notices = {{ of = {of} }}
"""

#: Nobody is told of what fails in the other shows; "best" lists what is picked for it.
_NEWSROOM = (
    installation.NEWSROOM.replace('outro = "none"\n', 'outro = "none"\nnotices = { of = [] }\n')
    + _SHOW.format(slug="evening", of='["failed"]')
    + _SHOW.format(slug="best", of="[]")
    + '[shows.rules]\nshows = ["evening"]\nsections = ["none"]\n'
)

_DIGEST = """
[[digests]]
slug = "{slug}"
show = "evening"
at = ["12:{minute:02}", "13:{minute:02}"]
zone = "{zone}"
summaries = true
rules = {{ hours = 24 }}
"""

WRONG, RIGHT, RECALLED = "The mayor took a bribe.", "The mayor took no bribe.", "The bridge has fallen."

#: Name and show of each story: of two other editions of the one that is corrected the first gets through.
_STORIES = (
    ("mended", "evening"), ("mended", "weekly"), ("mended", "daily"), ("recalled", "evening"), ("lost", "evening"),
)  # fmt: skip

#: By those who sweep: a story is to be summarised, a message to be sent.
SWEEPING = (Failpoint.SUMMARY_RECORDED, Failpoint.NOTICE_RECORDED)


class Followers:
    """Of an installation. A step has two claims to spare, and fails no more often."""

    def __init__(self, desk, failing, actions):
        self.desk, self.failing, self.actions = desk, failing, actions
        self.stories = {}

    @staticmethod
    def settings(posted_to, chat):
        """Environment variables of the installation, without their BRIEFCAST_."""
        return {
            "NOTICES_WEBHOOK": f"{posted_to}/webhook",
            "NOTICES_WEBHOOK_SECRET": f"whsec_{base64.b64encode(b'k' * 32).decode()}",
            "NOTICES_SLACK": f"{posted_to}/slack",
            "SUMMARY_ADDRESS": chat.address,
            "SUMMARY_KEY": chat.key,
            "SUMMARY_MODEL": MODEL,
            "SUMMARY_PER_SECOND": 1000,
        }

    def lay_out(self):
        """Ask for stories, to be live before anything fails."""
        now = datetime.now(UTC)
        # Where it is noon, whatever the time here: a digest's two times are of one day.
        times = {"minute": now.minute, "zone": f"Etc/GMT{now.hour - 12:+d}"}
        self._apply("".join(_DIGEST.format(slug=f"issue-{action}", **times) for action in self.actions))
        for name, said in (("mended", WRONG), ("recalled", RECALLED), ("lost", "It is lost.")):
            self.desk.write(name, said, f"This is about what is {name}.")
        for name, show in _STORIES:
            self.stories[name, show], _, _ = ask(self.desk.place, name, voice="tone", show=show, now=now)

    def fall_due(self):
        """Have one of them lose its article, and a digest of them for each action be due."""
        place, due = self.desk.place, datetime.now(UTC).replace(second=0, microsecond=0)
        (self.desk.articles / "lost.txt").unlink()
        again(place, self.stories["lost", "evening"], now=due)
        with place.database.writing() as session:
            for row in session.scalars(select(DigestRow)):
                step = session.get_one(StepRow, row.step_id)
                row.due_at, step.not_before = due, due.timestamp()
                step.payload = step.payload | {"due": due.isoformat()}

    def arm(self):
        """Have digests at their time fail, summaries of their stories, and messages of what is lost."""
        for point, action in product(SWEEPING, self.actions):
            self.failing.arm(point, action)
        self._arm("digest", Failpoint.DIGEST_ASKED, Failpoint.DIGEST_ARMED)
        self._arm("extract", Failpoint.PREPARE_BEFORE_COMMIT, Failpoint.PREPARE_AFTER_COMMIT)
        self._arm("summarise", Failpoint.SUMMARY_ANSWERED, Failpoint.SUMMARY_BEFORE_COMMIT)
        self._arm("notice", Failpoint.NOTICE_LINKED, Failpoint.NOTICE_TOLD)

    def correct(self, posts):
        """See what has come of it; have a story picked and corrected: the steps that follow fail."""
        self._are_told(posts)
        assert {state for (state,) in self.desk.rows("SELECT state FROM summaries")} == {"waiting"}
        self.failing.arm(Failpoint.CORRECT_ASKED, Action.PASS, kind="correct")
        self._arm("correct", Failpoint.CORRECT_ASKED)
        self._arm("list", Failpoint.LIST_WRITTEN)
        self._arm("digest", Failpoint.DIGEST_REVIEWED)
        self.desk.put("/v1/articles/desk/mended/picks/best", None)
        self.desk.write("mended", RIGHT, "This is about what is mended.")
        mended = self.stories["mended", "evening"]
        self.desk.post(f"/v1/briefings/{mended}/regenerate", {"replaces": "correction"})

    def withdraw(self):
        """Have another withdrawn: the issues that have it are too, and made again, each step of it failing."""
        self._arm("digest", Failpoint.DIGEST_REVIEWED)
        self._arm("digest", Failpoint.DIGEST_REMADE)
        self.desk.post(f"/v1/briefings/{self.stories['recalled', 'evening']}/retract", {})

    def end(self):
        """Have no digest wait for its next time."""
        self._apply("")

    def check(self):
        """Correction, withdrawal and pick have reached all that they concern, once."""
        said = dict(self.desk.rows(
            "SELECT briefings.id, revisions.script FROM briefings JOIN revisions ON revisions.id = live_revision"
        ))  # fmt: skip
        issues = [issue for (issue,) in self.desk.rows("SELECT briefing_id FROM issues")]
        assert len(issues) == len(self.actions)
        for briefing in (*issues, *(id_ for (name, _), id_ in self.stories.items() if name == "mended")):
            assert (RIGHT in said[briefing], WRONG in said[briefing], RECALLED in said[briefing]) == (
                True,
                False,
                False,
            )
        assert self.stories["recalled", "evening"] not in said
        for show in ("evening", "weekly", "daily"):
            assert len(self.desk.states(self.stories["mended", show])) == 2, "corrected once"
        feed = self.desk.client.get("/shows/best/feed.xml").text
        assert feed.count("<title>Mended in the news</title>") == 1
        assert self.desk.rows("SELECT slug FROM digests WHERE skipped_at IS NOT NULL") == []

    def _are_told(self, posts):
        """Each way was told of the story that is lost, by one message, however often it was sent."""
        assert {path for path, *_ in posts} - {"/hub"} == {"/webhook", "/slack"}
        sent = [
            (headers["webhook-id"], json.loads(body)["data"]) for path, headers, body in posts if path == "/webhook"
        ]
        assert len({id_ for id_, _ in sent}) == 1
        assert [notice["briefing"] for notice in sent[0][1]["notices"]] == [self.stories["lost", "evening"]]

    def _arm(self, kind, *points):
        """Have steps of this kind fail at a point, once for each action; at another when they are tried again."""
        for (attempt, point), action in product(enumerate(points, 1), self.actions):
            # Whoever hangs is let go, and not tried again.
            context = {} if action is Action.HANG or len(points) == 1 else {"attempt": attempt}
            self.failing.arm(point, action, kind=kind, **context)

    def _apply(self, digests):
        path = self.desk.folder / "briefcast.toml"
        path.write_text(_NEWSROOM + digests)
        apply(load_newsroom(path), self.desk.place)
