"""Fuzzing of whatever reads bytes from outside: `./run.sh fuzz [SECONDS] [TARGET…]`. See `targets.py`."""
