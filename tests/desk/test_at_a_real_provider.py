"""Signing in by an OpenID provider, a real one: who comes in, who waits, who is told no."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from briefing.accounts import users
from briefing.accounts.roles import Role
from briefing.models import (
    AuditRow,
    SignInStartRow,
    UserRow,
)
from tests.support.client import client_of, free_port
from tests.support.desk import add_user, seat_at
from tests.support.newsroom import make_place
from tests.support.provider import (
    CLIENT,
    query_of,
    real_provider,
    settings_for,
    walk,
)


class Newsroom:
    """A desk that signs in at a provider."""

    def __init__(self, place, address, issuer):
        self.place, self.address, self.issuer = place, address, issuer

    def audited(self):
        with self.place.database.reading() as session:
            rows = session.execute(select(AuditRow.action, AuditRow.by, AuditRow.detail).order_by(AuditRow.id))
            return [tuple(row) for row in rows]

    def user(self, name):
        with self.place.database.reading() as session:
            return users.find(session, name)


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory):
    """A desk and a real provider, once for the file; each test has people of its own."""
    folder = tmp_path_factory.mktemp("provider")
    with pytest.MonkeyPatch.context() as patch:
        address = f"http://127.0.0.1:{free_port()}"
        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", address)
        patch.setenv("BRIEFCAST_LOG_LEVEL", "ERROR")
        patch.chdir(folder)
        with real_provider(address, folder / "provider.log") as issuer:
            settings_for(patch, issuer)
            place = make_place(folder)
            with client_of(place):
                yield Newsroom(place, address, issuer)
            place.database.dispose()


def come_by_provider(seat, name, path="/desk/sign-in/provider"):
    """Sign in as `name` at the real provider, and return what the desk says to the browser that comes back."""
    back = walk(seat.get(path).headers["location"], name)
    return seat.get(back)


def test_somebody_new_signs_in_and_out_at_a_real_provider(newsroom):
    # Given somebody whom the provider calls an editor / When they press the button on the way to a page
    with seat_at(newsroom.address) as seat:
        page = seat.get("/desk/sign-in?next=%2Fdesk%2Fshows").text
        assert 'href="/desk/sign-in/provider?next=/desk/shows">Sign in with Newsroom ID</a>' in page
        out = seat.get("/desk/sign-in/provider?next=/desk/shows")
        asked = query_of(out.headers["location"])
        assert asked["code_challenge_method"] == "S256"
        assert seat.client.cookies["briefcast-away"] not in out.headers["location"]
        answer = seat.get(walk(out.headers["location"], "ann"))
        # Then they are at that page, as an editor, by the name of their address
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/shows")
        assert "ann@daily.example <span" in seat.get("/desk").text
        assert "(editor)" in seat.get("/desk").text
        assert "briefcast-away" not in seat.client.cookies
        assert ("user_add", newsroom.issuer, "ann@daily.example editor") in newsroom.audited()
        assert newsroom.audited()[-1] == ("sign_in", "ann@daily.example", "ann@daily.example by Newsroom ID")
        # And what brought them here brings nobody here again
        assert seat.get(str(answer.url)).status_code == 403
        # When they sign out, Then they are told where to sign out at the provider
        out = seat.post("/desk/sign-out").headers["location"]
        assert out == "/desk/sign-in?told=signed_out_here"
        assert "/desk/sign-out/provider" in seat.get(out).text
        there = seat.get("/desk/sign-out/provider").headers["location"]
        assert there.startswith(f"{newsroom.issuer}/session/end?client_id={CLIENT}&post_logout_redirect_uri=")
        assert seat.get("/desk").status_code == 303
    # And the next time they are the same user
    with seat_at(newsroom.address) as seat:
        assert come_by_provider(seat, "ann").status_code == 303
    with newsroom.place.database.reading() as session:
        assert session.scalars(select(UserRow).where(UserRow.name == "ann@daily.example")).one().password is None
        assert not session.scalars(select(SignInStartRow)).all()


def test_who_has_no_part_or_no_verified_address_is_told_so(newsroom):
    with seat_at(newsroom.address) as seat:
        answer = come_by_provider(seat, "vic")
        assert answer.status_code == 403
        assert "Newsroom ID knows you as vic@daily.example, and gives you no part in this desk" in answer.text
        assert newsroom.audited()[-1] == ("sign_in_refused", "vic@daily.example", "vic@daily.example no role")
        answer = come_by_provider(seat, "una")
        assert answer.status_code == 403
        assert "does not say that your e-mail address is verified" in answer.text
    assert newsroom.user("vic@daily.example") is None
    assert newsroom.user("una@daily.example") is None


def test_a_name_that_is_somebodys_waits_for_an_admin(newsroom):
    # Given a user with a password whose name is the address of somebody at the provider
    add_user(newsroom.place, "ada@daily.example", "viewer")
    add_user(newsroom.place, "boss", "admin")
    with seat_at(newsroom.address) as seat, seat_at(newsroom.address) as admin:
        # When they come by the provider, Then they are not taken for that user
        answer = come_by_provider(seat, "ada")
        assert answer.status_code == 403
        assert "an admin of the desk has to say first which user that is" in answer.text
        assert seat.get("/desk").status_code == 303
        # And nor the next time
        assert come_by_provider(seat, "ada").status_code == 403
        # When an admin links them, Then they come in, with the role that the provider gives
        admin.sign_in("boss")
        page = admin.get("/desk/users").text
        assert "Waiting for your word" in page
        identity = {"issuer": newsroom.issuer, "subject": "ada"}
        done = admin.post("/desk/users/link", name="ada@daily.example", **identity)
        assert done.headers["location"] == "/desk/users?told=linked"
        assert come_by_provider(seat, "ada").status_code == 303
        assert newsroom.user("ada@daily.example").role is Role.ADMIN
        assert ("user_link", "boss", "ada@daily.example ada") in newsroom.audited()
        assert ("user_role", newsroom.issuer, "ada@daily.example admin") in newsroom.audited()
        # And the password goes on
        with seat_at(newsroom.address) as third:
            assert third.sign_in("ada@daily.example").status_code == 303
        # When the admin unlinks them, Then they are out at once, and wait again
        assert admin.post("/desk/users/unlink", name="ada@daily.example").status_code == 303
        assert seat.get("/desk").status_code == 303
        assert come_by_provider(seat, "ada").status_code == 403
        # And forgotten, they still are nobody: the name is taken
        assert admin.post("/desk/users/forget", **identity).headers["location"].endswith("told=forgotten")
        assert admin.post("/desk/users/forget", **identity).status_code == 422
        assert come_by_provider(seat, "ada").status_code == 403


def test_a_removed_user_does_not_come_back_by_the_provider(newsroom):
    name = "ann@daily.example"
    with seat_at(newsroom.address) as seat:
        come_by_provider(seat, "ann")
        with newsroom.place.database.writing() as session:
            users.remove(session, name, session.scalars(select(UserRow.created_at)).first())
        assert seat.get("/desk").status_code == 303
        assert come_by_provider(seat, "ann").status_code == 403
    assert newsroom.user(name) is None
