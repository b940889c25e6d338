"""What goes live of a briefing, when, for whom, and what takes it back: holds, embargoes, corrections, withdrawals."""
