"""Deployment settings: environment variables `BRIEFCAST_*` and an optional `.env` file.

One small class per concern. Shows, sources and wording are not here: they are rows (see newsroom.py).
`docs/operations.md` lists every variable; a test keeps that table true.
"""

from briefing.settings.base import Settings
from briefing.settings.fetch import FetchSettings
from briefing.settings.place import DataSettings, LogSettings, PublicSettings
from briefing.settings.signing import SigningSettings
from briefing.settings.speech import SpeechSettings
from briefing.settings.storage import StorageSettings
from briefing.settings.work import LimitSettings, WorkSettings

__all__ = [
    "DataSettings",
    "FetchSettings",
    "LimitSettings",
    "LogSettings",
    "PublicSettings",
    "Settings",
    "SigningSettings",
    "SpeechSettings",
    "StorageSettings",
    "WorkSettings",
]
