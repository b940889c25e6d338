"""The tables. A row class ends in Row, so that a table and a value never share a name.

Holds no queries and no rules. Moments that workers compare (leases, delays, rings) are seconds since the
epoch by the database's own clock; moments that people read are UTC date-times.
"""

from briefing.models.access import AuditRow, IdempotencyRow, KeyRow
from briefing.models.articles import ArticleRow, ArticleVersionRow
from briefing.models.audience import AudienceRow, DownloadRow, PlayRow, SaltRow
from briefing.models.audio import CondemnedRow, MasterRow, TakeRow, UseRow
from briefing.models.base import Base, UtcDateTime
from briefing.models.briefings import BriefingRow, EpisodeRow, ListingRow, RevisionRow, VariationRow
from briefing.models.connections import ConnectionRow, DeliveryRow, LookRow, SightingRow
from briefing.models.jingles import JingleRow
from briefing.models.members import AddressKeyRow, ListenerRow
from briefing.models.newsroom import LexiconRow, ShowRow, SourceRow
from briefing.models.shares import EstimateRow, GateRow, LaneRow, SpentRow
from briefing.models.work import HealthRow, StepRow, WorkerRow

__all__ = [
    "AddressKeyRow",
    "ArticleRow",
    "ArticleVersionRow",
    "AudienceRow",
    "AuditRow",
    "Base",
    "BriefingRow",
    "CondemnedRow",
    "ConnectionRow",
    "DeliveryRow",
    "DownloadRow",
    "EpisodeRow",
    "EstimateRow",
    "GateRow",
    "HealthRow",
    "IdempotencyRow",
    "JingleRow",
    "KeyRow",
    "LaneRow",
    "LexiconRow",
    "ListenerRow",
    "ListingRow",
    "LookRow",
    "MasterRow",
    "PlayRow",
    "RevisionRow",
    "SaltRow",
    "ShowRow",
    "SightingRow",
    "SourceRow",
    "SpentRow",
    "StepRow",
    "TakeRow",
    "UseRow",
    "UtcDateTime",
    "VariationRow",
    "WorkerRow",
]
