"""The main job on many hosts' parts: PostgreSQL by one setting, a real Redis, the Procfile's own processes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from briefing.database import Database
from briefing.models import StepRow
from tests.support.command import briefcast
from tests.support.processes import procfile, redis, running, wait_for


@pytest.fixture
def address(cluster, monkeypatch):
    """An empty database, before anything of ours is started."""
    address = cluster.new_database(migrated=False).replace("+psycopg", "")
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", address)
    monkeypatch.setenv("BRIEFCAST_WORKERS", "1")
    return address


def test_articles_become_episodes_on_celery_and_postgresql(address, product, started, tmp_path, monkeypatch):
    assert briefcast("migrate").returncode == 0, "once more does no harm"
    with redis(tmp_path / "redis") as broker:
        monkeypatch.setenv("BRIEFCAST_BROKER_URL", broker)
        with (
            running(procfile("web", product.port), tmp_path / "web.log"),
            running(procfile("dispatcher", 0), tmp_path / "dispatcher.log"),
            running(procfile("worker", 1), tmp_path / "worker.log"),
            running(procfile("speech", 2), tmp_path / "speech.log"),
        ):
            started(product)
            first = product.ask("reactor-inspection", voice="silence")
            second = product.ask("cup-final", voice="silence", priority="bulk")
            done = [product.finished(briefing) for briefing in (first, second)]
            assert [briefing["state"] for briefing in done] == ["live", "live"]
            wait_for(lambda: product.client.get("/readyz").json()["broker"] == "ok", "the broker to be told of")
            audio = product.client.get(f"/v1/articles/{done[0]['articles'][0].replace(':', '/')}/audio")
            assert audio.raise_for_status().json()["url"] == done[0]["live"]["url"]
            database = Database(address)
            open_steps = select(func.count()).where(StepRow.state.not_in(["done"]))

            def all_done():
                with database.reading() as session:
                    return session.scalar(open_steps) == 0

            wait_for(all_done, "the last look")
            with database.reading() as session:
                assert session.scalar(select(func.max(StepRow.attempts))) == 1
            database.dispose()
