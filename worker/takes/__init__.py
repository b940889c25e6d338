"""From a voice to takes that pass: who speaks, again if need be, and whether it is speech of its text."""
