"""Has a server with OpenAI's `/v1/chat/completions` summarise a story. Judges nothing, stores nothing.

The article goes as a JSON string in a message of its own, so that nothing in it can end it; what it says to the model
all the same is what the checks and the editor are for. Address and key are the operator's; the key goes to that address
alone, and into no message.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from briefing.articles.addresses import canonical_address
from briefing.digesting.summaries import PROMPT
from briefing.errors import AddressRefused, EngineNotInstalled, EngineUnavailable, PageRefused, SourceUnavailable
from briefing.outside.calls import Caller
from briefing.outside.reaching import TEMPORARY
from briefing.settings import FetchSettings

if TYPE_CHECKING:
    from briefing.settings import SummarySettings

#: Characters of an article that are sent, from its beginning: news stands first.
_MOST_SENT = 12_000

#: Characters of what a model wrote that are kept, to be refused as too long.
_MOST_KEPT = 2_000

#: Tokens that the model may write: more than the longest summary has.
_MOST_TOKENS = 400

#: Megabytes of an answer: a summary has a thousandth of that.
_ANSWER_MB = 0.5

_HINT = "Check BRIEFCAST_SUMMARY_ADDRESS, BRIEFCAST_SUMMARY_MODEL and BRIEFCAST_SUMMARY_KEY."


def summarise(text: str, settings: SummarySettings) -> str:
    """Return what the model makes of an article's text, whatever that is, without white space around it.

    Raises EngineUnavailable where the server may answer later, EngineNotInstalled where it refuses.
    """
    address, caller = _way(settings)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key := settings.key.get_secret_value():
        headers["Authorization"] = f"Bearer {key}"
    asked = {
        "model": settings.model,
        "messages": [
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": json.dumps(text[:_MOST_SENT], ensure_ascii=False)},
        ],
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
    }
    try:
        reply = caller.call("POST", address, headers, json.dumps(asked).encode(), settings.seconds)
    except (SourceUnavailable, PageRefused) as error:
        raise EngineUnavailable(error.message, hint=_HINT) from error
    except AddressRefused as error:
        raise EngineNotInstalled(error.message, hint=_HINT) from error
    host = urlsplit(address).hostname
    if reply.status in TEMPORARY:
        message = f"{host} answered {reply.status}"
        raise EngineUnavailable(message, hint=_HINT, retry_after_s=reply.retry_after_s)
    if reply.status != 200:  # noqa: PLR2004  HTTP's OK
        message = f"{host} refuses: it answered {reply.status}"
        raise EngineNotInstalled(message, hint=_HINT)
    return _written(reply.content, str(host))[:_MOST_KEPT]


def _way(settings: SummarySettings) -> tuple[str, Caller]:
    """Return the address, and what calls it: that host and port alone, on a private network too."""
    try:
        address = canonical_address(f"{settings.address.rstrip('/')}/chat/completions")
    except AddressRefused as error:
        message = "the address of the summariser is no web address"
        raise EngineNotInstalled(message, hint=_HINT) from error
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    bounds = FetchSettings(seconds=settings.seconds, wire_mb=_ANSWER_MB, decoded_mb=_ANSWER_MB)
    private = frozenset({f"{parts.hostname}:{port}"})
    return address, Caller(bounds, private, authorities=settings.ca_file)


def _written(content: bytes, host: str) -> str:
    """Return the text of an answer. Raises EngineUnavailable for one of another shape, as a proxy's is."""
    try:
        written = json.loads(content)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        message = f"{host} answered with something else than a chat completion"
        raise EngineUnavailable(message, hint=_HINT) from error
    if not isinstance(written, str):
        message = f"{host} answered with no text"
        raise EngineUnavailable(message, hint=_HINT)
    return written.strip()
