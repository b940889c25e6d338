"""One file per engine. Nothing is imported here: an engine loads its libraries when it is asked for."""
