"""The pipeline's own work failed a check. See the package for the tree."""

from __future__ import annotations

from briefing.errors.bases import Defect


class TakeRejected(Defect):
    """Raised when an engine's audio fails its check and is not kept.

    `fault` names what was wrong at first (see `worker.takes.judge`), `attempts` the fault of each try; empty where the
    engine itself gave up.
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
