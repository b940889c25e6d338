"""The error tree of the domain and of the stages. Every error has a stable code and says what to do.

    BriefcastError
    ├── BadInput                 final: the same input fails again
    │   ├── UnknownReference         unknown_source, unknown_show, unknown_voice, unknown_segment,
    │   │                            unknown_revision, no_override
    │   ├── ArticleNotFound          article_not_found
    │   ├── ArticleEmpty             article_empty, article_too_short, article_behind_paywall
    │   ├── ArticleTooLong           article_too_long
    │   ├── PageRefused              page_too_large, page_too_deep, page_unreadable, media_type_refused,
    │   │                                article_refused, article_protected,
    │   │                                feed_unreadable
    │   ├── AddressRefused           address_refused
    │   ├── LexiconInvalid           lexicon_invalid
    │   ├── LexiconChanged           lexicon_changed
    │   ├── JingleRefused            jingle_refused, jingle_in_use, unknown_jingle
    │   ├── UserRefused              user_refused
    │   ├── SignInRefused            sign_in_refused
    │   ├── OverrideRefused          override_refused, spoken_empty, disclosure_kept, override_changed, no_conflict,
    │   │                            withdrawn
    │   ├── RollbackRefused          not_restorable
    │   ├── HoldStands               held_by_colleague
    │   ├── NeverSpeak               never_speak
    │   ├── QuotaExceeded            quota_exceeded
    │   ├── BudgetTooSmall           budget_too_small
    │   ├── NothingToDigest          nothing_to_digest
    │   └── Misconfigured            invalid_settings, no_sealing_key
    │       └── SigningMisconfigured     signing_invalid
    ├── Unavailable              transient: the same input may succeed later
    │   ├── SourceUnavailable        source_unavailable
    │   ├── SecretUnreadable         secret_unreadable
    │   ├── EngineUnavailable        engine_unavailable
    │   │   └── EngineNotInstalled       engine_not_installed: not here, so no use in waiting; while installing:
    │   │                                voice_checksum_mismatch, voice_install_failed
    │   ├── NarratorAway             narrator_away
    │   ├── StorageUnavailable       storage_unavailable
    │   │   └── StorageFull              storage_full: there is no room; the work waits for it
    │   ├── SigningUnavailable       signing_unavailable
    │   ├── NotPublishedYet          not_published_yet
    │   ├── Overdue                  overdue: what is not made before its deadline
    │   ├── PutOff                   quota_exceeded, budget_spent: until a moment that is known
    │   ├── WatermarkNotInstalled    watermark_not_installed: no use in waiting either
    │   ├── ProviderUnavailable      provider_unavailable
    │   └── DatabaseUnavailable      database_unavailable
    └── Defect                   the pipeline's own work failed a check
        ├── TakeRejected             take_rejected
        ├── TakeCorrupt              take_corrupt
        ├── MasterRejected           master_rejected
        ├── SigningFailed            signing_failed
        └── WatermarkMissing         watermark_missing

Whether a failure is final or worth another try is the class, never a flag or a word in a message.
"""

from briefing.errors.bad_input import (
    AddressRefused,
    ArticleEmpty,
    ArticleNotFound,
    ArticleTooLong,
    BudgetTooSmall,
    HoldStands,
    JingleRefused,
    LexiconChanged,
    LexiconInvalid,
    Misconfigured,
    NeverSpeak,
    NothingToDigest,
    OverrideRefused,
    PageRefused,
    QuotaExceeded,
    RollbackRefused,
    SigningMisconfigured,
    SignInRefused,
    SummaryRefused,
    UnknownReference,
    UserRefused,
)
from briefing.errors.bases import (
    BadInput,
    BriefcastError,
    Defect,
    Unavailable,
)
from briefing.errors.defects import (
    MasterRejected,
    SigningFailed,
    TakeCorrupt,
    TakeRejected,
    WatermarkMissing,
)
from briefing.errors.unavailable import (
    PUT_OFF,
    DatabaseUnavailable,
    EngineNotInstalled,
    EngineUnavailable,
    NarratorAway,
    NotPublishedYet,
    Overdue,
    ProviderUnavailable,
    PutOff,
    SecretUnreadable,
    SigningUnavailable,
    SourceUnavailable,
    StorageFull,
    StorageUnavailable,
    WatermarkNotInstalled,
)

__all__ = [
    "PUT_OFF",
    "AddressRefused",
    "ArticleEmpty",
    "ArticleNotFound",
    "ArticleTooLong",
    "BadInput",
    "BriefcastError",
    "BudgetTooSmall",
    "DatabaseUnavailable",
    "Defect",
    "EngineNotInstalled",
    "EngineUnavailable",
    "HoldStands",
    "JingleRefused",
    "LexiconChanged",
    "LexiconInvalid",
    "MasterRejected",
    "Misconfigured",
    "NarratorAway",
    "NeverSpeak",
    "NotPublishedYet",
    "NothingToDigest",
    "Overdue",
    "OverrideRefused",
    "PageRefused",
    "ProviderUnavailable",
    "PutOff",
    "QuotaExceeded",
    "RollbackRefused",
    "SecretUnreadable",
    "SignInRefused",
    "SigningFailed",
    "SigningMisconfigured",
    "SigningUnavailable",
    "SourceUnavailable",
    "StorageFull",
    "StorageUnavailable",
    "SummaryRefused",
    "TakeCorrupt",
    "TakeRejected",
    "Unavailable",
    "UnknownReference",
    "UserRefused",
    "WatermarkMissing",
    "WatermarkNotInstalled",
]
