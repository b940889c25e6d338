"""Asking for audio: what is asked for, what is shared, in which order it is made, what it may cost."""
