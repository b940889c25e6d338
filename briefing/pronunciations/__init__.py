"""How names and words are said: entries, lists, what they concern, what listeners and dictionaries make of them."""
