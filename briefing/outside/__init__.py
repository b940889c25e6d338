"""Reaching others' servers safely: addresses checked as they are connected to, bounded bytes and time."""
