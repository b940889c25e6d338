"""The public history of a briefing: when what was heard of it went live, and how its words changed, as files.

    change      two scripts -> how much is new, without the words that went
    entries     rows -> what is told, the newest first
    wording     language -> what the page says in its own words
    page        entries -> HTML and JSON

A correction may have removed a libel: no word is shown here that does not stand in what is live now. Nothing of what is
for members alone.
"""

from worker.history.change import Change, changed
from worker.history.entries import Entry, entries
from worker.history.page import Told, files_of

__all__ = ["Change", "Entry", "Told", "changed", "entries", "files_of"]
