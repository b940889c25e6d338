"""How loud a voice speaks news: ./run.sh bench loudness VOICE prints the `loudness_lufs` for its catalogue entry.

Speaks the sample articles as a briefing would, and takes the mean of what the takes measure, by energy and length.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from briefing.errors import BriefcastError
from briefing.podcasts.show import Show
from briefing.settings import LimitSettings, SpeechSettings
from briefing.speech import Casting
from briefing.storage import FolderStorage
from briefing.values import ArticleRef
from tests.bench.measure import table
from tests.support.processes import ROOT
from worker.prepare import cut, write_script
from worker.sound.loudness import mean_loudness
from worker.sources.files import read_article
from worker.speak import speak
from worker.takes.casting import engage
from worker.takes.speakers import Speakers

#: Takes shorter than this say more of their words than of the voice.
_LONG_S = 3.0


def run(voice="joe"):
    """Measure and print."""
    speakers = Speakers(SpeechSettings())
    speaker = speakers.get(voice)
    engaged = engage(Casting(body=voice), speakers, (), allowed=False)
    rows, parts = [], []
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((ROOT / "samples" / "articles").glob("*.html")):
            article = read_article(path, ArticleRef(source="bench", id=path.stem))
            script = write_script([article], Show(slug="bench", title="Bench"))
            prepared = cut(script, engaged.cast, engaged.engines, {}, LimitSettings())
            found = []
            for chunk in prepared.chunks:
                try:
                    take = speak(chunk, speaker, FolderStorage(Path(folder)))
                except BriefcastError as error:
                    print(f"left out: {error.message}")
                    continue
                if take.loudness_lufs is not None and take.seconds >= _LONG_S:
                    found.append((take.loudness_lufs, take.seconds))
            levels = [lufs for lufs, _ in found]
            mean = mean_loudness(found)
            rows.append((path.name, len(found), f"{mean:.2f}", f"{min(levels):.2f}", f"{max(levels):.2f}"))
            parts += found
    table(f"{voice}, takes of {_LONG_S:g} s and more", ("article", "takes", "mean LUFS", "least", "most"), rows)
    print(f"\nloudness_lufs = {mean_loudness(parts):.1f}")
