"""`briefcast inspect`: what a file's content credentials say, and whether they hold.

Exit codes of its own: 0 valid, 5 tampered with, 6 without credentials, 7 credentials that do not hold for another
reason, 8 valid but made from another text than `--article`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from briefing.articles.addresses import is_address
from briefing.audio import MASTER_RATE
from briefing.errors import WatermarkNotInstalled
from briefing.podcasts.show import Show
from briefing.settings import DataSettings, FetchSettings, SigningSettings
from cli.articles import cleanings_of, read_source
from cli.place import open_place
from worker import watermark
from worker.asking.web import AUDIO, Fetcher
from worker.credentials.inspection import Inspection
from worker.credentials.inspection import inspect as inspect_file
from worker.credentials.provenance import text_sha256
from worker.credentials.signer import own_roots
from worker.prepare import write_script
from worker.sound.files import UnreadableSound, decoded
from worker.sound.loudness import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.sound import Block

EXIT_CODES = {"valid": 0, "tampered": 5, "unsigned": 6, "broken": 7}
EXIT_OTHER_TEXT = 8

#: Megabytes and seconds for a fetched file: nine hours at 96 kbit/s.
_MOST_MB = 400.0
_FETCH_S = 300.0

#: Lines of the timeline and of articles that a person is shown; `--json` has all.
_MOST_LINES = 12

_VERDICTS = {
    "valid": "VALID: unchanged since it was signed.",
    "tampered": "TAMPERED: this is not what was signed; sound or tags were changed afterwards.",
    "unsigned": "UNSIGNED: there are no content credentials in this file.",
    "broken": "BROKEN: there are content credentials, and they do not hold.",
}

_TRUSTS = {
    "own": "signed by this newsroom's development key",
    "listed": "the signer is below a root that BRIEFCAST_TRUST_ANCHORS names",
    "unknown": "the signature is intact, but the signer is not on a trust list",
}


@click.command()
@click.argument("source", metavar="FILE|URL")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--article", help="Compare with this article: a file, an address or source:id.")
@click.option("--measure", is_flag=True, help="Decode it too: loudness, true peak, watermark.")
@click.option("--allow-private", is_flag=True, help="Fetch from private networks and any port too.")
def inspect(source: str, *, as_json: bool, article: str | None, measure: bool, allow_private: bool) -> None:
    """Say who signed FILE or URL, what it is, from which text it was made, and whether it is unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        path = _fetched(source, Path(folder), allow_private=allow_private) if is_address(source) else Path(source)
        if not path.is_file():
            message = f"there is no file {source!r}"
            raise click.BadParameter(message)
        found = inspect_file(path, *own_roots(SigningSettings(), DataSettings().data))
        said: dict[str, Any] = found.model_dump(mode="json")
        if measure:
            said["sound"] = _measured(path)
    if article is not None:
        said["article"] = _compared(found, article)
    if as_json:
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        for line in _lines(found, said):
            click.echo(_printable(line))
    other_text = found.state == "valid" and article is not None and not said["article"]["same"]
    sys.exit(EXIT_OTHER_TEXT if other_text else EXIT_CODES[found.state])


def _fetched(address: str, folder: Path, *, allow_private: bool) -> Path:
    bounds = FetchSettings(seconds=_FETCH_S, wire_mb=_MOST_MB, decoded_mb=_MOST_MB)
    exempt = bounds.private_hosts
    if allow_private:
        parts = urlsplit(address)
        exempt |= {f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"}
    page = Fetcher(bounds, exempt, media_types=AUDIO).fetch(address)
    path = folder / "fetched.mp3"
    path.write_bytes(page.content)
    return path


def _measured(path: Path) -> dict[str, Any]:
    """Return loudness, true peak, length and watermark of the decoded sound."""
    meter = Meter(MASTER_RATE, true_peak=True)
    samples = 0

    def heard() -> Iterator[Block]:
        nonlocal samples
        for block in decoded(path, MASTER_RATE):
            samples += len(block)
            meter.push(block)
            yield block

    said: dict[str, Any] = {}
    try:
        mark = watermark.find("perth")
    except WatermarkNotInstalled as error:
        mark, said["watermark"] = None, error.message
    try:
        if mark is not None:
            said["watermark"] = {"name": mark.name, "confidence": round(mark.detect(heard()), 3)}
        else:
            for _ in heard():
                pass
    except UnreadableSound as error:
        return {"error": f"the sound cannot be decoded: {error}"}
    level = meter.result()
    return said | {
        "duration_s": round(samples / MASTER_RATE, 3),
        "loudness_lufs": level.integrated_lufs,
        "true_peak_dbtp": level.true_peak_dbtp,
    }


def _compared(found: Inspection, source: str) -> dict[str, Any]:
    """Tell whether the file was made from an article as it is now: by the state fetched, or by the words read."""
    place = open_place()
    article = read_source(source, place)
    script = write_script([article], Show(slug="x", title="x"), cleanings_of((source,), place))
    text = text_sha256(script, str(article.ref))
    named = [entry for entry in found.narration.get("articles", []) if isinstance(entry, dict)]
    fetched = any(entry.get("content_sha256") == article.content_hash for entry in named)
    read = any(entry.get("text_sha256") == text for entry in named)
    return {"source": source, "same": fetched or read, "text_sha256": text, "content_sha256": article.content_hash}


def _lines(found: Inspection, said: dict[str, Any]) -> Iterator[str]:
    yield _VERDICTS[found.state]
    if found.reasons:
        yield f"  Reasons      {', '.join(found.reasons)}"
    if found.signer:
        yield f"  Signer       {found.signer} (serial {found.serial})"
        if found.state == "valid":
            yield f"  Trust        {_TRUSTS[found.trust]}"
        yield f"  Time stamp   {found.signed_at or 'none'}"
    if found.state == "unsigned" and found.tags.disclosure:
        yield "  Its tags still claim what follows; nothing proves it, and credentials may have been stripped."
    if found.source_type:
        yield f"  What         {found.title} ({found.source_type}, by {found.generator})"
    yield from _narration_lines(found)
    yield from _timeline_lines(found)
    yield from _tag_lines(found)
    if sound := said.get("sound"):
        yield f"  Sound        {json.dumps(sound, ensure_ascii=False)}"
    if "article" in said:
        verdict = "the text this was made from" if said["article"]["same"] else "NOT the text this was made from"
        yield f"  Compared     {said['article']['source']}: {verdict}"


def _narration_lines(found: Inspection) -> Iterator[str]:
    narration = found.narration
    if not narration:
        return
    yield f"  Show         {narration.get('show', '')} [{narration.get('language', '')}]"
    yield f"  Disclosure   {narration.get('disclosure', '')}"
    for voice in _tables(narration.get("voices")):
        digest = f", model {str(voice['model_digest'])[:16]}…" if voice.get("model_digest") else ""
        yield f"  Voice        {voice.get('voice')} ({voice.get('engine')} {voice.get('engine_version')}{digest})"
    for article in _tables(narration.get("articles"))[:_MOST_LINES]:
        yield f"  Article      {article.get('title', '')} ({article.get('address') or article.get('id')})"
        yield f"               text sha256 {article.get('text_sha256')}"
    if narration.get("watermark"):
        yield f"  Watermark    {narration['watermark']}"


def _timeline_lines(found: Inspection) -> Iterator[str]:
    rate = found.timeline.get("rate")
    if not isinstance(rate, int) or rate <= 0:
        return
    spans = _tables(found.timeline.get("spans"))
    for span in spans[:_MOST_LINES]:
        start, end = (span[name] / rate if isinstance(span.get(name), int) else 0.0 for name in ("start", "end"))
        voice = f" ({span['voice']})" if span.get("voice") else ""
        yield f"  {start:8.2f} s – {end:.2f} s  {span.get('kind')}{voice}"
    if len(spans) > _MOST_LINES:
        yield f"  … and {len(spans) - _MOST_LINES} more spans"


def _tag_lines(found: Inspection) -> Iterator[str]:
    tags = found.tags
    named = ", ".join(part for part in (tags.title, tags.artist, tags.album) if part)
    length = f"{tags.duration_s:.1f} s" if tags.duration_s is not None else "no MP3"
    yield f"  Tags         {named or 'none'}; {length}; {tags.chapters} chapters"
    yield f"               disclosure: {tags.disclosure or 'none'}; voice: {tags.voice or 'none'}"


def _tables(value: object) -> list[dict[str, Any]]:
    """Return the tables of a list that anybody may have written."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _printable(line: str) -> str:
    """Return a line without what would steer a terminal: a stranger's file is shown."""
    return "".join(character if character.isprintable() else "�" for character in line)
