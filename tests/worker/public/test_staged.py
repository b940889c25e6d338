"""In a bucket no MP3 is uploaded while others wait for a publication, and an alias is what the last revision says."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from briefing.models import RevisionRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.public_names import ALIAS as SERVING
from briefing.public_names import alias_name
from briefing.states import Queue, StepKind
from briefing.storage.bucket import Bucket
from briefing.storage.interfaces import YOUNG_S
from briefing.values import ArticleRef
from tests.support.asking import again, ask, briefing_row, revision_row, step_rows
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.s3 import s3
from worker.doctor import public
from worker.installation.backup import back_up
from worker.installation.newsroom import apply
from worker.installation.restore import restore
from worker.running.perform import perform_next
from worker.tasks import publish as publishing
from worker.upkeep import condemned, retention

ALIAS = alias_name(ArticleRef(source="desk", id="ferry"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with s3(tmp_path_factory.mktemp("s3")) as server:
        server.make_bucket("readers")
        yield server


@pytest.fixture
def kept(request):
    """Where: by default all in one bucket."""
    return getattr(request, "param", "one bucket")


@pytest.fixture
def place(kept, server, tmp_path, monkeypatch):
    server.empty()
    server.empty("readers")
    for name, value in server.settings("paper").items():
        monkeypatch.setenv(name, value)
    if kept == "two buckets":
        monkeypatch.setenv("BRIEFCAST_PUBLIC_STORAGE_URL", "s3://readers/public")
    if kept == "purged":
        monkeypatch.setenv("BRIEFCAST_PURGE_COMMAND", "true")
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


@pytest.fixture
def uploads(place, monkeypatch):
    """What the real bucket is given of MP3s: (name, whether a transaction was open)."""
    told, is_open = [], []
    write, writing = Bucket.write, place.database.writing

    def told_write(bucket, name, content, attributes):
        if attributes.get("Content-Type") == "audio/mpeg":
            told.append((name, bool(is_open)))
        write(bucket, name, content, attributes)

    @contextmanager
    def told_writing():
        with writing() as session:
            is_open.append(1)
            try:
                yield session
            finally:
                is_open.pop()

    # Both do what they do; only that they did is written down.
    monkeypatch.setattr(Bucket, "write", told_write)
    monkeypatch.setattr(place.database, "writing", told_writing)
    return told


def ready(place, text, tmp_path, briefing=None):
    """A revision of which only publishing is left: its briefing, its ID, and that step."""
    (tmp_path / "articles" / "ferry.md").write_text(text)
    if briefing is None:
        briefing, revision, _ = ask(place, "ferry", now=datetime.now(UTC))
    else:
        revision, _ = again(place, briefing, now=datetime.now(UTC) + timedelta(minutes=1))
    while True:
        step = next(step for step in step_rows(place, revision) if step.state == "ready")
        if step.kind == StepKind.PUBLISH:
            return briefing, revision, step.id
        assert perform_next(place, tuple(Queue), step.id)


def staged(place):
    return [file.name for file in place.files.storage.staged()]


def alias_of(place):
    """The bytes that the alias plays, and what it says that it leads to."""
    return b"".join(place.files.storage.blocks(ALIAS)), place.files.storage.target(ALIAS)


def is_live(place, revision):
    """Check that MP3, alias and their headers are of a revision, and that nothing is left over."""
    row = revision_row(place, revision)
    content, target = alias_of(place)
    assert (row.state, target) == ("live", f"audio/{row.audio_sha256}.mp3")
    assert content == place.storage.path(row.audio_sha256).read_bytes()
    assert content == b"".join(place.files.storage.blocks(target))
    alias, _ = place.files.storage.bucket.attributes(ALIAS)
    mp3, _ = place.files.storage.bucket.attributes(target)
    assert alias["Cache-Control"] == "public, max-age=60"
    assert mp3["Cache-Control"].startswith(
        "public, max-age=31536000" if place.files.purge_command else "public, max-age=3600"
    )
    assert "target" not in mp3
    assert staged(place) == []


@pytest.mark.parametrize("kept", ["one bucket", "two buckets", "purged"], indirect=True)
def test_no_mp3_is_uploaded_while_others_wait(place, kept, uploads, tmp_path):
    # Given a revision, and a correction of it / When each is published
    texts = [ARTICLE, ARTICLE.replace("four days", "fourteen days")]
    for text in texts if kept == "one bucket" else texts[:1]:
        _, revision, step = ready(place, text, tmp_path)
        uploads.clear()
        assert perform_next(place, tuple(Queue), step)
        # Then what was uploaded was staged before the transaction, and inside it only copied
        assert uploads
        assert [name for name, inside in uploads if inside] == []
        assert {name.split("/")[0] for name, _ in uploads} == {"staged"}
        is_live(place, revision)


def test_what_the_doctor_mends_is_uploaded_before_others_wait(place, uploads, tmp_path):
    # Given live audio whose MP3 and alias are gone / When the doctor puts them back
    _, revision, step = ready(place, ARTICLE, tmp_path)
    assert perform_next(place, tuple(Queue), step)
    for name in (ALIAS, f"audio/{revision_row(place, revision).audio_sha256}.mp3"):
        place.files.storage.remove(name)
    uploads.clear()
    assert {finding.mended for finding in public.look(place, fix=True)} == {"written anew"}
    # Then what had to be uploaded was so before the transaction, and nothing of it is left
    assert uploads
    assert [name for name, inside in uploads if inside] == []
    is_live(place, revision)


def test_what_apply_puts_back_is_uploaded_before_others_wait(place, uploads, tmp_path):
    # Given live audio whose alias is gone, as in a bucket that a folder's files were moved to
    _, revision, step = ready(place, ARTICLE, tmp_path)
    assert perform_next(place, tuple(Queue), step)
    place.files.storage.remove(ALIAS)
    newsroom = load_newsroom(tmp_path / "briefcast.toml")
    uploads.clear()
    # When the settings are applied / Then it leads to the MP3 again, uploaded outside of transactions
    apply(newsroom, place)
    assert [(name.split("/")[0], inside) for name, inside in uploads] == [("staged", False)]
    is_live(place, revision)
    # And once more: nothing is uploaded at all
    uploads.clear()
    apply(newsroom, place)
    assert uploads == []
    # And where the MP3 is lost too, the settings are applied all the same, and the rest is written
    place.files.storage.remove(ALIAS)
    for kept in (place.storage.path(revision_row(place, revision).audio_sha256), None):
        if kept is not None:
            kept.unlink()
    place.storage.bucket.remove(place.storage.name(revision_row(place, revision).audio_sha256))
    place.files.storage.remove("shows/daily/feed.xml")
    apply(newsroom, place)
    assert place.files.storage.look("shows/daily/feed.xml")
    assert place.files.storage.target(ALIAS) is None


@pytest.mark.parametrize("kept", ["two buckets"], indirect=True)
def test_what_is_restored_is_uploaded_before_others_wait(place, server, uploads, tmp_path):
    # Given a backup, and then neither a database nor anything that readers fetch
    _, revision, step = ready(place, ARTICLE, tmp_path)
    assert perform_next(place, tuple(Queue), step)
    back_up(place, tmp_path / "backup", datetime.now(UTC), 9)
    place.database.dispose()
    for path in place.data.data.glob("*.db*"):
        path.unlink()
    server.empty("readers")
    uploads.clear()
    # When it is restored
    assert restore(place, tmp_path / "backup", None).briefings == 1
    # Then both are there again
    assert {(name.split("/")[0], inside) for name, inside in uploads} == {("staged", False)}
    is_live(place, revision)


@pytest.mark.parametrize("kept", ["two buckets"], indirect=True)
def test_what_is_for_members_is_uploaded_before_others_wait_and_so_when_it_becomes_everybodys(place, uploads, tmp_path):
    settings = tmp_path / "briefcast.toml"
    plain = settings.read_text()
    settings.write_text(plain.replace('slug = "daily"', 'slug = "daily"\nvisibility = "members"'))
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    # When something is published for members, with a preview for others
    apply(load_newsroom(settings), place)
    briefing, revision, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    assert briefing_row(place, briefing).members_revision == revision
    assert place.files.storage.look(ALIAS), "others have a preview"
    # And its show is opened to everybody
    settings.write_text(plain)
    apply(load_newsroom(settings), place)
    work_off(place)
    # Then nobody ever waited for an upload, and nothing of it is left
    is_live(place, revision)
    assert [name for name, inside in uploads if inside] == []
    assert [file.name for file in place.storages.members.staged()] == []


def test_a_later_revision_never_loses_to_one_staged_before_it(place, tmp_path, monkeypatch):
    briefing, first, step = ready(place, ARTICLE, tmp_path)
    make_ready, later = publishing._make_ready, []

    def overtaken(place, revision):
        made = make_ready(place, revision)
        if not later:
            # Another worker makes and publishes a correction between staging and the transaction.
            later.append(0)
            _, later[0], after = ready(place, ARTICLE.replace("four days", "five days"), tmp_path, briefing)
            assert perform_next(place, tuple(Queue), after)
            assert revision_row(place, later[0]).state == "live"
        return made

    monkeypatch.setattr(publishing, "_make_ready", overtaken)
    assert perform_next(place, tuple(Queue), step)
    assert revision_row(place, first).state == "superseded"
    assert briefing_row(place, briefing).live_revision == later[0]
    is_live(place, later[0])


def test_what_was_staged_and_is_gone_again_is_uploaded(place, tmp_path, monkeypatch):
    _, revision, _ = ready(place, ARTICLE, tmp_path)
    make_ready = publishing._make_ready

    def swept(place, revision):
        made = make_ready(place, revision)
        for name in staged(place):
            place.files.storage.remove_staged(name)
        return made

    monkeypatch.setattr(publishing, "_make_ready", swept)
    work_off(place)
    is_live(place, revision)


def test_what_a_dead_process_staged_is_used_by_the_next_and_goes_with_retention(place, uploads, tmp_path):
    # Given a process that staged and died
    _, revision, _ = ready(place, ARTICLE, tmp_path)
    with place.database.reading() as session:
        publishing._make_ready(place, session.get_one(RevisionRow, revision))
    left = staged(place)
    assert left
    place.files.storage._staged.clear()
    # When it is tried again / Then nothing is uploaded anew
    uploads.clear()
    work_off(place)
    assert uploads == []
    is_live(place, revision)
    # And what is never tried again goes after a day
    with place.database.reading() as session:
        publishing._make_ready(place, session.get_one(RevisionRow, revision))
        place.files.storage.stage(revision_row(place, revision).audio_sha256, SERVING, "audio/x.mp3")
    assert staged(place)
    now = time.time()
    assert condemned.remove_staged([place.files.storage], now) == 0
    later = datetime.fromtimestamp(now + YOUNG_S + 60, UTC)
    assert retention.foreseen(place, later).staged == len(staged(place))
    gone, _ = retention.collect(place, later, {})
    assert (gone.staged > 0, staged(place)) == (True, [])
