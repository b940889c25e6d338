"""Google Translate's voice through gTTS: opt-in, online, and every hazard of the library closed.

gTTS builds the requests and cuts the text; sending is ours, because the library's own sends without
verifying TLS, without a time-out, and drops a part silently when an answer holds no audio. Here TLS is verified,
every wait is bounded, requests are throttled and tried again with jitter, and a text whose parts are not all
there raises. Text leaves this machine: a newsroom must want that. The interface is undocumented and
may change or refuse at any time.
"""

from __future__ import annotations

import base64
import binascii
import io
import random
import re
import ssl
import threading
import time
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import av
import gtts
import httpx
import numpy as np

from voices.engine import AudioChunk, Capabilities
from voices.errors import EngineBusy, EngineFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import requests
    from numpy.typing import NDArray

    from voices.catalogue import Voice
    from voices.engine import Pronunciation

#: Hertz; what Google's MP3s have.
RATE = 24_000

#: Seconds to connect, and between two reads of the answer.
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)

#: Seconds for one answer in all, however slowly it drips.
_ANSWER_S = 40.0

#: Tries for one part; Google's 429 lasts minutes, so more of them here would only hold a worker.
_TRIES = 3

#: Delay before the second try in seconds; doubles, jittered by half.
_BACKOFF_S = 1.0

#: Most bytes of one answer: 100 characters make about 40 kB of MP3, in base64.
_ANSWER_BYTES = 2_000_000

#: Silence between two parts in milliseconds: where gTTS cut within a sentence, and where a sentence ended.
_GAP_MS = (60, 250)
_ENDS = frozenset(".?!…")
_MARKS = re.compile(r"[^\w\s]*")

#: Counts the ways in which we join what Google gives; part of the version.
_JOINING = 2

#: A part's sound begins and ends where it passes this share of its peak (-50 dB), and some milliseconds around it stay.
_EDGE = 0.003
_KEEP_MS = 30

_BUSY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOCAL_HINT = "Google limits requests by address: wait, or use a local voice such as joe."
_AUDIO = re.compile(r'jQ1olc","\[\\"([A-Za-z0-9+/=]+)\\"\]')


class _Throttle:
    """Spaces requests of this process evenly."""

    def __init__(self, per_second: float) -> None:
        self._interval_s = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Sleep until the next request may go out."""
        with self._lock:
            now = time.monotonic()
            start = max(self._next, now)
            self._next = start + self._interval_s
        time.sleep(start - now)


class GttsEngine:
    """Speaks through Google Translate. One connection pool per process, one request at a time per call."""

    capabilities = Capabilities(text_limit=1000, online=True)

    def __init__(
        self, endpoint: str = "https://translate.google.com", ca_file: str = "", per_second: float = 1.0
    ) -> None:
        """Send to `endpoint`, trusting the system's authorities or those in `ca_file`."""
        self._endpoint = endpoint.rstrip("/")
        # trust_env=False: the environment must not weaken this, by a proxy or by certificates of its own.
        self._client = httpx.Client(
            verify=ssl.create_default_context(cafile=ca_file or None), trust_env=False, timeout=_TIMEOUT
        )
        self._throttle = _Throttle(per_second)
        self._chance = random.Random()

    @property
    def version(self) -> str:
        """Version of the gTTS package, and of the way in which we join its parts; Google's own is not told."""
        return f"{version('gTTS')}/{_JOINING}"

    def model_digest(self, voice: Voice) -> str:  # noqa: ARG002  the engine protocol
        """Return the empty text: the model is Google's and unknown."""
        return ""

    def synthesize(
        self,
        text: str,
        voice: Voice,
        pronunciations: Sequence[Pronunciation] = (),  # noqa: ARG002  takes no phonemes
        variation: int = 0,  # noqa: ARG002  Google has one reading
    ) -> Iterator[AudioChunk]:
        """Yield one chunk per request, after all of them have been answered in full."""
        parts = self._requests(text, voice)
        audio = [_trimmed(self._speak(request)) for _, request in parts]
        ends = _sentence_ends(text, [said for said, _ in parts])
        for number, samples in enumerate(audio):
            gap_ms = 0 if number == len(parts) - 1 else _GAP_MS[ends[number]]
            yield AudioChunk(np.pad(samples, (0, gap_ms * RATE // 1000)), RATE)

    def _requests(self, text: str, voice: Voice) -> list[tuple[str, requests.PreparedRequest]]:
        """Return the parts that gTTS cuts a text into, each with its request."""
        speaker = gtts.gTTS(text, lang=str(voice.parameters["lang"]), lang_check=False)
        try:
            said: list[str] = speaker._tokenize(text)  # noqa: SLF001  what the next line does first
            prepared: list[requests.PreparedRequest] = speaker._prepare_requests()  # noqa: SLF001  builds, sends nothing
        except AssertionError as error:
            message = f"gTTS finds nothing to speak in {text[:60]!r}"
            raise EngineFailed(message) from error
        for request in prepared:
            request.url = self._endpoint + urlsplit(str(request.url)).path
        return list(zip(said, prepared, strict=True))

    def _speak(self, request: requests.PreparedRequest) -> NDArray[np.float32]:
        for tried in range(1, _TRIES + 1):
            self._throttle.wait()
            try:
                return _decoded(_mp3(self._answer(request)))
            except EngineBusy as busy:
                if tried == _TRIES or busy.retry_after_s is not None:
                    raise
                time.sleep(_BACKOFF_S * 2 ** (tried - 1) * (1 - self._chance.random() / 2))
        raise AssertionError

    def _answer(self, request: requests.PreparedRequest) -> str:
        deadline = time.monotonic() + _ANSWER_S
        body = bytearray()
        try:
            with self._client.stream(
                "POST", str(request.url), headers=dict(request.headers), content=request.body
            ) as response:
                _check_status(response)
                for block in response.iter_bytes():
                    body += block
                    if len(body) > _ANSWER_BYTES or time.monotonic() > deadline:
                        message = "Google Translate's answer is too long or too slow"
                        raise EngineBusy(message)
        except httpx.HTTPError as error:
            if isinstance(error.__cause__, ssl.SSLError) or "CERTIFICATE" in str(error):
                message = "Google Translate's certificate is not valid: the connection may be intercepted"
                raise EngineFailed(message, hint="Check this machine's certificates and its network.") from error
            message = f"Google Translate cannot be reached: {type(error).__name__}"
            raise EngineBusy(message, hint=_LOCAL_HINT) from error
        return body.decode("utf-8", "replace")


def _sentence_ends(text: str, parts: Sequence[str]) -> list[bool]:
    """Tell for each part whether a sentence of `text` ends with it: gTTS drops most of the marks that it cuts at."""
    ends, done = [], 0
    for part in parts:
        place = text.find(part, done)
        if place >= 0:  # not where gTTS has written out an abbreviation
            done = place + len(part)
        behind = _MARKS.match(text, done)
        ends.append(not _ENDS.isdisjoint(part[-1:] + (behind.group() if behind and place >= 0 else "")))
    return ends


def _check_status(response: httpx.Response) -> None:
    if response.status_code == httpx.codes.OK:
        return
    message = f"Google Translate answered {response.status_code}"
    # Google throttles by leading elsewhere, to a page with a captcha, as well as by 429.
    if response.is_redirect or response.status_code in _BUSY_STATUS:
        value = response.headers.get("Retry-After", "")
        raise EngineBusy(message, hint=_LOCAL_HINT, retry_after_s=float(value) if value.isdecimal() else None)
    raise EngineFailed(message, hint="The service may have changed; use a local voice such as joe.")


def _mp3(answer: str) -> bytes:
    match = _AUDIO.search(answer)
    if match is None:
        # gTTS itself yields nothing here, and the sentence is lost without a word.
        message = "Google Translate's answer holds no audio"
        raise EngineFailed(message, hint="The language may be unsupported; use a local voice such as joe.")
    try:
        return base64.b64decode(match.group(1), validate=True)
    except binascii.Error as error:
        message = "Google Translate's answer is cut short"
        raise EngineBusy(message) from error


def _decoded(mp3: bytes) -> NDArray[np.float32]:
    try:
        with av.open(io.BytesIO(mp3), "r", format="mp3") as container:
            resampler = av.AudioResampler("flt", "mono", RATE)
            frames = [frame for decoded in container.decode(audio=0) for frame in resampler.resample(decoded)]
            frames += resampler.resample(None)
    except (av.error.FFmpegError, IndexError) as error:
        message = "Google Translate's audio cannot be decoded"
        raise EngineFailed(message) from error
    if not frames:
        message = "Google Translate's audio is empty"
        raise EngineFailed(message)
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)
    # MP3 decodes to a little beyond full scale where the original came close to it.
    return np.clip(samples, -1.0, 1.0)


def _trimmed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a part without the silence around it, which Google adds to each and we replace by a gap of our own."""
    sounding = np.flatnonzero(np.abs(samples) > _EDGE * np.max(np.abs(samples), initial=0.0))
    if not len(sounding):
        return samples
    spare = RATE * _KEEP_MS // 1000
    return samples[max(0, int(sounding[0]) - spare) : int(sounding[-1]) + spare]
