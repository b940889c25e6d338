"""Digests: which stories, how much of each, when; and the summaries of them."""
