"""What a caller may ask for: how often, how much a day. Values and rules; counts nothing across processes.

Requests are counted in the memory of each API process, since a write for each read would make readers wait; what is
spoken and asked for in a day is counted in the database, see `briefing.requesting.spending`.
"""

from briefing.limits.buckets import Buckets, Standing
from briefing.limits.failures import Failures
from briefing.limits.keys import KeyLimits, limits_of

__all__ = ["Buckets", "Failures", "KeyLimits", "Standing", "limits_of"]
