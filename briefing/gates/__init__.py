"""Gates before online engines: a rate and a breaker that all workers of all hosts share, kept in the database."""

from briefing.gates.gate import Bounds, Gate, GateState
from briefing.gates.rows import ensure, gates, passable, settle, take

__all__ = ["Bounds", "Gate", "GateState", "ensure", "gates", "passable", "settle", "take"]
