"""Narration -> the report that people and programs read. Pure; times in seconds, levels in LUFS and dBTP."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from briefing.audio import MASTER_RATE

if TYPE_CHECKING:
    from worker.narrate import Narration


def report(narration: Narration) -> dict[str, Any]:
    """Return what came of a narration: its measures, each segment with its place and its takes, times by stage."""
    script, master, cast = narration.prepared.script, narration.master, narration.prepared.cast
    keys = {chunk.key for chunk in narration.prepared.chunks}
    return {
        "title": script.title,
        "language": script.language,
        "voice": cast.body.voice,
        "engine": f"{cast.body.engine} {cast.body.engine_version}",
        "cast": {part: narrator["voice"] for part, narrator in cast.model_dump().items()},
        "words": script.words,
        "duration_s": round(master.seconds, 3),
        "samples": master.samples,
        "rate": MASTER_RATE,
        "loudness_lufs": master.loudness_lufs,
        "true_peak_dbtp": master.true_peak_dbtp,
        "bytes": master.bytes,
        "sha256": master.sha256,
        "encoded": not narration.master_reused,
        "takes": {"spoken": len(keys - narration.reused), "reused": len(keys & narration.reused)},
        "word_times": _word_times(narration),
        "chapters": _chapters(narration),
        "segments": _segments(narration),
        "unknown_words": [unknown.model_dump(mode="json") for unknown in script.unknown_words],
        "dropped": [entry.model_dump() for entry in script.dropped],
        "warnings": [
            *(entry.model_dump() for entry in script.warnings),
            *(fallback.warning.model_dump() for fallback in narration.fallbacks),
        ],
        "timings": {
            stage: {kind: round(seconds, 3) for kind, seconds in spent.items()}
            for stage, spent in narration.stages.items()
        },
    }


def _word_times(narration: Narration) -> dict[str, int]:
    """Return the number of written words by how their times came about."""
    return dict(Counter(word.timing for passage in narration.transcript.passages for word in passage.words))


def _chapters(narration: Narration) -> list[dict[str, Any]]:
    return [
        {"title": cue.title, "article": cue.ref, **_seconds(cue.start, cue.end)}
        for cue in narration.master.cues
        if cue.kind == "chapter"
    ]


def _segments(narration: Narration) -> list[dict[str, Any]]:
    cues = {cue.ref: cue for cue in narration.master.cues if cue.kind == "segment"}
    chunks: dict[str, list[dict[str, Any]]] = {}
    for chunk in narration.prepared.chunks:
        chunks.setdefault(chunk.segment, []).append({"key": chunk.key, "reused": chunk.key in narration.reused})
    return [
        {
            "id": segment.id,
            "role": segment.role.value,
            "written": segment.written,
            "spoken": segment.spoken,
            **_seconds(cues[segment.id].start, cues[segment.id].end),
            "timing": cues[segment.id].timing,
            "reused": all(chunk["reused"] for chunk in chunks[segment.id]),
            "chunks": chunks[segment.id],
        }
        for segment in narration.prepared.script.segments
        if segment.id in cues
    ]


def _seconds(start: int, end: int) -> dict[str, float]:
    return {"start_s": round(start / MASTER_RATE, 3), "end_s": round(end / MASTER_RATE, 3)}
