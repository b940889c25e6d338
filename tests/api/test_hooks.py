"""Webhooks from any CMS: who is let in, what is remembered, what follows where the CMS cannot be asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from briefing.articles.addresses import address_id
from briefing.errors import SecretUnreadable
from briefing.following import connections
from briefing.following.hooks import HookRefused, Refusal, verify_ghost, verify_standard
from briefing.models import ConnectionRow, DeliveryRow, LookRow, StepRow
from tests.support.client import client_of
from tests.support.ghost import signature
from tests.support.newsroom import ARTICLE, work_off
from tests.support.standing import stand_still
from worker.upkeep import ledgers

STRANGER = {"Authorization": ""}
NOW = 1_795_347_000.0


def standard(secret, body, *, identity="msg_1", moment=None):
    """The headers of a Standard Webhook."""
    moment = str(int(time.time() if moment is None else moment))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{identity}.{moment}.".encode() + body, hashlib.sha256)
    told = {"webhook-id": identity, "webhook-timestamp": moment}
    return told | {"webhook-signature": f"v1,{base64.b64encode(signed).decode()}"}


@pytest.fixture
def secret(place):
    with place.database.writing() as session:
        return connections.rotate_secret(session, "desk", datetime.now(UTC))


def tell(client, secret, kind, source="desk", identity=None, signed=None, **data):
    body = json.dumps({"type": f"article.{kind}", "data": data}).encode()
    headers = STRANGER | (signed or standard(secret, body, identity=identity or f"msg_{time.monotonic_ns()}"))
    return client.post(f"/v1/hooks/{source}", content=body, headers=headers)


def test_the_signature_is_that_of_the_standard():
    # The example that the standard's own libraries are tested with
    secret, moment = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": str(moment),
        "webhook-signature": "v1a,nonsense v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,other",
    }
    body = b'{"test": 2432232314}'
    assert verify_standard(headers, body, [secret], moment + 299.0)
    for wrong in (
        lambda: verify_standard(headers, body, [secret], moment + 301.0),
        lambda: verify_standard(headers, body, [secret], moment - 301.0),
        lambda: verify_standard(headers, body + b" ", [secret], moment),
        lambda: verify_standard(headers, body, ["whsec_AAAA"], moment),
        lambda: verify_standard(headers | {"webhook-id": "msg_2"}, body, [secret], moment),
        lambda: verify_standard(headers | {"webhook-signature": "v1,"}, body, [secret], moment),
        lambda: verify_standard({}, body, [secret], moment),
    ):
        with pytest.raises(HookRefused):
            wrong()
    # A secret that is no base64 counts as it is written
    signed = f"{headers['webhook-id']}.{moment}.".encode() + body
    own = base64.b64encode(hmac.digest(b"plain", signed, hashlib.sha256)).decode()
    assert verify_standard(headers | {"webhook-signature": f"v1,{own}"}, body, ["other", "plain"], moment)


def test_ghosts_signature_covers_body_and_moment():
    body = b'{"event":"post.published"}'
    moment = str(int(NOW * 1000))
    headers = {"x-ghost-signature": signature("s", body, moment)}
    first = verify_ghost(headers, body, "post.published", ["s"], NOW)
    assert verify_ghost(headers, body, "post.edited", ["t", "s"], NOW + 299).id != first.id
    only_body = f"sha256={hmac.new(b's', body, hashlib.sha256).hexdigest()}, t={moment}"
    for given, now in (
        (headers["x-ghost-signature"], NOW + 301),
        (headers["x-ghost-signature"], NOW - 301),
        (headers["x-ghost-signature"].replace("t=1", "t=2"), NOW),
        (only_body, NOW),
        ("", NOW),
        ("sha256=00, t=1", NOW),
    ):
        with pytest.raises(HookRefused):
            verify_ghost({"x-ghost-signature": given}, body, "", ["s"], now)
    # Only where that is set are signatures taken that Ghost made before July 2024
    assert verify_ghost({"x-ghost-signature": only_body}, body, "", ["s"], NOW, body_only=True)


def test_a_cms_that_cannot_be_asked_is_believed(client, place, secret, tmp_path):
    assert tell(client, secret, "published", id="ferry").json() == {"accepted": True}
    work_off(place)
    audio = "/v1/articles/desk/ferry/audio"
    assert client.get(audio).status_code == 200
    assert tell(client, secret, "visibility", id="ferry", visibility="members").status_code == 202
    work_off(place)
    assert client.get(audio, headers=STRANGER).json()["access"] == "preview"
    assert tell(client, secret, "deleted", id="ferry").status_code == 202
    work_off(place)
    assert client.get(audio).status_code == 410
    # What is older than that, and comes later, changes nothing; what is newer does
    old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    tell(client, secret, "updated", id="ferry", updated_at=old)
    work_off(place)
    assert client.get(audio).status_code == 410
    tell(client, secret, "published", id="ferry", visibility="public")
    work_off(place)
    assert client.get(audio).status_code == 200
    assert "poll" not in {row.kind for row in open_steps(place)}, "nothing is polled that cannot be"


def open_steps(place):
    with place.database.reading() as session:
        rows = list(session.scalars(select(StepRow).where(StepRow.state == "ready")))
        session.expunge_all()
        return rows


def test_of_two_that_wait_the_later_moment_counts_whichever_came_last(client, place, secret):
    now = datetime.now(UTC)
    tell(client, secret, "published", id="ferry", updated_at=now.isoformat())
    work_off(place)
    tell(client, secret, "deleted", id="ferry", updated_at=(now + timedelta(seconds=20)).isoformat())
    tell(client, secret, "updated", id="ferry", updated_at=(now + timedelta(seconds=10)).isoformat())
    work_off(place)
    assert client.get("/v1/articles/desk/ferry/audio").status_code == 410


def test_the_same_delivery_is_done_once_and_forgotten_by_and_by(client, place, secret):
    body = json.dumps({"type": "article.published", "data": {"id": "ferry"}}).encode()
    headers = STRANGER | standard(secret, body, identity="msg_same")
    answers = {client.post("/v1/hooks/desk", content=body, headers=headers).status_code for _ in range(10)}
    assert answers == {202}
    with place.database.reading() as session:
        assert session.scalar(select(LookRow.asked)) == 0
        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 1
        assert session.scalar(select(ConnectionRow.heard_at)) is not None
    now = datetime.now(UTC)
    assert ledgers.let_go(place.database, place.keep, now + timedelta(minutes=11), 10)["deliveries"] == 0
    assert ledgers.let_go(place.database, place.keep, now + timedelta(minutes=16), 10)["deliveries"] == 1


def test_an_article_may_be_named_by_its_address(client, place):
    with place.database.writing() as session:
        secret = connections.rotate_secret(session, "site", datetime.now(UTC))
    address = "https://news.example/2026/ferry?utm_source=x"
    assert tell(client, secret, "published", source="site", address=address).status_code == 202
    with place.database.reading() as session:
        assert session.scalar(select(LookRow.article_id)) == address_id(address)
    assert tell(client, secret, "published", source="site", id="1").status_code == 422


def test_a_secret_of_before_holds_for_a_week_unless_it_was_stolen(client, place, secret):
    with place.database.writing() as session:
        newer = connections.rotate_secret(session, "desk", datetime.now(UTC))
    assert [tell(client, one, "published", id="ferry").status_code for one in (secret, newer)] == [202, 202]
    later = datetime.now(UTC) + timedelta(days=8)
    with place.database.writing() as session:
        assert connections.hook_secrets(session.get(ConnectionRow, "desk"), later) == [newer]
        newest = connections.rotate_secret(session, "desk", datetime.now(UTC), at_once=True)
    found = [tell(client, one, "published", id="ferry").status_code for one in (secret, newer, newest)]
    assert found == [401, 401, 202]


def test_who_has_no_secret_learns_nothing_and_is_slowed_down(place, tmp_path, monkeypatch, secret):
    monkeypatch.setenv("BRIEFCAST_LIMIT_ANONYMOUS_A_MINUTE", "6")
    stand_still(monkeypatch, "api.rates")
    with client_of(place) as client:
        refused = [
            tell(client, "whsec_AAAA", "deleted", id="ferry"),
            tell(client, "whsec_AAAA", "deleted", source="slow", id="ferry"),
            tell(client, "whsec_AAAA", "deleted", source="nobody", id="ferry"),
            tell(client, "", "deleted", id="ferry", signed={"x-ghost-signature": signature("", b"", "1")}),
            client.post("/v1/hooks/desk", headers=STRANGER),
        ]
        assert {answer.status_code for answer in refused} == {401}
        assert len({answer.content for answer in refused}) == 1
        assert tell(client, "whsec_AAAA", "deleted", id="ferry").status_code == 401
        assert tell(client, "whsec_AAAA", "deleted", id="ferry").status_code == 429
        assert tell(client, secret, "published", id="ferry").status_code == 202, "but who has it is let in"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no json", 422),
        (b"[]", 422),
        (b"{}", 202),
        (b'{"type": "comment.added", "data": {"id": "ferry"}}', 202),
        (b'{"type": "article.published", "data": {}}', 422),
        (b'{"type": "article.published"}', 422),
        (b'{"type": "article.published", "data": {"id": "../etc"}}', 422),
        (b'{"type": "article.published", "data": {"id": "ferry", "updated_at": "2026-05-01T00:00:00"}}', 422),
        (b'{"type": "article.published", "data": {"id": "ferry", "updated_at": "9998-05-01T00:00:00Z"}}', 422),
        (b'{"type": "article.published", "data": {"id": "ferry", "updated_at": "9999-12-31T23:59:59-14:00"}}', 422),
        (b'{"type": "article.published", "data": {"id": "ferry", "updated_at": "0001-01-01T00:00:00+14:00"}}', 422),
        (b'{"type": "article.visibility", "data": {"id": "ferry", "visibility": "friends"}}', 422),
        (b'{"type": "article.published", "data": {"id": "ferry", "more": {"a": 1}}}', 202),
        (b"[" * 200_000, 422),
    ],
)
def test_what_is_signed_and_wrong_is_told(client, place, secret, body, status):
    answer = client.post("/v1/hooks/desk", content=body, headers=STRANGER | standard(secret, body))
    assert answer.status_code == status
    assert answer.status_code != 410


def test_a_webhook_may_be_five_megabytes_and_no_more(client, place, secret):
    for size, status in ((4_900_000, 202), (5_100_000, 413)):
        body = json.dumps({"type": "other", "data": "x" * size}).encode()
        answer = client.post("/v1/hooks/desk", content=body, headers=STRANGER | standard(secret, body))
        assert answer.status_code == status


def refused(client):
    """How many webhooks were refused, by reason, as Prometheus reads it."""
    found = client.get("/metrics", headers=STRANGER).text
    counted = re.findall(r'^briefcast_webhooks_refused_total\{reason="(\w+)"\} (\S+)$', found, re.MULTILINE)
    return {reason: int(float(number)) for reason, number in counted}


def test_refusals_are_counted_by_reason_and_by_nothing_that_a_stranger_chooses(client, secret, monkeypatch):
    # Given webhooks of every kind that is refused, some of sources that a stranger made up
    assert refused(client) == dict.fromkeys(Refusal, 0)
    body = b'{"type": "article.published", "data": {}}'
    sent = {
        Refusal.UNKNOWN: [tell(client, secret, "deleted", source=f"none-{number}", id="ferry") for number in range(3)],
        Refusal.UNSIGNED: [client.post("/v1/hooks/desk", headers=STRANGER)],
        Refusal.SIGNATURE: [tell(client, "whsec_AAAA", "deleted", id="ferry") for _ in range(2)],
        Refusal.MOMENT: [
            client.post("/v1/hooks/desk", content=body, headers=STRANGER | standard(secret, body, moment=NOW - 1e6))
        ],
        Refusal.BODY: [
            client.post("/v1/hooks/desk", content=body, headers=STRANGER | standard(secret, body)),
            tell(client, secret, "published"),
        ],
    }
    assert tell(client, secret, "published", id="ferry").status_code == 202, "this one is not among them"

    def unreadable(*_):
        raise SecretUnreadable("its key is missing")

    monkeypatch.setattr("api.hooks.connections.hook_secrets", unreadable)
    sent[Refusal.SECRET_UNREADABLE] = [tell(client, secret, "published", id="ferry")]
    # Then each is counted under its reason, and there is no other label
    assert {answer.status_code for answer in sent.pop(Refusal.BODY)} == {422}
    assert {answer.status_code for answer in sent.pop(Refusal.SECRET_UNREADABLE)} == {503}
    assert {answer.status_code for answers in sent.values() for answer in answers} == {401}
    expected = {"unknown": 3, "unsigned": 1, "signature": 2, "moment": 1, "body": 2, "secret_unreadable": 1}
    assert refused(client) == expected


def test_no_secret_is_logged_or_shown(client, place, secret, capfd, tmp_path):
    tell(client, secret, "published", id="ferry")
    tell(client, "whsec_AAAA", "published", id="ferry")
    work_off(place)
    out = capfd.readouterr()
    assert secret not in out.out + out.err
    assert ARTICLE not in out.err
