"""The files that readers fetch: where they lie, for whom, what they hold, how they are looked after and taken away."""
