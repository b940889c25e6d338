from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
import soundfile

from briefing.audio import MASTER_RATE
from briefing.errors import JingleRefused, Misconfigured
from briefing.podcasts.jingles import find_jingle, jingle_files, record_upload, settle_upload
from briefing.podcasts.show import Show
from briefing.script import Role
from briefing.storage import FolderStorage
from tests.support.audio import tone, voice_like
from tests.support.newsroom import work_off
from tests.support.processes import ROOT
from tests.support.sounds import Takes, chunks_of, clicks, heard, lufs, planned, ring, script_of
from voices.jingles import shipped
from worker import stitch
from worker.sound import conform as conform_module
from worker.sound import jingle
from worker.sound.conform import conform
from worker.sound.files import decoded_whole, write_flac
from worker.sound.jingle import Jingles
from worker.sound.level import MIX_LUFS
from worker.sound.loudness import measure, momentary

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def rms_db(samples, at_s, length_s=0.1):
    return 20 * np.log10(
        np.sqrt(np.mean(samples[round(at_s * MASTER_RATE) :][: round(length_s * MASTER_RATE)] ** 2)) + 1e-9
    )


def spoken_then_quiet(folder, jingles, *, words_s=2.0, pause=1000):
    """A headline, a pause, a paragraph; the takes are one long vowel each, so that it is plain when somebody speaks."""
    show = Show(slug="s", title="S", pauses={"headline": pause})
    script = script_of(Role.HEADLINE, Role.BODY)
    takes = Takes(folder)
    for number in range(2):
        takes.add(f"k{number}", voice_like(words_s, 22_050, seed=number))
    return stitch.plan(script, chunks_of(script), takes.takes, show, stitch.Sounds(jingles)), takes


# --- the side chain ---------------------------------------------------------------------------------------------------


def test_music_is_down_before_the_first_word_and_back_in_the_pause(tmp_path):
    # Given an intro that rings on at one level under a headline of one second, and a pause
    mix, takes = spoken_then_quiet(tmp_path, Jingles(opening=ring(12)), words_s=1.0)
    music = heard(mix, takes) - heard(stitch_without_music(mix), takes)
    # Then before the words it is as loud as the voice, under them 18 LU below it, and in the pause it comes back
    alone, word, pause = (lufs(music, *span) for span in ((1.0, 2.0), (2.25, 3.1), (3.65, 3.95)))
    assert alone == pytest.approx(MIX_LUFS, abs=0.5)
    assert rms_db(music, 2.2, 0.05) - rms_db(music, 1.0) < -17
    assert word <= MIX_LUFS - 18
    assert pause is None or pause > word + 6
    assert rms_db(music, 3.85) > rms_db(music, 2.7) + 6


def stitch_without_music(mix):
    from dataclasses import replace

    return replace(mix, music=())


def test_while_words_are_said_music_lies_18_lu_below_them(tmp_path):
    mix, takes = spoken_then_quiet(tmp_path, Jingles(opening=jingle_of("intro")), words_s=4.0)
    words = heard(stitch_without_music(mix), takes)
    music = heard(mix, takes) - words
    start, end = mix.placed[0].start, min(mix.music[0].end, mix.placed[0].start + mix.placed[0].length)
    loudest = momentary(music[start:end], MASTER_RATE).max()
    assert loudest <= measure([words], MASTER_RATE).integrated_lufs - 18


def test_an_intros_tail_and_a_bed_share_what_may_lie_under_words(tmp_path):
    # Given both under the headline, and a bed alone under it
    jingles = Jingles(opening=ring(12), bed=ring(4.0, hertz=300))
    mix, takes = spoken_then_quiet(tmp_path, jingles, words_s=3.0)
    music = heard(mix, takes) - heard(stitch_without_music(mix), takes)
    assert {span.kind for span in mix.music} == {"intro", "bed"}
    assert momentary(music, MASTER_RATE)[28:46].max() <= MIX_LUFS - 18
    alone, takes = spoken_then_quiet(tmp_path, Jingles(bed=ring(4.0, hertz=300)), words_s=3.0)
    music = heard(alone, takes) - heard(stitch_without_music(alone), takes)
    assert momentary(music, MASTER_RATE)[10:28].max() > MIX_LUFS - 20


def rung_out(seconds, *, silent_s):
    """A jingle whose file ends in digital silence, as most do that a studio exports."""
    samples = tone(500, seconds, MASTER_RATE, 0.2)
    samples[len(samples) - round(silent_s * MASTER_RATE) :] = 0
    return jingle.made("j" * 64, samples)


@pytest.mark.parametrize("silent_s", [0.5, 1.0, 2.0])
def test_an_intro_that_ends_in_digital_silence_gives_way_as_any(tmp_path, silent_s):
    mix, takes = spoken_then_quiet(tmp_path, Jingles(opening=rung_out(6.0, silent_s=silent_s)), words_s=4.0)
    music = heard(mix, takes) - heard(stitch_without_music(mix), takes)
    assert lufs(music, 2.4, 3.4) <= MIX_LUFS - 18


def test_momentary_loudness_is_a_number_in_silence_after_sound():
    silence = np.zeros(3 * MASTER_RATE, dtype=np.float32)
    told = momentary(np.concatenate([tone(500, 1.0, MASTER_RATE, 0.5), silence]), MASTER_RATE)
    assert np.all(np.isfinite(told))
    assert told[-1] == pytest.approx(-120)


@pytest.mark.parametrize("beginning_db", [-10, -20, -40])
def test_an_intro_that_swells_does_not_burst_into_pauses(tmp_path, beginning_db):
    # Given one that is far louder behind the first words than before them, and a pause for it to come back in
    samples = tone(500, 8.0, MASTER_RATE, 0.5)
    samples *= 10 ** (np.interp(np.arange(len(samples)) / MASTER_RATE, [2.0, 2.6], [beginning_db, 0]) / 20)
    mix, takes = spoken_then_quiet(tmp_path, Jingles(opening=jingle.made("j" * 64, samples)), words_s=0.8, pause=1200)
    music = heard(mix, takes) - heard(stitch_without_music(mix), takes)
    # Then it comes back no louder than the voice, and nobody waits in silence for the first words
    assert momentary(music, MASTER_RATE).max() <= MIX_LUFS + 1
    assert momentary(music[: 2 * MASTER_RATE], MASTER_RATE).max() >= MIX_LUFS - 30
    assert clicks(music) == []


def test_a_long_intro_is_no_song_under_the_story(tmp_path):
    # Given an intro of half a minute and an article of a few words
    mix, takes = planned(tmp_path, Role.HEADLINE, jingles=Jingles(opening=ring(29)), seconds=6.0)
    assert mix.samples / MASTER_RATE == pytest.approx(2.2 + 6.0 + 0.15, abs=0.01)
    # Then it is gone within the headline, and the programme ends with the words
    music = heard(mix, takes) - heard(stitch_without_music(mix), takes)
    assert np.max(np.abs(music[round(5.8 * MASTER_RATE) :])) < 1e-4


@pytest.mark.parametrize("seconds", [1.0, 2.2, 2.3, 2.6, 3.1, 12.0, 30.0])
def test_the_first_words_come_soon_whatever_the_intros_length(tmp_path, seconds):
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=Jingles(opening=ring(seconds)))
    assert 0.25 < mix.placed[0].start / MASTER_RATE <= 2.5
    assert len(heard(mix, takes)) == mix.samples


def test_music_that_comes_and_goes_does_not_click(tmp_path):
    jingles = Jingles(opening=ring(12, hertz=300), transition=ring(3.1, hertz=250), outro=ring(2.0), bed=ring(4.004))
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=jingles, seconds=2.0, articles=2)
    assert clicks(heard(mix, takes)) == []


# --- where music plays ------------------------------------------------------------------------------------------------


def test_a_transition_stands_between_articles_and_the_headline_over_its_tail(tmp_path):
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=Jingles(transition=ring(4.0)), articles=2)
    (change,) = mix.music
    last = mix.placed[1].start + mix.placed[1].length
    assert change.start - last == MASTER_RATE // 2
    assert mix.placed[2].start - change.start == jingle.VOICE_IN_MS * MASTER_RATE // 1000
    assert change.end > mix.placed[2].start
    assert lufs(heard(mix, takes)[change.start :], 0.2, 2.0) == pytest.approx(MIX_LUFS, abs=0.5)


def test_a_bed_lies_quietly_under_the_head_and_nowhere_else(tmp_path):
    roles = (Role.HEADLINE, Role.BYLINE, Role.DISCLOSURE, Role.BODY, Role.BODY)
    mix, takes = planned(tmp_path, *roles, jingles=Jingles(bed=ring(4.0)), seconds=3.0)
    (bed,) = mix.music
    assert bed.start == mix.placed[0].start
    assert mix.placed[2].start + mix.placed[2].length < bed.end <= mix.placed[3].start + MASTER_RATE // 2
    music = heard(mix, takes) - heard(stitch_without_music(mix), takes)
    assert lufs(music, *(place / MASTER_RATE for place in (bed.start + MASTER_RATE, bed.end))) < MIX_LUFS - 18
    assert bed.end - bed.start > 2 * 4.0 * MASTER_RATE, "it must have gone round, or its seam is not heard"


def test_a_bed_comes_and_goes_softly(tmp_path):
    # Given a bed that begins at the top of its wave
    bed = jingle.made("j" * 64, tone(500, 4.0005, MASTER_RATE, 0.2)[22:])
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=Jingles(bed=bed), seconds=3.0)
    music = np.abs(heard(mix, takes) - heard(stitch_without_music(mix), takes))
    (span,) = mix.music
    loudest = music.max()
    assert music[span.start : span.start + 100].max() < 0.02 * loudest
    assert music[span.end - 100 : span.end].max() < 0.02 * loudest


@pytest.mark.parametrize("seconds", [4.0, 4.0003, 4.0007, 4.0011, 4.05])
@pytest.mark.parametrize("hertz", [110, 500])
def test_a_bed_goes_round_without_a_click_wherever_its_file_was_cut(tmp_path, hertz, seconds):
    path = tmp_path / "bed.flac"
    write_flac(path, tone(hertz, seconds, MASTER_RATE, 0.3), MASTER_RATE)
    bed = jingle.load(path, "bed")
    round_and_round = np.tile(bed.samples, 3)
    assert clicks(round_and_round * np.hanning(len(round_and_round))) == []


def test_a_bed_that_goes_round_by_itself_keeps_its_beat():
    house = shipped("house", "bed")
    assert len(jingle.load(house, "bed").samples) == len(jingle.read(house, "bed"))


def test_a_bed_may_lie_under_everything(tmp_path):
    show = Show(slug="s", title="S", bed_under="whole")
    jingles = Jingles(bed=ring(4.0), outro=ring(2.0))
    mix, takes = planned(tmp_path, Role.HEADLINE, Role.BODY, Role.BODY, jingles=jingles, show=show, seconds=3.0)
    assert mix.music[0].end > mix.placed[-1].start + mix.placed[-1].length
    assert mix.music[0].end <= mix.music[1].start
    assert len(heard(mix, takes)) == mix.samples


def jingle_of(part):
    """A jingle that ships."""
    return jingle.find_and_load("house", part, {})


@pytest.mark.parametrize(
    ("opening", "kind", "latest_s"), [("full", "intro", 2.5), ("mark", "mark", 1.3), ("none", None, 0.2)]
)
def test_a_show_opens_with_intro_mark_or_words(tmp_path, opening, kind, latest_s):
    show = Show(slug="s", title="S", opening=opening)
    mix, _ = planned(tmp_path, Role.HEADLINE, Role.BODY, jingles=jingle.for_show(show, {}), show=show)
    assert [span.kind for span in mix.music if span.start == 0] == ([kind] if kind else [])
    assert mix.placed[0].start / MASTER_RATE <= latest_s


def test_a_jingle_is_shipped_uploaded_or_a_file(tmp_path):
    write_flac(tmp_path / "own.flac", tone(400, 2, MASTER_RATE), MASTER_RATE)
    own = tmp_path / "own.flac"
    assert jingle.find("house", "bed", {}).name == "house-bed.flac"
    assert jingle.find("house", "intro", {("house", "intro"): own}) == own, "an editor's own comes before what ships"
    assert jingle.find(str(own), "outro", {}) == own
    assert jingle.find(None, "intro", {}) is None
    with pytest.raises(Misconfigured, match="no intro jingle 'morning'"):
        jingle.find("morning", "intro", {("morning", "outro"): own})


# --- what can serve -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "samples", "fault"),
    [
        ("intro", tone(500, 0.5, 44_100), "shorter"),
        ("intro", tone(500, 31, 44_100), "longer"),
        ("mark", tone(500, 3.5, 44_100), "longer"),
        ("bed", tone(500, 3, 44_100), "shorter"),
        ("intro", np.zeros(88_200, dtype=np.float32), "silent"),
        ("intro", tone(500, 2, 44_100, 0.0005), "silent"),
    ],
)
def test_a_jingle_that_cannot_serve_is_refused(tmp_path, part, samples, fault):
    write_flac(tmp_path / "x.flac", samples, 44_100)
    with pytest.raises(JingleRefused, match=fault):
        conform(tmp_path / "x.flac", part, FolderStorage(tmp_path / "store"))
    with pytest.raises(Misconfigured, match=fault):
        jingle.load(tmp_path / "x.flac", part)


def test_channels_that_cancel_out_are_told(tmp_path):
    left = tone(500, 2, 44_100, 0.3)
    soundfile.write(tmp_path / "x.wav", np.stack([left, -left], axis=1), 44_100)
    with pytest.raises(JingleRefused, match="cancel"):
        conform(tmp_path / "x.wav", "intro", FolderStorage(tmp_path / "store"))


@pytest.mark.parametrize("suffix", ["wav", "ogg", "mp3", "flac", "aiff", "m4a"])
def test_any_sound_file_becomes_flac_in_our_format(tmp_path, suffix):
    # Given stereo at 48 kHz in a format that people have
    path = tmp_path / f"x.{suffix}"
    stereo = np.stack([tone(500, 2, 48_000, 0.3), tone(700, 2, 48_000, 0.2)], axis=1)
    if suffix == "m4a":
        write_m4a(path, stereo)
    else:
        soundfile.write(path, stereo, 48_000)
    # When it is conformed / Then it is mono FLAC at 44.1 kHz, as long as it was, at the level jingles are kept at
    storage = FolderStorage(tmp_path / "store")
    made = conform(path, "intro", storage)
    samples, rate = soundfile.read(storage.path(made.sha256), dtype="float32")
    info = soundfile.info(storage.path(made.sha256))
    assert (info.format, rate, samples.ndim) == ("FLAC", 44_100, 1)
    assert made.seconds == pytest.approx(2.0, abs=0.1)
    assert measure([samples], rate).loudest_lufs == pytest.approx(-20.0, abs=0.1)
    assert made.loudness_lufs == pytest.approx(-20.0, abs=0.1)


def write_m4a(path, stereo):
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(stereo.T.astype(np.float32)), format="fltp", layout="stereo"
        )
        frame.sample_rate = 48_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


@pytest.mark.parametrize(
    "script",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {secret}\n",
    ],
)
def test_an_upload_cannot_have_other_files_read(tmp_path, script):
    # Given a playlist that names a sound file of this machine, as libav would follow it / Then it is no sound file
    soundfile.write(tmp_path / "secret.mp3", tone(400, 2, MASTER_RATE), MASTER_RATE)
    for secret in ("secret.mp3", tmp_path / "secret.mp3", f"file:{tmp_path}/secret.mp3"):
        (tmp_path / "upload").write_text(script.format(secret=secret))
        with pytest.raises(JingleRefused):
            conform(tmp_path / "upload", "intro", FolderStorage(tmp_path / "store"))


@pytest.mark.parametrize(("rate", "channels"), [(1, 1), (3_999, 1), (44_100, 200)])
def test_sound_that_would_grow_beyond_all_bounds_is_refused(tmp_path, rate, channels):
    # Given a small file of so many samples a second that it would be hours long, or of so many channels
    soundfile.write(tmp_path / "x.wav", np.full((4000, channels), 0.2, dtype=np.float32), rate, subtype="PCM_16")
    with pytest.raises(JingleRefused, match="more than sound needs|limits|longer"):
        conform(tmp_path / "x.wav", "intro", FolderStorage(tmp_path / "store"))


@pytest.mark.parametrize(
    "hog", ["bytearray(4_000_000_000)", "[0 for _ in iter(int, 1)]", "open(a[2], 'wb').write(bytes(99_000_000))"]
)
def test_a_file_that_exhausts_the_decoder_costs_only_the_child(tmp_path, hog):
    # Given a decoder that a file has driven mad / Then its process ends by its limits, and has written no more than they let
    code = (
        "import sys, worker.sound.conforming as child\n"
        f"sys.argv, child._CPU_S = ['child', 'x', 'intro', {str(tmp_path / 'out')!r}], 2\n"
        f"child._conformed = lambda *a: {hog}\n"
        "child.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=180, check=False)
    assert done.returncode != 0 or b"system" in done.stdout
    assert not (tmp_path / "out").exists() or (tmp_path / "out").stat().st_size <= 50_000_000


def test_a_file_that_takes_too_long_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    # Given a "file" whose bytes never come
    os.mkfifo(tmp_path / "endless.wav")
    monkeypatch.setattr(conform_module, "_CONFORM_S", 1)
    with pytest.raises(JingleRefused, match="limits on time"):
        conform(tmp_path / "endless.wav", "intro", FolderStorage(tmp_path / "store"))
    assert not list((tmp_path / "store" / "tmp").iterdir())


def test_a_jingle_that_ends_abruptly_is_faded(tmp_path):
    write_flac(tmp_path / "x.flac", tone(500.3, 2, 44_100, 0.5), 44_100)
    loaded = jingle.load(tmp_path / "x.flac", "intro").samples
    assert np.max(np.abs(loaded[-44:])) < 0.005
    assert np.max(np.abs(loaded[:20])) < 0.05
    assert np.max(np.abs(loaded)) > 0.49


# --- the step -----------------------------------------------------------------------------------------------------------


def uploaded(place, content, name="morning", part="intro"):
    path = place.storage.temporary(".upload")
    path.write_bytes(content)
    upload = place.storage.put(path)
    with place.database.writing() as session:
        record_upload(session, name, part, upload, NOW)
    return upload


def sound_file(tmp_path, seconds, hertz=500):
    write_flac(tmp_path / "up.flac", tone(hertz, seconds, 44_100, 0.3), 44_100)
    return (tmp_path / "up.flac").read_bytes()


def found(place):
    with place.database.reading() as session:
        return find_jingle(session, "morning", "intro")


def test_an_upload_becomes_a_jingle_that_shows_can_name(place, tmp_path):
    uploaded(place, sound_file(tmp_path, 2))
    assert (found(place).state, found(place).sha256) == ("pending", None)
    work_off(place)
    assert (found(place).state, found(place).seconds) == ("ready", pytest.approx(2.0))
    with place.database.reading() as session:
        files = jingle_files(session, place.storage)
    show = Show(slug="s", title="S", intro="morning")
    assert len(jingle.for_show(show, files).opening.samples) == 2 * MASTER_RATE


def test_a_refused_upload_says_why_and_leaves_the_jingle_as_it_was(place, tmp_path):
    uploaded(place, sound_file(tmp_path, 2))
    work_off(place)
    before = found(place)
    uploaded(place, b"RIFF but no sound")
    assert found(place).sha256 == before.sha256, "what is in use stays while the new one is checked"
    work_off(place)
    after = found(place)
    assert (after.state, after.error_code, after.sha256) == ("failed", "jingle_refused", before.sha256)
    # And not where files lie here, nor what they are called there
    assert "the file" in after.error_message
    assert not re.search(r"/|[0-9a-f]{64}", after.error_message)


def test_of_two_uploads_the_later_counts_whichever_is_checked_first(place, tmp_path):
    first = uploaded(place, sound_file(tmp_path, 2))
    uploaded(place, sound_file(tmp_path, 3))
    made = conform(place.storage.path(first), "intro", place.storage)
    with place.database.writing() as session:
        settle_upload(session, "morning", "intro", first, made, NOW)
    assert found(place).state == "pending"
    work_off(place)
    assert found(place).seconds == pytest.approx(3.0)


def test_an_upload_whose_workers_vanish_has_failed(place, tmp_path):
    from briefing.models import StepRow
    from briefing.states import StepState

    uploaded(place, sound_file(tmp_path, 2))
    with place.database.writing() as session:
        step = session.query(StepRow).one()
        step.state, step.error_code = StepState.DEAD.value, "worker_lost"
    assert (found(place).state, found(place).error_code) == ("failed", "worker_lost")


@pytest.mark.parametrize(("rate", "hertz"), [(8_000, 3_500), (16_000, 7_000), (32_000, 15_000), (48_000, 20_000)])
def test_a_file_of_any_rate_comes_without_images(tmp_path, rate, hertz):
    path = tmp_path / "high.flac"
    write_flac(path, tone(hertz, 2.0, rate, 0.5), rate)
    middle = decoded_whole(path, MASTER_RATE, 10)[MASTER_RATE // 2 : 3 * MASTER_RATE // 2]
    spectrum = np.abs(np.fft.rfft(middle * np.blackman(len(middle))))
    beside = np.abs(np.fft.rfftfreq(len(middle), 1 / MASTER_RATE) - hertz) > 200
    assert 20 * np.log10(spectrum[beside].max() / spectrum.max()) < -80
