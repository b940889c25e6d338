from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefing.accounts import keys
from briefing.accounts.keys import Scope
from briefing.models import KeyRow
from briefing.observing.logs import masked

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def made(place):
    with place.database.writing() as session:
        return keys.create(session, "cms", [Scope.READ, Scope.GENERATE], NOW, NOW + timedelta(days=1))


def check(place, key, now=NOW):
    with place.database.reading() as session:
        return keys.check(session, key, now)


def test_a_key_is_known_by_its_secret(place, made):
    caller = check(place, made)
    assert (caller.name, caller.scopes) == ("cms", {Scope.READ, Scope.GENERATE})
    assert caller.may(Scope.READ)
    assert not caller.may(Scope.PUBLISH)


def test_the_secret_itself_is_nowhere(place, made):
    secret = made.split("_", 2)[2]
    with place.database.reading() as session:
        (row,) = session.query(KeyRow)
        assert secret not in str(vars(row))
    assert secret.encode() not in b"".join(path.read_bytes() for path in place.data.data.glob("briefcast.db*"))


def test_wrong_expired_and_revoked_keys_are_refused(place, made):
    assert check(place, made[:-1] + ("A" if made[-1] != "A" else "B")) is None
    assert check(place, "bc_00000000_" + made.split("_", 2)[2]) is None
    assert check(place, "") is None
    assert check(place, made, NOW + timedelta(days=2)) is None
    with place.database.writing() as session:
        assert keys.revoke(session, made.split("_")[1], NOW)
        assert not keys.revoke(session, "ffffffff", NOW)
    assert check(place, made) is None


def test_admin_may_do_everything(place):
    with place.database.writing() as session:
        key = keys.create(session, "root", [Scope.ADMIN], NOW)
    assert all(check(place, key).may(scope) for scope in Scope)


def test_logs_show_no_secret(made):
    assert (
        masked(f"key {made} on redis://user:hunter2@host/0")
        == f"key bc_{made.split('_')[1]}_*** on redis://user:***@host/0"
    )
