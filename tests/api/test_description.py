"""The API does what its description says, whatever is sent, whoever sends it (schemathesis): no answer of 500 or more,
and every answer's status, media type, headers and body are the described ones.

Each operation meets each role at least twice: roles are taken in turn, not by chance. Seeded and bounded;
`BRIEFCAST_TEST_EXAMPLES=500` looks longer. (The name is taken out of the environment before tests run, as all of ours
are, so it is read on import.)
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from api.app import create_app
from briefing.accounts import keys
from briefing.accounts.keys import Scope
from tests.support.client import client_of, free_port, make_key
from tests.support.newsroom import ARTICLE, make_place, work_off

EXAMPLES = int(os.environ.get("BRIEFCAST_TEST_EXAMPLES", "16"))

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@schemathesis.serializer("audio/*")
def _sound(_context, value):
    """Schemathesis knows no sound: whatever it makes up goes as it is."""
    return value if isinstance(value, bytes) else repr(value).encode()


#: Who sends. Twice as many are to fit into EXAMPLES.
ROLES = ("none", "read", "generate", "publish", "admin", "expired", "revoked")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A server with a live and a held briefing, and a key of every role."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("description")
        # The description is what is tested here, not how often a stranger may ask.
        for bound in ("ANONYMOUS_A_MINUTE", "FAILED_KEYS", "REQUESTS_A_MINUTE", "UNCONFIRMED_ARTICLES"):
            patch.setenv(f"BRIEFCAST_LIMIT_{bound}", "0")
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.chdir(folder)
        place = make_place(folder)
        (folder / "articles" / "ferry.md").write_text(ARTICLE)
        now = datetime.now(UTC)
        with place.database.writing() as session:
            made = {
                "expired": keys.create(session, "old", [Scope.ADMIN], now, now - timedelta(seconds=1)),
                "revoked": keys.create(session, "gone", [Scope.ADMIN], now),
            }
            keys.revoke(session, made["revoked"].split("_")[1], now)
        made |= {scope.value: make_key(place, scope) for scope in Scope}
        with client_of(place) as client:
            ids = [
                client.post("/v1/briefings", json={"article_ids": [article]}).json()["id"]
                for article in ("desk:ferry", "slow:ferry")
            ]
            work_off(place)
            yield str(client.base_url), made, ids, place
        place.database.dispose()


def described():
    """The description, by schemathesis, without the promise that any error is a problem: each must be listed."""
    raw = copy.deepcopy(create_app().openapi())
    for path in raw["paths"].values():
        for operation in path.values():
            operation["responses"].pop("default")
    return schemathesis.openapi.from_dict(raw)


def operations():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRIEFCAST_DATABASE_URL", "sqlite://")
        return [found.ok() for found in described().get_all_operations()]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_whatever_is_sent_is_answered_as_described(made, operation):
    address, given_keys, ids, place = made
    work_off(place)  # what the operations before have asked for: a stream of events ends when all is made
    cases = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    turns, met, failed = cycle(ROLES), Counter(), []

    @seed(5)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    # The number keeps requests of an operation without parameters apart: what is equal is not sent again.
    @given(cases, st.integers(0, 2**64), st.sampled_from([None, *ids]))
    def send(case, number, known):
        # Whoever met a failure stays, as Hypothesis sends again what failed, and less of it.
        role = failed[0] if failed else next(turns)
        met[role] += 1
        if known is not None and isinstance(case.path_parameters.get("briefing_id"), str):
            case.path_parameters["briefing_id"] = known
        headers = {"Authorization": f"Bearer {given_keys[role]}"} if role in given_keys else {}
        response = case.call(base_url=address, headers=headers, timeout=60)
        try:
            case.validate_response(response, checks=CHECKS, headers=headers)
        except BaseException:
            failed.append(role)
            raise

    send()
    assert min(met[role] for role in ROLES) >= 2, met
