"""The API, but for what it does at a POST while the file FLAG is there: it does the work, commits, and dies by SIGKILL
before a byte of its answer is sent, its process ID left in the file; it is forked anew. Run as
`python -m tests.support.dying_api PORT FLAG`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import uvicorn

from api.app import create_app
from tests.support.forked import keep


def dying(app, flag):
    async def wrapped(scope, receive, send):
        async def sending(message):
            if scope.get("method") == "POST" and flag.exists() and message.get("status", 500) < 300:
                flag.write_text(str(os.getpid()))
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        await app(scope, receive, sending)

    return wrapped


def serve():
    uvicorn.run(
        dying(create_app(), Path(sys.argv[2])),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        lifespan="off",
    )


if __name__ == "__main__":
    create_app()  # before forking: what all apps of a process have in common
    keep(serve)
