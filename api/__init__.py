"""HTTP: validates, reads, records work, serves the published files. Never synthesises, never talks to the broker.

Imports briefing and voices.catalogue only; loads no engine, no codec, no numpy.
"""
