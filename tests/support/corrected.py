"""Corrections that a CMS tells of, as tests tell of them and see what became of what was wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import urlsplit

from sqlalchemy import select, update

from briefing.models import BriefingRow, StepRow
from tests.support.newsroom import work_off
from tests.support.paper import STRANGER


def briefing_of(place):
    with place.database.reading() as session:
        return session.scalar(select(BriefingRow.id))


def kinds(client, place):
    """What the public history tells of, the newest first."""
    told = client.get(f"/briefings/{briefing_of(place)}/history.json", headers=STRANGER)
    return [entry["kind"] for entry in told.json()["entries"]] if told.status_code == 200 else []


def leads_to(client, address):
    """Where an MP3's address leads: itself while it is there."""
    answer = client.get(urlsplit(address).path, headers=STRANGER)
    return urlsplit(answer.headers.get("location", address if answer.status_code == 200 else "")).path


def send(client, secret, body, identity, source="desk", sent=None):
    """Send a Standard Webhook, now or as if `sent` at another second."""
    moment = str(int(time.time()) if sent is None else sent)
    signed = hmac.digest(
        base64.b64decode(secret.removeprefix("whsec_")), f"{identity}.{moment}.".encode() + body, hashlib.sha256
    )
    headers = {"webhook-id": identity, "webhook-timestamp": moment}
    headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
    answer = client.post(f"/v1/hooks/{source}", content=body, headers=STRANGER | headers)
    assert answer.status_code == 202, answer.text


def quiet_is_over(place):
    """Have what waits for further edits begin, and all be done."""
    work_off(place)
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.kind == "prepare").values(not_before=None))
    work_off(place)
