"""An installation as a whole: set up from its file, backed up, restored, moved to other databases and storage."""
