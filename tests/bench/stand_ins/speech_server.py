"""The speech servers that are asked, in one. Speaks with Piper's Joe.

rss2podcast asks by POST /api/tts and gets an MP3, encoded with Debian's ffmpeg as it comes, as servers of this make do;
Briefcast asks as OpenAI's clients do and gets a WAV. GET / serves the folder it is started in, which
holds the feed and the article. Run in the peers' environment: python speech_server.py PORT
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import wave
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from kokoro import KPipeline

_voice = KPipeline("a")


class Handler(SimpleHTTPRequestHandler):
    """Answers one request."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = asked.get("text") or asked["input"]
        try:
            audio = np.concatenate([part.audio for part in _voice(text)])
        except RuntimeError as error:
            self.send_error(500, str(error))
            return
        wants_mp3 = self.path == "/api/tts"
        body = _mp3(audio) if wants_mp3 else _wav(audio)
        self.send_response(200)
        self.send_header("Content-Type", "audio/mpeg" if wants_mp3 else "audio/wav")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


def _wav(audio):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def _mp3(audio):
    command = ["ffmpeg", "-v", "error", "-i", "-", "-f", "mp3", "-"]
    return subprocess.run(command, input=_wav(audio), capture_output=True, check=True).stdout


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
try:
    server.serve_forever()
finally:
    os._exit(0)
