"""The fault proxy does what it says: each kind, switched while it runs, for open connections too."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from tests.support.proxy import KINDS, proxied

ANSWER = b"x" * 5000


@contextmanager
def echoing():
    """A server that answers every line with `ANSWER`; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(connection):
            with connection, suppress(OSError):  # a client that is gone
                while connection.recv(100):
                    connection.sendall(ANSWER)

        def accept():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=[connection], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy():
    with echoing() as port, proxied("127.0.0.1", port) as proxy:
        yield proxy


def connected(proxy):
    connection = socket.create_connection(proxy.address, timeout=10)
    connection.sendall(b"?\n")
    return connection


def answer(connection, most=None):
    """What is answered until `most` bytes, by default all of one answer, or the end."""
    got, most = b"", most or len(ANSWER)
    while len(got) < most and (block := connection.recv(most - len(got))):
        got += block
    return got


def asked(proxy):
    with connected(proxy) as connection:
        return answer(connection)


def test_what_passes_passes_and_is_counted(proxy):
    assert [asked(proxy) for _ in range(3)] == [ANSWER] * 3
    assert proxy.connections == 3


def test_a_delay_delays(proxy):
    proxy.set("delay", 0.2)
    begun = time.monotonic()
    assert asked(proxy) == ANSWER
    assert time.monotonic() - begun >= 0.4, "question and answer are late"


def test_a_trickle_trickles(proxy):
    with connected(proxy) as connection:
        assert answer(connection) == ANSWER
        proxy.set("trickle", 100)
        connection.sendall(b"?")
        begun = time.monotonic()
        assert answer(connection, 20) == ANSWER[:20]
        assert time.monotonic() - begun >= 0.15


def test_cut_closes_open_connections_and_new_ones(proxy):
    with connected(proxy) as before:
        assert answer(before) == ANSWER
        proxy.set("cut")
        assert before.recv(1) == b""
    with suppress(OSError):  # what was sent before the end was seen
        assert asked(proxy) == b""
    proxy.set("pass")
    assert asked(proxy) == ANSWER


def test_reset_resets(proxy):
    with connected(proxy) as before:
        assert answer(before) == ANSWER
        proxy.set("reset")
        with pytest.raises(ConnectionResetError):
            before.recv(1)


def test_frozen_nothing_goes_through_until_it_goes_on(proxy):
    with connected(proxy) as before:
        assert answer(before) == ANSWER
        proxy.set("freeze")
        before.sendall(b"?")
        before.settimeout(0.2)
        with pytest.raises(TimeoutError):
            before.recv(1)
        with connected(proxy) as new:
            new.settimeout(0.2)
            with pytest.raises(TimeoutError):
                new.recv(1)
            proxy.set("pass")
            for connection in (before, new):
                connection.settimeout(10)
                assert answer(connection) == ANSWER


def test_cut_after_so_many_bytes(proxy):
    proxy.set("cut_after", 1234)
    with connected(proxy) as connection:
        assert answer(connection) == ANSWER[:1234]


def test_refused_nobody_listens(proxy):
    proxy.set("refuse")
    with pytest.raises(ConnectionRefusedError):
        asked(proxy)
    proxy.set("pass")
    assert asked(proxy) == ANSWER


def test_a_target_that_is_away_is_a_cut_connection():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with proxied("127.0.0.1", unused.getsockname()[1]) as proxy, socket.create_connection(proxy.address) as asking:
            assert asking.recv(1) == b""


def test_a_kind_without_its_number_is_a_mistake(proxy):
    for kind, number in (("delay", None), ("cut", 3)):
        with pytest.raises(AssertionError):
            proxy.set(kind, number)
    assert set(KINDS) == {"pass", "delay", "trickle", "cut", "reset", "freeze", "cut_after", "refuse"}
