"""Measurements of speed and memory, printed as tables: ./run.sh bench [main|encoders]. Never part of the tests."""
