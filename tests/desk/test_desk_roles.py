"""Who may see and do what at the desk: every route for every role."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from fastapi import APIRouter

from api.app import create_app
from api.desk.people import OPEN, check_desk, role_of
from api.guard import all_routes
from briefing.accounts.roles import Role
from tests.support.client import client_of
from tests.support.desk import add_user, seat_at
from tests.support.newsroom import make_place

#: Every route: the least role it takes, None for what is open. A route that is not here fails the test.
DEMANDS = {
    ("GET", "/desk"): Role.VIEWER,
    ("GET", "/desk/work"): Role.VIEWER,
    ("GET", "/desk/live"): Role.VIEWER,
    ("POST", "/desk/ask"): Role.EDITOR,
    ("GET", "/desk/briefings/{briefing_id}"): Role.VIEWER,
    ("GET", "/desk/briefings/{briefing_id}/standing"): Role.VIEWER,
    ("GET", "/desk/briefings/{briefing_id}/audio/{number}.mp3"): Role.VIEWER,
    ("POST", "/desk/briefings/{briefing_id}/regenerate"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/segments/{segment}/anew"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/publish"): Role.EDITOR,
    ("GET", "/desk/briefings/{briefing_id}/retract"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/retract"): Role.EDITOR,
    ("GET", "/desk/briefings/{briefing_id}/takes/{key}"): Role.VIEWER,
    ("GET", "/desk/briefings/{briefing_id}/segments/{segment}/edit"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/segments/{segment}"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/segments/{segment}/restore"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/conflicts/{segment}"): Role.EDITOR,
    ("GET", "/desk/briefings/{briefing_id}/compare"): Role.VIEWER,
    ("POST", "/desk/briefings/{briefing_id}/rollback"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/hold"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/unhold"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/schedule"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/unschedule"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/approve"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/embargo"): Role.EDITOR,
    ("GET", "/desk/act/{secret}"): None,
    ("POST", "/desk/act/{secret}"): None,
    ("GET", "/desk/act/{secret}/audio.mp3"): None,
    ("GET", "/desk/briefings/{briefing_id}/links"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/links"): Role.EDITOR,
    ("POST", "/desk/briefings/{briefing_id}/links/{link}/end"): Role.EDITOR,
    ("GET", "/desk/shows"): Role.VIEWER,
    ("POST", "/desk/digests/{slug}/make"): Role.EDITOR,
    ("POST", "/desk/digests/{slug}/summaries"): Role.EDITOR,
    ("GET", "/desk/summaries"): Role.VIEWER,
    ("POST", "/desk/summaries/{summary}/approve"): Role.EDITOR,
    ("POST", "/desk/summaries/{summary}/decline"): Role.EDITOR,
    ("GET", "/desk/voices"): Role.VIEWER,
    ("GET", "/desk/jingles"): Role.VIEWER,
    ("POST", "/desk/jingles"): Role.EDITOR,
    ("GET", "/desk/jingles/{name}/{part}/sound"): Role.VIEWER,
    ("POST", "/desk/jingles/{name}/{part}/remove"): Role.EDITOR,
    ("GET", "/desk/audience"): Role.VIEWER,
    ("GET", "/desk/audience/{source}/{article}"): Role.VIEWER,
    ("GET", "/desk/audit"): Role.ADMIN,
    ("GET", "/desk/audit.csv"): Role.ADMIN,
    ("GET", "/desk/users"): Role.ADMIN,
    ("POST", "/desk/users"): Role.ADMIN,
    ("POST", "/desk/users/reset"): Role.ADMIN,
    ("POST", "/desk/users/role"): Role.ADMIN,
    ("POST", "/desk/users/remove"): Role.ADMIN,
    ("POST", "/desk/users/link"): Role.ADMIN,
    ("POST", "/desk/users/unlink"): Role.ADMIN,
    ("POST", "/desk/users/forget"): Role.ADMIN,
    ("GET", "/desk/lexicon"): Role.VIEWER,
    ("GET", "/desk/lexicon/word"): Role.VIEWER,
    ("POST", "/desk/lexicon/entries"): Role.EDITOR,
    ("POST", "/desk/lexicon/respeaks"): Role.EDITOR,
    ("GET", "/desk/lexicon/respeaks/{respeak_id}"): Role.VIEWER,
    ("POST", "/desk/lexicon/respeaks/{respeak_id}/undo"): Role.EDITOR,
    ("POST", "/desk/lexicon/samples"): Role.EDITOR,
    ("GET", "/desk/lexicon/samples/{sample_id}"): Role.VIEWER,
    ("GET", "/desk/lexicon/samples/{sample_id}/audio"): Role.VIEWER,
    ("POST", "/desk/lexicon/reports/{report_id}/close"): Role.EDITOR,
    ("GET", "/desk/lexicon/import"): Role.EDITOR,
    ("POST", "/desk/lexicon/import"): Role.EDITOR,
    ("GET", "/desk/sign-in"): None,
    ("POST", "/desk/sign-in"): None,
    ("GET", "/desk/sign-in/provider"): None,
    ("GET", "/desk/sign-in/provider/back"): None,
    ("GET", "/desk/sign-out/provider"): None,
    ("POST", "/desk/sign-out"): Role.VIEWER,
    ("GET", "/desk/token"): Role.VIEWER,
    ("GET", "/desk/welcome/{secret}"): None,
    ("POST", "/desk/welcome/{secret}"): None,
    ("GET", "/desk/{rest:path}"): Role.VIEWER,
}

FILLED = {
    "secret": "x" * 43,
    "rest": "nothing",
    "briefing_id": "0" * 16,
    "number": "1",
    "key": "0" * 64,
    "link": "l0000000",
    "segment": "0" * 16,
    "name": "morning",
    "slug": "morning",
    "part": "intro",
    "source": "desk",
    "article": "ferry",
    "respeak_id": "0" * 16,
    "sample_id": "0" * 16,
    "report_id": "0" * 16,
    "summary": "0" * 16,
}


def test_every_route_is_in_the_table_and_demands_what_it_says(place):
    found = {
        (method, route.path): role_of(route)
        for route in all_routes(create_app())
        if getattr(route, "path", "").startswith("/desk")
        for method in route.methods - {"HEAD"}
    }
    assert found == DEMANDS
    assert {path for _, path in DEMANDS if DEMANDS[_, path] is None} == {path for path in OPEN if path in str(DEMANDS)}


@pytest.fixture(scope="module")
def seats(tmp_path_factory):
    """A server, and a seat for each role beside one for nobody."""
    folder = tmp_path_factory.mktemp("desk-roles")
    with pytest.MonkeyPatch.context() as patch:
        from tests.support.client import free_port

        patch.setenv("BRIEFCAST_DATA", str(folder / "var"))
        patch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        patch.setenv("BRIEFCAST_LOG_LEVEL", "ERROR")
        patch.chdir(folder)
        place = make_place(folder)
        with client_of(place) as api, ExitStack() as seated:
            roles = (*Role, None)
            found = {role: seated.enter_context(seat_at(str(api.base_url))) for role in roles}
            for role in Role:
                add_user(place, role.value, role)
                found[role].sign_in(role.value)
            yield found
        place.database.dispose()


def test_every_route_lets_in_the_roles_it_is_for_and_no_other(seats):
    signing_out = ("POST", "/desk/sign-out")
    for method, path in sorted(DEMANDS, key=lambda route: route == signing_out):
        demanded = DEMANDS[method, path]
        for role, seat in seats.items():
            address = path.replace(":path", "").format_map(FILLED)
            answer = seat.get(address) if method == "GET" else seat.post(address)
            told = (method, path, role, answer.status_code)
            assert answer.status_code < 500, told
            if demanded is None:
                continue
            if role is None:
                assert answer.status_code == 303, told
                assert answer.headers["location"].startswith("/desk/sign-in"), told
            else:
                assert (answer.status_code != 403) == role.includes(demanded), told


def test_every_change_asks_for_the_token_of_its_session(seats):
    seat = seats[Role.ADMIN]
    seat.sign_in("admin")
    for (method, path), demanded in DEMANDS.items():
        if method == "POST" and demanded is not None:
            answer = seat.post(path.format_map(FILLED), csrf="forged")
            assert answer.status_code == 403, path
            answer = seat.post(path.format_map(FILLED), {"Origin": "https://evil.example"})
            assert answer.status_code == 403, path


def test_a_key_opens_no_page_and_a_cookie_opens_no_route_of_the_api(seats):
    admin, nobody = seats[Role.ADMIN], seats[None]
    assert admin.get("/v1/audit").status_code == 401
    assert nobody.get("/desk", headers={"Authorization": "Bearer bc_00000000_" + "a" * 43}).status_code == 303


def test_a_route_that_forgot_its_role_keeps_the_app_from_starting(place):
    app = create_app()
    router = APIRouter()
    router.add_api_route("/desk/secrets", lambda: "all of them")
    app.include_router(router)
    with pytest.raises(RuntimeError, match="/desk/secrets demands no role"):
        check_desk(app)
