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
from briefing.models.desk import ActionLinkRow, IdentityRow, SignInRow, SignInStartRow, TryRow, UserRow, WelcomeRow
from briefing.models.digests import DigestRow, IssueRow, IssueStoryRow
from briefing.models.jingles import JingleRow
from briefing.models.members import AddressKeyRow, ListenerRow
from briefing.models.mentions import GuessRow, MentionRow, VocabularyRow, WordRow
from briefing.models.newsroom import LexiconRow, ShowRow, SourceRow
from briefing.models.notices import NoticeRow
from briefing.models.overrides import OverrideRow
from briefing.models.respeaks import ReportRow, RespeakRow, RespeakWordRow, RespokenRow, SampleRow
from briefing.models.shares import EstimateRow, GateRow, LaneRow, SpentRow
from briefing.models.summaries import SummaryRow
from briefing.models.work import HealthRow, StepRow, WorkerRow

__all__ = [
    "ActionLinkRow",
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
    "DigestRow",
    "DownloadRow",
    "EpisodeRow",
    "EstimateRow",
    "GateRow",
    "GuessRow",
    "HealthRow",
    "IdempotencyRow",
    "IdentityRow",
    "IssueRow",
    "IssueStoryRow",
    "JingleRow",
    "KeyRow",
    "LaneRow",
    "LexiconRow",
    "ListenerRow",
    "ListingRow",
    "LookRow",
    "MasterRow",
    "MentionRow",
    "NoticeRow",
    "OverrideRow",
    "PlayRow",
    "ReportRow",
    "RespeakRow",
    "RespeakWordRow",
    "RespokenRow",
    "RevisionRow",
    "SaltRow",
    "SampleRow",
    "ShowRow",
    "SightingRow",
    "SignInRow",
    "SignInStartRow",
    "SourceRow",
    "SpentRow",
    "StepRow",
    "SummaryRow",
    "TakeRow",
    "TryRow",
    "UseRow",
    "UserRow",
    "UtcDateTime",
    "VariationRow",
    "VocabularyRow",
    "WelcomeRow",
    "WordRow",
    "WorkerRow",
]
