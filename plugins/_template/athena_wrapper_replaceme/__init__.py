"""REPLACE ME: what this wrapper does, in one line. The code is in `wrapper`."""
