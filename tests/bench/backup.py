"""How long backing up and restoring take: `python -m tests.bench.backup [EPISODES]`, in a temporary folder.

One real episode is made and its rows and files multiplied, each with bytes of its own: an MP3, a transcript, 30 takes.
"""

from __future__ import annotations

import copy
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from briefing.models import BriefingRow, EpisodeRow, MasterRow, RevisionRow, TakeRow
from tests.support.asking import ask
from tests.support.newsroom import ARTICLE, make_place, work_off
from worker.doctor import examine
from worker.installation.backup import back_up
from worker.installation.restore import restore
from worker.workplace import Workplace

TAKES = 30


def columns(row):
    return {column.key: copy.deepcopy(getattr(row, column.key)) for column in row.__table__.columns}


def multiply(place, episodes):
    """Add episodes like the one that is there."""
    with place.database.reading() as session:
        briefing, revision, master, episode, take = (
            columns(session.scalars(select(kind)).first())
            for kind in (BriefingRow, RevisionRow, MasterRow, EpisodeRow, TakeRow)
        )
    sound = place.storage.path(take["sha256"]).read_bytes()
    mp3 = place.storage.path(master["sha256"]).read_bytes()

    def stored(content):
        path = place.storage.temporary(".x")
        path.write_bytes(content)
        return place.storage.put(path)

    for number in range(episodes):
        name = f"{number:016x}"
        with place.database.writing() as session:
            sha256 = stored(mp3 + name.encode())
            content = master["content"] | {"sha256": sha256, "key": name, "bytes": len(mp3) + 16}
            session.add(MasterRow(**master | {"key": name, "sha256": sha256, "content": content}))
            session.add(
                BriefingRow(
                    **briefing
                    | {"id": name, "identity": name, "articles": [f"desk:{name}"], "live_revision": 1000 + number}
                )
            )
            session.flush()
            session.add(RevisionRow(**revision | {"id": 1000 + number, "briefing_id": name, "master_key": name}))
            session.add(EpisodeRow(**episode | {"briefing_id": name, "guid": name}))
            for take_number in range(TAKES):
                key = f"{name}{take_number}"
                session.add(TakeRow(**take | {"key": key, "sha256": stored(sound + key.encode())}))


def timed(what, done):
    wall, cpu = time.perf_counter(), time.process_time()
    result = done()
    print(f"{what}: {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of CPU", flush=True)
    return result


def main():
    episodes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"BRIEFCAST_DATA": str(folder / "var"), "BRIEFCAST_LOG_LEVEL": "ERROR"}
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        ask(place, "ferry", now=datetime.now(UTC))
        work_off(place)
        timed(f"making {episodes} episodes", lambda: multiply(place, episodes))
        size = sum(blob.bytes for blob in place.storage.stored())
        print(f"{size / 1e6:.0f} MB in {sum(1 for _ in place.storage.stored())} files")
        timed("first backup", lambda: back_up(place, folder / "vault", datetime.now(UTC), 10))
        time.sleep(1)
        multiply_more = lambda: back_up(place, folder / "vault", datetime.now(UTC), 10)  # noqa: E731
        timed("backup with nothing new", multiply_more)
        os.environ["BRIEFCAST_DATA"] = str(folder / "new")
        new = Workplace()
        timed("restore", lambda: restore(new, folder / "vault", None))
        found = timed("doctor", lambda: list(examine(new, fix=False)))
        print({finding.code for finding in found})


if __name__ == "__main__":
    main()
