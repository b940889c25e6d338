"""Random operations under random faults for as long as one likes: `./run.sh soak 30m [--seed N]`."""
