"""A stand-in for a server of OpenAI's `/v1/audio/speech`: the protocol as its reference has it, faults included.

Faithful to what clients may count on: POST of JSON with model, input (at most 4,096 characters), voice and
response_format; sound in that form as the answer, its WAV with lengths unknown as a stream's are; errors as
{"error": {"message", "type", "code"}}. Its voice is syllables of noise, as long as the text.
"""

from __future__ import annotations

import io
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import numpy as np

from tests.support.audio import speech_like
from tests.support.threads import serving

#: Hertz of every form.
RATE = 24_000

MEDIA_TYPES = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "pcm": "audio/pcm"}

#: Loudest sample of every sound, of 32,768.
PEAK = 16_000

_SECONDS = 0.06


def sound_of(text, form):
    """Syllables of noise as long as the text, in one of the forms."""
    sound = speech_like(len(text) * _SECONDS, RATE, seed=len(text))
    samples = (sound * PEAK / np.max(np.abs(sound))).astype(np.int16)
    if form == "pcm":
        return samples.tobytes()
    if form == "wav":
        head = b"RIFF\xff\xff\xff\xffWAVEfmt " + (16).to_bytes(4, "little") + b"\x01\x00\x01\x00"
        head += RATE.to_bytes(4, "little") + (2 * RATE).to_bytes(4, "little") + b"\x02\x00\x10\x00"
        return head + b"data\xff\xff\xff\xff" + samples.tobytes()
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream("libmp3lame" if form == "mp3" else "flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(
            stream.codec_context.format, "mono", RATE, frame_size=stream.codec_context.frame_size
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return out.getvalue()


def error(message, code="invalid_request_error"):
    return json.dumps({"error": {"message": message, "type": code, "param": None, "code": None}}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.server.connections += 1

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with server.counting:
            server.now += 1
            server.most = max(server.most, server.now)
            fault = server.faults.pop(0) if server.faults else None
        try:
            self._serve(body, fault)
        finally:
            with server.counting:
                server.now -= 1

    def _serve(self, body, fault):
        server = self.server
        if self.path != "/v1/audio/speech":
            self._answer(404, error("Invalid URL", "invalid_request_error"))
            return
        if server.key and self.headers.get("Authorization") != f"Bearer {server.key}":
            self._answer(401, error(f"Incorrect API key provided: {self.headers.get('Authorization')}"))
            return
        asked = json.loads(body)
        server.asked.append((time.monotonic(), asked))
        if asked["model"] not in server.models:
            self._answer(404, error(f"The model '{asked['model']}' does not exist"))
        elif asked["voice"] not in server.voices or len(asked["input"]) > 4096:
            self._answer(400, error(f"no voice {asked['voice']!r}"))
        elif fault is None:
            time.sleep(server.delay_s)
            self._answer(200, sound_of(asked["input"], asked["response_format"]), MEDIA_TYPES[asked["response_format"]])
        else:
            self._fail(fault, sound_of(asked["input"], asked["response_format"]), MEDIA_TYPES[asked["response_format"]])

    def _fail(self, fault, sound, media_type):
        if isinstance(fault, tuple):
            status, retry_after = fault
            self._answer(status, error("Rate limit reached"), **{"Retry-After": retry_after})
        elif isinstance(fault, int):
            self._answer(fault, error("The server had an error"))
        elif fault == "cut":
            self._answer(200, sound[: len(sound) // 2], media_type, **{"Content-Length": str(len(sound))})
            self.close_connection = True
        elif fault == "cut wav":
            # Whole by HTTP's rules, since nobody said how long it would be; short by the WAV's own header.
            whole = sound[:40] + (len(sound) - 44).to_bytes(4, "little") + sound[44:]
            self._answer(200, whole[: len(whole) // 2], media_type)
        elif fault == "slow":
            time.sleep(1.5)
            self._answer(200, sound, media_type)
        elif fault == "drip":
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(sound)))
            self.end_headers()
            for at in range(200):
                self.wfile.write(sound[at : at + 1])
                time.sleep(0.1)
            self.close_connection = True
        elif fault == "json":
            self._answer(200, error("out of credit"), "application/json")
        elif fault == "html":
            self._answer(200, b"<html>Welcome</html>", "text/html")
        elif fault == "empty":
            self._answer(200, b"", media_type)
        elif fault == "silent head":
            self._answer(200, sound[:44], media_type)
        elif fault == "no sound":
            self._answer(200, b"this is no sound at all" * 10, media_type)
        elif fault == "redirect":
            self._answer(302, b"", Location="http://127.0.0.1:1/")
        elif fault == "huge":
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.close_connection = True
            for _ in range(1000):
                try:
                    self.wfile.write(bytes(100_000))
                except OSError:
                    return
        else:
            raise AssertionError(fault)

    def _answer(self, status, body, media_type="application/json", **headers):
        self.send_response(status)
        for name, value in ({"Content-Type": media_type, "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def openai_speech(key="sk-test-1234567890"):
    """Yield the stand-in: `.address`, `.key`, `.asked` (time, body), `.faults` to come, in order; `.connections` made,
    the `.most` requests it had at once; `.delay_s` before each answer.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.counting = threading.Lock()
    server.key, server.models, server.voices = key, {"tts-1", "kokoro"}, {"alloy", "af_heart"}
    server.asked, server.faults = [], []
    server.connections = server.now = server.most = 0
    server.delay_s = 0.0
    server.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    with serving(server):
        yield server
