"""Who may do what: every route of the app for every kind of key."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import APIRouter
from starlette.routing import Mount

from api.app import create_app
from api.guard import all_routes, check_guarded, demands
from briefing.accounts import keys
from briefing.accounts.keys import Scope
from tests.support.client import client_of, make_key

#: Every route: what it demands, None for what is open to everybody. A route that is not here fails the test.
DEMANDS = {
    ("POST", "/v1/briefings"): Scope.GENERATE,
    ("GET", "/v1/briefings/{briefing_id}"): Scope.READ,
    ("GET", "/v1/briefings/{briefing_id}/script"): Scope.READ,
    ("GET", "/v1/briefings/{briefing_id}/events"): Scope.READ,
    ("POST", "/v1/briefings/{briefing_id}/regenerate"): Scope.GENERATE,
    ("POST", "/v1/briefings/{briefing_id}/publish"): Scope.PUBLISH,
    ("POST", "/v1/briefings/{briefing_id}/retract"): Scope.PUBLISH,
    ("POST", "/v1/briefings/{briefing_id}/links"): Scope.PUBLISH,
    ("GET", "/v1/briefings/{briefing_id}/segments"): Scope.READ,
    ("PUT", "/v1/briefings/{briefing_id}/segments/{segment}"): Scope.GENERATE,
    ("DELETE", "/v1/briefings/{briefing_id}/segments/{segment}"): Scope.GENERATE,
    ("POST", "/v1/briefings/{briefing_id}/conflicts/{segment}"): Scope.GENERATE,
    ("GET", "/v1/briefings/{briefing_id}/takes/{key}"): Scope.READ,
    ("GET", "/v1/briefings/{briefing_id}/compare"): Scope.READ,
    ("POST", "/v1/briefings/{briefing_id}/rollback"): Scope.PUBLISH,
    ("POST", "/v1/briefings/{briefing_id}/hold"): Scope.PUBLISH,
    ("DELETE", "/v1/briefings/{briefing_id}/hold"): Scope.PUBLISH,
    ("POST", "/v1/briefings/{briefing_id}/schedule"): Scope.PUBLISH,
    ("DELETE", "/v1/briefings/{briefing_id}/schedule"): Scope.PUBLISH,
    ("POST", "/v1/briefings/{briefing_id}/approve"): Scope.PUBLISH,
    ("PUT", "/v1/articles/{source}/{article}/audio"): Scope.GENERATE,
    ("PUT", "/v1/articles/{source}/{article}/picks/{show}"): Scope.PUBLISH,
    ("DELETE", "/v1/articles/{source}/{article}/picks/{show}"): Scope.PUBLISH,
    ("GET", "/v1/digests"): Scope.READ,
    ("POST", "/v1/digests/{slug}"): Scope.GENERATE,
    ("POST", "/v1/digests/{slug}/summaries"): Scope.GENERATE,
    ("GET", "/v1/summaries"): Scope.READ,
    ("GET", "/v1/summaries/{summary}"): Scope.READ,
    ("POST", "/v1/summaries/{summary}/approve"): Scope.PUBLISH,
    ("POST", "/v1/summaries/{summary}/decline"): Scope.PUBLISH,
    ("POST", "/v1/estimates"): Scope.GENERATE,
    ("GET", "/v1/estimates/{estimate_id}"): Scope.READ,
    ("GET", "/v1/voices"): Scope.READ,
    ("GET", "/v1/jingles"): Scope.READ,
    ("POST", "/v1/jingles"): Scope.PUBLISH,
    ("GET", "/v1/jingles/{name}/{part}"): Scope.READ,
    ("DELETE", "/v1/jingles/{name}/{part}"): Scope.PUBLISH,
    ("GET", "/v1/articles/{source}/{article}/audio"): None,
    ("GET", "/v1/audience"): Scope.AUDIENCE,
    ("GET", "/v1/audience/{source}/{article}"): Scope.AUDIENCE,
    ("GET", "/v1/audit"): Scope.ADMIN,
    ("POST", "/v1/plays"): None,
    ("GET", "/v1/lexicon/entries"): Scope.READ,
    ("PUT", "/v1/lexicon/entries"): Scope.GENERATE,
    ("DELETE", "/v1/lexicon/entries"): Scope.GENERATE,
    ("POST", "/v1/lexicon/radius"): Scope.READ,
    ("POST", "/v1/lexicon/respeaks"): Scope.GENERATE,
    ("POST", "/v1/lexicon/imports"): Scope.GENERATE,
    ("POST", "/v1/lexicon/imports/radius"): Scope.READ,
    ("POST", "/v1/lexicon/imports/respeaks"): Scope.GENERATE,
    ("GET", "/v1/lexicon/respeaks/{respeak_id}"): Scope.READ,
    ("POST", "/v1/lexicon/respeaks/{respeak_id}/undo"): Scope.GENERATE,
    ("GET", "/v1/lexicon/unknown"): Scope.READ,
    ("POST", "/v1/lexicon/samples"): Scope.GENERATE,
    ("GET", "/v1/lexicon/samples/{sample_id}"): Scope.READ,
    ("GET", "/v1/lexicon/samples/{sample_id}/audio"): Scope.READ,
    ("POST", "/v1/reports"): None,
    ("GET", "/v1/reports"): Scope.READ,
    ("POST", "/v1/reports/{report_id}/close"): Scope.GENERATE,
    ("POST", "/v1/hooks/{source}"): None,
    ("PUT", "/v1/briefings/{briefing_id}/visibility"): Scope.PUBLISH,
    ("POST", "/v1/briefings/{briefing_id}/signed"): Scope.READ,
    ("POST", "/v1/articles/{source}/{article}/signed"): Scope.READ,
    ("POST", "/v1/shows/{slug}/listeners"): Scope.PUBLISH,
    ("GET", "/v1/shows/{slug}/listeners"): Scope.PUBLISH,
    ("DELETE", "/v1/shows/{slug}/listeners/{listener}"): Scope.PUBLISH,
    ("GET", "/members/{token}/{name:path}"): None,
    ("GET", "/listeners/{listener}/{secret}/feed.xml"): None,
    ("GET", "/listen/{show}/{name}"): None,
    ("GET", "/audio/{name}"): None,
    ("GET", "/articles/{source}/{article}.mp3"): None,
    ("GET", "/shows/{slug}/feed.xml"): None,
    ("GET", "/shows/{slug}/archive/{month}.xml"): None,
    ("GET", "/shows/{slug}/artwork.{ending}"): None,
    ("GET", "/briefings/{briefing}/history"): None,
    ("GET", "/briefings/{briefing}/history.json"): None,
    ("GET", "/briefings/{briefing}/{file}"): None,
    ("GET", "/briefings/{briefing}/{revision}/{file}"): None,
    ("GET", "/briefings/{briefing}/{revision}/stream/{file}"): None,
    ("GET", "/embed/{source}/{article}"): None,
    ("GET", "/player.js"): None,
    ("GET", "/player-hls.js"): None,
    ("GET", "/embed.js"): None,
    ("GET", "/v1/audio"): None,
    ("GET", "/v1/addresses/{hashed}"): None,
    ("GET", "/oembed"): None,
    ("GET", "/livez"): None,
    ("GET", "/metrics"): None,
    ("GET", "/readyz"): None,
    ("GET", "/"): None,
    ("GET", "/docs"): None,
    ("GET", "/docs/errors"): None,
    ("GET", "/openapi.json"): None,
}

#: Lets in whoever signs, and asks for no key: tests/api/test_hooks.py.
BY_SIGNATURE = "/v1/hooks/{source}"

#: Folders of files that ship with us.
MOUNTS = {"/static", "/docs/assets"}

FILLED = {
    "briefing_id": "0123456789abcdef",
    "segment": "0123456789abcdef",
    "key": "0" * 64,
    "name": "morning",
    "part": "intro",
    "source": "desk",
    "article": "ferry",
    "slug": "daily",
    "month": "2026-01",
    "ending": "jpg",
    "show": "daily",
    "briefing": "0123456789abcdef",
    "revision": "1",
    "file": "transcript.vtt",
    "hashed": "0123456789abcdef",
    "listener": "0123456789abcdef",
    "secret": "x",
    "token": "x",
    "estimate_id": "0123456789abcdef",
    "respeak_id": "0123456789abcdef",
    "sample_id": "0123456789abcdef",
    "report_id": "0123456789abcdef",
    "summary": "0123456789abcdef",
}

#: Bodies and queries with which a request that is let through gets as far as the route's own work.
SENT = {
    ("POST", "/v1/briefings/{briefing_id}/links"): {"json": {"action": "withdraw", "recipient": "ed"}},
    ("POST", "/v1/briefings"): {"json": {"article_ids": ["desk:ferry"], "voice": "nobody"}},
    ("PUT", "/v1/articles/{source}/{article}/audio"): {"json": {"voice": "nobody"}},
    ("POST", "/v1/summaries/{summary}/approve"): {"json": {"seen": "0" * 64}},
    ("POST", "/v1/summaries/{summary}/decline"): {"json": {"seen": "0" * 64}},
    ("POST", "/v1/estimates"): {"json": {"article_ids": ["desk:ferry"], "voice": "nobody"}},
    ("PUT", "/v1/briefings/{briefing_id}/visibility"): {"json": {"visibility": "members"}},
    ("PUT", "/v1/briefings/{briefing_id}/segments/{segment}"): {"json": {"omitted": True}},
    ("POST", "/v1/briefings/{briefing_id}/conflicts/{segment}"): {"json": {"resolution": "drop"}},
    ("GET", "/v1/briefings/{briefing_id}/compare"): {"params": {"from": 1, "to": 2}},
    ("POST", "/v1/briefings/{briefing_id}/rollback"): {"json": {"revision": 1}},
    ("POST", "/v1/briefings/{briefing_id}/schedule"): {"json": {"at": "2026-01-01T00:00:00Z"}},
    ("POST", "/v1/shows/{slug}/listeners"): {"json": {"name": "reader"}},
    ("PUT", "/v1/lexicon/entries"): {"json": {"written": "x", "spoken": "(x)"}},
    ("DELETE", "/v1/lexicon/entries"): {"params": {"written": "x"}},
    ("POST", "/v1/lexicon/radius"): {"json": {"written": "x", "spoken": "y"}},
    ("POST", "/v1/lexicon/respeaks"): {"json": {"written": "x", "spoken": "(x)"}},
    ("POST", "/v1/lexicon/imports"): {"json": {"content": "x"}},
    ("POST", "/v1/lexicon/imports/radius"): {"json": {"content": "x"}},
    ("POST", "/v1/lexicon/imports/respeaks"): {"json": {"content": "x"}},
    ("POST", "/v1/lexicon/samples"): {"json": {"written": "x", "voice": "nobody"}},
    ("POST", "/v1/jingles"): {"params": {"name": "morning", "part": "intro"}, "content": b""},
}


def routes_of(app):
    found, mounts = {}, set()
    for route in all_routes(app):
        if isinstance(route, Mount):
            mounts.add(route.path)
            continue
        if route.path == "/desk" or route.path.startswith("/desk/"):
            continue  # pages, for those who sign in: tests/desk/test_desk_roles.py
        for method in route.methods - {"HEAD"}:
            found[method, route.path] = demands(route)
    return found, mounts


def test_every_route_is_in_the_table_and_demands_what_it_says(place):
    routes, mounts = routes_of(create_app())
    assert mounts == MOUNTS
    assert routes == {route: {scope} if scope else set() for route, scope in DEMANDS.items()}


def ask(client, method, path, key):
    headers = {} if key is None else {"Authorization": key}
    return client.request(
        method,
        path.replace("{name:path}", "audio/x.mp3").format_map(FILLED),
        headers=headers,
        **SENT.get((method, path), {}),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A server, and keys of every kind."""
    from tests.support.newsroom import make_place

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("roles")
        # Roles are what is tested here, not how often a stranger may ask.
        for bound in ("ANONYMOUS_A_MINUTE", "FAILED_KEYS", "REQUESTS_A_MINUTE", "UNCONFIRMED_ARTICLES"):
            patch.setenv(f"BRIEFCAST_LIMIT_{bound}", "0")
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", "http://127.0.0.1:" + str(_free()))
        patch.chdir(folder)
        place = make_place(folder)
        scopes = {
            combination: make_key(place, *combination)
            for size in range(1, 5)
            for combination in itertools.combinations(Scope, size)
        }
        now = datetime.now(UTC)
        with place.database.writing() as session:
            expired = keys.create(session, "old", [Scope.ADMIN], now, now - timedelta(seconds=1))
            revoked = keys.create(session, "gone", [Scope.ADMIN], now)
            keys.revoke(session, revoked.split("_")[1], now)
        with client_of(place) as client:
            client.headers.pop("Authorization")
            yield client, scopes, {"expired": expired, "revoked": revoked}
        place.database.dispose()


def _free():
    from tests.support.client import free_port

    return free_port()


def test_every_route_asks_every_role_for_its_scope(made):
    # Given every route and every combination of scopes / When each is asked
    # Then 403 exactly where the scope is missing, and elsewhere an answer of the route's own
    client, scopes, _ = made
    for (method, path), scope in DEMANDS.items():
        if path == BY_SIGNATURE:
            continue  # 401 to each of them
        for held, key in scopes.items():
            if path.endswith("/events") and scope in held:
                continue  # the same as the briefing itself, whose ID is unknown here
            answer = ask(client, method, path, f"Bearer {key}")
            allowed = scope is None or scope in held or Scope.ADMIN in held
            told = (method, path, held, answer.status_code, answer.text[:200])
            assert answer.status_code < 500, told
            assert answer.status_code != 401, told
            assert (answer.status_code != 403) == allowed, told


def test_no_route_knows_a_bad_key_and_public_ones_ask_for_none(made):
    client, scopes, bad = made
    good = next(iter(scopes.values()))
    wrong = {
        "none": None,
        "malformed": "Bearer nonsense",
        "unknown": "Bearer bc_00000000_" + "a" * 43,
        "wrong secret": f"Bearer {good[:-4]}AAAA",
        "other scheme": f"Basic {good}",
        "empty": "Bearer",
        "not ascii": "Bearer bc_\xe9",
        **{name: f"Bearer {key}" for name, key in bad.items()},
    }
    for (method, path), scope in DEMANDS.items():
        for name, key in wrong.items():
            answer = ask(client, method, path, key.encode("latin-1") if key else None)
            told = (method, path, name, answer.status_code)
            if path == BY_SIGNATURE:
                assert (answer.status_code, answer.json()["code"]) == (401, "hook_refused"), told
            elif scope is None:
                assert answer.status_code not in {401, 403}, told
            else:
                assert answer.status_code == 401, told
                assert answer.json()["code"] == (
                    "missing_key" if name in {"none", "other scheme", "empty"} else "bad_key"
                )
                assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_counts_in_its_header_alone(made):
    client, scopes, _ = made
    key = scopes[Scope.ADMIN,]
    for given in ({"params": {"api_key": key, "token": key}}, {"cookies": {"Authorization": key}}):
        with httpx.Client(base_url=client.base_url, trust_env=False, timeout=60) as other:
            other.cookies.update(given.pop("cookies", {}))
            assert other.get("/v1/voices", **given).status_code == 401
    assert client.get("/v1/voices", headers={"X-API-Key": key}).status_code == 401


def test_no_header_and_no_form_turns_a_method_into_another(made):
    client, scopes, _ = made
    key = {"Authorization": f"Bearer {scopes[Scope.READ,]}"}
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = client.post("/v1/jingles/morning/intro?_method=DELETE", headers=key | {name: "DELETE"})
        assert answer.status_code == 405
    assert client.request("TRACE", "/v1/voices", headers=key).status_code == 405


def test_a_route_that_forgot_its_scope_keeps_the_app_from_starting(place):
    app = create_app()
    router = APIRouter()
    router.add_api_route("/v1/secrets", lambda: "all of them")
    app.include_router(router)
    with pytest.raises(RuntimeError, match="/v1/secrets demands no scope"):
        check_guarded(app)


def test_two_keys_of_one_name_rotate_without_a_gap(place):
    now = datetime.now(UTC)
    with place.database.writing() as session:
        old, new = (keys.create(session, "cms", [Scope.READ], now) for _ in range(2))
        assert keys.check(session, old, now).name == keys.check(session, new, now).name == "cms"
        keys.revoke(session, old.split("_")[1], now)
        assert keys.check(session, old, now) is None
        assert keys.check(session, new, now).name == "cms"
