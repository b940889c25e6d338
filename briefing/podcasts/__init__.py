"""Shows: how their briefings sound, what their feeds list and say; and the newsroom's file that tells of them."""
