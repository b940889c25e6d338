"""Listening to audio while it is still being made: cut, rendered and listed as an HLS stream."""
