"""Why a briefing is where it is, and the one button that does something about it: every obstacle, every error code."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from api.desk.fixes import Standing, fix_of, reason_of
from api.desk.standings import article_address
from api.going_live import _FORBIDS
from api.problems import FAILURES
from briefing.going_live.obstacles import FORBIDS, Obstacle, Reason
from briefing.models import ArticleRow
from briefing.observing.worklist import Work
from briefing.podcasts.newsroom import SourceSettings
from briefing.states import RevisionState

CMS = "https://paper.example/wp-admin/post.php?post=7&action=edit"
SOON = datetime(2031, 1, 2, 6, tzinfo=UTC)

#: Reason -> what the page says, the button, where it posts to or leads; with the article's address known.
HELD = {
    "conflict": ("a text that an editor changed is no longer", "Settle the conflict", "#conflicts"),
    "never_speak": ("holds a name that must not be spoken", "Open the article", CMS),
    "sign_off": ("waits for a second person's word", "Approve", "approve"),
    "embargo": ("under embargo until 2 Jan 2031, 06:00 UTC", "Change the embargo", "#embargo"),
    "unpublished": ("waits for the CMS", "Open the article", CMS),
    "schedule": ("goes live at 2 Jan 2031, 06:00 UTC", "Publish", "publish"),
    "editor": ("is held by ann", "Publish, though ann holds it", "publish"),
    "show": ("waits for an editor", "Publish", "publish"),
}

OPEN, CONNECT, RETRY, MENDED = (
    ("Open the article", CMS),
    ("See how to connect it", "/desk/shows#connect"),
    ("Try again", "regenerate"),
    ("Try again once that is mended", "regenerate"),
)

#: Code of a failed revision -> the button and where it posts to or leads.
FAILED = {
    "article_not_found": RETRY,
    "article_empty": OPEN,
    "nothing_to_digest": RETRY,
    "article_too_short": OPEN,
    "article_behind_paywall": CONNECT,
    "article_too_long": OPEN,
    "cms_key_refused": CONNECT,
    "article_protected": OPEN,
    "article_refused": OPEN,
    "feed_unreadable": CONNECT,
    "page_too_large": CONNECT,
    "page_too_deep": CONNECT,
    "page_unreadable": CONNECT,
    "media_type_refused": OPEN,
    "invalid_settings": MENDED,
    "secret_unreadable": CONNECT,
    "source_unavailable": RETRY,
    "engine_unavailable": RETRY,
    "engine_not_installed": MENDED,
    "narrator_away": RETRY,
    "storage_unavailable": RETRY,
    "storage_full": RETRY,
    "take_rejected": ("Look at the words", "#script"),
    "take_corrupt": RETRY,
    "master_rejected": MENDED,
    "signing_invalid": MENDED,
    "signing_unavailable": RETRY,
    "signing_failed": MENDED,
    "watermark_not_installed": MENDED,
    "watermark_missing": MENDED,
    "not_published_yet": RETRY,
    "never_speak": OPEN,
    "quota_exceeded": RETRY,
    "budget_too_small": RETRY,
    "override_conflict": ("Settle the conflict", "#conflicts"),
    "worker_lost": RETRY,
    "overdue": RETRY,
    "superseded": None,
}


def codes(heading):
    """The codes of a table of docs/errors.md."""
    text = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
    return set(re.findall(r"^\| `(\w+)`", text.partition(f"## {heading}\n")[2].partition("\n## ")[0], re.MULTILINE))


def work(state, code=None, *, message="", heard=False, held_by=None):
    return Work(
        briefing="5f2b8c1e9a7d4036", show="daily", articles=("paper:7",), revision=2, state=state, title="Ferry", heard=heard,
        withdrawn=False, requested_by="eve", voice="silence", created_at=SOON, finished_at=SOON, error_code=code,
        error_message=message, error_hint="", chunks_total=3, chunks_left=0, spoken_s=1.0, approved=False,
        held_by=held_by, scheduled_at=None,
    )  # fmt: skip


def obstacle(reason):
    return Obstacle(
        reason=reason,
        until=SOON if reason in {"embargo", "schedule"} else None,
        by="ann" if reason == "editor" else None,
    )


@pytest.mark.parametrize("reason", get_args(Reason))
def test_what_is_held_says_why_and_offers_what_helps(reason):
    said, words, where = HELD[reason]
    code = "override_conflict" if reason == "conflict" else None
    held = work(
        RevisionState.HELD,
        code,
        message="a text that an editor changed is no longer in the article" if code else "",
        held_by="ann" if reason == "editor" else None,
    )
    standing = Standing((obstacle(reason),), CMS)
    fix = fix_of(held, "eve", standing)
    assert said.casefold() in reason_of(held, standing).casefold()
    assert (fix.words, fix.action or fix.to) == (words, where)
    # What the API refuses whatever an editor says is never offered
    assert (fix.action == "publish") == (reason not in FORBIDS)


def test_what_could_not_be_published_says_why_and_that_it_is_tried_again():
    held = work(RevisionState.HELD, "worker_lost", message="the worker vanished 3 times over this step")
    told = reason_of(held, Standing((), CMS))
    assert "vanished 3 times" in told
    assert "tried again" in told
    # And what an editor holds waits for the editor
    held = work(RevisionState.HELD, "worker_lost", message="the worker vanished", held_by="ann")
    assert "held by ann" in reason_of(held, Standing((obstacle("editor"),), CMS))


def test_what_forbids_to_publish_is_what_the_route_refuses_for():
    assert set(_FORBIDS) == set(FORBIDS)


def test_of_several_reasons_all_are_told_and_what_can_be_done_now_is_offered():
    held = work(RevisionState.HELD, held_by="ann")
    standing = Standing(tuple(map(obstacle, ("sign_off", "embargo", "unpublished", "editor", "show"))), CMS)
    told = reason_of(held, standing)
    assert [words in told for words in ("second person", "under embargo", "waits for the CMS", "held by ann")] == [
        True
    ] * 4
    assert "waits for an editor" not in told
    assert fix_of(held, "eve", standing).words == "Approve"
    later = Standing(standing.obstacles[1:], CMS)
    assert fix_of(held, "eve", later).words == "Open the article", "its embargo may end first"


def test_whoever_had_a_hand_in_it_is_offered_what_is_not_refused_to_them():
    # Given an edition that waits for a second person's word, in which whoever looks had a hand
    for also, words in (((), None), (("embargo",), "Change the embargo"), (("unpublished",), "Open the article")):
        standing = Standing(tuple(map(obstacle, ("sign_off", *also, "editor"))), CMS, may_approve=False)
        fix = fix_of(work(RevisionState.HELD, held_by="ann"), "eve", standing)
        assert (fix.words if fix else None) == words
        assert "somebody else has to give it" in reason_of(work(RevisionState.HELD), standing)


def test_in_a_list_that_reads_no_words_none_is_published_of_a_show_with_names_that_must_not_be_spoken():
    # Given what was, or was not, found before / Then its page is where it is looked at now, not the article's
    for found, words in (((), "Look at it"), (("editor",), "Look at it"), (("never_speak",), "Look at the words")):
        fix = fix_of(work(RevisionState.HELD), "eve", Standing(tuple(map(obstacle, found)), CMS, unread=True))
        assert (fix.words, fix.to) == (words, "#script")


def test_without_an_address_of_the_article_no_button_pretends_to_help():
    # Given no address / Then what its CMS has not published has no button, a name to be changed one that leads to the words
    for reason, words in (("unpublished", None), ("never_speak", "Look at the words")):
        fix = fix_of(work(RevisionState.HELD), "eve", Standing((obstacle(reason),)))
        assert (fix.words if fix else None) == words
    # And a name that only an editor's wording holds is mended in that paragraph
    fix = fix_of(work(RevisionState.HELD), "eve", Standing((obstacle("never_speak"),), CMS, "0" * 16))
    assert (fix.words, fix.to) == ("Edit the paragraph", f"#s-{'0' * 16}")
    # And a failed one is made again, once the article is another
    fix = fix_of(work(RevisionState.FAILED, "article_empty"), "eve", Standing())
    assert (fix.words, fix.action) == ("Make again once the article is changed", "regenerate")


def test_every_reason_for_a_failure_has_words_and_what_helps():
    assert set(FAILED) == codes("Reasons why a revision failed")
    for code, wanted in FAILED.items():
        failed = work(RevisionState.FAILED, code)
        fix = fix_of(failed, "eve", Standing((), CMS))
        assert (fix and (fix.words, fix.action or fix.to)) == wanted, code
        said = reason_of(failed, Standing())
        assert said == FAILURES.get(code, said), code
        assert " " in said, code
        assert code not in said, code
        # And what the step said of it stands beside what it means
        told = reason_of(work(RevisionState.FAILED, code, message="the step's words"), Standing())
        assert told.endswith(": the step's words"), code


def test_a_failure_by_any_other_code_of_ours_is_told_in_words_and_never_published():
    answers = codes("Answers to requests")
    assert len(answers) > 60
    for code in sorted(answers):
        failed = work(RevisionState.FAILED, code)
        said = reason_of(failed, Standing())
        assert " " in said, code
        assert "_" not in said, code
        fix = fix_of(failed, "eve", Standing())
        assert fix.action != "publish", code
    for code in ("address_refused", "unknown_voice"):
        assert fix_of(work(RevisionState.FAILED, code), "eve", Standing()).words != "Try again", code


def test_what_has_gone_while_it_is_live_is_withdrawn():
    fix = fix_of(work(RevisionState.FAILED, "article_not_found", heard=True), "eve", Standing())
    assert (fix.words, fix.grave) == ("Withdraw", True)


def test_an_article_is_opened_where_it_is_edited():
    def source(kind, address="https://paper.example/"):
        return {"paper": SourceSettings(name="paper", kind=kind, options={"address": address})}

    row = ArticleRow(source="paper", id="7", address="https://paper.example/a-story")
    ghost = "6523f1a2b3c4d5e6f7a8b9c0"
    assert article_address("paper:7", {}, source("wordpress")) == CMS
    assert (
        article_address(f"paper:{ghost}", {}, source("ghost")) == f"https://paper.example/ghost/#/editor/post/{ghost}"
    )
    assert article_address("paper:a-story", {}, source("ghost")) == ""
    assert article_address("paper:7", {"paper:7": row}, source("http")) == "https://paper.example/a-story"
    # What is no address of the web, or has a password in it, is no link
    assert article_address("paper:7", {}, source("wordpress", "javascript:alert(1)")) == ""
    assert article_address("paper:7", {}, source("wordpress", "https://eve:pw@paper.example")) == ""
    assert article_address("gone:7", {}, {}) == ""
