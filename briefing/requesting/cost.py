"""What making audio costs, as a value that adds up. Measured: articles, characters, chunks, takes that exist. Guessed
from measured rates: seconds of audio, CPU, bytes. Money is characters times the voice's price.
"""

from __future__ import annotations

from briefing.values import Value

#: Bytes of MP3 a second at 96 kbit/s.
MP3_BYTES = 12_000

#: Bytes of a take a second: FLAC of Piper's speech at 22,050 Hz (docs/decisions.md).
TAKE_BYTES = 20_300

#: CPU seconds to stitch, master, encode and sign a second of audio (docs/decisions.md: 94 to 104 times real time).
ASSEMBLY_CPU = 0.011

#: CPU seconds to fetch, clean and write the script of an article, mostly its parser's process.
PREPARE_CPU = 0.4


class Cost(Value):
    """What a number of articles cost."""

    articles: int = 0
    """Measured so far; those that could not be read are not among them."""
    characters: int = 0
    """Of all that is said."""
    characters_to_speak: int = 0
    """Of what there is no take of."""
    chunks: int = 0
    takes_existing: int = 0
    audio_s: float = 0.0
    """Of speech, guessed by the voices' pace."""
    audio_to_speak_s: float = 0.0
    cpu_s: float = 0.0
    """Guessed: preparing, speaking on this machine, assembling."""
    cpu_unmeasured: bool = False
    """Whether a local voice's CPU was never measured, so that `cpu_s` lacks its speaking."""
    money: float = 0.0
    storage_bytes: int = 0
    """Guessed: MP3s and new takes."""

    def plus(self, other: Cost) -> Cost:
        """Return both together."""
        mine, theirs = self.model_dump(), other.model_dump()
        summed = {name: value + theirs[name] for name, value in mine.items() if name != "cpu_unmeasured"}
        return Cost(**summed, cpu_unmeasured=self.cpu_unmeasured or other.cpu_unmeasured)
