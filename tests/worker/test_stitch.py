from __future__ import annotations

import numpy as np
import pytest
import soundfile

from briefing.audio import MASTER_RATE, Take
from briefing.errors import Misconfigured
from briefing.show import Pauses, Show
from briefing.speech import Chunk
from briefing.values import Role, Script, ScriptArticle, Segment
from tests.support.audio import joined, tone, voice_like
from worker import jingle, stitch
from worker.jingle import Jingle
from worker.sound.edges import KEEP_AFTER_MS, KEEP_BEFORE_MS
from worker.sound.files import write_flac
from worker.sound.loudness import measure

SHOW = Show(slug="s", title="S", intro=None, outro=None)


class Takes:
    """Takes on disk, one per key."""

    def __init__(self, folder):
        self.folder, self.takes, self.paths = folder, {}, {}

    def add(self, key, samples, rate=22_050):
        path = self.folder / f"{key}.flac"
        write_flac(path, samples, rate)
        lufs = measure([samples], rate).integrated_lufs
        self.takes[key] = Take(key=key, sha256=key, rate=rate, samples=len(samples), loudness_lufs=lufs)
        self.paths[key] = path
        return self

    def path_of(self, take):
        return self.paths[take.key]


def script_of(*roles, article="a:b"):
    segments = tuple(
        Segment(id=f"s{number}", article=article, role=role, written="w", spoken="w")
        for number, role in enumerate(roles)
    )
    articles = (ScriptArticle(ref=article, title="T", byline=None, published_at=None, address=None, content_hash=""),)
    return Script(language="en", title="T", articles=articles, segments=segments, dropped=())


def chunks_of(script):
    return [Chunk(key=f"k{number}", segment=segment.id, spoken="w") for number, segment in enumerate(script.segments)]


def planned(tmp_path, *roles, show=SHOW, intro=None, outro=None, seconds=1.0):
    script = script_of(*roles)
    takes = Takes(tmp_path)
    for number in range(len(roles)):
        takes.add(f"k{number}", voice_like(seconds, 22_050, seed=number))
    return stitch.plan(script, chunks_of(script), takes.takes, show, intro, outro), takes


def ring(seconds, level=0.2):
    samples = tone(500, seconds, MASTER_RATE, level)
    return Jingle("j" * 64, samples, measure([samples], MASTER_RATE).loudest_lufs)


def gaps_ms(mix):
    """Silences between takes, with what the takes themselves still carry at their edges."""
    gaps = [
        after.start - (before.start + before.length) for before, after in zip(mix.placed, mix.placed[1:], strict=False)
    ]
    return [gap * 1000 / MASTER_RATE + KEEP_BEFORE_MS + KEEP_AFTER_MS for gap in gaps]


def test_pauses_belong_to_structure(tmp_path):
    pauses = Pauses()
    mix, _ = planned(tmp_path, Role.HEADLINE, Role.BYLINE, Role.BODY, Role.HEADING, Role.BODY)
    wanted = [pauses.headline, pauses.byline, pauses.before_heading, pauses.heading]
    assert gaps_ms(mix) == pytest.approx(wanted, abs=0.1)


def test_the_end_of_a_list_is_heard(tmp_path):
    pauses = Pauses()
    mix, _ = planned(tmp_path, Role.KEY_POINT, Role.KEY_POINT, Role.BODY, Role.LIST_ITEM, Role.BODY)
    wanted = [pauses.key_point, pauses.after_list, pauses.body, pauses.after_list]
    assert gaps_ms(mix) == pytest.approx(wanted, abs=0.1)


def test_chunks_of_one_segment_are_a_sentence_apart(tmp_path):
    script = script_of(Role.BODY)
    takes = Takes(tmp_path).add("k0", voice_like(1, 22_050)).add("k1", voice_like(1, 22_050))
    chunks = [Chunk(key=f"k{number}", segment="s0", spoken="w") for number in range(2)]
    mix = stitch.plan(script, chunks, takes.takes, SHOW, None, None)
    assert gaps_ms(mix) == pytest.approx([Pauses().sentence], abs=0.1)
    assert [cue.kind for cue in mix.cues] == ["chapter", "segment"]
    assert mix.cues[1].end == mix.placed[1].start + mix.placed[1].length


@pytest.mark.parametrize("with_jingles", [False, True])
def test_the_sound_is_as_long_as_the_plan_says(tmp_path, with_jingles):
    intro, outro = (ring(4.8), ring(5.6)) if with_jingles else (None, None)
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, intro=intro, outro=outro)
    assert len(joined(stitch.sound(mix, takes.path_of))) == mix.samples
    if with_jingles:
        assert mix.placed[0].start == jingle.VOICE_IN_MS * MASTER_RATE // 1000
        assert mix.outro_start + len(outro.samples) == mix.samples


def test_every_word_is_where_its_cue_says(tmp_path):
    # Given takes that are loud only at their very ends / When they are stitched / Then the sound begins and ends at the cues
    script = script_of(Role.HEADLINE, Role.BODY)
    takes = Takes(tmp_path)
    for number in range(2):
        takes.add(f"k{number}", tone(300, 1.0, 22_050, 0.2))
    mix = stitch.plan(script, chunks_of(script), takes.takes, SHOW, None, None)
    heard = np.abs(joined(stitch.sound(mix, takes.path_of)))
    for cue in (cue for cue in mix.cues if cue.kind == "segment"):
        assert heard[cue.start : cue.start + 2000].max() > 0.05
        assert heard[cue.end - 2000 : cue.end].max() > 0.05
        assert heard[cue.end + 50 : cue.end + 2000].max(initial=0) < 1e-3
        assert heard[cue.start - 2000 : cue.start - 50].max(initial=0) < 1e-3


def test_the_intro_gives_way_under_the_first_words(tmp_path):
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, intro=ring(4.8), seconds=2.0)
    silent = Takes(tmp_path)
    for key, take in takes.takes.items():
        silent.add(key, np.zeros(take.samples, dtype=np.float32))
    heard = joined(stitch.sound(mix, silent.path_of))
    level = lambda at_s: 20 * np.log10(np.sqrt(np.mean(heard[int(at_s * MASTER_RATE) :][:4410] ** 2)))  # noqa: E731
    # 2 LU below the voice before the words, 18 under them, and gone at the end
    assert level(1.0) - level(2.6) == pytest.approx(16.0, abs=0.5)
    assert level(4.6) < level(2.6) - 6


def test_a_long_intro_is_no_song_under_the_story(tmp_path):
    # Given an intro of half a minute and an article of a few words
    mix, takes = planned(tmp_path, Role.HEADLINE, intro=ring(29), seconds=6.0)
    heard = joined(stitch.sound(mix, takes.path_of))
    # Then it is gone within the headline, and the programme ends with the words
    assert len(heard) / MASTER_RATE == pytest.approx(2.2 + 6.0 + 0.15, abs=0.01)
    silent = Takes(tmp_path).add("k0", np.zeros(6 * 22_050, dtype=np.float32))
    music = joined(stitch.sound(mix, silent.path_of))
    assert np.max(np.abs(music[round(5.8 * MASTER_RATE) :])) < 1e-4


@pytest.mark.parametrize("seconds", [1.0, 2.2, 2.3, 2.6, 3.1, 12.0])
def test_the_first_words_come_soon_whatever_the_intros_length(tmp_path, seconds):
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, intro=ring(seconds))
    assert 0.25 < mix.placed[0].start / MASTER_RATE <= 2.5
    assert len(joined(stitch.sound(mix, takes.path_of))) == mix.samples


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        (tone(500, 0.5, 44_100), "shorter"),
        (tone(500, 31, 44_100), "longer"),
        (np.zeros(88_200, dtype=np.float32), "silent"),
        (tone(500, 2, 44_100, 0.0005), "silent"),
    ],
)
def test_a_jingle_that_cannot_serve_is_refused(tmp_path, samples, fault):
    write_flac(tmp_path / "x.flac", samples, 44_100)
    with pytest.raises(Misconfigured, match=fault):
        jingle.load(tmp_path / "x.flac")


def test_channels_that_cancel_out_are_told(tmp_path):
    left = tone(500, 2, 44_100, 0.3)
    soundfile.write(tmp_path / "x.wav", np.stack([left, -left], axis=1), 44_100)
    with pytest.raises(Misconfigured, match="cancel"):
        jingle.load(tmp_path / "x.wav")


def test_a_jingle_that_ends_abruptly_is_faded(tmp_path):
    write_flac(tmp_path / "x.flac", tone(500.3, 2, 44_100, 0.5), 44_100)
    loaded = jingle.load(tmp_path / "x.flac").samples
    assert np.max(np.abs(loaded[-44:])) < 0.005
    assert np.max(np.abs(loaded[:20])) < 0.05
    assert np.max(np.abs(loaded)) > 0.49


def test_joins_do_not_click(tmp_path):
    # Given takes cut in the middle of a wave / When they are stitched / Then no step between samples is larger than the wave's own
    takes = Takes(tmp_path)
    cut = tone(100, 1.0025, 22_050, 0.5)
    assert abs(cut[-1]) > 0.4, "the cut must hurt, or this test shows nothing"
    script = script_of(Role.BODY, Role.BODY)
    for number in range(2):
        takes.add(f"k{number}", cut)
    mix = stitch.plan(script, chunks_of(script), takes.takes, SHOW, None, None)
    heard = joined(stitch.sound(mix, takes.path_of))
    assert np.max(np.abs(np.diff(heard))) < 0.02


def test_jingles_stand_a_little_below_the_voice(tmp_path):
    mix, takes = planned(tmp_path, Role.BODY, Role.BODY, intro=ring(4.8, 0.5), outro=ring(5.6, 0.01), seconds=5.0)
    heard = joined(stitch.sound(mix, takes.path_of))
    parts = {
        "intro": heard[: 2 * MASTER_RATE],
        "voice": heard[5 * MASTER_RATE : 11 * MASTER_RATE],
        "outro": heard[mix.outro_start :],
    }
    levels = {name: measure([part], MASTER_RATE).integrated_lufs for name, part in parts.items()}
    assert levels["voice"] == pytest.approx(stitch.MIX_LUFS, abs=0.5)
    assert levels["intro"] == pytest.approx(stitch.MIX_LUFS - 2, abs=0.5)
    assert levels["outro"] == pytest.approx(stitch.MIX_LUFS - 2, abs=0.5)


def test_chapters_cover_the_programme_without_a_gap(tmp_path):
    first, second = script_of(Role.HEADLINE, Role.BODY), script_of(Role.HEADLINE, Role.BODY, article="a:c")
    segments = [*first.segments, *(s.model_copy(update={"id": f"t{n}"}) for n, s in enumerate(second.segments))]
    script = first.model_copy(update={"segments": tuple(segments), "articles": first.articles + second.articles})
    takes = Takes(tmp_path)
    for number in range(4):
        takes.add(f"k{number}", voice_like(1, 22_050))
    mix = stitch.plan(script, chunks_of(script), takes.takes, SHOW, ring(4.8), None)
    chapters = [cue for cue in mix.cues if cue.kind == "chapter"]
    assert [chapters[0].start, chapters[0].end, chapters[1].end] == [0, chapters[1].start, mix.samples]
