"""Secrets in rows: how they are sealed, and the keys that sign members' addresses."""
