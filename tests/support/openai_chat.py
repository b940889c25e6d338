"""A stand-in for a server of OpenAI's `/v1/chat/completions`: the protocol as its reference has it, faults included.

Faithful to what clients may count on: POST of JSON with model and messages; {"choices": [{"message": {"content"}}]} as the
answer; errors as {"error": {"message", "type", "code"}}. What it writes is the test's.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.openai_speech import error
from tests.support.threads import serving

MODEL = "small-1"


def completion(text):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"id": "c1", "object": "chat.completion", "model": MODEL, "choices": [choice]}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *_):
        pass

    def do_POST(self):
        server = self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self._answer(404, error("Invalid URL"))
        elif server.key and self.headers.get("Authorization") != f"Bearer {server.key}":
            self._answer(401, error(f"Incorrect API key provided: {self.headers.get('Authorization')}"))
        elif asked["model"] != MODEL:
            self._answer(404, error(f"The model '{asked['model']}' does not exist"))
        else:
            server.asked.append(asked)
            written = server.writes(json.loads(asked["messages"][-1]["content"]))
            self._serve(server.faults.pop(0) if server.faults else None, completion(written))

    def _serve(self, fault, whole):
        if fault is None:
            self._answer(200, whole)
        elif isinstance(fault, int):
            self._answer(fault, error("The server had an error"), **{"Retry-After": "1"})
        elif fault == "slow":
            # Longer than any test waits; the client leaves, and this thread with the server.
            self.server.over.wait(60)
        elif fault == "huge":
            self._answer(200, whole[:-1] + b" " * 3_000_000 + b"}")
        elif fault == "not JSON":
            self._answer(200, b"<html>Welcome</html>", "text/html")
        elif fault == "redirect":
            self._answer(302, b"", Location="http://127.0.0.1:1/")
        elif isinstance(fault, bytes):
            self._answer(200, fault)
        else:
            raise AssertionError(fault)

    def _answer(self, status, body, media_type="application/json", **headers):
        self.send_response(status)
        for name, value in ({"Content-Type": media_type, "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def openai_chat(key="sk-test-0987654321"):
    """Yield the stand-in: `.address`, `.key`, `.asked` (bodies), `.faults` to come, in order, and `.writes`, which is
    given the article and returns the summary.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.key, server.asked, server.faults, server.over = key, [], [], threading.Event()
    server.writes = lambda article: article.splitlines()[1]
    server.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    with serving(server, 0.05):
        try:
            yield server
        finally:
            server.over.set()
