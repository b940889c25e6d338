from __future__ import annotations

import numpy as np
import pytest

from briefing.audio import MASTER_RATE
from briefing.podcasts.pauses import Pauses
from briefing.podcasts.show import Show
from briefing.script import Role
from briefing.speech import Chunk
from tests.support.audio import tone, voice_like
from tests.support.sounds import Takes, chunks_of, clicks, heard, planned, ring, script_of
from worker import stitch
from worker.sound import jingle
from worker.sound.edges import KEEP_AFTER_MS, KEEP_BEFORE_MS
from worker.sound.jingle import Jingles

SHOW = Show(slug="s", title="S")


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


def test_a_show_sets_its_pauses_and_inside_an_article_none_grows_long(tmp_path):
    # Given pauses as long as they may be set / Then inside an article they end at 950 ms, and between articles they do not
    longest = Pauses(**{name: 3000 if name == "article" else 1200 for name in Pauses.model_fields})
    show = SHOW.model_copy(update={"pauses": longest})
    mix, _ = planned(tmp_path, Role.HEADLINE, Role.KEY_POINT, Role.HEADING, Role.BODY, show=show, articles=2)
    assert gaps_ms(mix) == pytest.approx([950, 950, 950, 3000, 950, 950, 950], abs=0.1)


def test_chunks_of_one_segment_are_a_sentence_apart(tmp_path):
    script = script_of(Role.BODY)
    takes = Takes(tmp_path).add("k0", voice_like(1, 22_050)).add("k1", voice_like(1, 22_050))
    chunks = [Chunk(key=f"k{number}", segment=script.segments[0].id, spoken="w") for number in range(2)]
    mix = stitch.plan(script, chunks, takes.takes, SHOW)
    assert gaps_ms(mix) == pytest.approx([Pauses().sentence], abs=0.1)
    assert [cue.kind for cue in mix.cues] == ["chapter", "segment"]
    assert mix.cues[1].end == mix.placed[1].start + mix.placed[1].length


@pytest.mark.parametrize("with_jingles", [False, True])
def test_the_sound_is_as_long_as_the_plan_says(tmp_path, with_jingles):
    outro = ring(5.6)
    jingles = (
        Jingles(opening=ring(4.8), transition=ring(1.8), outro=outro, bed=ring(4.0)) if with_jingles else Jingles()
    )
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=jingles, articles=2)
    assert len(heard(mix, takes)) == mix.samples
    if with_jingles:
        assert mix.placed[0].start == jingle.VOICE_IN_MS * MASTER_RATE // 1000
        assert mix.music[-1].start + len(outro.samples) == mix.samples


def test_every_word_is_where_its_cue_says(tmp_path):
    # Given takes that are loud to their very ends / When they are stitched / Then the sound begins and ends at the cues
    script = script_of(Role.HEADLINE, Role.BODY)
    takes = Takes(tmp_path)
    for number in range(2):
        takes.add(f"k{number}", tone(300, 1.0, 22_050, 0.2))
    mix = stitch.plan(script, chunks_of(script), takes.takes, SHOW)
    sound = np.abs(heard(mix, takes))
    for cue in (cue for cue in mix.cues if cue.kind == "segment"):
        assert sound[cue.start : cue.start + 2000].max() > 0.05
        assert sound[cue.end - 2000 : cue.end].max() > 0.05
        assert sound[cue.end + 50 : cue.end + 2000].max(initial=0) < 1e-3
        assert sound[cue.start - 2000 : cue.start - 50].max(initial=0) < 1e-3


def cut_mid_wave(tmp_path):
    """A mix of takes that are cut where their wave is highest, at both ends."""
    takes = Takes(tmp_path)
    cut = tone(100, 1.0025, 22_050, 0.5)[55:]
    assert min(abs(cut[0]), abs(cut[-1])) > 0.4, "the cuts must hurt, or this shows nothing"
    script = script_of(Role.BODY, Role.BODY)
    for number in range(2):
        takes.add(f"k{number}", cut)
    return stitch.plan(script, chunks_of(script), takes.takes, SHOW), takes


def test_joins_do_not_click(tmp_path):
    mix, takes = cut_mid_wave(tmp_path)
    sound = heard(mix, takes)
    assert clicks(sound) == []
    assert np.max(np.abs(np.diff(sound))) < 0.02


def test_clicks_are_found_where_there_are_some(tmp_path, monkeypatch):
    # Given the same takes joined without fades / Then the detector hears every edge, and no other place
    monkeypatch.setattr(stitch, "_FADE_MS", 0)
    mix, takes = cut_mid_wave(tmp_path)
    edges = [edge for part in mix.placed for edge in (part.start, part.start + part.length)]
    found = clicks(heard(mix, takes))
    assert all(min(abs(place - edge) for place in found) < 200 for edge in edges)
    assert all(min(abs(place - edge) for edge in edges) < 200 for place in found)


def test_chapters_cover_the_programme_without_a_gap(tmp_path):
    jingles = Jingles(opening=ring(4.8), transition=ring(1.8))
    mix, _ = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=jingles, articles=2)
    chapters = [cue for cue in mix.cues if cue.kind == "chapter"]
    assert [chapters[0].start, chapters[0].end, chapters[1].end] == [0, chapters[1].start, mix.samples]


def test_the_plan_says_where_music_is_heard(tmp_path):
    # For whoever states which of it is synthetic and which is music.
    jingles = Jingles(opening=ring(1.0), mark=True, transition=ring(1.8), outro=ring(3.0), bed=ring(4.0))
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=jingles, articles=2)
    assert [span.kind for span in mix.music] == ["mark", "bed", "transition", "outro"]
    assert all(0 <= span.start < span.end <= mix.samples and span.sha256 == "j" * 64 for span in mix.music)
    music = np.abs(heard(mix, takes.silenced()))
    inside = np.zeros(mix.samples, dtype=bool)
    for span in mix.music:
        inside[span.start : span.end] = True
        assert music[span.start : span.end].max() > 1e-3
    assert music[~inside].max() < 1e-6
