"""Signing in by an OpenID provider that lies, that is away, that is set up badly."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import trustme
from click.testing import CliRunner
from joserfc.errors import SecurityWarning
from sqlalchemy import delete, select, update

from api.provider import Provider
from briefing.accounts import action_links, users
from briefing.accounts.action_links import LinkAction
from briefing.accounts.roles import Role
from briefing.errors import Misconfigured, ProviderUnavailable
from briefing.models import (
    BriefingRow,
    IdentityRow,
    SignInRow,
    TryRow,
    UserRow,
    WelcomeRow,
)
from briefing.settings import ProviderSettings
from cli.main import briefcast
from tests.support.client import client_of, free_port
from tests.support.desk import PASSWORD, add_user, seat_at
from tests.support.newsroom import make_place
from tests.support.provider import (
    CLIENT,
    SECRET,
    Shared,
    back_with,
    new_key,
    query_of,
    rogue_provider,
    settings_for,
    signed,
)
from tests.support.tls import tls_before

#: The rogue's key: making one takes a while.
ONE, STRANGER = new_key("one"), new_key("one")


@pytest.fixture(scope="module")
def believing(tmp_path_factory):
    """A provider that tests have lie, and a desk that believes in it, once for the file."""
    folder = tmp_path_factory.mktemp("rogue")
    with pytest.MonkeyPatch.context() as patch, rogue_provider(ONE) as server:
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.setenv("BRIEFCAST_LOG_LEVEL", "ERROR")
        patch.chdir(folder)
        settings_for(patch, server.issuer, SECONDS="5")
        server.place = make_place(folder)
        with client_of(server.place) as api:
            server.app, server.desk = api.app, str(api.base_url)
            yield server
        server.place.database.dispose()


@pytest.fixture
def rogue(believing):
    """The same, honest again, not asked yet, with nobody at the desk but for a seat."""
    believing.behave()
    believing.app.state.context.__dict__.pop("provider", None)
    with believing.place.database.writing() as session:
        for table in (IdentityRow, SignInRow, TryRow, WelcomeRow, UserRow):
            session.execute(delete(table))
    with seat_at(believing.desk) as believing.seat:
        yield believing


def attempt(rogue, header=None, given=None, **changes):
    """Sign in with a token that is good but for `changes`."""
    out = rogue.seat.get("/desk/sign-in/provider").headers["location"]
    rogue.state(query_of(out)["nonce"], **changes)
    rogue.header = header or {}
    return rogue.seat.get(back_with(out, **(given or {})))


def test_what_the_hostile_tests_change_is_what_keeps_them_out(rogue):
    assert attempt(rogue).headers["location"] == "/desk"
    _, body, headers = next(asked for asked in rogue.asked if asked[0] == "/token")
    assert "code_verifier=" in body
    assert SECRET not in body, "in the head, as the provider asks by default"
    assert headers["Authorization"].startswith("Basic ")


PAST = 1_600_000_000

LIES = {
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "somebody else"},
    "two audiences and nobody's": {"aud": [CLIENT, "other"]},
    "given to somebody else": {"azp": "other"},
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "over": {"exp": PAST},
    "no end": {"exp": None},
    "an end in words": {"exp": "tomorrow"},
    "begun tomorrow": {"iat": 4_000_000_000},
    "not yet": {"nbf": 4_000_000_000},
    "nobody": {"sub": None},
    "somebody endless": {"sub": "x" * 256},
    "an address that is not verified": {"email_verified": False},
    "no address": {"email": None},
    "an address verified by a list": {"email_verified": ["true"]},
    "an end that is no moment": {"exp": float("nan")},
    "an end beyond all numbers": {"exp": 10**400},
    "somebody whom no database keeps": {"sub": "subject\x00"},
    "a nonce that is no text": {"nonce": "\ud800"},
}


def test_lies_in_a_token_let_nobody_in(rogue):
    for lie, changes in LIES.items():
        answer = attempt(rogue, **changes)
        assert answer.status_code == 403, lie
        with rogue.place.database.writing() as session:
            assert not session.scalars(select(UserRow)).all(), lie
            _forget_tries(session)
    assert rogue.seat.get("/desk").status_code == 303


def _forget_tries(session):
    """So that the next lie is looked at for itself: an address waits after twenty."""
    session.execute(delete(TryRow))


def test_only_the_providers_own_key_signs(rogue):
    own = rogue.keys[0]

    def tried(make):
        out = rogue.seat.get("/desk/sign-in/provider").headers["location"]
        rogue.state(query_of(out)["nonce"])
        rogue.token = make(rogue.claims)
        return rogue.seat.get(back_with(out)).status_code

    as_secret = Shared(own.as_pem(private=False))
    good = signed({}, own)
    forged = {
        "another key of the same name": lambda claims: signed(claims, STRANGER),
        "no signature": lambda claims: signed(claims, own, alg="none"),
        "no signature, in capitals": lambda claims: signed(claims, own, alg="none", kid=None).replace("none", "NONE"),
        "the public key as a shared secret": lambda claims: signed(claims, as_secret, alg="HS256"),
        "the client's own secret": lambda claims: signed(claims, Shared(SECRET.encode()), alg="HS256"),
        "a key that it brings along": lambda claims: signed(claims, STRANGER, jwk=STRANGER.as_dict(private=False)),
        "an algorithm that is not taken": lambda claims: signed(claims, own, alg="RS384"),
        "a signature of something else": lambda claims: ".".join(
            [*signed(claims, STRANGER).split(".")[:2], good.split(".")[2]]
        ),
        "five parts": lambda _: "a.b.c.d.e",
        "no token": lambda _: "nonsense",
        "a number": lambda _: 7,
        "far too long": lambda claims: signed(claims | {"more": "x" * 40_000}, own),
    }
    for what, make in forged.items():
        assert tried(make) == 403, what
    # When its own key signs, Then it is believed
    assert tried(lambda claims: signed(claims, own)) == 303


@pytest.mark.parametrize(
    ("alg", "kind", "size"), [("PS256", "RSA", 2048), ("ES256", "EC", "P-256"), ("Ed25519", "OKP", "Ed25519")]
)
def test_other_signatures_are_taken_too(rogue, alg, kind, size):
    rogue.keys = [new_key("two", kind, size), new_key("other", "RSA", 2048)]
    rogue.keys.reverse()
    assert attempt(rogue, {"alg": alg}).status_code == 303


def test_a_key_is_taken_that_came_since_and_not_asked_for_again_and_again(rogue):
    assert attempt(rogue).status_code == 303
    # Given that the provider signs by a new key / When somebody signs in / Then its keys are read once more
    rogue.app.state.context.provider._keys_at -= 31
    rogue.keys = [new_key("two")]
    assert attempt(rogue).status_code == 303
    # And a key that nobody publishes does not have them read for every try
    rogue.published = [rogue.keys[0].as_dict(private=False)]
    rogue.keys = [new_key("three")]
    before = len([path for path, *_ in rogue.asked if path == "/keys"])
    assert [attempt(rogue).status_code for _ in range(3)] == [403] * 3
    assert len([path for path, *_ in rogue.asked if path == "/keys"]) == before == 2


def test_a_short_key_signs_nothing(rogue):
    def tried():
        rogue.keys = [new_key("short", size=1024)]
        return attempt(rogue).status_code

    with pytest.warns(SecurityWarning, match="2048"):
        status = tried()
    assert status == 403


@pytest.mark.parametrize("given", [{"state": "another"}, {"state": None}, {"code": None}, {"error": "access_denied"}, {"iss": "https://evil.example"}])  # fmt: skip
def test_an_answer_that_does_not_belong_is_not_exchanged(rogue, given):
    assert attempt(rogue, given=given).status_code == 403
    assert "/token" not in [path for path, *_ in rogue.asked]


def test_what_comes_back_in_another_browser_is_nobodys(rogue):
    out = rogue.seat.get("/desk/sign-in/provider").headers["location"]
    rogue.state(query_of(out)["nonce"])
    with seat_at(rogue.desk) as other:
        assert other.get(back_with(out)).status_code == 403, "a browser that never left"
        other.get("/desk/sign-in/provider")
        assert other.get(back_with(out)).status_code == 403, "a browser with a secret of its own"
    assert "/token" not in [path for path, *_ in rogue.asked]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/desk//evil", "/v1/audit"])
def test_nobody_is_sent_elsewhere(rogue, to):
    out = rogue.seat.client.get("/desk/sign-in/provider", params={"next": to}).headers["location"]
    rogue.state(query_of(out)["nonce"])
    assert rogue.seat.get(back_with(out)).headers["location"] == "/desk"


def test_another_site_has_nobody_leave_for_the_provider(rogue):
    answer = rogue.seat.get("/desk/sign-in/provider", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == "/desk/sign-in"


def test_userinfo_speaks_of_the_same_person_and_the_token_goes_first(rogue):
    told = {"sub": "subject-1", "email": "ann@daily.example", "email_verified": True, "groups": ["desk-admins"]}
    rogue.userinfo = told | {"sub": "somebody else"}
    missing = {"email": None, "email_verified": None}
    assert attempt(rogue, **missing).status_code == 403
    rogue.userinfo = told
    assert attempt(rogue, **missing).status_code == 303
    with rogue.place.database.reading() as session:
        assert users.find(session, "ann@daily.example").role is Role.EDITOR


REDIRECT = (302, {"Location": "http://127.0.0.1:1/"}, b"")
DISCOVERY = "/.well-known/openid-configuration"

BROKEN = {
    "discovery leads elsewhere": {DISCOVERY: REDIRECT},
    "discovery is away": {DISCOVERY: (503, {}, b"")},
    "discovery is no JSON": {DISCOVERY: (200, {}, b"<html>")},
    "discovery is a list": {DISCOVERY: (200, {}, b"[]")},
    "discovery is endlessly deep": {DISCOVERY: (200, {}, b"[" * 100_000)},
    "discovery names another": {DISCOVERY: (200, {}, b'{"issuer": "https://evil.example"}')},
    "keys lead elsewhere": {"/keys": REDIRECT},
    "keys are huge": {"/keys": (200, {}, b'{"keys": [' + b'{"kty": "oct"},' * 100_000 + b"{}]}")},
    "tokens are away": {"/token": (500, {}, b"")},
    "tokens lead elsewhere": {"/token": REDIRECT},
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_provider_that_does_not_answer_leaves_passwords(rogue, what):
    add_user(rogue.place, "eve", "viewer")
    rogue.answers = BROKEN[what]
    answer = rogue.seat.get("/desk/sign-in/provider")
    if answer.is_redirect:
        rogue.state(query_of(answer.headers["location"])["nonce"])
        answer = rogue.seat.get(back_with(answer.headers["location"]))
    assert answer.status_code == 503
    assert "Newsroom ID does not answer as it should" in answer.text
    assert "You can sign in by password meanwhile" in answer.text
    assert rogue.seat.sign_in("eve", PASSWORD).status_code == 303


@pytest.mark.parametrize("address", ["http://keys.example/", "https://[", "https://keys.example:port/"])
@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_addresses_that_are_not_safe_are_not_used(rogue, name, address):
    rogue.metadata[name] = address
    answer = rogue.seat.get("/desk/sign-in/provider")
    if answer.is_redirect:
        rogue.state(query_of(answer.headers["location"])["nonce"])
        answer = rogue.seat.get(back_with(answer.headers["location"]))
    assert answer.status_code == 503


def test_a_provider_on_a_private_network_is_reached_only_where_it_is_named(rogue, monkeypatch):
    settings_for(monkeypatch, "https://127.0.0.1/")
    monkeypatch.setenv("BRIEFCAST_OIDC_ALLOW_PRIVATE", "")
    with pytest.raises(ProviderUnavailable, match="private network"):
        Provider(ProviderSettings(), "http://127.0.0.1:1").sign_in_address("secret")


def test_an_authority_of_ones_own_vouches_for_the_provider(rogue, monkeypatch, tmp_path):
    # Given a provider with a certificate that no public authority knows
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "own.pem")
    with tls_before(urlsplit(rogue.issuer).port, authority.issue_cert("127.0.0.1")) as place:
        settings_for(monkeypatch, f"https://{place}")
        rogue.metadata["issuer"] = f"https://{place}"
        # Then it is not believed, unless its authority is named
        with pytest.raises(ProviderUnavailable, match="cannot be reached"):
            Provider(ProviderSettings(), rogue.desk).sign_in_address("secret")
        monkeypatch.setenv("BRIEFCAST_OIDC_CA_FILE", str(tmp_path / "own.pem"))
        rogue.metadata["authorization_endpoint"] = f"https://{place}/authorize"
        assert Provider(ProviderSettings(), rogue.desk).sign_in_address("secret").startswith(f"https://{place}/")
        monkeypatch.setenv("BRIEFCAST_OIDC_CA_FILE", str(tmp_path / "nothing.pem"))
        with pytest.raises(Misconfigured, match="no file of certificates"):
            Provider(ProviderSettings(), rogue.desk).sign_in_address("secret")


def test_a_provider_that_says_nothing_is_left_alone_for_a_while(rogue, monkeypatch):
    # Given a provider that takes its time
    over = threading.Event()
    settings_for(monkeypatch, rogue.issuer, SECONDS="2")
    rogue.app.state.context.__dict__["provider"] = Provider(ProviderSettings(), rogue.desk)
    rogue.answers = {DISCOVERY: (200, {}, lambda: over.wait(60) and b"")}
    # When two want to sign in, Then it is asked once
    assert [rogue.seat.get("/desk/sign-in/provider").status_code for _ in range(2)] == [503, 503]
    over.set()
    assert len(rogue.asked) == 1


def links_of(rogue, name):
    """The secrets of a link that a user made for somebody else, and of one that lets them in."""
    now = datetime.now(UTC)
    told = {"id": "b" * 16, "identity": "b", "show": "daily", "kind": "story", "articles": ["desk:ferry"]}
    with rogue.place.database.writing() as session:
        session.add(BriefingRow(**told, created_at=now))
        session.flush()
        _, made = action_links.make(session, told["id"], LinkAction.FIX, "Mara", name, now)
        return made, users.welcome(session, name, now)


def test_a_role_that_is_taken_away_counts_at_the_next_sign_in(rogue):
    assert attempt(rogue).status_code == 303
    made, welcome = links_of(rogue, "ann@daily.example")
    with seat_at(rogue.desk) as other:
        out = other.get("/desk/sign-in/provider").headers["location"]
        rogue.state(query_of(out)["nonce"], groups=[])
        assert other.get(back_with(out)).status_code == 403
    assert rogue.seat.get("/desk").status_code == 303, "signed out everywhere"
    now = datetime.now(UTC)
    with rogue.place.database.reading() as session:
        assert action_links.find(session, made).is_over(now), "what they let others do is over too"
        assert users.welcomed(session, welcome, now) is None
    assert attempt(rogue, groups=["desk-viewers"]).status_code == 303
    assert "(viewer)" in rogue.seat.get("/desk").text


def test_many_refused_tries_from_an_address_wait(rogue):
    assert attempt(rogue, aud="other").status_code == 403
    with rogue.place.database.writing() as session:
        session.execute(update(TryRow).values(failed=40))
    assert attempt(rogue).status_code == 429


def test_passwords_can_be_turned_off_and_an_admin_is_still_let_in(tmp_path, monkeypatch):

    monkeypatch.setenv("BRIEFCAST_OIDC_PASSWORDS", "false")
    settings_for(monkeypatch, "http://127.0.0.1:9")
    place = make_place(tmp_path)
    for name, role in (("boss", "admin"), ("eve", "editor")):
        add_user(place, name, role)
    with client_of(place) as api, seat_at(str(api.base_url)) as seat:
        assert 'name="password"' not in seat.get("/desk/sign-in").text
        assert seat.sign_in("boss").status_code == 403
        assert "Passwords are turned off here" in seat.sign_in("boss").text
        # While the provider is away
        answer = seat.get("/desk/sign-in/provider")
        assert answer.status_code == 503
        assert "briefcast users let-in" in answer.text
        # Only admins are let in by link, once
        link = CliRunner().invoke(briefcast, ["users", "let-in", "eve"]).output.strip()
        assert seat.post(link).status_code == 403
        link = CliRunner().invoke(briefcast, ["users", "let-in", "boss"]).output.strip()
        assert "Sign in by this link" in seat.get(link).text
        assert seat.post(link).headers["location"] == "/desk"
        assert seat.post(link).status_code == 410
        page = seat.get("/desk/users").text
        assert "New password" not in page
        assert "Add one" not in page
        assert seat.post("/desk/users/reset", name="eve").status_code == 422
    with place.database.reading() as session:
        assert users.matches(session, "boss", PASSWORD), "what they had stays"
    place.database.dispose()


def test_the_command_links_and_unlinks(rogue, monkeypatch):
    settings_for(monkeypatch, rogue.issuer)
    monkeypatch.setenv("BRIEFCAST_DATA", str(rogue.place.data.data))
    add_user(rogue.place, "eve", "editor")
    run = CliRunner().invoke
    assert run(briefcast, ["users", "link", "eve", "subject-1"]).output == "subject-1 comes in as eve\n"
    assert "comes by the provider" in run(briefcast, ["users", "list"]).output
    assert attempt(rogue).status_code == 303
    assert "eve <span" in rogue.seat.get("/desk").text
    run(briefcast, ["users", "unlink", "eve"])
    assert rogue.seat.get("/desk").status_code == 303
    assert attempt(rogue).status_code == 403
    with rogue.place.database.reading() as session:
        assert session.scalars(select(IdentityRow.user_id)).one() is None


def test_without_a_provider_there_is_nothing_of_it(place, desk):
    assert "provider" not in desk.get("/desk/sign-in").text
    for path in ("/desk/sign-in/provider", "/desk/sign-in/provider/back", "/desk/sign-out/provider"):
        assert desk.get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUER", "http://id.example"),
        ("CLIENT_ID", ""),
        ("ALGORITHMS", "RS256, HS256"),
        ("ALGORITHMS", "none"),
        ("ALGORITHMS", ""),
    ],
)
def test_settings_that_would_not_hold_are_refused(monkeypatch, name, value):

    settings_for(monkeypatch, "https://id.example")
    assert ProviderSettings().on
    monkeypatch.setenv("BRIEFCAST_OIDC_ALLOW_PRIVATE", "")
    monkeypatch.setenv(f"BRIEFCAST_OIDC_{name}", value)
    with pytest.raises(Misconfigured, match=f"BRIEFCAST_OIDC_{name}"):
        ProviderSettings()
