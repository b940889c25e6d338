"""Engines, loaded when asked for and once per process.

Third parties add engines by an entry point in the group `briefcast.engines`; see docs/contributing.md.
"""

from __future__ import annotations

import threading
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from voices.errors import EngineMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voices.engine import Engine

GROUP = "briefcast.engines"

#: Command that installs an engine which ships with us but whose package is an extra.
_INSTALL = {
    "piper": "pip install 'briefcast[piper]'",
    "kokoro": "pip install 'briefcast[kokoro]', then briefcast voices install kokoro",
    "gtts": "pip install briefcast",
    "openai": "pip install briefcast",
}


class Engines:
    """The engines of one process. `options` go to an engine's constructor, by engine name."""

    def __init__(self, options: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._options = options or {}
        self._loaded: dict[str, Engine] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Engine:
        """Return the engine of that name. Raises EngineMissing."""
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def _load(self, name: str) -> Engine:
        found = entry_points(group=GROUP, name=name)
        if not found:
            message = f"there is no speech engine {name!r}"
            raise EngineMissing(message, hint="Install the package that provides it.")
        try:
            engine: Engine = next(iter(found)).load()(**self._options.get(name, {}))
        except ImportError as error:
            message = f"the speech engine {name!r} is not installed: {error}"
            raise EngineMissing(message, hint=_INSTALL.get(name, "Install the package that provides it.")) from error
        except OSError as error:
            message = f"the speech engine {name!r} cannot be set up: {error}"
            raise EngineMissing(message, hint="Check the settings BRIEFCAST_… that name its files.") from error
        return engine
