"""Logging, under the name wrappers import it by."""
