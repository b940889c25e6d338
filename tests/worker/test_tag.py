"""Tags, read by three readers that are not ours: mutagen, eyeD3 and ffmpeg's libavformat."""

from __future__ import annotations

import io

import av
import eyed3
import numpy as np
import pytest
from mutagen.id3 import ID3
from PIL import Image

from briefing.audio import MASTER_RATE, Cue
from briefing.podcasts.show import Show
from worker.encode import encode
from worker.feeds.artwork import draw_inside
from worker.tag import Tags, tag

TAGS = Tags(
    title="Міст закрито – bridge closes",
    artist="Ann Lee",
    album="The Harbour Ledger",
    date="2026-05-01",
    language="uk",
    disclosure="This audio is created with AI assistance.",
    voice="Joe (piper)",
    engine="piper 1.8.0",
    model="a" * 64,
    addresses=("https://news.example/1", "https://news.example/2"),
    articles=("desk:one " + "b" * 64, "desk:two " + "c" * 64),
)
CUES = (
    Cue(kind="chapter", start=0, end=MASTER_RATE, ref="desk:one", title="First", link="https://news.example/1"),
    Cue(kind="chapter", start=MASTER_RATE, end=3 * MASTER_RATE, ref="desk:two", title="Друга", link=""),
    Cue(kind="segment", start=10, end=20, ref="s"),
)


@pytest.fixture
def tagged(tmp_path):
    path = tmp_path / "a.mp3"
    encode(iter([np.zeros(3 * MASTER_RATE, dtype=np.float32)]), path)
    tag(path, TAGS, CUES, draw_inside(Show(slug="s", title="The Harbour Ledger")))
    return path


def test_mutagen_reads_all_of_it(tagged):
    tags = ID3(tagged)
    texts = {frame.desc: list(frame.text) for frame in tags.getall("TXXX")}
    assert texts == {
        "AI_DISCLOSURE": [TAGS.disclosure],
        "SYNTHETIC_VOICE": ["Joe (piper)"],
        "SPEECH_ENGINE": ["piper 1.8.0"],
        "SPEECH_MODEL_SHA256": ["a" * 64],
        "ARTICLE_TEXT_SHA256": list(TAGS.articles),
    }
    assert [frame.url for frame in tags.getall("WOAF")] == ["https://news.example/1"]
    chapters = sorted(tags.getall("CHAP"), key=lambda chapter: chapter.start_time)
    assert [(chapter.start_time, chapter.end_time) for chapter in chapters] == [(0, 1000), (1000, 3000)]
    assert chapters[0].sub_frames["WXXX:chapter url"].url == "https://news.example/1"
    assert "WXXX:chapter url" not in chapters[1].sub_frames
    picture = Image.open(io.BytesIO(tags.getall("APIC")[0].data))
    assert picture.size == (300, 300)


def test_eyed3_reads_the_same(tagged):
    found = eyed3.load(tagged).tag
    assert (found.title, found.artist, found.album) == (TAGS.title, "Ann Lee", "The Harbour Ledger")
    assert str(found.recording_date) == "2026-05-01"
    assert [comment.text for comment in found.comments] == [TAGS.disclosure]
    assert found.audio_file_url.rstrip("\0") == "https://news.example/1"
    assert found.images[0].mime_type == "image/jpeg"
    chapters = {chapter.element_id: chapter for chapter in found.chapters}
    assert [(chapters[name].title, chapters[name].times) for name in (b"chp0", b"chp1")] == [
        ("First", (0, 1000)),
        ("Друга", (1000, 3000)),
    ]
    (contents,) = list(found.table_of_contents)
    assert contents.toplevel
    assert contents.ordered
    assert contents.child_ids == [b"chp0", b"chp1"]
    assert found.user_text_frames.get("SPEECH_MODEL_SHA256").text == "a" * 64


def test_libavformat_reads_the_same(tagged):
    with av.open(str(tagged)) as file:
        assert file.metadata["title"] == TAGS.title
        assert file.metadata["AI_DISCLOSURE"] == TAGS.disclosure
        assert file.metadata["language"] == "ukr"
        chapters = sorted(file.chapters(), key=lambda chapter: chapter["start"])
        assert [chapter["metadata"]["title"] for chapter in chapters] == ["First", "Друга"]
        assert [float(chapter["end"] * chapter["time_base"]) for chapter in chapters] == [1.0, 3.0]


def test_more_chapters_than_a_table_of_contents_counts_are_cut_short(tmp_path):
    path = tmp_path / "long.mp3"
    encode([np.zeros(MASTER_RATE, dtype=np.float32)], path)
    cues = [Cue(kind="chapter", start=n, end=n + 1, ref="desk:one", title=f"Part {n}", link="") for n in range(300)]
    tag(path, TAGS, cues, b"")
    written = ID3(path)
    assert len(written.getall("CHAP")) == len(written["CTOC:toc"].child_element_ids) == 255
