"""States of revisions and steps, and which may follow which. Pure: no clock, no database."""

from __future__ import annotations

from enum import StrEnum


class RevisionState(StrEnum):
    """How far one attempt at a briefing's audio has come."""

    PREPARING = "preparing"
    """Fetching, cleaning and scripting."""
    SPEAKING = "speaking"
    ASSEMBLING = "assembling"
    """Stitching, mastering, encoding and tagging."""
    PUBLISHING = "publishing"
    HELD = "held"
    """Waiting for an editor: finished, because its show holds new audio; or only prepared, because what an editor
    changed by hand is no longer in the article (`briefing.editing.conflicts`)."""
    LIVE = "live"
    SUPERSEDED = "superseded"
    """A newer revision took its place, before or after it was live."""
    RETRACTED = "retracted"
    """Withdrawn after it was live: nothing of it is public any more, and its audio is being erased."""
    UNCHANGED = "unchanged"
    """Asked for like the one before it, and the articles still say the same: that one counts."""
    FAILED = "failed"


#: States in which work is still to be done by us.
ACTIVE = frozenset(
    {RevisionState.PREPARING, RevisionState.SPEAKING, RevisionState.ASSEMBLING, RevisionState.PUBLISHING}
)

#: States that nothing follows.
FINAL = frozenset({RevisionState.SUPERSEDED, RevisionState.RETRACTED, RevisionState.UNCHANGED, RevisionState.FAILED})

_FOLLOWS: dict[RevisionState, frozenset[RevisionState]] = {
    RevisionState.PREPARING: frozenset(
        {RevisionState.SPEAKING, RevisionState.ASSEMBLING, RevisionState.UNCHANGED, RevisionState.HELD}
    ),
    RevisionState.SPEAKING: frozenset({RevisionState.ASSEMBLING}),
    # Back to speaking when a stored take turns out to be corrupt.
    RevisionState.ASSEMBLING: frozenset({RevisionState.SPEAKING, RevisionState.PUBLISHING, RevisionState.HELD}),
    # Back to held where an editor stops it, or something forbids it at the last moment.
    RevisionState.PUBLISHING: frozenset({RevisionState.LIVE, RevisionState.HELD}),
    RevisionState.HELD: frozenset({RevisionState.PUBLISHING}),
    RevisionState.LIVE: frozenset({RevisionState.RETRACTED}),
    RevisionState.RETRACTED: frozenset(),
    RevisionState.SUPERSEDED: frozenset(),
    RevisionState.UNCHANGED: frozenset(),
    RevisionState.FAILED: frozenset(),
}


def may_follow(before: RevisionState, after: RevisionState) -> bool:
    """Tell whether a revision may go from `before` to `after`.

    Any active or held revision may fail or be superseded; a live one can only be superseded or retracted.
    """
    if after is RevisionState.SUPERSEDED:
        return before in ACTIVE or before in {RevisionState.HELD, RevisionState.LIVE}
    if after is RevisionState.FAILED:
        return before in ACTIVE
    return after in _FOLLOWS[before]


class StepKind(StrEnum):
    """What a step does. The list is open: workers leave kinds they do not know ready for others."""

    PREPARE = "prepare"
    REVISE = "revise"
    """Preparing, or cutting anew, what editors changed by hand. A kind of its own: workers that do not know of
    overrides would say what was left out."""
    DIGEST = "digest"
    """A digest's time, or a look at the issues that a changed story is in; of no revision."""
    EXTRACT = "extract"
    """Preparing a digest, from what is live of its stories. A kind of its own: workers that do not know of digests
    would read all of each story."""
    SPEAK = "speak"
    RECAST = "recast"
    """Cut the script anew for the fallback of a voice that could not speak. A kind of its own: workers that do not know
    of fallbacks would prepare it for the failed voice once more."""
    STREAM = "stream"
    """Giving out what is spoken so far, while the rest is being made. Whatever becomes of it, the revision goes on."""
    ASSEMBLE = "assemble"
    PUBLISH = "publish"
    JINGLE = "jingle"
    """Checks and re-encodes an editor's upload."""
    ESTIMATE = "estimate"
    """Measuring what articles would cost; of no revision."""
    RESPEAK = "respeak"
    """Having briefings made again for a pronunciation, one after the other; of no revision."""
    SAMPLE = "sample"
    """Having a voice say a word as a pronunciation has it; of no revision."""
    SUMMARISE = "summarise"
    """Having a model summarise a story for digests; of no revision."""
    WITHDRAW = "withdraw"
    """Taking everything that is public of a retracted briefing away, and erasing its audio."""
    RECALL = "recall"
    """The same of what is, or was, for members. A kind of its own: workers that do not know of members would leave
    members' files and previews."""
    RELEASE = "release"
    """Publishing what is for members alone. A kind of its own: workers that do not know of members would publish it for
    everybody."""
    LAUNCH = "launch"
    """Publishing what was held until now, or must not be published as older workers would: what stands in its way is
    looked for once more. A kind of its own: they know of no holds, embargoes, second persons and corrections."""
    PLACE = "place"
    """Moving what is live to where its visibility says, or looking which briefings a change of it concerns; or taking
    back what is left of a publishing that was cut short."""
    PREVIEW = "preview"
    """Making what others hear of a revision that is for members."""
    NOTIFY = "notify"
    """Telling a hub that a feed has changed; of no revision."""
    NOTICE = "notice"
    """Telling editors of what failed or is held; of no revision."""
    CORRECT = "correct"
    """Having other shows' stories of an article, and collections with it, corrected as one of them was; of no revision.
    """
    LIST = "list"
    """Deciding anew which shows list an article's episodes; of no revision."""
    POLL = "poll"
    """Looking what has changed in a source, now and again; of no revision, one for each source, and never done."""
    VERIFY = "verify"
    """Fetching what was published as a podcast app would."""


#: What a revision begins with.
PREPARING = (StepKind.PREPARE, StepKind.REVISE, StepKind.EXTRACT)


class StepState(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    """For other steps."""
    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"
    """Given up, with an error code."""


#: States of a step that is still to be done, as rows have them.
UNFINISHED = [StepState.WAITING.value, StepState.READY.value, StepState.LEASED.value]


class Queue(StrEnum):
    """Which workers serve a step."""

    INTERACTIVE = "interactive"
    """Somebody waits: a breaking story, an editor's correction."""
    BULK = "bulk"
    """Back catalogue."""
    ONLINE = "online"
    """What a service outside does, which is slow and rationed: speech, summaries."""
