"""What the two databases need beside their tables: outages told, rows added once, locks, the newest schema."""
