"""A stand-in for Google Translate's speech endpoint: the protocol as gTTS 2.5 speaks it, faults included.

Faithful to what the library sends and expects: a POST of `f.req` to batchexecute with the method jQ1olc, answered by a
line of JSON whose string holds the MP3 in base64, prefixed as Google prefixes it. Speaks over TLS with its own authority.
"""

from __future__ import annotations

import base64
import io
import json
import ssl
import time
import urllib.parse
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import numpy as np
import trustme

from tests.support.threads import serving

PATH = "/_/TranslateWebserverUi/data/batchexecute"

#: Seconds of sound for each character of text.
_SECONDS = 0.06


def mp3_of(text, edge_s=0.05, amplitude=8000):
    """An MP3 at 24 kHz, 32 kbit/s, as long as the text, with a tone as its voice and silence around it."""
    tone = amplitude * np.sin(np.arange(max(2400, int(len(text) * _SECONDS * 24_000))) * 0.05)
    samples = np.pad(tone, int(edge_s * 24_000)).astype(np.int16)
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=24_000, layout="mono", bit_rate=32_000)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16p", layout="mono")
        frame.sample_rate = 24_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return out.getvalue()


def answer_of(mp3):
    """Google's answer around an MP3; None leaves the audio out, as it does for languages it cannot speak."""
    inner = json.dumps([base64.b64encode(mp3).decode()]) if mp3 is not None else None
    rows = [["wrb.fr", "jQ1olc", inner, None, None, None, "generic"], ["di", 35], ["af.httprm", 34, "-123", 7]]
    body = json.dumps(rows, separators=(",", ":"))
    return f')]}}\'\n\n{len(body)}\n{body}\n25\n[["e",4,null,null,133]]\n'.encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        google = self.server.google
        if self.path != PATH or not body.startswith("f.req="):
            self._answer(404, b"not found")
            return
        request = json.loads(urllib.parse.unquote(body[len("f.req=") :].rstrip("&")))
        method, parameters = request[0][0][0], json.loads(request[0][0][1])
        assert method == "jQ1olc", method
        text, language = parameters[0], parameters[1]
        assert len(text) <= 100, "Google refuses longer texts"
        google.asked.append((time.monotonic(), text, language))
        fault = google.faults.pop(0) if google.faults else None
        if isinstance(fault, int):
            self._answer(fault, b"<html>Sorry...</html>")
        elif fault == "silent":
            self._answer(200, answer_of(None))
        elif fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "99999")
            self.end_headers()
            self.wfile.write(answer_of(google.mp3_of(text))[:500])
            self.close_connection = True
        elif fault == "garbage":
            self._answer(200, answer_of(b"this is no MP3"))
        elif fault == "hang":
            time.sleep(2)
            self.close_connection = True
        else:
            self._answer(200, answer_of(google.mp3_of(text)))

    def _answer(self, status, body):
        self.send_response(status)
        if status == HTTPStatus.FOUND:
            self.send_header("Location", "https://www.google.com/sorry/index?continue=x")
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def google(folder):
    """Yield the stand-in: `.endpoint`, `.ca_file`, `.asked` (time, text, language), `.faults` to come, in order;
    `.edge_s` of silence around the sound, `.amplitude` of 32,767.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.google = server
    server.asked, server.faults = [], []
    server.edge_s, server.amplitude = 0.05, 8000
    server.mp3_of = lambda text: mp3_of(text, server.edge_s, server.amplitude)
    server.endpoint = f"https://127.0.0.1:{server.server_address[1]}"
    server.ca_file = str(folder / "ca.pem")
    authority.cert_pem.write_to_path(server.ca_file)
    with serving(server):
        yield server
