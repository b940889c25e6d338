"""Content credentials: what they say, who signs, and what is found of them in a file."""
