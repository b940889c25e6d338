"""The source of docs/sources.md, taken out of the page, installed as a package, and followed."""

from __future__ import annotations

import importlib
import json
import re
import sys
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from briefing.errors import (
    AddressRefused,
    ArticleNotFound,
    Misconfigured,
    PageRefused,
    SourceUnavailable,
)
from briefing.following import connections
from briefing.models import ConnectionRow
from briefing.podcasts.newsroom import SourceSettings
from briefing.values import ArticleRef
from tests.support.answering import answering
from tests.support.client import client_of
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.processes import ROOT
from worker.sources import ENTRY_POINTS, Polled, connect, polling

REF = ArticleRef(source="press", id="ferry")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """What pip would install of the page's package, in this process; and the page's settings."""
    page = (ROOT / "docs" / "sources.md").read_text()
    page = page[page.index("## Another source") :]
    project, code, settings = re.findall(r"```(?:toml|python)\n(.*?)```", page, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 70
    table = tomllib.loads(project)["project"]
    folder = tmp_path / "packages"
    info = folder / f"briefcast_paperpress-{table['version']}.dist-info"
    info.mkdir(parents=True)
    (folder / "briefcast_paperpress.py").write_text(code)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {table['name']}\nVersion: {table['version']}\n")
    points = "".join(f"{name} = {value}\n" for name, value in table["entry-points"][ENTRY_POINTS].items())
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{points}")
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    yield settings
    sys.modules.pop("briefcast_paperpress", None)


@pytest.fixture
def press():
    with answering() as site:
        yield site


def source(press, **options):
    given = {"address": press.address, "key": "k", "allow_private": [press.host]} | options
    return connect(SourceSettings(name="press", kind="paperpress", options=given))


def story(status="published", minute=0, html="<p>The ferry runs again from Monday, the harbour board said.</p>"):
    changed = (datetime.now(UTC) + timedelta(seconds=minute)).isoformat()
    return {
        "id": "ferry",
        "status": status,
        "changed": changed,
        "published": changed,
        "headline": "Ferry",
        "html": html,
        "link": None,
        "x": 1,
    }


def put(press, *stories):
    for one in stories:
        press.put("/stories/ferry", json.dumps(one), "application/json")
    press.every = None
    shown = [one for one in stories if one["status"] == "published"]
    listed = (200, {"Content-Type": "application/json"}, json.dumps({"stories": shown}).encode())
    press.pages = _Any(press.pages, listed)


class _Any(dict):
    """Answers every list alike."""

    def __init__(self, pages, listed):
        super().__init__(pages)
        self._listed = listed

    def get(self, path):
        return self._listed if path.startswith("/stories?") else super().get(path)


def test_the_documented_source_keeps_the_contract(installed, press):
    found = source(press)
    assert isinstance(found, Polled)
    put(press, story())
    assert found.fetch(REF, None).title == "Ferry"
    assert press.asked[-1][1]["Authorization"] == "Bearer k"
    assert [(seen.id, seen.state) for seen in found.seen(None)] == [("ferry", "published")]
    assert [(seen.id, seen.state) for seen in found.look(["ferry", "x"])] == [("ferry", "published"), ("x", "gone")]
    put(press, story("draft"))
    with pytest.raises(ArticleNotFound):
        found.fetch(REF, None)
    for status, error in ((404, ArticleNotFound), (401, PageRefused), (503, SourceUnavailable)):
        press.every = (status, {}, b"")
        with pytest.raises(error):
            found.fetch(REF, None)
    for body in (b"{", b"[]", b'{"id": 7}'):
        press.every = (200, {"Content-Type": "application/json"}, body)
        with pytest.raises(PageRefused):
            found.fetch(REF, None)
    press.every = (302, {"Location": "http://169.254.169.254/"}, b"")
    with pytest.raises(AddressRefused):
        found.fetch(REF, None)
    with pytest.raises(AddressRefused):
        source(press, allow_private=[]).fetch(REF, None)


def test_its_options_are_checked_and_its_kind_is_known_while_it_is_installed(installed, press):
    with pytest.raises(Misconfigured, match="key"):
        connect(SourceSettings(name="press", kind="paperpress", options={"address": press.address}))
    with pytest.raises(Misconfigured) as caught:
        connect(SourceSettings(name="press", kind="other"))
    assert "paperpress" in caught.value.hint
    sys.path.pop(0)
    importlib.invalidate_caches()
    with pytest.raises(Misconfigured, match="unknown kind"):
        source(press)


def test_a_package_that_cannot_be_loaded_is_named(installed, tmp_path, press):
    (tmp_path / "packages" / "briefcast_paperpress.py").write_text("import nothing_of_that_name")
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        source(press)


def test_a_story_of_the_documented_source_is_followed_and_withdrawn(installed, press, tmp_path):
    settings = installed.replace("https://cms.daily.example/api", press.address)
    place = make_place(tmp_path, f'{PLAIN}\n{settings}allow_private = ["{press.host}"]\n')
    with place.database.writing() as session:
        connections.locked(session, "press", datetime.now(UTC) - timedelta(minutes=30))
    put(press)
    polling.tend(place)

    def poll():
        with place.database.writing() as session:
            session.execute(update(ConnectionRow).values(polled_at=datetime.now(UTC) - timedelta(seconds=40)))
            connections.rouse(session, "press")
        work_off(place)

    with client_of(place) as client:
        put(press, story())
        poll()

        assert client.get("/v1/articles/press/ferry/audio").status_code == 200
        put(press, story("draft", 1))
        poll()
        assert client.get("/v1/articles/press/ferry/audio").status_code == 410
    place.database.dispose()
