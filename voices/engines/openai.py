"""Any server with OpenAI's `/v1/audio/speech`: Kokoro-FastAPI, Speaches, LocalAI, vLLM, or the vendor itself.

How a newsroom moves speech to machines it already runs. One connection pool per process, a bounded number of requests
at a time; what passes is tried again, what does not fails with the server's own words. The address and the key are the
operator's; the key goes to that address alone, and into no message.
"""

from __future__ import annotations

import email.utils
import json
import random
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from voices.engine import AudioChunk, Capabilities
from voices.errors import EngineBusy, EngineFailed, EngineMissing
from voices.recorded import FORMS, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from voices.catalogue import Voice
    from voices.engine import Pronunciation

#: Counts the ways in which we ask; part of the version.
_ASKING = 1

#: Seconds to connect.
_CONNECT_S = 5.0

#: Tries for one text, and the delay before the second in seconds; it doubles, jittered by half.
_TRIES = 4
_BACKOFF_S = 0.5

#: A server that wants to be left alone for longer than this many seconds is left to the step's own delays.
_PATIENCE_S = 10.0

#: Seconds for all tries at one text: a step speaks for 150 s at most, and is to learn before that that nobody answers.
_IN_ALL_S = 120.0

#: Most bytes of an answer: 4,096 characters are five minutes, 30 MB as WAV at 48 kHz.
_ANSWER_BYTES = 64_000_000

#: Most characters of a server's own words in a message of ours.
_WORDS = 200

#: Hertz of bare PCM, as OpenAI has it, unless the voice says otherwise.
_PCM_RATE = 24_000

_BUSY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
_MISSING_STATUS = frozenset({401, 403, 404, 405, 501})

_MEDIA_TYPES = {
    "wav": {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"},
    "flac": {"audio/flac", "audio/x-flac"},
    "mp3": {"audio/mpeg", "audio/mp3"},
    "pcm": {"audio/pcm", "audio/l16", "audio/raw"},
}
_ANY_BYTES = frozenset({"application/octet-stream", "binary/octet-stream"})

_HINT = "Check BRIEFCAST_OPENAI_ADDRESS, BRIEFCAST_OPENAI_MODEL, BRIEFCAST_OPENAI_KEY and the voice's own entry."


class OpenAIEngine:
    """Speaks by the server at `address`, such as "http://10.0.0.5:8880/v1"."""

    capabilities = Capabilities(text_limit=2000, online=True)

    def __init__(  # noqa: PLR0913  one for each setting
        self,
        address: str,
        key: str = "",
        model: str = "tts-1",
        form: str = "wav",
        seconds: float = 60.0,
        requests: int = 4,
        ca_file: str = "",
    ) -> None:
        """Ask for sound in the form `form`; wait `seconds` for an answer; send `requests` at a time at most."""
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or form not in FORMS:
            message = "no server is set for the speech engine 'openai'"
            raise EngineMissing(message, hint="Set BRIEFCAST_OPENAI_ADDRESS, such as http://10.0.0.5:8880/v1.")
        self._address = address.rstrip("/")
        self._host = parts.netloc
        self._key = key
        self._model = model
        self._form = form
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(requests)
        self._chance = random.Random()
        # trust_env=False: the environment must not send text elsewhere, by a proxy or by certificates of its own.
        self._client = httpx.Client(
            verify=ssl.create_default_context(cafile=ca_file or None),
            trust_env=False,
            timeout=httpx.Timeout(seconds, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=requests, max_keepalive_connections=requests),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    @property
    def version(self) -> str:
        """The way in which we ask, the server's host, and the model asked for; the server's own version is not told."""
        return f"{_ASKING}/{self._host}/{self._model}"

    def model_digest(self, voice: Voice) -> str:  # noqa: ARG002  the engine protocol
        """Return the empty text, as the model is the server's."""
        return ""

    def synthesize(
        self,
        text: str,
        voice: Voice,
        pronunciations: Sequence[Pronunciation] = (),  # noqa: ARG002  takes no phonemes
        variation: int = 0,  # noqa: ARG002  servers promise nothing of the kind
    ) -> Iterator[AudioChunk]:
        """Yield one chunk, after the answer has come in full."""
        asked = {
            "model": str(voice.parameters.get("model", self._model)),
            "input": text,
            "voice": str(voice.parameters.get("voice", "")),
            "response_format": self._form,
        }
        if instructions := voice.parameters.get("instructions"):
            asked["instructions"] = str(instructions)
        rate = int(voice.parameters.get("rate", _PCM_RATE))
        with self._places:
            samples, rate = self._patiently(asked, rate)
        yield AudioChunk(samples, rate)

    def _patiently(self, asked: dict[str, str], rate: int) -> tuple[Any, int]:
        begun = time.monotonic()
        for tried in range(1, _TRIES + 1):
            try:
                return samples_of(self._answer(asked), self._form, rate)
            except EngineBusy as busy:
                wish = busy.retry_after_s
                if tried == _TRIES or (wish is not None and wish > _PATIENCE_S):
                    raise
                delay = max(_BACKOFF_S * 2 ** (tried - 1) * (1 - self._chance.random() / 2), wish or 0.0)
                if time.monotonic() - begun + delay + self._seconds > _IN_ALL_S:
                    raise
                time.sleep(delay)
        raise AssertionError

    def _answer(self, asked: dict[str, str]) -> bytes:
        """Return the sound's bytes."""
        deadline = time.monotonic() + self._seconds
        body = bytearray()
        try:
            with self._client.stream("POST", f"{self._address}/audio/speech", json=asked) as response:
                for block in response.iter_bytes():
                    body += block
                    if len(body) > _ANSWER_BYTES:
                        message = f"the answer of {self._host} is larger than {_ANSWER_BYTES / 1e6:.0f} MB"
                        raise EngineFailed(message)
                    if time.monotonic() > deadline:
                        message = f"{self._host} did not answer in full within {self._seconds:g} s"
                        raise EngineBusy(message)
        except httpx.HTTPError as error:
            raise self._unreached(error) from error
        self._check(response, bytes(body))
        return bytes(body)

    def _unreached(self, error: httpx.HTTPError) -> EngineBusy | EngineFailed:
        if isinstance(error.__cause__, ssl.SSLError) or "CERTIFICATE" in str(error):
            message = f"the certificate of {self._host} is not valid: the connection may be intercepted"
            return EngineFailed(message, hint="Check it, or name its authority in BRIEFCAST_OPENAI_CA_FILE.")
        message = f"{self._host} cannot be reached: {type(error).__name__}"
        return EngineBusy(message, hint="Is the server running?")

    def _check(self, response: httpx.Response, body: bytes) -> None:
        """Raise for an answer that is no sound."""
        status, said = response.status_code, self._words(body)
        if status != httpx.codes.OK:
            message = f"{self._host} answered {status}{': ' + said if said else ''}"
            if status in _BUSY_STATUS:
                raise EngineBusy(message, retry_after_s=_retry_after(response.headers))
            raise (EngineMissing if status in _MISSING_STATUS else EngineFailed)(message, hint=_HINT)
        media_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type not in _MEDIA_TYPES[self._form] | _ANY_BYTES:
            message = f"{self._host} answered with {media_type or 'bytes of no type'}, not {self._form}"
            raise EngineFailed(f"{message}{': ' + said if said else ''}", hint=_HINT)
        if not body:
            message = f"{self._host} answered with no sound"
            raise EngineFailed(message)

    def _words(self, body: bytes) -> str:
        """Return what a JSON error says, in the forms that servers have; never with the key in it."""
        try:
            said = json.loads(body)
        except ValueError:
            return ""
        for name in ("error", "detail", "message"):
            if isinstance(said, dict) and name in said:
                said = said[name]
        text = " ".join((said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)).split())
        return (text.replace(self._key, "…") if self._key else text)[:_WORDS]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server wishes to be left alone: a number, or until a date."""
    value = headers.get("Retry-After", "").strip()
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, until.timestamp() - time.time())
