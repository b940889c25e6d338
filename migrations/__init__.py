"""Alembic migrations of our tables. Imports briefing only."""
