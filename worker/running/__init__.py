"""How steps are done: claimed, leased, performed, given up; and the processes that do so, kept alive and bounded."""
