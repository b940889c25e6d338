"""One task per kind of step: load by id, call the stages, save, all of it safe to repeat. No rules of its own.

Each ends in one transaction that finishes the step under its fence and records what comes next; a worker that lost its
lease finds the fence outdated and leaves everything as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from briefing.states import StepKind
from worker.tasks.assemble import assemble_revision
from worker.tasks.correct import correct_others
from worker.tasks.digest import see_to_digests
from worker.tasks.estimate import measure_articles
from worker.tasks.extract import extract_revision
from worker.tasks.jingle import conform_jingle
from worker.tasks.listing import list_article
from worker.tasks.notice import tell_editors
from worker.tasks.notify import notify_hub
from worker.tasks.place import place_briefings
from worker.tasks.poll import poll_source
from worker.tasks.prepare import prepare_revision
from worker.tasks.preview import make_preview
from worker.tasks.publish import launch_revision, publish_revision
from worker.tasks.recast import recast_revision
from worker.tasks.respeak import respeak_briefings
from worker.tasks.revise import revise_revision
from worker.tasks.sample import speak_sample
from worker.tasks.speak import speak_chunk
from worker.tasks.stream import stream_revision
from worker.tasks.summarise import summarise_story
from worker.tasks.verify import verify_revision
from worker.tasks.withdraw import withdraw_briefing

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefing.steps import Lease
    from worker.workplace import Workplace

Task: TypeAlias = "Callable[[Lease, Workplace], None]"

#: Kind -> task: what this version of the worker knows how to do.
TASKS: dict[StepKind, Task] = {
    StepKind.PREPARE: prepare_revision,
    StepKind.REVISE: revise_revision,
    StepKind.DIGEST: see_to_digests,
    StepKind.EXTRACT: extract_revision,
    StepKind.SPEAK: speak_chunk,
    StepKind.RECAST: recast_revision,
    StepKind.STREAM: stream_revision,
    StepKind.ASSEMBLE: assemble_revision,
    StepKind.PUBLISH: publish_revision,
    StepKind.JINGLE: conform_jingle,
    StepKind.ESTIMATE: measure_articles,
    StepKind.RESPEAK: respeak_briefings,
    StepKind.SAMPLE: speak_sample,
    StepKind.SUMMARISE: summarise_story,
    StepKind.WITHDRAW: withdraw_briefing,
    StepKind.RECALL: withdraw_briefing,
    StepKind.RELEASE: publish_revision,
    StepKind.LAUNCH: launch_revision,
    StepKind.PLACE: place_briefings,
    StepKind.PREVIEW: make_preview,
    StepKind.NOTIFY: notify_hub,
    StepKind.NOTICE: tell_editors,
    StepKind.CORRECT: correct_others,
    StepKind.LIST: list_article,
    StepKind.POLL: poll_source,
    StepKind.VERIFY: verify_revision,
}

__all__ = ["TASKS", "Task"]
