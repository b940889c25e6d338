"""What another host says of an episode's chapters -> chapters like ours: those that stand in its feed (Podlove), or
else the JSON that the feed names (podcast namespace), or where it says nothing of any, those in the MP3's tag (ID3).
What the feed names and cannot be had or read is told; the audio moves all the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from briefing.articles.addresses import web_address
from briefing.audio import MASTER_RATE, Cue
from briefing.errors import BriefcastError
from briefing.hashing import stable_hash
from briefing.values import IMPORTED
from worker.moving.kept_episode import article_of
from worker.transcript.chapters import LEAST
from worker.words.text import clean_characters, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from briefing.audio import Master
    from worker.asking.web import Fetcher
    from worker.moving.old_episode import OldEpisode

_CHAPTERS = ("application/json+chapters", "application/json", "text/plain", "application/octet-stream")

#: Chapters of one episode, and letters of one's title: each feed that lists it has them all.
_MOST, _MOST_LETTERS = 500, 200


def with_chapters(
    master: Master,
    episode: OldEpisode,
    inside: Iterable[tuple[float, str, str]],
    identity: str,
    fetcher: Callable[..., Fetcher],
) -> tuple[Master, str]:
    """Return the master with the episode's chapters, and why it has none although its feed has some; `inside` is what
    its MP3 says of them (second, title, link), `identity` its briefing's, `fetcher` makes one for media types.
    """
    told: Iterable[tuple[float, str, str]] = episode.chapters
    if not episode.chapters and episode.chapters_address:
        try:
            told = _of_json(fetcher(*_CHAPTERS).fetch(episode.chapters_address).content)
        except BriefcastError as error:
            return master, error.message
    elif not episode.chapters:
        told = inside
    cues = tuple(_cues(told, master.samples, f"{IMPORTED}:{article_of(identity)}"))
    if len(cues) < LEAST and not (episode.chapters or episode.chapters_address):
        return master, ""
    if len(cues) < LEAST:
        return master, "there are not two chapters with a moment and a title in them"
    # Another episode may have the same MP3, and other chapters.
    key = stable_hash("imported-master/3", master.key, [cue.model_dump(mode="json") for cue in cues])
    return master.model_copy(update={"cues": cues, "key": key}), ""


def _of_json(content: bytes) -> Iterator[tuple[float, str, str]]:
    """Yield what JSON chapters 1.2 say; what is not in the table of contents is no chapter but a picture."""
    try:
        chapters: Any = json.loads(content)["chapters"]
        for chapter in chapters:
            if chapter.get("toc", True):
                yield float(chapter["startTime"]), str(chapter.get("title") or ""), str(chapter.get("url") or "")
    except (ArithmeticError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return


def _cues(told: Iterable[tuple[float, str, str]], samples: int, article: str) -> Iterator[Cue]:
    """Yield chapters one after the other, within the audio, each until the next begins."""
    within: dict[int, tuple[str, str]] = {}
    for start, title, link in sorted(one for one in told if 0 <= one[0] < (samples - 1) / MASTER_RATE):
        if shown := one_line(clean_characters(title))[:_MOST_LETTERS]:
            within.setdefault(round(start * MASTER_RATE), (shown, web_address(clean_characters(link)) or ""))
    starts = list(within)[:_MOST]
    for start, end in zip(starts, (*starts[1:], samples), strict=False):  # where there is none, the end is over
        title, link = within[start]
        yield Cue(kind="chapter", start=start, end=end, ref=article, title=title, link=link)
