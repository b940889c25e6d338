"""What summaries are of: the text of a story as it is live; and that they are void where it changes.

Knows nothing of how a summary is asked for or decided on (`briefing.digesting.summaries`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from briefing.models import SummaryRow
from briefing.script import OUR_WORDS, Role, Script

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import RevisionRow

#: State of a summary whose story says something else by now, or is withdrawn.
VOID = "void"

#: How long a summary is kept: longer than a story may be in any digest.
KEPT = timedelta(days=35)


@dataclass(frozen=True)
class Source:
    """What a summary is of: the text of a story as it is live."""

    article: str
    language: str
    text: str

    @property
    def sha256(self) -> str:
        """Its hash, 64 hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def source_of(live: RevisionRow) -> Source | None:
    """Return the text of a story's revision; None for one without a script."""
    if live.script is None:
        return None
    script = Script.stored(live.script)
    not_told = OUR_WORDS | {Role.BYLINE}
    written = [part.written for part in script.heard if part.role not in not_told]
    return Source(script.articles[0].ref, script.language, "\n".join(written))


def void(session: Session, briefing_id: str, kept: Source | None = None) -> None:
    """Forget what was written of a story, but for summaries of the text that is live now. Needs a writing session."""
    gone = update(SummaryRow).where(SummaryRow.briefing_id == briefing_id, SummaryRow.state != VOID)
    if kept is not None:
        gone = gone.where(SummaryRow.source_sha256 != kept.sha256)
    session.execute(gone.values(state=VOID, text=None, reasons=[]))
