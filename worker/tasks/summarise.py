"""The `summarise` step: a story's text goes to the model, what comes back is checked and waits for an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import steps
from briefing.digesting import summaries
from briefing.digesting.summary_checks import faults
from briefing.failpoints import Failpoint, reach
from briefing.settings import SummarySettings
from worker.digests.summarise import summarise
from worker.running.engine_gates import outcome_noted

if TYPE_CHECKING:
    from briefing.steps import Lease
    from worker.workplace import Workplace


def summarise_story(lease: Lease, place: Workplace) -> None:
    """Have the story summarised, unless it says something else by now. No text is sent where no server is set any more,
    or another one: that was asked for elsewhere.
    """
    settings, summary = SummarySettings(), lease.payload["summary"]
    with place.database.reading() as session:
        source = summaries.to_summarise(session, summary, settings.model if settings.on else "")
    if source is None:
        with place.database.writing() as session:
            if steps.finish(session, lease):
                summaries.give_up(session, summary)
        return
    with outcome_noted(lease, place) as passage:
        passage.asked = True
        written = summarise(source.text, settings)
    reach(Failpoint.SUMMARY_ANSWERED)
    reasons = faults(written, source.text, source.language)
    with place.database.writing() as session:
        if steps.finish(session, lease):
            summaries.answer(session, summary, written, reasons)
            reach(Failpoint.SUMMARY_BEFORE_COMMIT)
