"""Who may do what: people, keys, roles, links, listeners of private feeds; and the record of who did what."""
