"""Prepared + takes -> Programme: all that will be heard and said of it, and the key its master is stored under.

Plans and names; touches no sample of speech and writes nothing. What is equal has an equal key, so that it is encoded
once. Used by the `assemble` step and by `briefcast narrate`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.articles.addresses import ascii_address
from briefing.articles.moments import day_stated
from briefing.hashing import stable_hash
from worker import encode, master, sign, stitch, watermark
from worker.credentials.provenance import Provenance, provenance, text_sha256
from worker.feeds import artwork
from worker.sound import jingle
from worker.tag import Tags
from worker.transcript.cues import transcribe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from briefing.audio import Take
    from briefing.podcasts.show import JinglePart, Show
    from briefing.transcript import Transcript
    from voices.catalogue import Voice
    from worker.credentials.signer import Signer
    from worker.prepare import Prepared
    from worker.takes.speakers import Speakers
    from worker.watermark import Watermark


@dataclass(frozen=True)
class Fittings:
    """What a programme has beside its words and takes."""

    artwork: bytes
    """JPEG."""
    sounds: stitch.Sounds
    names: Mapping[str, str]
    """Of the voices, by ID."""
    signer: Signer


@dataclass(frozen=True)
class Programme:
    """A planned programme: what will be heard, and the key its master is stored under."""

    mix: stitch.Mix
    tags: Tags
    artwork: bytes
    target_lufs: float
    transcript: Transcript
    mark: Watermark | None
    provenance: Provenance
    signer: Signer
    key: str


def programme(prepared: Prepared, takes: Mapping[str, Take], show: Show, tags: Tags, fittings: Fittings) -> Programme:
    """Return the plan of a programme. `takes` holds a take for every chunk's key.

    Raises Misconfigured for its watermark, WatermarkNotInstalled.
    """
    mark = watermark.find(show.watermark)
    mix = stitch.plan(prepared.script, prepared.chunks, takes, show, fittings.sounds)
    transcript = transcribe(prepared.script, prepared.chunks, mix.placed, mix.samples, fittings.names, show.disclosure)
    said = provenance(prepared, show, mix, f"{mark.name} {mark.version}" if mark else "")
    key = stable_hash(
        "master/3",
        [
            [part.take.sha256, part.start, part.length, round(gain, 3)]
            for part, gain in zip(mix.placed, mix.gains_db, strict=True)
        ],
        [[span.kind, span.sha256, span.start, span.end] for span in mix.music],
        mix.samples,
        show.loudness_lufs,
        tags.model_dump(mode="json"),
        [cue.model_dump(mode="json") for cue in mix.cues],
        stable_hash("artwork/1", fittings.artwork.hex()),
        hashlib.sha256(transcript.model_dump_json().encode()).hexdigest(),
        stitch.VERSION,
        master.VERSION,
        encode.VERSION,
        # What is signed and by whom, not the signature, which is another each time. A page that changed where nobody
        # hears it makes no other MP3; the one there is says truly which state of the page it was made from.
        said.model_dump(mode="json", exclude={"articles": {"__all__": {"content_sha256"}}}),
        fittings.signer.identity,
        sign.VERSION,
    )
    return Programme(mix, tags, fittings.artwork, show.loudness_lufs, transcript, mark, said, fittings.signer, key)


def fittings_for(
    show: Show,
    prepared: Prepared,
    speakers: Speakers,
    uploaded: Mapping[tuple[str, JinglePart], Path],
    signer: Signer,
) -> Fittings:
    """Return a show's fittings. `uploaded` has the editors' own jingles. Raises Misconfigured."""
    return Fittings(
        artwork.draw_inside(show),
        sounds_for(show, uploaded, speakers.catalogue),
        speakers.names(prepared.chunks),
        signer,
    )


def sounds_for(
    show: Show, uploaded: Mapping[tuple[str, JinglePart], Path], catalogue: Iterable[Voice]
) -> stitch.Sounds:
    """Return the jingles and voice levels of a show's programmes. Raises Misconfigured."""
    voices = {voice.id: voice.loudness_lufs for voice in catalogue if voice.loudness_lufs is not None}
    return stitch.Sounds(jingle.for_show(show, uploaded), voices)


def tags_for(prepared: Prepared, show: Show, voice: str, undated: date) -> Tags:
    """Return a programme's tags. Its date is the newest article's, or `undated` where none has one: not today's, or
    the same audio would get another address every day.
    """
    articles = prepared.script.articles
    published = [day_stated(article.published_at, show.clock) for article in articles if article.published_at]
    bylines = {article.byline for article in articles if article.byline}
    narrators = prepared.narrators
    return Tags(
        title=prepared.script.title,
        artist=bylines.pop() if len(bylines) == 1 else show.author or show.title,
        album=show.title,
        date=max(published, default=undated).isoformat(),
        language=prepared.script.language,
        disclosure=show.disclosure,
        voice=voice,
        engine=_listed(f"{narrator.engine} {narrator.engine_version}".strip() for narrator in narrators),
        model=_listed(narrator.model_digest for narrator in narrators),
        addresses=tuple(filter(None, (ascii_address(article.address) for article in articles))),
        articles=tuple(f"{article.ref} {text_sha256(prepared.script, article.ref)}" for article in articles),
    )


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))
