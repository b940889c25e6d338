"""Fixtures of the tests that cause faults; servers and processes come from tests/support."""
