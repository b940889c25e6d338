"""Prepared + Mix -> what the content credentials say: who made it, by which voices, from which text, what is where.

Pure; signs nothing and reads no sound. The words are C2PA's and IPTC's where they have one, ours (`org.briefcast.…`)
where they have none.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from briefing.audio import MASTER_RATE
from briefing.script import OUR_WORDS
from briefing.speech import Narrator
from briefing.values import Value
from worker.credentials.source_type import SourceType, source_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from briefing.podcasts.show import Show
    from briefing.script import Script
    from worker.prepare import Prepared
    from worker.stitch import Mix

#: IPTC's vocabulary of how a work came about.
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


#: Takes of one voice that stand closer than this are one span: a pause is part of the speech.
_ONE_SPAN_S = 3.5

#: Labels of our own assertions.
NARRATION = "org.briefcast.narration"
TIMELINE = "org.briefcast.timeline"


class Timespan(Value):
    """A stretch of the master and where its sound comes from."""

    kind: Literal["synthetic", "music"]
    start: int
    """Sample of the master."""
    end: int
    voice: str = ""
    """Catalogue ID of who speaks; empty for music."""


class Origin(Value):
    """An article that is read."""

    id: str
    address: str | None
    title: str
    content_sha256: str
    """Hash of the article as fetched (`Article.content_hash`)."""
    text_sha256: str
    """sha256 of the words read of it as written, in UTF-8, a segment a line, without what is ours (disclosure,
    a digest's greeting and transitions)."""


class Provenance(Value):
    """All that the credentials say of a programme."""

    title: str
    show: str
    language: str
    disclosure: str
    source_type: SourceType
    voices: tuple[Narrator, ...]
    articles: tuple[Origin, ...]
    samples: int
    spans: tuple[Timespan, ...]
    watermark: str = ""
    """Name and version of the watermark in the samples; empty for none."""


def provenance(prepared: Prepared, show: Show, mix: Mix, watermark: str = "") -> Provenance:
    """Return what is to be said of a planned programme."""
    spans = tuple(sorted((*_music(mix), *_speech(prepared, mix)), key=lambda span: (span.start, span.end)))
    voices = prepared.narrators
    return Provenance(
        title=prepared.script.title,
        show=show.title,
        language=prepared.script.language,
        disclosure=show.disclosure,
        source_type=source_type(
            (voice.engine for voice in voices), has_more=any(span.kind != "synthetic" for span in spans)
        ),
        voices=voices,
        articles=tuple(_origins(prepared.script)),
        samples=mix.samples,
        spans=spans,
        watermark=watermark,
    )


def text_sha256(script: Script, article: str) -> str:
    """Return the hash of what is read of one article, as `Origin.text_sha256` counts it."""
    written = [
        segment.written for segment in script.heard if segment.article == article and segment.role not in OUR_WORDS
    ]
    return hashlib.sha256("\n".join(written).encode()).hexdigest()


def _origins(script: Script) -> Iterator[Origin]:
    for article in script.articles:
        yield Origin(
            id=article.ref,
            address=article.address,
            title=article.title,
            content_sha256=article.content_hash,
            text_sha256=text_sha256(script, article.ref),
        )


def _music(mix: Mix) -> Iterator[Timespan]:
    for span in mix.music:
        yield Timespan(kind="music", start=span.start, end=min(span.end, mix.samples))


def _is_pause(start: int, end: int, mix: Mix) -> bool:
    """Tell whether nothing but a pause lies between two takes: it is short, and no music begins in it."""
    return end - start <= _ONE_SPAN_S * MASTER_RATE and not any(start <= music.start < end for music in mix.music)


def _speech(prepared: Prepared, mix: Mix) -> Iterator[Timespan]:
    """Yield the takes, those of one voice that follow each other as one span."""
    span: Timespan | None = None
    for chunk, part in zip(prepared.chunks, mix.placed, strict=True):
        voice = chunk.voice or prepared.cast.body.voice
        end = part.start + part.length
        if span is not None and span.voice == voice and _is_pause(span.end, part.start, mix):
            span = span.model_copy(update={"end": end})
            continue
        if span is not None:
            yield span
        span = Timespan(kind="synthetic", start=part.start, end=end, voice=voice)
    if span is not None:
        yield span


def manifest(said: Provenance) -> dict[str, Any]:
    """Return the C2PA manifest definition, as c2pa's builder reads it."""
    agent = {"name": "Briefcast", "version": version("briefcast")}
    return {
        "claim_generator_info": [agent],
        "title": said.title,
        "format": "audio/mpeg",
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": f"{_SOURCE_TYPES}{said.source_type}",
                            "softwareAgent": agent,
                            "description": said.disclosure,
                            "changes": [_region(span, said) for span in _regions(said.spans)],
                        }
                    ]
                },
            },
            {"label": NARRATION, "data": _narration(said)},
            {
                "label": TIMELINE,
                "data": {
                    "rate": MASTER_RATE,
                    "samples": said.samples,
                    "spans": [span.model_dump(mode="json", exclude_defaults=True) for span in said.spans],
                },
            },
        ],
    }


def _narration(said: Provenance) -> dict[str, Any]:
    return {
        "show": said.show,
        "language": said.language,
        "disclosure": said.disclosure,
        "voices": [voice.model_dump(mode="json") for voice in said.voices],
        "articles": [article.model_dump(mode="json", exclude_none=True) for article in said.articles],
        **({"watermark": said.watermark} if said.watermark else {}),
    }


def _regions(spans: Iterable[Timespan]) -> list[Timespan]:
    """Return the spans for C2PA's regions of interest, which know no voices: neighbours of one kind are one."""
    merged: list[Timespan] = []
    for span in spans:
        if merged and merged[-1].kind == span.kind and span.start - merged[-1].end <= _ONE_SPAN_S * MASTER_RATE:
            merged[-1] = merged[-1].model_copy(update={"end": max(span.end, merged[-1].end)})
        else:
            merged.append(span)
    return merged


def _region(span: Timespan, said: Provenance) -> dict[str, Any]:
    return {
        "description": "synthetic speech" if span.kind == "synthetic" else span.kind,
        "region": [
            {
                "type": "temporal",
                "time": {"type": "npt", "start": _seconds(span.start), "end": _seconds(min(span.end, said.samples))},
            }
        ],
    }


def _seconds(samples: int) -> str:
    """Return normal play time (RFC 2326) in seconds."""
    return f"{samples / MASTER_RATE:.3f}"
