"""What all errors of ours have in common, and the three kinds there are."""

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


class Unavailable(BriefcastError):
    """Raised when something outside did not answer; the same call may succeed later."""

    code = "unavailable"


class Defect(BriefcastError):
    """Raised when something we made fails its own check."""

    code = "defect"
