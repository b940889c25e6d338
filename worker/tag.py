"""MP3 file -> the same file with ID3v2.4: what it is, that a machine speaks, chapters, artwork.

Many podcast apps read only what is inside the file, so the disclosure stands here as well. Runs once, before signing;
nothing touches the bytes after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutagen import MutagenError
from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    CTOC,
    ID3,
    TALB,
    TCON,
    TDRC,
    TIT2,
    TLAN,
    TPE1,
    TSSE,
    TXXX,
    WOAF,
    WXXX,
    CTOCFlags,
    Encoding,
    PictureType,
)

from briefing.audio import MASTER_RATE
from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from briefing.audio import Cue

#: BCP 47 primary subtag -> ISO 639-2, which ID3 wants; others become "und", undetermined.
_ISO_639_2 = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin", "fr": "fra",
    "hu": "hun", "it": "ita", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk",
    "sv": "swe", "tr": "tur", "uk": "ukr",
}  # fmt: skip

#: CHAP's mark for "no byte offsets, use the times".
_NO_OFFSET = 0xFFFFFFFF


#: A table of contents counts its chapters in one byte; what apps read from the feed has them all.
_MOST_CHAPTERS = 255


class Tags(Value):
    """What the file says about itself."""

    title: str
    artist: str
    album: str
    date: str
    """ISO 8601 day."""
    language: str
    """BCP 47."""
    disclosure: str
    voice: str
    """Name and engine of the synthetic voice."""
    engine: str = ""
    """Engine and its version."""
    model: str = ""
    """sha256 of the voice's model; empty for engines without one of their own."""
    addresses: tuple[str, ...] = ()
    """Web addresses of the articles, in ASCII: ID3 has them in Latin-1, like the links of chapters."""
    articles: tuple[str, ...] = ()
    """Each article's "source:id" and the sha256 of its text: from what the audio was made."""


def tag(path: Path, tags: Tags, cues: Sequence[Cue], artwork: bytes) -> None:
    """Write the tags into the MP3 at `path`. `artwork` is a JPEG. Raises OSError."""
    language = iso_639_2(tags.language)
    id3 = ID3()
    for frame in (
        TIT2(encoding=Encoding.UTF8, text=tags.title),
        TPE1(encoding=Encoding.UTF8, text=tags.artist),
        TALB(encoding=Encoding.UTF8, text=tags.album),
        TDRC(encoding=Encoding.UTF8, text=tags.date),
        TLAN(encoding=Encoding.UTF8, text=language),
        TCON(encoding=Encoding.UTF8, text="Podcast"),
        TSSE(encoding=Encoding.UTF8, text="Briefcast"),
        COMM(encoding=Encoding.UTF8, lang=language, desc="", text=tags.disclosure),
        TXXX(encoding=Encoding.UTF8, desc="AI_DISCLOSURE", text=tags.disclosure),
        TXXX(encoding=Encoding.UTF8, desc="SYNTHETIC_VOICE", text=tags.voice),
        *_provenance(tags),
        APIC(encoding=Encoding.UTF8, mime="image/jpeg", type=PictureType.COVER_FRONT, desc="", data=artwork),
        *(WOAF(url=address) for address in tags.addresses[:1]),
    ):
        id3.add(frame)
    _add_chapters(id3, [cue for cue in cues if cue.kind == "chapter"])
    try:
        id3.save(path, v2_version=4)
    except MutagenError as error:
        # mutagen wraps what the system said.
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def _provenance(tags: Tags) -> Iterator[TXXX]:
    """Yield what made the audio, and from which texts; what is signed says it again and can be believed."""
    for name, text in (
        ("SPEECH_ENGINE", tags.engine),
        ("SPEECH_MODEL_SHA256", tags.model),
        ("ARTICLE_TEXT_SHA256", list(tags.articles)),
    ):
        if text:
            yield TXXX(encoding=Encoding.UTF8, desc=name, text=text)


def iso_639_2(language: str) -> str:
    """Return the ISO 639-2 code of a BCP 47 tag, "und" for one we do not know."""
    return _ISO_639_2.get(language.split("-", maxsplit=1)[0].lower(), "und")


def _add_chapters(id3: ID3, chapters: list[Cue]) -> None:
    if len(chapters) < 2:  # noqa: PLR2004  one chapter is the whole file and says nothing
        return
    chapters = chapters[:_MOST_CHAPTERS]
    names = [f"chp{number}" for number in range(len(chapters))]
    # Players such as Overcast need the table of contents to navigate at all.
    id3.add(
        CTOC(element_id="toc", flags=CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED, child_element_ids=names, sub_frames=[])
    )
    for name, cue in zip(names, chapters, strict=True):
        id3.add(
            CHAP(
                element_id=name,
                start_time=_milliseconds(cue.start),
                end_time=_milliseconds(cue.end),
                start_offset=_NO_OFFSET,
                end_offset=_NO_OFFSET,
                sub_frames=[
                    TIT2(encoding=Encoding.UTF8, text=cue.title),
                    *([WXXX(encoding=Encoding.UTF8, desc="chapter url", url=cue.link)] if cue.link else []),
                ],
            )
        )


def _milliseconds(samples: int) -> int:
    return round(samples * 1000 / MASTER_RATE)
