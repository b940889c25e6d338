"""What a voice's takes are like, by which they are judged: `./run.sh bench takes [VOICE [MOST]]`.

Speaks the sample articles and every third sentence of the newsroom cases once; then, of forty of these, the same with
the last words said twice, as an engine does that loses its place. Prints the figures that a catalogue entry holds, how
many takes would be refused at first, and how far true and false repeats lie apart. Takes some minutes; of a slow voice
MOST texts, evenly drawn, are enough for its pace.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np

from briefing.settings import LimitSettings, SpeechSettings
from tests.bench.measure import table
from tests.support.golden import ARTICLES, script_of
from voices.engine import Pronunciation
from worker.prepare import cut
from worker.sound.edges import trimmed
from worker.sound.repeats import find_repeat
from worker.takes.casting import engage
from worker.takes.judge import _letters, _longest_silence_s, _pauses, _repeats_itself, judge
from worker.takes.speakers import Speakers
from worker.timing import joined

CASES = Path(__file__).parent.parent / "data" / "newsroom_en.tsv"

_REPEATED = 40


def run(voice: str = "joe", most: str = "1000"):
    """Measure and print."""
    speakers = Speakers(SpeechSettings())
    speaker = speakers.get(voice)

    def say(text, marks=()):
        said = {"pronunciations": marks} if marks else {}
        return list(speaker.engine.synthesize(text, speaker.voice, **said))

    started = time.process_time()
    texts = list(_texts(speakers, voice))
    texts = texts[:: -(-len(texts) // int(most))]
    takes = [(text, say(text, marks)) for text, marks in texts]
    spoken_s = time.process_time() - started
    started = time.process_time()
    faults = [(text, judge(parts, text, speaker.voice.pace)) for text, parts in takes]
    judged_s = time.process_time() - started
    _pace(takes, speaker.voice)
    refused = [(fault.name.value, fault.detail, text[:60]) for text, fault in faults if fault]
    table(
        f"{len(takes)} takes judged, {judged_s / len(takes) * 1000:.0f} ms of CPU each "
        f"({judged_s / spoken_s:.1%} of speaking them); refused at first: {len(refused)}",
        ("fault", "", "text"),
        refused,
    )
    _repeats(takes, say, speaker.voice, min(_REPEATED, len(takes) // 4))


def _texts(speakers, voice):
    """Each text once, with its pronunciations."""
    found = {}
    casting_of = engage_alone(speakers, voice)
    for path in ARTICLES:
        for chunk in cut(script_of(path), casting_of.cast, casting_of.engines, {}, LimitSettings()).chunks:
            found[chunk.spoken] = [Pronunciation(mark.start, mark.end, mark.ipa) for mark in chunk.pronunciations]
    for line in CASES.read_text(encoding="utf-8").splitlines()[::3]:
        found.setdefault(line.split("\t")[2], [])
    return found.items()


def engage_alone(speakers, voice):
    """A cast of one voice."""
    from briefing.speech import Casting

    return engage(Casting(body=voice), speakers, [], allowed=False)


def _sound(parts):
    samples, _ = joined(parts)
    return trimmed(samples, parts[0].rate)[0]


def _pace(takes, voice):
    seconds = np.array([len(_sound(parts)) / parts[0].rate for _, parts in takes])
    letters = np.array([_letters(text) + _pauses(text) for text, _ in takes])
    pace = float(np.exp(np.mean(np.log(seconds / letters))))
    strays = seconds / letters / pace
    silences = [_longest_silence_s(_sound(parts), parts[0].rate) for _, parts in takes]
    table(
        f"pace of {voice.id}",
        ("", "measured", "catalogue"),
        [
            ("seconds_per_letter", f"{pace:.4f}", voice.pace.seconds_per_letter),
            ("shortest and longest, of what is expected", f"{strays.min():.2f} {strays.max():.2f}", ""),
            ("spread, at least", f"{max(strays.max(), 1 / strays.min()) - 1:.2f}", voice.pace.spread),
            ("longest silence inside, s", f"{max(silences):.2f}", "1.5"),
        ],
    )


def _repeats(takes, say, voice, most):
    chance = random.Random(1)
    plain = [text for text, _ in takes if len(text.split()) > 6 and not _repeats_itself(text)]
    true = [find_repeat(_sound(parts), parts[0].rate).difference_db for text, parts in takes if text in plain]
    twice, caught = [], 0
    for text in chance.sample(plain, min(most, len(plain))):
        tail = " ".join(text.split()[-chance.randint(3, 6) :])
        parts = say(f"{text.rstrip('.')}{chance.choice((' ', ', ', '. '))}{tail}")
        twice.append(find_repeat(_sound(parts), parts[0].rate).difference_db)
        caught += judge(parts, text, voice.pace) is not None
    table(
        f"the end against what precedes it; {caught} of {len(twice)} doubled ends refused",
        ("", "least dB", "median", "90 %", "most dB"),
        [
            (
                name,
                *(
                    f"{value:.1f}"
                    for value in (min(values), *np.percentile(np.minimum(values, 99), [50, 90]), max(values))
                ),
            )
            for name, values in (("as it should be", true), ("said twice", twice))
        ],
    )
