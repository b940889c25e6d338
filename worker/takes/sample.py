"""A line -> a sound file, spoken as an article's would be: normalised, chunked, spoken, checked, trimmed.

Keeps no take and knows no show; what follows trimming in a briefing (pauses, levels, limiter) is not in a sample.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import soundfile

from briefing.audio import MASTER_RATE
from briefing.errors import ArticleEmpty
from briefing.script import Role, Script, Segment
from briefing.settings import LimitSettings
from briefing.speech import Cast
from briefing.storage import FolderStorage
from worker.chunk import split
from worker.encode import encode
from worker.normalise import normalise
from worker.sound.files import read_flac
from worker.sound.resample import resampled
from worker.speak import speak
from worker.takes.speakers import voice_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.pronunciations.lexicon import Lexicon
    from briefing.speech import Narrator
    from worker.sound import Block
    from worker.speak import Speaker

#: Endings of the files we write.
FORMS = (".wav", ".mp3")

#: Most characters of a sample: a line or two, and soon heard.
MOST_CHARACTERS = 1000


def sample(written: str, speaker: Speaker, narrator: Narrator, lexicon: Lexicon, path: Path) -> float:
    """Write `written`, spoken, to a new file at `path`, WAV or MP3 by its ending, and return its seconds.

    Raises ArticleEmpty, OSError, and what speaking raises.
    """
    said, spans = normalise(written, narrator.language, lexicon)
    segment = Segment(id="sample", article="sample", role=Role.BODY, written=written, spoken=said, spans=spans)
    script = Script(language=narrator.language, title="", articles=(), segments=(segment,), dropped=())
    cast = Cast(body=narrator, headline=narrator, quotes=narrator, transitions=narrator)
    chunks = split(script, cast, {narrator.voice: speaker.engine.capabilities}, {}, LimitSettings())
    if not chunks:
        message = "there is nothing to say in this text"
        raise ArticleEmpty(message)
    with tempfile.TemporaryDirectory() as folder:
        storage = FolderStorage(Path(folder))
        with voice_errors():
            takes = [speak(chunk, speaker, storage) for chunk in chunks]
        paths = [found for take in takes if (found := storage.path(take.sha256)) is not None]
        _write(path, (block for each in paths for block in read_flac(each)), takes[0].rate)
    return sum(take.samples / take.rate for take in takes)


def _write(path: Path, blocks: Iterator[Block], rate: int) -> None:
    if path.suffix.lower() == ".mp3":
        encode(resampled(blocks, rate, MASTER_RATE), path)
        return
    try:
        with soundfile.SoundFile(path, "x", rate, 1, "PCM_16", format="WAV") as file:
            for block in blocks:
                file.write(block)
    except soundfile.LibsndfileError as error:
        raise OSError(str(error)) from error
