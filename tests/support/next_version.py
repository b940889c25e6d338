"""A version of Briefcast that is yet to come: this one's source with what a next one may bring.

A migration that adds, a step kind that only it knows and records after publishing, a field more in what is stored, and
an engine that sounds otherwise (it speaks faster) and says so by its version.
"""

from __future__ import annotations

import shutil

from briefing.sql.schema import newest
from tests.support.processes import ROOT

MIGRATION = "0999"

_MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{MIGRATION}", "{{before}}", None, None


def upgrade():
    op.create_table("tallies", sa.Column("step", sa.Integer, primary_key=True))
    op.add_column("steps", sa.Column("weight", sa.Integer, nullable=False, server_default="1"))
"""

_TALLY = """
from sqlalchemy import text

from briefing import steps


def tally(lease, place):
    with place.database.writing() as session:
        if steps.finish(session, lease):
            session.execute(text("INSERT INTO tallies (step) VALUES (:step)"), {"step": lease.step_id})
"""

_PIPELINE = """
DEADLINE_S[StepKind.TALLY] = 60.0
_earlier = after_publish


def after_publish(state, queue, **told):
    return [*_earlier(state, queue, **told), Next(StepKind.TALLY, queue, StepState.READY)]
"""

_TASKS = """
from worker.tasks.tally import tally

TASKS[StepKind.TALLY] = tally
"""


def next_version(folder):
    """Write the next version's source into `folder`; return it, for PYTHONPATH."""
    for package in ("api", "briefing", "cli", "migrations", "voices", "worker"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "migrations" / "versions" / f"{MIGRATION}_next.py").write_text(_MIGRATION.format(before=newest()))
    (folder / "worker" / "tasks" / "tally.py").write_text(_TALLY)
    _change(
        folder / "briefing" / "states.py", '    PREPARE = "prepare"', '    TALLY = "tally"\n    PREPARE = "prepare"'
    )
    _change(folder / "briefing" / "speech.py", "    segment: str\n", '    segment: str\n    tone: str = "warm"\n')
    _change(folder / "voices" / "engines" / "silence.py", 'version = "1"', 'version = "2"')
    _change(folder / "voices" / "catalogue.toml", "ms_per_character = 60", "ms_per_character = 40")
    for path, text in (("worker/pipeline.py", _PIPELINE), ("worker/tasks/__init__.py", _TASKS)):
        with (folder / path).open("a") as file:
            file.write(text)
    return folder


def _change(path, before, after):
    text = path.read_text()
    assert text.count(before) == 1, f"{path.name} has changed: look for {before!r} there"
    path.write_text(text.replace(before, after))
