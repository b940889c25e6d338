"""Digests made: what is read of each story, and summaries asked for in time."""
