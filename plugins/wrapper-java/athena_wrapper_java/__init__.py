"""Wrappers written in Java: the host for ``.jar`` files, and the SDK they are written with, as sources."""
