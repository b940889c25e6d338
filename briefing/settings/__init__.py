"""Deployment settings: environment variables `BRIEFCAST_*` and an optional `.env` file.

One small class per concern. Shows, sources and wording are not here: they are rows (see newsroom.py).
`docs/settings.md` lists every variable; a test keeps that table true.
"""

from briefing.settings.audience import AudienceSettings
from briefing.settings.base import Settings
from briefing.settings.fetch import FetchSettings
from briefing.settings.members import MembersSettings
from briefing.settings.notices import NoticeSettings
from briefing.settings.place import DataSettings, LogSettings, MetricsSettings, PublicSettings
from briefing.settings.provider import ProviderSettings
from briefing.settings.quotas import QuotaSettings
from briefing.settings.retention import RetentionSettings
from briefing.settings.sealing import SealingSettings
from briefing.settings.signing import SigningSettings
from briefing.settings.speech import SpeechSettings
from briefing.settings.storage import StorageSettings
from briefing.settings.summary import SummarySettings
from briefing.settings.work import LimitSettings, WorkSettings

__all__ = [
    "AudienceSettings",
    "DataSettings",
    "FetchSettings",
    "LimitSettings",
    "LogSettings",
    "MembersSettings",
    "MetricsSettings",
    "NoticeSettings",
    "ProviderSettings",
    "PublicSettings",
    "QuotaSettings",
    "RetentionSettings",
    "SealingSettings",
    "Settings",
    "SigningSettings",
    "SpeechSettings",
    "StorageSettings",
    "SummarySettings",
    "WorkSettings",
]
