"""Text as words and sentences, before it is spoken."""
