"""Kokoro-82M: its files and their installation, its graph, its phonemes. The engine is `voices.engines.kokoro`."""
