"""Master -> the files published beside its MP3: the transcript in every format, the chapters as JSON.

Renders what was stored when assembling; writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from briefing.errors import MasterRejected
from briefing.public_names import audio_name
from briefing.transcript import CHAPTERS_NAME, Transcript
from worker import transcript
from worker.transcript.chapters import chapters_json
from worker.transcript.page import Around

if TYPE_CHECKING:
    from briefing.audio import Master
    from briefing.storage import BlobStorage


def companions(
    master: Master, title: str, show_title: str, storage: BlobStorage, audio: str = "", correction: str = ""
) -> dict[str, bytes]:
    """Return the files beside a master's MP3, by name; masters from before there were transcripts have chapters only.
    `audio` is where the page finds the MP3, `correction` what it tells of one.

    Raises MasterRejected for a transcript that is lost or damaged.
    """
    files = {CHAPTERS_NAME: chapters_json(title, master.chapters)}
    if not master.transcript:
        return files
    # From where the page is served, whatever address we are known by.
    around = Around(show_title, audio or f"/{audio_name(master.sha256)}", master.chapters, correction)
    rendered = transcript.render(_stored(master, storage), around)
    return files | {f"transcript.{ending}": content for ending, content in rendered.items()}


def _stored(master: Master, storage: BlobStorage) -> Transcript:
    """Return a master's transcript. Raises MasterRejected when it is lost or damaged."""
    path = storage.path(master.transcript)
    try:
        if path is None:
            raise FileNotFoundError
        return Transcript.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"the transcript {master.transcript} is lost or damaged"
        raise MasterRejected(message, hint="Regenerate the briefing.") from error
