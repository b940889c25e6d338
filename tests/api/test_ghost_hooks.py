"""Webhooks as Ghost sends them, rebuilt of recorded ones: four events, in both forms of signature, byte for byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from briefing.following import connections
from briefing.models import LookRow
from briefing.secrets.sealed import whose_webhook
from briefing.secrets.sealing import seal
from tests.support.client import client_of
from tests.support.newsroom import PLAIN, make_place

HOOKS = sorted((Path(__file__).parents[1] / "data" / "cms" / "ghost" / "hooks").glob("*.json"))


def test_there_is_one_of_each_event():
    found = sorted(json.loads(path.read_text())["event"] for path in HOOKS)
    assert found == ["post.deleted", "post.published", "post.published.edited", "post.unpublished"]


@pytest.mark.parametrize("form", ["ghost_6", "ghost_5"])
@pytest.mark.parametrize("path", HOOKS, ids=lambda path: path.stem)
def test_what_ghost_sends_is_taken_and_with_one_byte_changed_refused(tmp_path, monkeypatch, path, form):
    recorded = json.loads(path.read_text())
    sent, body = recorded[form], recorded[form]["body"].encode()
    # Given a source with that secret; only of a Ghost of before July 2024 it is said that it signs the body alone
    source = '[[sources]]\nname = "paper"\nkind = "ghost"\naddress = "https://paper.example"\n'
    old = "body_only_signatures = true\n" if form == "ghost_5" else ""
    place = make_place(tmp_path, f"{PLAIN}\n{source}{old}")
    with place.database.writing() as session:
        row = connections.locked(session, "paper", datetime.now(UTC))
        row.hook_secrets = [{"secret": seal(recorded["secret"], whose_webhook("paper")), "ends_at": None}]

    def looks():
        with place.database.reading() as session:
            return list(session.scalars(select(LookRow.article_id)))

    with client_of(place) as client:
        base, headers = str(client.base_url).rstrip("/"), dict(sent["headers"])
        monkeypatch.setattr("api.hooks.time.time", lambda: sent["sent_ms"] / 1000 + 2)

        def post(content, address=sent["path"]):
            return httpx.post(base + address, content=content, headers=headers, trust_env=False, timeout=60)

        # When one byte is another, wherever it stands / Then it is refused
        for at in (0, len(body) // 2, len(body) - 1):
            assert post(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]).status_code == 401, at
        assert looks() == []
        # When it comes as it was sent / Then that post is looked at
        assert post(body).status_code == 202
        assert looks() == ["6a10c0de00000000000000aa"]
        monkeypatch.undo()
    place.database.dispose()
