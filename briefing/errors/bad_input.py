"""Final: the request, the article or a setting is at fault, and fails again. See the package for the tree."""

from __future__ import annotations

from briefing.errors.bases import BadInput


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


class LexiconChanged(BadInput):
    """Raised where a pronunciation is not any more what it is to be taken back from."""

    code = "lexicon_changed"
    hint = "Look at what is recorded now, and change that."


class UserRefused(BadInput):
    """Raised when a user cannot be added or changed so: the name, the password, or no admin would be left."""

    code = "user_refused"


class SignInRefused(BadInput):
    """Raised when what a provider says of somebody does not let them in."""

    code = "sign_in_refused"
    hint = "Ask an admin of the desk."


class OverrideRefused(BadInput):
    """Raised when an editor's change to a segment cannot be: empty, of the disclosure, not on what the editor saw."""

    code = "override_refused"


class RollbackRefused(BadInput):
    """Raised when an earlier revision's audio cannot be heard again."""

    code = "not_restorable"
    hint = "Regenerate the briefing; GET …/segments?revision=N shows what it said."


class HoldStands(BadInput):
    """Raised when what a colleague holds is to go live, and nobody has said that the hold is released."""

    code = "held_by_colleague"
    hint = "Ask them; or release it, with `release_hold: true` in the same request or DELETE …/hold before."


class NeverSpeak(BadInput):
    """Raised when a script holds a name that must not be spoken. Says which entry of the list, never the name."""

    code = "never_speak"
    hint = "Change the words in the CMS, or the list if it is wrong, and regenerate."


class QuotaExceeded(BadInput):
    """Raised when somebody waits for what a key's quota does not allow today."""

    code = "quota_exceeded"


class BudgetTooSmall(BadInput):
    """Raised when bulk work is more than its show's whole budget of a day or month; no day has room for it."""

    code = "budget_too_small"


class NothingToDigest(BadInput):
    """Raised when there is no story for a digest."""

    code = "nothing_to_digest"
    hint = "Its rules ask for stories that are live, of its time and under its labels; see docs/digests.md."


class SummaryRefused(BadInput):
    """Raised when a summary cannot be approved so: its words are not its article's, or it has changed."""

    code = "summary_refused"
    hint = "Word it by the article: numbers, names and quotations as they stand there."


class Misconfigured(BadInput):
    """Raised when a settings file does not hold together."""

    code = "invalid_settings"
    hint = "Correct it and run the command again; nothing has been changed."


class SigningMisconfigured(Misconfigured):
    """Raised when the certificate or key that should sign cannot: expired, not fitting each other, not to be read."""

    code = "signing_invalid"
    hint = "Check BRIEFCAST_SIGNING_CERTIFICATE and BRIEFCAST_SIGNING_KEY or _COMMAND; see docs/credentials.md."
