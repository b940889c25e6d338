"""Digests: what is read of which stories, for how long, out of takes that are there; and what follows corrections."""

from __future__ import annotations

import json
import tomllib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import String, cast, select, update

from briefing.articles import picks
from briefing.audio import MASTER_RATE
from briefing.digesting.choosing import choose
from briefing.digesting.digest import Digest
from briefing.digesting.digests import ask as ask_issue
from briefing.digesting.digests import find_digest, since
from briefing.digesting.issues import look
from briefing.editing import rollback
from briefing.errors import NothingToDigest
from briefing.going_live import wishes
from briefing.going_live.access import for_members
from briefing.going_live.holds import embargo
from briefing.models import BriefingRow, MasterRow, RevisionRow, ShowRow, StepRow
from briefing.podcasts.show import Show
from briefing.requesting import asking
from briefing.requesting.asking import Wanted
from briefing.revisions import Asker
from briefing.script import Script
from briefing.speech import Casting
from briefing.states import Queue, StepKind
from briefing.values import ArticleRef
from tests.support import digests
from tests.support.asking import again, briefing_row
from tests.support.client import client_of
from tests.support.lock_order import recorded
from tests.support.newsroom import make_place, work_off
from worker.doctor import public
from worker.tasks import TASKS
from worker.upkeep import retention, unheld

NOW = datetime(2026, 11, 28, 6, 30, tzinfo=UTC)
SHOW = Show(slug="daily", title="The Daily", transition=None)
OTHER = """
[[voices]]
id = "other"
name = "Other"
language = "mul"
engine = "silence"
licence = "CC0-1.0"
attribution = "nobody"
"""
FIVE = ("ferry", "vote", "storm", "cup", "bridge")


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, digests.NEWSROOM)
    yield place
    place.database.dispose()


def five(place, tmp_path, count=3):
    return {name: digests.publish(place, tmp_path, name) for name in FIVE[:count]}


def test_a_digest_reads_the_beginnings_of_the_newest_stories(tmp_path, monkeypatch):
    (tmp_path / "voices.toml").write_text(OTHER)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    with_voice = 'transition = "none"\n[shows.voices]\ntransitions = "other"\n'
    place = make_place(tmp_path, digests.NEWSROOM.replace('transition = "none"\n', with_voice, 1))
    now = datetime.now(UTC)
    filed = {
        "ferry": {"sections": ["City"], "tags": ["x"]},
        "vote": {"sections": ["Politics"]},
        "storm": {"sections": ["City"], "tags": ["x", "no-podcast"]},
    }
    for hours, name in ((3, "ferry"), (1, "vote"), (0, "storm")):
        digests.publish(place, tmp_path, name, at=now - timedelta(hours=hours, minutes=1), **filed[name])
    today = digests.make(place)
    revision = digests.live(place, today)
    roles = [role for role, _ in digests.told(revision)]
    assert roles == [
        "greeting", "disclosure",
        "headline", "body", "body",
        "transition", "headline", "body", "body",
        "transition", "headline", "body", "body",
        "outro",
    ]  # fmt: skip
    said = [words for _, words in digests.told(revision)]
    # The newest first
    assert [said[number] for number in (2, 6, 10)] == ["About storm", "About vote", "About ferry"]
    assert said[3] == "The storm story has its first paragraph here."
    with place.database.reading() as session:
        cues = session.get_one(MasterRow, revision.master_key).content["cues"]
        assert digests.waiting(place), "its next time"
        kinds = session.scalars(select(StepRow.kind).where(StepRow.state == "ready", StepRow.kind != "verify")).all()
    assert kinds == ["digest"], "and nothing else is left to do"
    chapters = [(cue["title"], cue["link"]) for cue in cues if cue["kind"] == "chapter"]
    assert chapters == [(f"About {name}", f"https://paper.example/{name}") for name in ("storm", "vote", "ferry")]
    # Of 13 chunks the greeting, "Next." and the sign-off are spoken; the disclosure, headlines and paragraphs are there
    assert (revision.chunks_total, revision.chunks_total - revision.chunks_reused) == (13, 3)
    # Transitions are said by their voice
    assert revision.cast["transitions"]["voice"] == "other"
    assert [chunk["spoken"] for chunk in revision.chunks if chunk["voice"] == "other"] == ["Next.", "Next."]
    transcript = json.loads(place.files.storage.read(f"briefings/{today}/transcript.json")[0])
    assert [part["role"] for part in transcript["passages"]] == roles
    # Asked for again, it says the same, and is not made again
    assert digests.make(place) == today
    assert digests.newest(place, today).number == 1
    # Made anew by a process that knows no digests
    again(place, today, now=datetime.now(UTC) + timedelta(minutes=2))
    with place.database.writing() as session:
        session.execute(
            update(StepRow).where(StepRow.kind == "extract", StepRow.state == "ready").values(kind="prepare")
        )
    work_off(place)
    assert digests.live(place, today).number > 1
    assert digests.told(digests.live(place, today)) == digests.told(revision)
    # The next day nothing has come since
    with pytest.raises(NothingToDigest):
        digests.demand(place, now=datetime.now(UTC) + timedelta(days=1))
    assert list(digests.issues(place).values()) == [today]
    choose_by_rules(place)
    place.database.dispose()


def choose_by_rules(place):
    now = datetime.now(UTC)
    with place.database.writing() as session:
        picks.pick(session, ArticleRef(source="desk", id="vote"), "daily", wanted=True)
    for text, chosen in (
        ("", ["vote", "storm", "ferry"]),
        ('sections = ["City"]', ["vote", "storm", "ferry"]),
        ('sections = ["City"]\npicks = "as_others"', ["storm", "ferry"]),
        ('tags = ["x"]\nskip_tags = ["no-podcast"]', ["vote", "ferry"]),
        ('picks = "only"', ["vote"]),
        ("most = 2", ["vote", "storm"]),
        ('picks = "as_others"\nhours = 2', ["storm", "vote"]),
        ('shows = ["held"]\npicks = "as_others"', []),
        ('shows = ["*"]\npicks = "as_others"', ["storm", "vote", "ferry"]),
    ):
        digest = Digest(slug="m", show="daily", rules=tomllib.loads(text))
        with place.database.reading() as session:
            found = choose(session, digest, SHOW, since(session, digest, "2099-01-01", now), now)
            assert [ref.id for ref in found] == chosen, text
            german = SHOW.model_copy(update={"language": "de"})
            assert choose(session, digest, german, now - timedelta(days=1), now) == [], "no voice reads them"


def test_a_corrected_story_is_corrected_in_todays_digest(place, tmp_path):
    stories = five(place, tmp_path, 2)
    today = digests.make(place)
    first = digests.live(place, today)
    digests.write(tmp_path, "vote", "The vote story begins otherwise now.", "And it goes on.", "To its end.")
    again(place, stories["vote"], now=datetime.now(UTC))
    work_off(place)
    revision = digests.live(place, today)
    assert revision.number > first.number
    assert ("body", "The vote story begins otherwise now.") in digests.told(revision)
    assert ("body", "The vote story has its first paragraph here.") not in digests.told(revision)
    assert revision.chunks_total == revision.chunks_reused, "nothing is spoken for it that the story did not need"
    # A correction further down is none of the digest
    digests.write(tmp_path, "vote", "The vote story begins otherwise now.", "And it goes on.", "To another end.")
    again(place, stories["vote"], now=datetime.now(UTC))
    work_off(place)
    assert digests.live(place, today).number == revision.number
    # When it is for members alone / Then it leaves what everybody hears
    with place.database.writing() as session:
        wishes.see(session, briefing_row(place, stories["vote"]), "members")
    work_off(place)
    digests.work_until_live(place, today)
    assert briefing_row(place, today).live_revision is not None
    assert not [words for _, words in digests.told(digests.live(place, today)) if "vote" in words]


def test_what_corrects_a_story_corrects_the_digest_that_told_it(place, tmp_path):
    stories = five(place, tmp_path, 2)
    today = digests.make(place)
    with client_of(place) as client:
        first = mp3_of(place, today)
        assert client.get(f"/{first}").status_code == 200
        # When a story is set right / Then its wrong words are gone from the digest's address too, which leads on
        digests.write(tmp_path, "vote", "The vote story begins otherwise now.", "And it goes on.", "To its end.")
        correct(client, place, stories["vote"], replaces="correction")
        second = mp3_of(place, today)
        assert second != first
        assert place.files.storage.read(first) is None
        answer = client.get(f"/{first}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].endswith(f"/{second}")) == (302, True)
        feed = client.get("/shows/daily/feed.xml").text
        assert (second in feed, first in feed) == (True, False)
        # And when a story merely goes on / Then what was heard is kept, as that of any update
        digests.write(tmp_path, "vote", "The vote story begins once more.", "And it goes on.", "To its end.")
        correct(client, place, stories["vote"], replaces="update")
        assert mp3_of(place, today) not in {first, second}
        assert client.get(f"/{second}", follow_redirects=False).status_code == 200


def mp3_of(place, briefing_id):
    """The name of the MP3 that is live."""
    with place.database.reading() as session:
        return f"audio/{session.get_one(MasterRow, digests.live(place, briefing_id).master_key).sha256}.mp3"


def correct(client, place, briefing_id, **asked):
    assert client.post(f"/v1/briefings/{briefing_id}/regenerate", json=asked).status_code == 202
    work_off(place)


def test_a_story_that_changes_while_its_digest_is_made_is_looked_at_once_more(place, tmp_path):
    stories = five(place, tmp_path, 2)
    # Given a digest that has read the story as it was, and is not finished
    with without(StepKind.ASSEMBLE):
        today = digests.make(place)
        assert digests.newest(place, today).state == "assembling"
    # When another way to tell the story is live, and the digest's step looks
    with place.database.writing() as session:
        row = session.get_one(RevisionRow, briefing_row(place, stories["vote"]).heard)
        row.script = json.loads(
            json.dumps(row.script).replace("story has its first paragraph here", "story is another")
        )
        look(session, "desk:vote")
    work_off(place)
    # Then what goes live in the end says it
    assert [words for _, words in digests.told(digests.live(place, today)) if "story is another" in words]


def test_a_withdrawn_story_leaves_yesterdays_digest_and_a_corrected_one_does_not(cluster, tmp_path, monkeypatch):
    # Given a newsroom on PostgreSQL, where who locks what in which order matters
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path, digests.NEWSROOM)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    stories = {name: digests.publish(place, tmp_path, name, at=yesterday - timedelta(hours=1)) for name in FIVE[:2]}
    made = digests.make(place, now=yesterday)
    old = digests.live(place, made)
    with place.database.reading() as session:
        sha256 = session.get_one(MasterRow, old.master_key).sha256
    digests.write(tmp_path, "ferry", "The ferry story begins otherwise now.", "It ends soon, as it has to end.")
    again(place, stories["ferry"], now=datetime.now(UTC))
    work_off(place)
    assert digests.live(place, made).id == old.id
    with recorded() as order:
        with place.database.writing() as session:
            asking.retract(session, stories["vote"], datetime.now(UTC))
        work_off(place)
        digests.work_until_live(place, made)
    assert order.broken == {}
    revision = digests.live(place, made)
    assert [words for role, words in digests.told(revision) if role in {"headline", "body"}] == [
        "About ferry",
        "The ferry story begins otherwise now.",
        "It ends soon, as it has to end.",
    ]
    files = place.files.storage
    assert files.read(f"audio/{sha256}.mp3") is None, "what had the story in it is gone"
    assert files.read(f"gone/audio/{sha256}.mp3") is not None
    feed = files.read("shows/daily/feed.xml")[0].decode()
    assert sha256 not in feed
    assert digests.guid(place, made) in feed
    assert [finding.code for finding in public.look(place, fix=False)] == []
    # Of nothing but withdrawn stories there is none
    with place.database.writing() as session:
        asking.retract(session, stories["ferry"], datetime.now(UTC))
    digests.work_until(place, lambda: digests.newest(place, made).state == "retracted")
    assert digests.live(place, made) is None
    place.database.dispose()


def test_a_worker_of_before_holds_a_digest_and_the_sweep_has_it_go_live(place, tmp_path):
    five(place, tmp_path, 2)
    with without(StepKind.LAUNCH):
        today = digests.make(place)
    # Given a digest as a worker reads it that knows of neither its stories nor of this kind of step
    revision = digests.newest(place, today)
    assert (revision.state, revision.show["publish"], Show.stored(revision.show).publish) == (
        "publishing",
        "hold",
        "auto",
    )
    with place.database.reading() as session:
        kinds = session.scalars(select(StepRow.kind).where(StepRow.revision_id == revision.id)).all()
    assert not {"publish", "release"} & set(kinds)
    # When it has held it / Then the next sweep has it published, by a worker that asks
    with place.database.writing() as session:
        row = session.get_one(RevisionRow, revision.id)
        row.state = "held"
        session.execute(update(StepRow).where(StepRow.kind == "launch").values(state="dead"))
    unheld.tend(place)
    digests.work_until_live(place, today)
    # And one that an editor holds waits for them
    with place.database.writing() as session:
        session.get_one(RevisionRow, revision.id).state = "held"
        session.get_one(BriefingRow, today).held_at = datetime.now(UTC)
    unheld.tend(place)
    assert digests.newest(place, today).state == "held"


def test_a_digest_with_a_story_that_is_withdrawn_by_then_does_not_go_live(place, tmp_path):
    stories = five(place, tmp_path, 2)
    # Given one that is finished, and nobody who has looked at what was withdrawn
    with without(StepKind.LAUNCH, StepKind.DIGEST):
        today = digests.make(place)
        assert digests.newest(place, today).state == "publishing"
        with place.database.writing() as session:
            asking.retract(session, stories["vote"], datetime.now(UTC))
        work_off(place)
    with without(StepKind.DIGEST):
        work_off(place)
    assert digests.live(place, today) is None
    # Then it is made without that story
    work_off(place)
    digests.work_until_live(place, today)
    revision = digests.live(place, today)
    assert not [words for _, words in digests.told(revision) if "vote" in words]
    # And an earlier one is not brought back: its stories may be others' by now
    again(place, today, now=datetime.now(UTC) + timedelta(minutes=2))
    with place.database.reading() as session:
        reason = rollback.refusal(session, briefing_row(place, today), session.get_one(RevisionRow, revision.id))
    assert reason == "a digest says what its stories say"


def test_what_is_said_of_a_digest_with_a_single_story_is_not_said_of_the_story(place, tmp_path):
    story, later = digests.publish(place, tmp_path, "ferry"), datetime.now(UTC) + timedelta(hours=2)
    today = digests.demand(place)
    # When it is set under an embargo and for members, and a second story joins it
    with place.database.writing() as session:
        wishes.embargo(session, today, later, datetime.now(UTC))
        wishes.see(session, session.get_one(BriefingRow, today), "members")
    work_off(place)
    with place.database.reading() as session:
        rows = [session.get_one(BriefingRow, briefing) for briefing in (story, today)]
        assert [(embargo(session, row), for_members(session, row)) for row in rows] == [(None, False), (later, True)]
    digests.publish(place, tmp_path, "vote")
    assert digests.make(place) == today
    with place.database.reading() as session:
        assert len(session.get_one(BriefingRow, today).articles) == 2
    # Then both can be ended
    with place.database.writing() as session:
        wishes.embargo(session, today, None, datetime.now(UTC))
        wishes.see(session, session.get_one(BriefingRow, today), "public")
    with place.database.reading() as session:
        row = session.get_one(BriefingRow, today)
        assert (embargo(session, row), for_members(session, row)) == (None, False)


def test_earlier_audio_of_an_issue_goes_with_the_story_that_it_told(place, tmp_path):
    # Given an issue that has another story by now
    stories = five(place, tmp_path, 2)
    today = digests.make(place)
    first = digests.live(place, today)
    with place.database.writing() as session:
        digest, show = find_digest(session, "morning")
        sha256 = session.get_one(MasterRow, first.master_key).sha256
        ferry = [ArticleRef(source="desk", id="ferry")]
        casting, now = Casting(body="silence"), datetime.now(UTC)
        ask_issue(session, digest, show, digest.issue_of(now), ferry, casting, Asker("test"), now)
    # Made of them alone by whoever does it next
    with place.database.writing() as session:
        session.get_one(BriefingRow, today).articles = ["desk:ferry"]
    work_off(place)
    assert "About vote" not in [words for _, words in digests.told(digests.live(place, today))]
    assert place.files.storage.read(f"audio/{sha256}.mp3")
    # When the story is withdrawn that it had / Then what told of it is, and its words are forgotten with the story's
    with place.database.writing() as session:
        asking.retract(session, stories["vote"], datetime.now(UTC))
    work_off(place)
    digests.work_until_live(place, today)
    assert place.files.storage.read(f"audio/{sha256}.mp3") is None
    retention.collect(place, datetime.now(UTC) + timedelta(days=31), {})
    with place.database.reading() as session:
        texts = session.scalars(select(cast(RevisionRow.script, String))).all()
    assert not [text for text in texts if text and "vote" in text]
    assert digests.told(digests.live(place, today))


def test_a_digest_leaves_out_stories_with_a_name_that_must_not_be_spoken_by_now(place, tmp_path):
    five(place, tmp_path, 2)
    with place.database.writing() as session:
        row = session.get_one(ShowRow, "daily")
        row.settings = (
            Show.stored(row.settings).model_copy(update={"never_speak": ("vote story",)}).model_dump(mode="json")
        )
    assert {words for role, words in digests.told(digests.live(place, digests.make(place))) if role == "headline"} == {
        "About ferry"
    }


@contextmanager
def without(*kinds):
    """Have nobody do steps of these kinds."""
    kept = {kind: TASKS.pop(kind) for kind in kinds}
    try:
        yield
    finally:
        TASKS.update(kept)


# Its length


def test_a_digest_lasts_as_long_as_it_is_to_and_waits_where_its_show_holds(tmp_path):
    # Given more to read than there is time for, in paragraphs of four seconds, of another show's stories
    newsroom = digests.NEWSROOM.replace('show = "daily"\nat', 'show = "held"\nminutes = 1\nat')
    newsroom += '[digests.rules]\nshows = ["*"]\n[digests.parts]\nfirst_paragraphs = 20\n'
    place = make_place(tmp_path, newsroom)
    for name in FIVE[:2]:
        texts = (f"This is paragraph {n} of {name}, which goes on for a few seconds." for n in range(8))
        digests.publish(place, tmp_path, name, *texts)
    made = digests.make(place)
    revision = digests.newest(place, made)
    assert revision.state == "held"
    assert digests.live(place, made) is None
    with place.database.reading() as session:
        lasted = session.get_one(MasterRow, revision.master_key).samples / MASTER_RATE
    assert 0.9 * 60 <= lasted <= 1.1 * 60
    assert len(Script.stored(revision.script).articles) == 2
    place.database.dispose()


def test_an_issue_stays_one_where_its_digest_moves_to_another_show():
    one, other = (
        Wanted(show, "digest", (ArticleRef(source="desk", id=name),), Casting(body="x"), Queue.BULK, "t", issue="m/1")
        for show, name in (("daily", "a"), ("held", "b"))
    )
    assert one.identity == other.identity
