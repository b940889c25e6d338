"""Articles: how they are named, filed, cleaned and kept."""
