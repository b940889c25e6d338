"""Small files kept in memory: answered as the route answers them, and never after what is stored was replaced."""

from __future__ import annotations

import pytest

from api.small_files import SmallFiles
from briefing.public_names import ARTICLE
from tests.support.client import client_of

NAME = "v1/articles/desk/ferry/audio"


@pytest.fixture
def client(place):
    with client_of(place) as client:
        yield client


@pytest.fixture
def files(client):
    return client.app.state.context.files


def of_the_file(answer):
    return (
        answer.status_code,
        answer.content,
        {k: v for k, v in answer.headers.items() if k not in {"date", "x-request-id"}},
    )


def test_what_is_kept_is_answered_as_what_is_read(client, files):
    # Given a file that the route reads first, and what is kept of it afterwards
    files.write(NAME, b'{"a": 1}', ARTICLE)
    site = {"Origin": "https://paper.example"}
    read = client.get(f"/{NAME}", headers=site)
    # Then both answers are alike, and only the request's ID is another
    kept = client.get(f"/{NAME}", headers=site)
    assert of_the_file(kept) == of_the_file(read)
    assert kept.headers["x-request-id"] != read.headers["x-request-id"]
    assert kept.headers["access-control-allow-origin"] == "*"
    assert kept.headers["x-content-type-options"] == "nosniff"
    # And so are those to HEAD and to whoever has it already; others may not write there
    assert client.head(f"/{NAME}").headers["content-length"] == "8"
    again = client.get(f"/{NAME}", headers={"If-None-Match": read.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post(f"/{NAME}").status_code == 405
    # And the measures count all of them by the route
    counted = client.get("/metrics").text
    assert 'route="/v1/articles/{source}/{article}/audio",status="200"' in counted


def test_what_is_replaced_or_withdrawn_is_seen_by_the_next_reader(client, files):
    for content in (b"one", b"two", b"one"):
        files.write(NAME, content, ARTICLE)
        assert [client.get(f"/{NAME}").content for _ in range(2)] == [content, content]
    files.remove(NAME)
    assert client.get(f"/{NAME}").status_code == 404


def test_no_more_is_kept_than_may_be(files):
    small = SmallFiles(files, most_bytes=250)
    names = [f"v1/articles/desk/story-{number}/audio" for number in range(3)]
    for name in names:
        files.write(name, b"x" * 100, ARTICLE)
        assert small.read(name).content == b"x" * 100
    assert [small.kept(name) is not None for name in names] == [False, True, True]


def test_a_file_replaced_while_it_is_read_is_not_kept(files):
    class Racing:
        """The storage, with somebody who publishes between a look and the reading."""

        def mark(self, name):
            return files.mark(name)

        def read(self, name):
            found = files.read(name)
            files.write(name, b"new", ARTICLE)
            return found

    files.write(NAME, b"old", ARTICLE)
    small = SmallFiles(Racing())
    assert small.read(NAME).content == b"old"
    assert small.kept(NAME) is None
