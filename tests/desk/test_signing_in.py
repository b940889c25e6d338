"""Signing in at the desk: who gets in, who waits, what is kept, what a link is good for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import extract_parameters
from sqlalchemy import select, update

from api.app import create_app
from briefing.accounts import signing_in, users
from briefing.accounts.roles import Role
from briefing.models import AuditRow, SignInRow, TryRow, UserRow
from tests.support.client import free_port, served
from tests.support.desk import PASSWORD, add_user, seat_at


def test_whoever_signs_in_is_known_until_they_sign_out(place, desk):
    # Given an editor / When they ask for a page
    add_user(place, "Erika Mustermann", "editor")
    asked = desk.get("/desk/users?x=1")
    # Then they are sent to sign in, and from there to where they wanted to go
    assert asked.status_code == 303
    assert asked.headers["location"] == "/desk/sign-in?next=%2Fdesk%2Fusers%3Fx%3D1"
    answer = desk.post("/desk/sign-in", name=" erika  MUSTERMANN", password=PASSWORD, next="/desk/users?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/users?x=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie, "this machine is reached by http"
    assert desk.get("/desk").status_code == 200
    # And the database has neither the password nor what the browser holds
    secret = desk.client.cookies["briefcast"]
    with place.database.reading() as session:
        row = session.scalars(select(SignInRow)).one()
        assert secret not in row.secret_sha256
        assert session.scalars(select(UserRow)).one().password.startswith("$argon2id$")
        assert session.scalars(select(AuditRow.action)).all() == ["sign_in"]
    # When they sign out, Then what the browser held opens nothing
    assert desk.post("/desk/sign-out").headers["location"] == "/desk/sign-in?told=signed_out"
    desk.client.cookies.set("briefcast", secret)
    assert desk.get("/desk").status_code == 303


def test_no_page_is_kept_framed_or_runs_what_is_no_file_of_ours(place, desk):
    add_user(place, "eve", "viewer")
    desk.sign_in("eve")
    for path in ("/desk", "/desk/sign-in", "/desk/nothing"):
        headers = desk.get(path).headers
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_words_that_were_typed_before_a_sign_in_ended_are_shown_to_whoever_sent_them_and_to_no_other_site(desk):
    # Given a browser without scripts whose sign-in is over / When it sends a form with words
    typed = {"spoken": "The <b>ferry</b> runs.", "note": "Mara said so.", "csrf": "planted", "stamp": "planted"}
    answer = desk.post("/desk/briefings/b1/segments/1", **typed)
    # Then they are on the page that says so, as text and with nothing else of the form, and a way to sign in beside
    assert answer.status_code == 401
    assert "The &lt;b&gt;ferry&lt;/b&gt; runs.\n\nMara said so.</textarea>" in answer.text
    assert '<a href="/desk/sign-in" target="_blank">' in answer.text
    assert "planted" not in answer.text
    # And what another site sends is not shown, and what has no words leads to where one signs in
    foreign = desk.post("/desk/briefings/b1/segments/1", {"Origin": "https://evil.example"}, **typed)
    assert (foreign.status_code, "ferry" in foreign.text) == (403, False)
    assert desk.post("/desk/briefings/b1/publish").headers["location"] == "/desk/sign-in"


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/desk//evil", "/desk\\evil", "/v1/audit"])
def test_nobody_is_sent_elsewhere(place, desk, to):
    add_user(place, "eve", "viewer")
    answer = desk.post("/desk/sign-in", name="eve", password=PASSWORD, next=to)
    assert answer.headers["location"] == "/desk"


def test_https_has_a_cookie_that_other_hosts_cannot_set(place, monkeypatch):
    # Given a server that the world reaches by HTTPS, through a proxy that is left out here
    port = free_port()
    monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"https://127.0.0.1:{port}")
    add_user(place, "eve", "viewer")
    app = create_app()
    with served(app), seat_at(f"http://127.0.0.1:{port}") as seat:
        answer = seat.post("/desk/sign-in", name="eve", password=PASSWORD)
        assert answer.headers["set-cookie"].startswith("__Host-briefcast=")
        assert "; Secure" in answer.headers["set-cookie"]
        assert "Domain" not in answer.headers["set-cookie"]
    app.state.context.database.dispose()


def test_sign_ins_end_when_idle_and_after_a_week(place):
    user, now = add_user(place, "eve", "viewer"), datetime.now(UTC)
    with place.database.writing() as session:
        secret = signing_in.sign_in(session, user.id, now)
        assert signing_in.check(session, secret, now + timedelta(hours=11)).name == "eve"
        assert signing_in.check(session, secret, now + timedelta(hours=12)) is None
        signing_in.note_use(session, secret, now + timedelta(days=6, hours=23))
        assert signing_in.check(session, secret, now + timedelta(days=6, hours=23, minutes=59)) is not None
        assert signing_in.check(session, secret, now + timedelta(days=7)) is None
        assert signing_in.check(session, secret[:-1] + "x", now) is None
        # And the next sign-in lets go of what is over
        signing_in.sign_in(session, user.id, now + timedelta(days=8))
        assert len(session.scalars(select(SignInRow)).all()) == 1


def test_guessing_costs_ever_more_time_and_names_tell_nothing(place, desk):
    add_user(place, "eve", "viewer")
    wrong = {desk.sign_in("eve", "not the password").text.replace("eve", "") for _ in range(5)}
    unknown = {desk.sign_in("bob", "not the password").text.replace("bob", "") for _ in range(5)}
    assert wrong == unknown, "the same words, whoever there is"
    with place.database.writing() as session:
        session.execute(update(TryRow).values(last_at=TryRow.last_at + 60))  # on a busy machine the second is over
    for name in ("eve", "bob"):
        answer = desk.sign_in(name)
        assert answer.status_code == 429, "even with the right password"
        assert 0 < int(answer.headers["retry-after"]) <= 61
    # When the wait is over, Then the right password lets in, and the count begins anew
    with place.database.writing() as session:
        session.execute(update(TryRow).values(last_at=TryRow.last_at - 120))
    assert desk.sign_in("eve").status_code == 303
    assert desk.sign_in("eve", "not the password").status_code == 401
    with place.database.reading() as session:
        whose = session.scalars(select(TryRow.whose)).all()
    assert not [row for row in whose if "eve" in row or "127.0.0.1" in row], "only hashes are kept"


def test_an_address_waits_whatever_names_it_tries(place):
    with place.database.writing() as session:
        waits = [signing_in.begin_try(session, f"user{n}", "192.0.2.7") for n in range(25)]
        assert waits[:20] == [0.0] * 20
        assert 0 < waits[20] <= 1
        assert signing_in.begin_try(session, "user1", "192.0.2.8") == 0, "others do not"


def test_a_network_of_ipv6_waits_whichever_of_its_addresses_tries(place):
    with place.database.writing() as session:
        waits = [signing_in.begin_try(session, f"user{n}", f"2001:db8:1:1::{n:x}") for n in range(25)]
        assert waits[:20] == [0.0] * 20
        assert 0 < waits[20] <= 1
        assert signing_in.begin_try(session, "user1", "2001:db8:1:2::1") == 0, "others do not"
        # And who succeeds pays for no more than one of them
        signing_in.succeeded(session, "user1", "2001:db8:1:1::ffff")
        failed = session.scalars(select(TryRow.failed).order_by(TryRow.failed.desc())).first()
        assert failed == 19


def test_a_name_that_nobody_has_takes_as_long(place, monkeypatch):
    # Given a hasher that notes what it checks / When a wrong password comes for a name, and for one that nobody has
    add_user(place, "eve", "viewer")
    users._nobodys.cache_clear()
    hasher, costs = users._hasher(), []

    class Noting:
        hash = hasher.hash

        def verify(self, known, password):
            costs.append(extract_parameters(known))
            return hasher.verify(known, password)

    monkeypatch.setattr(users, "_hasher", Noting)
    for name in ("eve", "bob"):
        with place.database.reading() as session:
            assert users.matches(session, name, "wrong") is None
    # Then both cost one check of a hash, at the same price
    known, unknown = costs
    assert known == unknown


FORGED = {
    "no token": ({}, {"csrf": ""}),
    "another session's token": ({}, {"csrf": "x" * 43}),
    "another site": ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, {}),
    "a site below ours": ({"Sec-Fetch-Site": "same-site"}, {}),
    "an origin hidden": ({"Origin": "null", "Sec-Fetch-Site": None}, {}),
    "no word of where from": ({"Origin": None, "Sec-Fetch-Site": None}, {}),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_other_sites_send_changes_nothing(place, desk, what):
    add_user(place, "eve", "viewer")
    desk.sign_in("eve")
    headers, fields = FORGED[what]
    answer = desk.post("/desk/sign-out", headers, **fields)
    assert answer.status_code == 403
    assert "forgery_refused" in answer.text
    assert desk.get("/desk").status_code == 200, "still signed in"


def test_another_site_signs_nobody_in(place, desk):
    add_user(place, "eve", "viewer")
    answer = desk.post("/desk/sign-in", {"Origin": "https://evil.example"}, name="eve", password=PASSWORD)
    assert answer.status_code == 403


def test_a_link_lets_choose_a_password_once(place, desk):
    now = datetime.now(UTC)
    with place.database.writing() as session:
        users.add(session, "eve", Role.EDITOR, None, now)
        first = users.welcome(session, "eve", now)
        secret = users.welcome(session, "eve", now)
    assert desk.get(f"/desk/welcome/{first}").status_code == 410, "a later link ends the earlier"
    for _ in range(3):
        assert desk.get(f"/desk/welcome/{secret}").status_code == 200, "looking uses nothing up"
    assert desk.post(f"/desk/welcome/{secret}", password="short", again="short").status_code == 422
    assert desk.post(f"/desk/welcome/{secret}", password=PASSWORD, again=PASSWORD + "!").status_code == 422
    assert desk.post(f"/desk/welcome/{secret}", password=PASSWORD, again=PASSWORD).headers["location"] == "/desk"
    assert desk.get("/desk").status_code == 200
    with seat_at(desk.client.base_url) as other:
        assert other.post(f"/desk/welcome/{secret}", password="x" * 10, again="x" * 10).status_code == 410
        assert other.sign_in("eve").status_code == 303
    with place.database.reading() as session:
        assert users.welcomed(session, secret, now) is None


def test_a_role_counts_at_once_and_a_removed_user_is_out(place, desk):
    add_user(place, "ann", "admin")
    add_user(place, "eve", "editor")
    desk.sign_in("eve")
    with place.database.writing() as session:
        users.set_role(session, "eve", Role.VIEWER, datetime.now(UTC))
    assert "(viewer)" in desk.get("/desk").text
    with place.database.writing() as session:
        users.remove(session, "eve", datetime.now(UTC))
        with pytest.raises(users.UserRefused, match="only admin"):
            users.remove(session, "ann", datetime.now(UTC))
        with pytest.raises(users.UserRefused, match="only admin"):
            users.set_role(session, "ann", Role.EDITOR, datetime.now(UTC))
    assert desk.get("/desk").status_code == 303


def test_a_form_is_bounded_before_anybody_is_signed_in(desk):
    # Where sound files are taken, which are larger
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = desk.client.post("/desk/jingles?name=a&part=intro", content=b"a=" + b"x" * 1_000_000, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


def test_another_password_signs_out_everywhere(place, desk):
    add_user(place, "eve", "editor")
    desk.sign_in("eve")
    with place.database.writing() as session:
        users.set_password(session, "eve", "another one altogether")
    assert desk.get("/desk").status_code == 303
    assert desk.sign_in("eve").status_code == 401
