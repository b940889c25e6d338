"""Transient: the same input may succeed later. See the package for the tree."""

from __future__ import annotations

from briefing.errors.bases import Unavailable


class SourceUnavailable(Unavailable):
    """Raised when a CMS or web address cannot be reached or answers with a temporary error.

    `retry_after_s` carries the server's own wish, when it stated one.
    """

    code = "source_unavailable"
    hint = "Try again in a few minutes; if it persists, open the address in a browser."

    def __init__(self, message: str, *, hint: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class SecretUnreadable(Unavailable):
    """Raised when a secret of the database cannot be unsealed: its key is not at hand, or it is damaged."""

    code = "secret_unreadable"
    hint = "Put the key back (BRIEFCAST_SEALING_KEYS, or sealing/keys in the data folder), or give the secret anew."


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


class ProviderUnavailable(Unavailable):
    """Raised when the OpenID provider cannot be reached, or says what it must not."""

    code = "provider_unavailable"
    hint = "Try again in a minute; an admin finds the reason in the server's log."


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


class Overdue(Unavailable):
    """What a revision fails with that was not made before its deadline, whatever it waited for."""

    code = "overdue"
    hint = "See what it waited for (the workers' log, `briefcast doctor`), then regenerate."


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
