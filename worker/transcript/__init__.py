"""Transcript -> the files that podcast apps, players and readers fetch: one format per file, all pure.

    webvtt     captions for podcast apps and browsers
    subrip     captions for apps that know no WebVTT
    words      JSON, a segment a word, for players that highlight what is said
    page       HTML, to be read

`captions` cuts the text for the first two. Times come from the transcript alone. The last caption and the last word of
the JSON end with the programme, so that whoever takes a transcript's end for its length finds that of the audio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.transcript import page, subrip, webvtt, words

if TYPE_CHECKING:
    from collections.abc import Collection

    from briefing.transcript import Transcript
    from worker.transcript.page import Around

#: Formats by the ending of their files.
FORMATS = ("vtt", "srt", "json", "html")


def render(transcript: Transcript, around: Around, formats: Collection[str] = FORMATS) -> dict[str, bytes]:
    """Return the transcript's files by their endings, in UTF-8. `around` is what the page shows beside the text."""
    rendered = {}
    for name in formats:
        if name == "vtt":
            text = webvtt.render(transcript)
        elif name == "srt":
            text = subrip.render(transcript)
        elif name == "json":
            text = words.render(transcript)
        else:
            text = page.render(transcript, around)
        rendered[name] = text.encode()
    return rendered
