"""Podcasts that come from another host or go to one."""
