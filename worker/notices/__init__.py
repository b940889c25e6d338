"""Tells editors of briefings that failed or are held: which (`due`), in which words (`wording`), with which links that
act (`linking`), which way (`sending`).

One message tells all that has come since the last, at most one a minute; the same of the same briefing is told once in
six hours. Each way is a step of its own: one that is away keeps no other waiting and is tried again.
"""
