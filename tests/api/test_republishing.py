"""F24: while an article is published again and again, a reader never gets an error, a mix or a part."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.support.asking import ask
from tests.support.newsroom import work_off

#: Requests a second that the reader sends, if the machine lets it.
RATE = 50

REPUBLISHED = 100


@dataclass
class Reader:
    """Fetches what an article's listeners do, in whatever order, and writes down what came."""

    client: object
    published: list = field(default_factory=list)
    """Hashes of the audio that was live, in order; appended to by the test."""
    seen: list = field(default_factory=list)
    """(first, last, hash): how many had been published before and after the alias answered with that hash."""
    statuses: list = field(default_factory=list)
    whole: dict = field(default_factory=dict)
    small: dict = field(default_factory=dict)

    def read(self, stopping, chance):
        while not stopping.is_set():
            begun = time.monotonic()
            chance.choice((self.follow, self.follow, self.listed))(chance)
            stopping.wait(max(0.0, 1 / RATE - (time.monotonic() - begun)))

    def get(self, address, **headers):
        answer = self.client.get(address, headers={"Authorization": ""} | headers)
        self.statuses.append(answer.status_code)
        return answer

    def follow(self, chance):
        """The alias, and a part of where it leads, as a player that seeks."""
        first = len(self.published)
        alias = self.get("/articles/desk/ferry.mp3")
        assert alias.headers["cache-control"] == "public, max-age=60"
        address = alias.headers["location"]
        self.seen.append((first, len(self.published), address.rpartition("/")[2].removesuffix(".mp3")))
        size = int(self.client.head(address).headers["content-length"])
        start = chance.randrange(size)
        end = chance.randrange(start, size)
        wanted = chance.choice((None, f"bytes={start}-{end}", f"bytes={start}-", f"bytes=-{size - start}"))
        answer = self.get(address, **({"Range": wanted} if wanted else {}))
        sha256 = answer.headers["etag"].strip('"')
        assert sha256 in address
        if wanted is None:
            assert hashlib.sha256(answer.content).hexdigest() == sha256
            self.whole[sha256] = answer.content
        elif sha256 in self.whole:
            assert answer.status_code == 206
            last = end if wanted.endswith(str(end)) and "=-" not in wanted else size - 1
            assert answer.content == self.whole[sha256][start : last + 1]
            assert answer.headers["content-range"] == f"bytes {start}-{last}/{size}"

    def listed(self, chance):
        """The feed or the article's JSON: equal ETag, equal bytes."""
        answer = self.get(chance.choice(("/shows/daily/feed.xml", "/v1/articles/desk/ferry/audio")))
        assert self.small.setdefault((answer.url.path, answer.headers["etag"]), answer.content) == answer.content


def test_a_reader_during_a_hundred_republishings_gets_whole_answers(client, place, tmp_path):
    # Given an article that is live, in five readings that come round again and again
    texts = [
        f"Ferry runs\n\nThe ferry runs again from {day}day.\n" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri")
    ]
    (tmp_path / "articles" / "ferry.md").unlink()

    def publish(number):
        (tmp_path / "articles" / "ferry.txt").write_text(texts[number % len(texts)])
        ask(place, "ferry")
        work_off(place)
        reader.published.append(client.get("/articles/desk/ferry.mp3").headers["location"][-68:-4])

    reader = Reader(client)
    publish(0)
    stopping = threading.Event()
    # When a reader fetches without a pause while it is published a hundred times more
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, stopping, random.Random(24))
        try:
            for number in range(1, 1 + REPUBLISHED):
                publish(number)
        finally:
            stopping.set()
        reading.result(60)
    # Then no answer was an error, and whatever came was whole and what its ETag says
    assert set(reader.statuses) <= {200, 206, 302}
    assert len(reader.statuses) > REPUBLISHED
    assert len(reader.whole) == len(texts)
    # And the alias moved each time at once, which is within its minute, and never led to what was not live then
    assert len(reader.published) == 1 + REPUBLISHED
    assert all(before != after for before, after in zip(reader.published, reader.published[1:], strict=False))
    for first, last, sha256 in reader.seen:
        assert sha256 in reader.published[first - 1 : last + 1]
