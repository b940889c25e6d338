"""`briefcast voices`: the catalogue; a line spoken by one of them; engines' models installed."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path

import click

from briefing.settings import SpeechSettings
from voices.catalogue import load_catalogue
from worker.takes.speakers import Speakers, voice_errors

_SAID = "Good morning. Here is what happened on November 20, 2022."

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def voices(context: click.Context, *, as_json: bool) -> None:
    """List the voices with language, engine and licence; hear one (sample), get more (install)."""
    if context.invoked_subcommand is not None:
        return
    extra = SpeechSettings().voices
    with voice_errors():
        catalogue = load_catalogue(Path(extra) if extra else None)
    rows = [
        {name: getattr(voice, name) for name in ("id", "name", "language", "engine", "licence", "attribution")}
        for voice in catalogue
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    shown = ("id", "language", "engine", "licence", "attribution")
    widths = [max(len(name), *(len(row[name]) for row in rows)) for name in shown]
    for row in [dict(zip(shown, shown, strict=True)), *rows]:
        click.echo("  ".join(row[name].ljust(width) for name, width in zip(shown, widths, strict=True)).rstrip())


def _sound_file(_: click.Context, option: click.Parameter, value: str | None) -> Path | None:
    """Find out before speaking, not after it, that the file cannot be."""
    if value is None:
        return None
    path = Path(value)
    if path.suffix.lower() not in {".wav", ".mp3"}:
        message = f"{value!r} ends neither in .wav nor in .mp3"
        raise click.BadParameter(message, param=option)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK) or path.is_dir():
        message = f"cannot write {value!r}"
        raise click.BadParameter(message, param=option)
    return path


@voices.command()
@click.argument("voice_id", metavar="ID")
@click.option("--text", default=_SAID, show_default=True, help="What to say.")
@click.option("-o", "--output", callback=_sound_file, metavar="FILE", help="WAV or MP3 to write; by default ID.wav.")
@click.option("--show", "slug", help="With this show's pronunciations too.")
def sample(voice_id: str, text: str, output: Path | None, slug: str | None) -> None:
    """Speak a line by the voice ID into a sound file, as an article would be spoken."""
    from cli.lexicons import lexicon_here  # noqa: PLC0415  a listing needs neither database nor codec
    from worker.takes import sample as samples  # noqa: PLC0415
    from worker.words.text import clean_characters  # noqa: PLC0415

    written = clean_characters(text)
    if len(written) > samples.MOST_CHARACTERS:
        message = f"a sample has {samples.MOST_CHARACTERS} characters at most"
        raise click.BadParameter(message, param_hint="--text")
    speakers = Speakers(SpeechSettings())
    speaker = speakers.get(voice_id)
    path = output or Path(f"{speaker.voice.id}.wav")
    temporary = path.with_name(f".{secrets.token_hex(4)}{path.suffix}")
    try:
        seconds = samples.sample(written, speaker, speakers.narrator(voice_id), lexicon_here(slug), temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    click.echo(f"{path}: {seconds:.1f} s by {speaker.voice.name} ({speaker.voice.engine})")


@voices.group()
def install() -> None:
    """Install an engine's model and voices."""


def _checksums(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    for value in values:
        if not _SHA256.fullmatch(value):
            message = f"{value!r} is no sha256 in hex"
            raise click.BadParameter(message, param=option)
    return frozenset(value.lower() for value in values)


@install.command()
@click.option("--model", default="", metavar="ADDRESS", help="ONNX model, v1.0; by default from installable packages.")
@click.option("--voices", "styles", default="", metavar="ADDRESS", help="Style vectors (npz, or kokoro-js's archive).")
@click.option("--sha256", "accepted", multiple=True, callback=_checksums, help="Of a file at an address; repeat.")
@click.option("--precision", type=click.Choice(["fp32", "int8"]), default="fp32", show_default=True,
              help="int8 takes a third of the disk and two thirds of the memory, and more time.")  # fmt: skip
def kokoro(model: str, styles: str, accepted: frozenset[str], precision: str) -> None:
    """Install Kokoro-82M: about 340 MB on disk, fetched as 90 MB.

    ADDRESS is an http(s) address or a path. A file's sha256 must be the one pinned here or one of --sha256.
    """
    from voices.kokoro.install import Wish  # noqa: PLC0415  numpy, for nothing but this
    from voices.kokoro.install import install as install_kokoro  # noqa: PLC0415

    wish = Wish(precision=precision, model=model, voices=styles, accepted=accepted)
    with voice_errors():
        install_kokoro(SpeechSettings().kokoro_home, wish, click.echo)
    click.echo("Listen: briefcast voices sample heart")
