"""A correction reaches whatever else tells the article: other shows' stories of it, and collections with it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from briefing import steps
from briefing.following import noticing
from briefing.following.noticing import Desk
from briefing.following.sightings import Corrected, Seen
from briefing.models import AuditRow, BriefingRow, RevisionRow, StepRow
from briefing.requesting.regenerating import Again, regenerate
from briefing.states import Queue, StepKind
from briefing.values import Correction
from tests.support import digests, overriding
from tests.support.asking import ask, briefing_row
from tests.support.client import client_of
from tests.support.corrected import leads_to
from tests.support.newsroom import PLAIN, make_place, work_off

BAD, GOOD, END = "The mayor took a bribe, the paper said.", "The mayor took no bribe.", "It ends with this paragraph."
NOTE = Correction(at=datetime.now(UTC).date(), note="No bribe.")


def editions(place, tmp_path):
    """A story in two shows, and a collection with it."""
    stories = [digests.publish(place, tmp_path, "ferry", BAD, END, show=show) for show in ("daily", "held")]
    digests.publish(place, tmp_path, "vote")
    collection, _, _ = ask(place, "ferry", "vote", now=datetime.now(UTC))
    work_off(place)
    return [*stories, collection]


def correct(place, briefing):
    with place.database.writing() as session:
        row = session.get_one(BriefingRow, briefing)
        again = Again(voice=None, refetch=True, segments=(), requested_by="eve", corrects=True, correction=NOTE)
        regenerate(session, row, again, datetime.now(UTC))
    work_off(place)


def says(revision):
    return [words for _, words in digests.told(revision) if "bribe" in words]


def test_a_correction_at_the_desk_corrects_other_shows_stories_and_collections(tmp_path):
    place = make_place(tmp_path, PLAIN.replace('publish = "hold"\n', ""))
    found = editions(place, tmp_path)
    before = [digests.live(place, one).audio_sha256 for one in found]
    digests.write(tmp_path, "ferry", GOOD, END)
    correct(place, found[0])
    for one, old in zip(found, before, strict=True):
        revision = digests.live(place, one)
        assert (revision.number, revision.replaces, says(revision)) == (2, "correction", [GOOD])
        assert Correction.stored(briefing_row(place, one).correction) == NOTE
        assert place.files.storage.look(f"audio/{old}.mp3") is None
    with client_of(place) as client:
        old = f"http://briefcast.example/audio/{before[2]}.mp3"
        assert leads_to(client, old) == f"/audio/{digests.live(place, found[2]).audio_sha256}.mp3"
    # And that is all: nothing is corrected in turn
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).where(StepRow.kind == "correct")) == 1
        audited = select(AuditRow.by, AuditRow.action).where(AuditRow.briefing_id == found[1])
        assert session.execute(audited).all() == [("eve", "regenerate")]
    place.database.dispose()


def test_a_shows_hold_counts_for_what_is_corrected_with_another(tmp_path):
    place = make_place(tmp_path)
    found = editions(place, tmp_path)
    assert digests.newest(place, found[1]).state == "held"
    digests.write(tmp_path, "ferry", GOOD, END)
    correct(place, found[0])
    newest = digests.newest(place, found[1])
    assert (newest.number, newest.state, says(newest)) == (2, "held", [GOOD])
    assert digests.live(place, found[1]) is None
    place.database.dispose()


def test_a_correction_of_the_cms_reaches_collections_and_each_story_once(tmp_path):
    at_once = PLAIN.replace('publish = "hold"\n', "").replace("[[shows]]\n", "[[shows]]\nquiet = {seconds = 0}\n")
    place = make_place(tmp_path, at_once)
    found = editions(place, tmp_path)
    digests.write(tmp_path, "ferry", GOOD, END)
    with place.database.writing() as session:
        seen = Seen(id="ferry", updated_at=datetime.now(UTC), correction=Corrected(note="No bribe."))
        noticing.notice(session, Desk("desk", "silence", datetime.now(UTC)), seen, datetime.now(UTC))
    work_off(place)
    for one in found:
        revision = digests.live(place, one)
        assert (revision.number, revision.replaces, says(revision)) == (2, "correction", [GOOD])
        assert digests.newest(place, one).id == revision.id
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).where(RevisionRow.state == "unchanged")) == 0
    place.database.dispose()


def test_a_correction_reaches_a_collection_whose_article_has_no_story_of_its_own(tmp_path):
    at_once = PLAIN.replace('publish = "hold"\n', "").replace("[[shows]]\n", "[[shows]]\nquiet = {seconds = 0}\n")
    place = make_place(tmp_path, at_once)
    for name, words in (("ferry", (BAD, END)), ("vote", ("They voted.",))):
        digests.write(tmp_path, name, *words)
    collection, _, _ = ask(place, "ferry", "vote", now=datetime.now(UTC))
    work_off(place)
    digests.write(tmp_path, "ferry", GOOD, END)
    saved = datetime.now(UTC)

    def told(correction):
        with place.database.writing() as session:
            seen = Seen(id="ferry", updated_at=saved, published_at=datetime(2020, 1, 1, tzinfo=UTC))
            seen = seen.model_copy(update={"correction": correction})
            noticing.notice(session, Desk("desk", "silence", datetime.now(UTC)), seen, datetime.now(UTC), saved=True)
        work_off(place)

    # An edit that corrects nothing leaves it as it is, as ever; said twice, a correction is made once
    told(None)
    assert digests.newest(place, collection).number == 1
    for _ in range(2):
        told(Corrected(note="No bribe."))
        revision = digests.live(place, collection)
        assert (revision.number, revision.replaces, says(revision)) == (2, "correction", [GOOD])
    assert briefing_row(place, collection).correction["note"] == "No bribe."
    with place.database.reading() as session:
        assert session.scalars(select(BriefingRow.kind)).all() == ["collection"]
    place.database.dispose()


def test_words_that_were_changed_by_hand_correct_no_other_edition(tmp_path):
    place = make_place(tmp_path, PLAIN.replace('publish = "hold"\n', ""))
    found = editions(place, tmp_path)
    # Given a story whose wrong words an editor has changed for its own show alone
    overriding.put(place, found[0], BAD, spoken=GOOD)
    correct(place, found[0])
    assert (digests.live(place, found[0]).replaces, digests.newest(place, found[0]).state) == ("correction", "live")
    # Then the others, which say what the article says, do not say that they were corrected
    for one in found[1:]:
        assert (digests.live(place, one).number, briefing_row(place, one).correction) == (1, None)
        assert briefing_row(place, one).corrects_from is None
    place.database.dispose()


def test_a_look_at_other_editions_that_was_given_up_comes_again(tmp_path):
    place = make_place(tmp_path)
    with place.database.writing() as session:
        step = steps.record(session, StepKind.CORRECT, Queue.INTERACTIVE, payload={"revision": 7})
        session.flush()
        steps.look_again_later(session, step)
        rows = session.scalars(select(StepRow).where(StepRow.id != step.id)).all()
        assert [(row.kind, row.payload) for row in rows] == [("correct", {"revision": 7, "tries": 1})]
    place.database.dispose()
