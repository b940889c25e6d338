"""`briefcast narrate`: articles to an MP3 in this process, no server needed."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from briefing.articles.addresses import is_address
from briefing.errors import BadInput
from briefing.observing.logs import configure
from briefing.podcasts.show import Show
from briefing.settings import LimitSettings, SigningSettings, SpeechSettings, WorkSettings
from briefing.speech import VOICE_FALLBACK
from briefing.storage import reporting, sync_file, write_atomically
from cli.articles import cleanings_of, read_source
from cli.lexicons import unknown_line
from cli.place import open_place
from cli.progress import progress_bar
from worker.credentials.signer import open_signer
from worker.narrate import Narrating, Stopwatch
from worker.report import report as make_report
from worker.takes.speakers import Speakers
from worker.transcript import FORMATS, render
from worker.transcript.page import Around


def _writable(_: click.Context, option: click.Parameter, value: str | None) -> Path | None:
    """Find out before an hour of speech, not after it, that the result has nowhere to go."""
    if value is None:
        return None
    path = Path(value)
    if path.exists() and not path.is_file():
        message = f"{value!r} is there and is no file"
        raise click.BadParameter(message, param=option)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        message = f"cannot write {value!r}: its folder does not exist or cannot be written to"
        raise click.BadParameter(message, param=option)
    return path


def _mp3(context: click.Context, option: click.Parameter, value: str) -> Path | None:
    """Refuse a name that promises another kind of sound; one without an ending promises nothing."""
    if Path(value).suffix.lower() not in {"", ".mp3"}:
        message = f"{value!r} is to be an MP3, and is not called one"
        hint = (
            f"MP3 is what can be made: -o {os.fsencode(Path(value).with_suffix('.mp3').name).decode(errors='replace')}"
        )
        raise BadInput(message, code="format_refused", hint=hint)
    return _writable(context, option, value)


def _formats(_: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Read "vtt,srt"."""
    names = tuple(dict.fromkeys(name.strip() for name in (value or "").split(",") if name.strip()))
    if unknown := [name for name in names if name not in FORMATS]:
        message = f"there is no format {unknown[0]!r}; there are {', '.join(FORMATS)}"
        raise click.BadParameter(message, param=option)
    return names


def _keep_apart(sources: tuple[str, ...], paths: list[Path]) -> None:
    """Refuse to write over an article, or one result over another."""
    written = [path.resolve() for path in paths]
    read = {Path(source).resolve() for source in sources if not is_address(source)}
    if read.intersection(written) or len(set(written)) < len(written):
        message = "the MP3, its transcripts, the report and the articles need names of their own"
        raise click.UsageError(message)


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("-o", "--output", required=True, callback=_mp3, metavar="FILE", help="The MP3 to write.")
@click.option("--voice", help="A voice of `briefcast voices`; it speaks everything.")
@click.option("--fallback/--no-fallback", default=None, help="Whether another voice may speak where this one cannot.")
@click.option("--show", "slug", help="Narrate as this show does: its voices, jingles and wording.")
@click.option(
    "--transcript",
    "formats",
    callback=_formats,
    metavar="FORMATS",
    help=f"Write transcripts beside the MP3, by commas: {', '.join(FORMATS)}.",
)
@click.option("--report", callback=_writable, metavar="FILE", help="Write a report as JSON.")
def narrate(  # noqa: PLR0913  the options of one command
    sources: tuple[str, ...],
    output: Path,
    voice: str | None,
    slug: str | None,
    formats: tuple[str, ...],
    report: Path | None,
    *,
    fallback: bool | None,
) -> None:
    """Narrate SOURCE (files, http(s) addresses, source:id) into one MP3, a chapter each."""
    configure()
    transcripts = {name: output.with_suffix(f".{name}") for name in formats}
    _keep_apart(sources, [output, *transcripts.values(), *filter(None, [report])])
    place = open_place()
    signer = open_signer(SigningSettings(), place.settings.data, datetime.now(UTC))
    timed = Stopwatch()
    with timed("fetch"):
        articles = [read_source(source, place) for source in sources]
    show = place.show(slug) if slug else Show(slug="briefcast", title="Briefcast")
    if fallback is not None:
        show = show.model_copy(update={"fallback": fallback})
    narrating = Narrating(
        place.database,
        place.storage,
        Speakers(SpeechSettings()),
        LimitSettings(),
        signer,
        WorkSettings().workers,
        place.lexicon(slug),
    )
    with progress_bar("Narrating") as progress:
        casting = show.casting(SpeechSettings().voice, sole=voice)
        narration = narrating.narrate(articles, show, casting, progress, timed, cleanings_of(sources, place))
    stored = place.storage.path(narration.master.sha256)
    assert stored is not None
    said = make_report(narration) | {"mp3": os.fsencode(output).decode(errors="replace")}
    around = Around(show.title, output.name, narration.master.chapters)
    files = {transcripts[name]: text for name, text in render(narration.transcript, around, formats).items()}
    if report is not None:
        files[report] = json.dumps(said, indent=2, ensure_ascii=False).encode()
    _deliver(stored, output, files)
    _summarise(said)


def _deliver(stored: Path, output: Path, files: dict[Path, bytes]) -> None:
    """Copy the stored MP3 to where it is wanted and write the other files; its name appears when all are complete."""
    temporary = output.with_name(f".{output.name}.{secrets.token_hex(4)}")
    try:
        with reporting(output):
            shutil.copyfile(stored, temporary)
            sync_file(temporary)
            for path, content in files.items():
                write_atomically(path, content)
            temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)


def _summarise(said: dict[str, Any]) -> None:
    minutes, seconds = divmod(round(said["duration_s"]), 60)
    takes = said["takes"]
    loudness = said["loudness_lufs"]
    level = f", {loudness:.1f} LUFS, peak {said['true_peak_dbtp']:.1f} dBTP" if loudness is not None else ""
    click.echo(
        f"{said['mp3']}: {minutes}:{seconds:02} min, {said['words']} words{level}; "
        f"{takes['spoken']} takes spoken, {takes['reused']} reused"
    )
    for warning in said["warnings"]:
        if warning["code"] == VOICE_FALLBACK:
            click.echo(warning["message"], err=True)
    if line := unknown_line(said["unknown_words"]):
        click.echo(line, err=True)
