"""Signed addresses: what opens what, until when, by which key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefing.observing.logs import masked
from briefing.secrets import address_keys
from briefing.secrets.address_keys import AddressKey

OLD = AddressKey("0000000a", b"o" * 32, None)
NEW = AddressKey("0000000b", b"n" * 32, None)
KEYS = {key.id: key for key in (NEW, OLD)}
NAME, LISTENER = f"audio/{'a' * 64}.mp3", "0123456789abcdef"


def test_a_token_opens_its_file_and_says_for_whom_and_until_when():
    opened = address_keys.verify(KEYS, address_keys.sign(NEW, NAME, 1000, LISTENER), NAME, 900)
    assert (opened.until, opened.listener) == (1000, LISTENER)
    assert (opened.is_over(1060), opened.is_over(1061)) == (False, True)
    anybodys = address_keys.verify(KEYS, address_keys.sign(NEW, NAME, 1000, None), NAME, 900)
    assert anybodys.listener is None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token.replace(".1000.", ".2000."),
        lambda token: token.replace(LISTENER, "0"),
        lambda token: token.replace(LISTENER, LISTENER[::-1]),
        lambda token: token.replace(NEW.id, OLD.id),
        lambda token: token.replace(NEW.id, "0000000c"),
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token[:-4] + "AAAA",
        lambda token: token.replace(".1000.", ".01000."),
        lambda _: "-",
        lambda _: "",
        lambda _: "é" * 80,
    ],
)
def test_nothing_else_opens_anything(change):
    token = address_keys.sign(NEW, NAME, 1000, LISTENER)
    assert address_keys.verify(KEYS, change(token), NAME, 900) is None
    assert address_keys.verify(KEYS, token, NAME.replace("a", "b"), 900) is None


def test_a_key_goes_on_opening_until_it_ends(any_database):
    now = datetime(2026, 5, 1, tzinfo=UTC)
    with any_database.writing() as session:
        first = address_keys.rotate(session, now, grace=timedelta())
        token = address_keys.sign(address_keys.load(session)[first], NAME, 2**33, None)
        second = address_keys.rotate(session, now + timedelta(days=1), grace=timedelta(days=2))
        keys = address_keys.load(session)
    assert next(iter(keys)) == second
    assert address_keys.verify(keys, token, NAME, (now + timedelta(days=2.9)).timestamp())
    assert address_keys.verify(keys, token, NAME, (now + timedelta(days=3.1)).timestamp()) is None


def test_no_log_shows_what_opens_something():
    token = address_keys.sign(NEW, NAME, 1000, LISTENER)
    said = masked(f"GET /members/{token}/{NAME} and /listeners/{LISTENER}/{'s' * 43}/feed.xml")
    assert token.rpartition(".")[2] not in said
    assert "s" * 43 not in said
    assert LISTENER in said
