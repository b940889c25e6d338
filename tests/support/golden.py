"""Golden scripts: a script as a text that people can read and check, beside each sample article.

`python -m tests.support.golden` writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from briefing.podcasts.newsroom import load_newsroom
from briefing.values import ArticleRef
from worker.prepare import write_script
from worker.sources.files import ENDINGS, read_article

if TYPE_CHECKING:
    from briefing.script import Script

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "samples"
ARTICLES = sorted(path for path in (SAMPLES / "articles").iterdir() if path.suffix in ENDINGS)


def script_of(path: Path) -> Script:
    """Return the script of a sample article in the sample newsroom's first show."""
    show = load_newsroom(SAMPLES / "briefcast.toml").shows[0]
    return write_script([read_article(path, ArticleRef(source="samples", id=path.stem))], show)


def rendered(script: Script) -> str:
    """Return a script as text: each segment as written, below it as spoken where that differs, then what is dropped."""
    head = script.articles[0]
    lines = [f"title: {script.title}", f"byline: {head.byline}", f"published: {head.published_at}", ""]
    for segment in script.segments:
        lines.append(f"{segment.role.value:10} | {segment.written}")
        if segment.spoken != segment.written:
            lines.append(f"{'':10} > {segment.spoken}")
    lines += ["", "not read:"]
    lines += [f"{entry.rule:20} | {entry.text}" for entry in script.dropped]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for article in ARTICLES:
        article.with_suffix(".script").write_text(rendered(script_of(article)))
