"""The image of `deploy/Dockerfile`, built and run for real: `./run.sh image`."""
