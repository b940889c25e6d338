"""The step table's own moves: record, claim, renew, finish, postpone, give up, release.

Every move is one statement inside the caller's transaction and is safe to repeat: a holder that lost its
lease finds its fence outdated and changes nothing. Does not know what a step does nor what comes next.
"""

from briefing.steps.claims import Lease, claim, is_due
from briefing.steps.later import NEXT, look_again_later, note_next, tries_of
from briefing.steps.losses import MAX_ATTEMPTS, WORKER_LOST, Lost, bury, release_expired, release_held_by
from briefing.steps.outcomes import come_again, finish, give_back, give_up, postpone, renew, retry, stand_by, wait_again
from briefing.steps.records import (
    Following,
    cancel,
    has_begun,
    hasten,
    lock_unfinished,
    promote,
    put_back,
    ready_waiting,
    record,
    record_all,
    was_taken_up,
)
from briefing.steps.rings import Due, due_to_ring, mark_rung, unmark
from briefing.steps.standing_back import STANDS_BACK, let_go, stand_back

__all__ = [
    "MAX_ATTEMPTS",
    "NEXT",
    "STANDS_BACK",
    "WORKER_LOST",
    "Due",
    "Following",
    "Lease",
    "Lost",
    "bury",
    "cancel",
    "claim",
    "come_again",
    "due_to_ring",
    "finish",
    "give_back",
    "give_up",
    "has_begun",
    "hasten",
    "is_due",
    "let_go",
    "lock_unfinished",
    "look_again_later",
    "mark_rung",
    "note_next",
    "postpone",
    "promote",
    "put_back",
    "ready_waiting",
    "record",
    "record_all",
    "release_expired",
    "release_held_by",
    "renew",
    "retry",
    "stand_back",
    "stand_by",
    "tries_of",
    "unmark",
    "wait_again",
    "was_taken_up",
]
