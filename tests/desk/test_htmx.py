"""The one script at the desk that is not ours is the package's file, byte for byte, and ships with its notice."""

from __future__ import annotations

import json

from tests.support.player_build import PLAYER, installed

ROOT = PLAYER.parent


def test_htmx_is_the_locked_packages_file():
    installed()
    package = PLAYER / "node_modules" / "htmx.org"
    assert (ROOT / "api/static/htmx.js").read_bytes() == (package / "dist/htmx.min.js").read_bytes()
    told = json.loads((package / "package.json").read_text())
    assert told["license"] == "0BSD"
    assert not told.get("dependencies")
    assert f"htmx {told['version']} | `api/static/htmx.js`" in (ROOT / "NOTICE.md").read_text()
