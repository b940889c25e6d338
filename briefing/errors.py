"""The error tree of the domain and of the stages. Every error has a stable code and says what to do.

    BriefcastError
    ├── BadInput                 final: the same input fails again
    │   ├── UnknownReference         unknown_source, unknown_show, unknown_voice, unknown_segment
    │   ├── ArticleNotFound          article_not_found
    │   ├── ArticleEmpty             article_empty, article_too_short, article_behind_paywall
    │   ├── ArticleTooLong           article_too_long
    │   ├── PageRefused              page_too_large, page_too_deep, page_unreadable, media_type_refused
    │   ├── AddressRefused           address_refused
    │   ├── LexiconInvalid           lexicon_invalid
    │   ├── JingleRefused            jingle_refused, jingle_in_use, unknown_jingle
    │   ├── QuotaExceeded            quota_exceeded
    │   ├── BudgetTooSmall           budget_too_small
    │   └── Misconfigured            invalid_settings
    │       └── SigningMisconfigured     signing_invalid
    ├── Unavailable              transient: the same input may succeed later
    │   ├── SourceUnavailable        source_unavailable
    │   ├── EngineUnavailable        engine_unavailable
    │   │   └── EngineNotInstalled       engine_not_installed: not here, so no use in waiting; while installing:
    │   │                                voice_checksum_mismatch, voice_install_failed
    │   ├── NarratorAway             narrator_away
    │   ├── StorageUnavailable       storage_unavailable
    │   │   └── StorageFull              storage_full: there is no room; the work waits for it
    │   ├── SigningUnavailable       signing_unavailable
    │   ├── NotPublishedYet          not_published_yet
    │   ├── PutOff                   quota_exceeded, budget_spent: until a moment that is known
    │   ├── WatermarkNotInstalled    watermark_not_installed: no use in waiting either
    │   └── DatabaseUnavailable      database_unavailable
    └── Defect                   the pipeline's own work failed a check
        ├── TakeRejected             take_rejected
        ├── TakeCorrupt              take_corrupt
        ├── MasterRejected           master_rejected
        ├── SigningFailed            signing_failed
        └── WatermarkMissing         watermark_missing

Whether a failure is final or worth another try is the class, never a flag or a word in a message.
"""

from __future__ import annotations


class BriefcastError(Exception):
    """Base of all errors raised on purpose.

    `code` is stable and part of the interface; `hint` says what to do next.
    """

    code = "internal_error"
    hint = ""

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if hint is not None:
            self.hint = hint


class BadInput(BriefcastError):
    """Raised when the request or the article itself is at fault; trying again changes nothing."""

    code = "bad_input"


class UnknownReference(BadInput):
    """Raised when a name (source, show, voice, segment) refers to nothing configured."""

    code = "unknown_reference"
    hint = "Check the spelling against what is configured."


class ArticleNotFound(BadInput):
    """Raised when the source has no article of that ID."""

    code = "article_not_found"
    hint = "Check the ID, and that the article is published in its source."


class ArticleEmpty(BadInput):
    """Raised when cleaning leaves nothing to read aloud, or too little to be the article.

    `dropped` says what was not read, as (rule, text).
    """

    code = "article_empty"
    hint = "See what was dropped, and by which rule, with `briefcast script SOURCE`."

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        dropped: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.dropped = dropped


class ArticleTooLong(BadInput):
    """Raised when an article exceeds the limits on characters, chunks or audio length."""

    code = "article_too_long"
    hint = "Split the article, or raise BRIEFCAST_LIMIT_CHARACTERS or BRIEFCAST_LIMIT_CHUNKS."


class PageRefused(BadInput):
    """Raised when a page cannot be parsed safely: too large, too deeply nested, not text."""

    code = "page_unreadable"
    hint = "Check that this is an article's page, or give the article's own text in a file."


class AddressRefused(BadInput):
    """Raised when an address is not one we fetch: private network, odd port, not http(s)."""

    code = "address_refused"
    hint = "Only public http(s) addresses are fetched; name an internal CMS in its source's `allow_private`."


class LexiconInvalid(BadInput):
    """Raised when a pronunciation, or a file of them, does not hold together."""

    code = "lexicon_invalid"
    hint = "See docs/lexicon.md for what an entry may hold; nothing has been changed."


class JingleRefused(BadInput):
    """Raised when a file cannot serve as a jingle: no sound, the wrong length, silent, cancelling out in mono; and when
    one cannot be removed.
    """

    code = "jingle_refused"
    hint = "Give a sound file of the length its part wants."


class QuotaExceeded(BadInput):
    """Raised when somebody waits for what a key's quota does not allow today."""

    code = "quota_exceeded"


class BudgetTooSmall(BadInput):
    """Raised when bulk work is more than its show's whole budget of a day or month; no day has room for it."""

    code = "budget_too_small"


class Misconfigured(BadInput):
    """Raised when a settings file does not hold together."""

    code = "invalid_settings"
    hint = "Correct it and run the command again; nothing has been changed."


class SigningMisconfigured(Misconfigured):
    """Raised when the certificate or key that should sign cannot: expired, not fitting each other, not to be read."""

    code = "signing_invalid"
    hint = "Check BRIEFCAST_SIGNING_CERTIFICATE and BRIEFCAST_SIGNING_KEY or _COMMAND; see docs/credentials.md."


class Unavailable(BriefcastError):
    """Raised when something outside did not answer; the same call may succeed later."""

    code = "unavailable"


class SourceUnavailable(Unavailable):
    """Raised when a CMS or web address cannot be reached or answers with a temporary error.

    `retry_after_s` carries the server's own wish, when it stated one.
    """

    code = "source_unavailable"
    hint = "Try again in a few minutes; if it persists, open the address in a browser."

    def __init__(self, message: str, *, hint: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class EngineUnavailable(Unavailable):
    """Raised when a speech engine cannot be used now. `retry_after_s` carries a service's own wish, if stated."""

    code = "engine_unavailable"
    hint = "Try again later, or choose another voice of `briefcast voices`."

    def __init__(self, message: str, *, hint: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint or None)
        self.retry_after_s = retry_after_s


class EngineNotInstalled(EngineUnavailable):
    """Raised when an engine or its model is not on this machine; waiting does not bring it."""

    code = "engine_not_installed"
    hint = "Install it on this machine, or choose another voice of `briefcast voices`."

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        if code is not None:
            self.code = code


class NarratorAway(Unavailable):
    """Raised when a worker has another engine or model than a revision pinned, so that its take would be another voice.

    `wait_s` is how long workers that have it are waited for in all.
    """

    code = "narrator_away"
    hint = "Workers of one installation should have the same engines and models; it goes on by itself."

    def __init__(self, message: str, *, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class StorageUnavailable(Unavailable):
    """Raised when the storage does not answer, or cannot take a file."""

    code = "storage_unavailable"
    hint = "Check BRIEFCAST_DATA and BRIEFCAST_STORAGE_URL, and what they may do there; the work resumes by itself."


class StorageFull(StorageUnavailable):
    """Raised when the storage or its disk has no room for a file."""

    code = "storage_full"
    hint = "Free some space under BRIEFCAST_DATA or in the bucket; the work resumes by itself."


class DatabaseUnavailable(Unavailable):
    """Raised when the database cannot be reached, opened or written."""

    code = "database_unavailable"
    hint = "Check that BRIEFCAST_DATA or BRIEFCAST_DATABASE_URL is right, can be written to, and has space left."


class SigningUnavailable(Unavailable):
    """Raised when the signing command or the time-stamping authority does not answer."""

    code = "signing_unavailable"
    hint = "Check BRIEFCAST_SIGNING_COMMAND and BRIEFCAST_TIMESTAMP_URL; the audio that is live stays."


class NotPublishedYet(Unavailable):
    """Raised when the published addresses do not answer as they should; a cache or a server may yet catch up."""

    code = "not_published_yet"
    hint = "Check that what serves BRIEFCAST_PUBLIC_URL runs and serves the published files."


class PutOff(Unavailable):
    """Raised when work is allowed again at a moment that is known; `delay_s` is the seconds until then."""

    code = "budget_spent"

    def __init__(self, message: str, *, code: str, hint: str, delay_s: float) -> None:
        super().__init__(message, code=code, hint=hint)
        self.delay_s = delay_s


#: What put-off work waits for; it need not be waited out where that changes before.
PUT_OFF = frozenset({"budget_spent", "quota_exceeded"})


class WatermarkNotInstalled(Unavailable):
    """Raised when a show asks for a watermark that is not on this machine; waiting does not bring it."""

    code = "watermark_not_installed"
    hint = "Install it where the workers run: pip install 'briefcast[watermark]'."


class Defect(BriefcastError):
    """Raised when something we made fails its own check."""

    code = "defect"


class TakeRejected(Defect):
    """Raised when an engine's audio fails its check and is not kept.

    `fault` names what was wrong at first (see `worker.judge`), `attempts` the fault of each try; empty where the engine
    itself gave up.
    """

    code = "take_rejected"
    hint = "Try another voice, or change the text that the engine failed on."

    def __init__(
        self, message: str, *, hint: str | None = None, fault: str = "", attempts: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault = fault
        self.attempts = attempts


class TakeCorrupt(Defect):
    """Raised when stored takes no longer match their hashes. `keys` name the chunks to speak again."""

    code = "take_corrupt"
    hint = "It is spoken again by itself; if it happens often, check the disk."

    def __init__(self, message: str, *, keys: tuple[str, ...]) -> None:
        super().__init__(message)
        self.keys = keys


class MasterRejected(Defect):
    """Raised when the finished audio misses its loudness, true peak or duration."""

    code = "master_rejected"
    hint = "Check the jingles, or the show's loudness target, and regenerate."


class SigningFailed(Defect):
    """Raised when the finished MP3 cannot be signed, or does not verify afterwards."""

    code = "signing_failed"
    hint = "See `briefcast keys signing` and docs/credentials.md; the certificate may not fit its purpose."


class WatermarkMissing(Defect):
    """Raised when a show asks for a watermark and the finished MP3 does not carry it."""

    code = "watermark_missing"
    hint = "Very short or silent audio cannot carry one; otherwise take `watermark` out of the show."
