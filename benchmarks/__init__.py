"""Athena beside bare servers of the same libraries, in pairs, as ratios. Run it: ``python -m benchmarks``."""
