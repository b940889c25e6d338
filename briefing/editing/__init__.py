"""What editors do to a script by hand, what comes of it when its article changes, and how they undo it."""
