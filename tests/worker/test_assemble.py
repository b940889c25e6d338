from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from mutagen.id3 import ID3

from briefing.errors import ArticleTooLong, MasterRejected, TakeCorrupt
from briefing.podcasts.show import Show
from briefing.script import Role, Script, ScriptArticle, Segment
from briefing.settings import SigningSettings
from briefing.speech import Cast, Chunk, Narrator
from briefing.storage import FolderStorage
from tests.support.audio import joined, speech_like
from voices.catalogue import Voice
from voices.engine import AudioChunk, Capabilities
from worker import assemble, master
from worker.assemble import check_takes, produce
from worker.credentials.inspection import inspect
from worker.credentials.signer import open_signer, own_roots
from worker.feeds.artwork import artwork_of
from worker.prepare import Prepared
from worker.programme import Fittings, programme, sounds_for, tags_for
from worker.sound.files import decoded
from worker.sound.loudness import measure
from worker.speak import Speaker, speak

NARRATOR = Narrator(voice="v", engine="fake", engine_version="1", model_digest="", language="en")
CAST = Cast(body=NARRATOR, headline=NARRATOR, quotes=NARRATOR, transitions=NARRATOR)
SHOW = Show(slug="s", title="The Show", author="The Paper")


class Murmur:
    """Speaks noise, five seconds a chunk, at a level of its own for each."""

    version = "1"
    capabilities = Capabilities(text_limit=1000, online=False)

    def model_digest(self, voice):
        return ""

    def synthesize(self, text, voice):
        seed = sum(text.encode())
        yield AudioChunk(speech_like(5, 22_050, level=0.03 + 0.05 * (seed % 3), seed=seed), 22_050)


def prepared(*texts, articles=1):
    refs = [f"desk:a{number}" for number in range(articles)]
    segments, chunks = [], []
    for ref in refs:
        for number, text in enumerate(texts):
            segment = Segment(
                id=f"{ref}-{number}",
                article=ref,
                role=Role.HEADLINE if number == 0 else Role.BODY,
                written=text,
                spoken=text,
            )
            segments.append(segment)
            chunks.append(Chunk(key=f"{abs(hash((ref, text))):064x}"[:64], segment=segment.id, spoken=text))
    heads = tuple(
        ScriptArticle(
            ref=ref,
            title=f"Title of {ref}",
            byline="Ann Lee",
            published_at=None,
            address="https://x.example/a",
            content_hash="h",
        )
        for ref in refs
    )
    script = Script(language="en-GB", title="Title", articles=heads, segments=tuple(segments), dropped=())
    return Prepared(script, CAST, tuple(chunks))


@pytest.fixture
def storage(tmp_path):
    return FolderStorage(tmp_path / "store")


def planned(storage, work, show=SHOW, signer=None):
    voice = Voice("v", "V", "en", "fake", "none", "none")
    takes = {chunk.key: speak(chunk, Speaker(Murmur(), voice), storage) for chunk in work.chunks}
    tags = tags_for(work, show, "V (fake)", date(2026, 5, 1))
    signer = signer or open_signer(SigningSettings(), storage.root, datetime.now(UTC))
    fittings = Fittings(artwork_of(show).jpeg, sounds_for(show, {}, []), {}, signer)
    return programme(work, takes, show, tags, fittings), takes


TEXTS = (
    "A headline of about fifty characters for the test.",
    "A paragraph of about fifty characters to be read.",
    "Another one, also fifty characters, to be read out.",
)


@pytest.mark.parametrize("target", [-16.0, -19.0])
def test_the_mp3_has_its_loudness_peak_and_length(storage, target):
    show = SHOW.model_copy(update={"loudness_lufs": target})
    plan, _ = planned(storage, prepared(*TEXTS), show)
    made = produce(plan, storage)
    heard = joined(decoded(storage.path(made.sha256), 44_100))
    measured = measure([heard], 44_100, true_peak=True)
    assert measured.integrated_lufs == pytest.approx(target, abs=0.5)
    assert measured.true_peak_dbtp <= -1.0
    assert len(heard) == made.samples == plan.mix.samples
    assert made.loudness_lufs == pytest.approx(measured.integrated_lufs, abs=0.05)
    assert made.bytes == storage.path(made.sha256).stat().st_size


def test_the_tags_say_what_it_is_and_that_a_machine_speaks(storage):
    plan, _ = planned(storage, prepared(*TEXTS))
    tags = ID3(storage.path(produce(plan, storage).sha256))
    assert tags.version == (2, 4, 0)
    assert {name: str(tags[name]) for name in ("TIT2", "TPE1", "TALB", "TDRC", "TLAN")} == {
        "TIT2": "Title",
        "TPE1": "Ann Lee",
        "TALB": "The Show",
        "TDRC": "2026-05-01",
        "TLAN": "eng",
    }
    assert str(tags["COMM::eng"]) == SHOW.disclosure
    assert tags["APIC:"].mime == "image/jpeg"
    assert tags["APIC:"].data[:3] == b"\xff\xd8\xff"
    assert not tags.getall("CHAP"), "one chapter says nothing"


IRI = "https://example.ua/новини/міст?м=1"


@pytest.mark.parametrize(
    ("address", "held"),
    [
        (IRI, "https://example.ua/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8/%D0%BC%D1%96%D1%81%D1%82?%D0%BC=1"),
        ("https://новини.укр/1", "https://xn--b1amarcd.xn--j1amh/1"),
        ("https://x.example/a?utm_source=x#b", "https://x.example/a?utm_source=x#b"),
        ("новини 1", None),
    ],
)
def test_an_address_of_any_letters_is_one_that_tags_hold(storage, address, held):
    # Given a story and a collection whose articles are there / Then an MP3 is made, and its links can be opened
    for work in (prepared(*TEXTS), prepared(*TEXTS, articles=2)):
        heads = tuple(head.model_copy(update={"address": address}) for head in work.script.articles)
        plan, _ = planned(storage, replace(work, script=work.script.model_copy(update={"articles": heads})))
        tags = ID3(storage.path(produce(plan, storage).sha256))
        assert [frame.url for frame in tags.getall("WOAF")] == ([held] if held else [])
        links = [chapter.sub_frames.getall("WXXX") for chapter in tags.getall("CHAP")]
        assert [frame.url for found in links for frame in found] == ([held] * len(links) if held else [])


def test_the_date_of_the_tags_is_the_shows_day(storage):
    work = prepared(*TEXTS)
    late = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    heads = tuple(head.model_copy(update={"published_at": late}) for head in work.script.articles)
    work = replace(work, script=work.script.model_copy(update={"articles": heads}))
    assert tags_for(work, SHOW, "V", date(2026, 5, 1)).date == "2026-03-01"
    kyiv = SHOW.model_copy(update={"zone": "Europe/Kyiv"})
    assert tags_for(work, kyiv, "V", date(2026, 5, 1)).date == "2026-03-02"


def test_a_collection_has_a_chapter_for_each_article(storage):
    plan, _ = planned(storage, prepared(*TEXTS, articles=3))
    made = produce(plan, storage)
    tags = ID3(storage.path(made.sha256))
    chapters = sorted(tags.getall("CHAP"), key=lambda chapter: chapter.start_time)
    assert [str(chapter.sub_frames["TIT2"]) for chapter in chapters] == [f"Title of desk:a{n}" for n in range(3)]
    assert chapters[0].start_time == 0
    assert chapters[-1].end_time == pytest.approx(made.seconds * 1000, abs=1)
    assert tags.getall("CTOC")[0].child_element_ids == [chapter.element_id for chapter in chapters]


def test_equal_work_has_an_equal_key_and_unequal_another(storage):
    work = prepared(*TEXTS)
    key = planned(storage, work)[0].key
    assert planned(storage, work)[0].key == key
    assert planned(storage, work, SHOW.model_copy(update={"loudness_lufs": -18.0}))[0].key != key
    assert planned(storage, work, SHOW.model_copy(update={"disclosure": "Read by a machine."}))[0].key != key
    assert planned(storage, work, SHOW.model_copy(update={"outro": None}))[0].key != key


def test_another_certificate_makes_another_file_and_another_state_of_the_page_none(storage, tmp_path):
    work = prepared(*TEXTS)
    key = planned(storage, work)[0].key
    other = open_signer(SigningSettings(), tmp_path / "other", datetime.now(UTC))
    assert planned(storage, work, signer=other)[0].key != key
    heads = tuple(head.model_copy(update={"content_hash": "i"}) for head in work.script.articles)
    same = replace(work, script=work.script.model_copy(update={"articles": heads}))
    assert planned(storage, same)[0].key == key


def test_the_file_is_signed_last_and_says_what_is_in_it(storage):
    work = prepared(*TEXTS, articles=2)
    made = produce(planned(storage, work)[0], storage)
    found = inspect(storage.path(made.sha256), *own_roots(SigningSettings(), storage.root))
    assert (found.state, found.trust, found.source_type) == ("valid", "own", "compositeSynthetic")
    assert found.tags.disclosure == SHOW.disclosure
    assert found.timeline["samples"] == made.samples
    kinds = [span["kind"] for span in found.timeline["spans"]]
    # The intro, each article with a transition between them, the outro.
    assert kinds == ["music", "synthetic", "music", "synthetic", "music"]
    assert (found.timeline["spans"][0]["start"], found.timeline["spans"][-1]["end"]) == (0, made.samples)
    assert [article["id"] for article in found.narration["articles"]] == ["desk:a0", "desk:a1"]
    assert found.narration["articles"][0]["text_sha256"] == hashlib.sha256("\n".join(TEXTS).encode()).hexdigest()
    bare = SHOW.model_copy(update={"intro": None, "outro": None, "transition": None})
    made = produce(planned(storage, work, bare)[0], storage)
    assert inspect(storage.path(made.sha256)).source_type == "trainedAlgorithmicMedia"


def test_a_flipped_bit_in_a_take_is_found(storage):
    _, takes = planned(storage, prepared(*TEXTS))
    victim = next(iter(takes.values()))
    path = storage.path(victim.sha256)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(TakeCorrupt) as caught:
        check_takes(takes, storage)
    assert caught.value.keys == (victim.key,)


def test_an_mp3_that_misses_its_level_is_not_kept(storage, monkeypatch):
    # Given a limiter that lets everything through far too loud / When the programme is produced / Then it is refused
    plan, _ = planned(storage, prepared(*TEXTS))
    monkeypatch.setattr(master, "mastered", lambda blocks, levels: (np.clip(block * 40, -1, 1) for block in blocks))
    before = set((storage.root / "blobs").rglob("*"))
    with pytest.raises(MasterRejected, match="LUFS"):
        produce(plan, storage)
    assert set((storage.root / "blobs").rglob("*")) == before
    assert not list((storage.root / "tmp").iterdir())


def test_audio_of_more_than_three_hours_is_refused_before_any_work(storage, monkeypatch):
    plan, _ = planned(storage, prepared(*TEXTS))
    assert assemble.LONGEST_S == 3 * 3600
    monkeypatch.setattr(assemble, "LONGEST_S", 2)
    with pytest.raises(ArticleTooLong) as caught:
        produce(plan, storage)
    assert caught.value.code == "article_too_long"
    assert not (storage.root / "tmp").exists() or not list((storage.root / "tmp").iterdir())


def test_an_mp3_that_is_too_short_is_not_kept(storage, monkeypatch):
    plan, _ = planned(storage, prepared(*TEXTS))
    real = assemble.encode.encode

    def lossy(blocks, path, written):
        return real(list(blocks)[:-1], path, written)

    monkeypatch.setattr(assemble.encode, "encode", lossy)
    with pytest.raises(MasterRejected, match="samples"):
        produce(plan, storage)
