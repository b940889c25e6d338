"""At the desk: users of every role, and a browser without a screen."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from briefing.accounts import users
from briefing.accounts.roles import Role

PASSWORD = "three plain words"


def add_user(place, name, role):
    with place.database.writing() as session:
        return users.add(session, name, Role(role), PASSWORD, datetime.now(UTC))


class Seat:
    """A browser without a screen: keeps cookies, says where it comes from, sends the tokens of the forms it was shown."""

    def __init__(self, client):
        self.client = client
        self.csrf = ""

    def get(self, path, **more):
        answer = self.client.get(path, **more)
        if found := re.search(r'name="csrf" value="([^"]+)"', answer.text):
            self.csrf = found[1]
        return answer

    def post(self, path, headers=None, **fields):
        said = {"Origin": str(self.client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"} | (headers or {})
        said = {name: value for name, value in said.items() if value is not None}
        return self.client.post(path, data={"csrf": self.csrf} | fields, headers=said)

    def sign_in(self, name, password=PASSWORD):
        answer = self.post("/desk/sign-in", name=name, password=password)
        if answer.status_code == 303:
            self.get("/desk")
        return answer


@contextmanager
def seat_at(address):
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield Seat(client)
