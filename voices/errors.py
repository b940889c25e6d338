"""What engines and the catalogue raise.

VoiceError
├── UnknownVoice        the catalogue has no such voice
├── CatalogueInvalid    a catalogue file does not hold together
├── EngineMissing       the engine or the voice's model is not installed
├── EngineBusy          a service refused for now (rate limit, overload, no connection): try later
├── EngineFailed        the engine took the text and gave no usable audio
└── InstallFailed       a voice's files could not be fetched or built
    └── ChecksumMismatch    a file is not the one that was pinned
"""

from __future__ import annotations


class VoiceError(Exception):
    """Base of all errors of this package; `hint` says what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnknownVoice(VoiceError):
    """Raised when no catalogue entry has the ID."""


class CatalogueInvalid(VoiceError):
    """Raised when a catalogue file has a fault; the message names file and field."""


class EngineMissing(VoiceError):
    """Raised when an engine's package or a voice's model is not there; the hint is the command that installs it."""


class EngineBusy(VoiceError):
    """Raised when a service cannot be used now. `retry_after_s` is its own wish, when stated."""

    def __init__(self, message: str, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class EngineFailed(VoiceError):
    """Raised when an engine gave no audio, or not all of it, for a text."""


class InstallFailed(VoiceError):
    """Raised when a voice could not be installed; what was there before stays as it was."""


class ChecksumMismatch(InstallFailed):
    """Raised when a fetched or built file has another sha256 than it must have."""
