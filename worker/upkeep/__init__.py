"""What must be done now and then: lost steps freed, what nothing needs let go, what was heard and said counted."""
