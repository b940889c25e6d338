"""What the pages have in common that are written when publishing: their templates' settings, ground and colours, and
what they may load. Knows nothing of what stands on them.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def style(own: Path) -> str:
    """Return a page's style: what all have in common, and its own file."""
    return Path(__file__).with_suffix(".css").read_text() + own.read_text()


def policy(style: str, *more: str) -> str:
    """Return a content security policy: a page's own style, known by its hash, and what `more` allows."""
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{known}'", *more, "base-uri 'none'", "form-action 'none'")
    return "; ".join(rules)


def templates(folder: Path) -> Environment:
    """Return the templates of a folder, which escape all that is put into them and know every name."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
