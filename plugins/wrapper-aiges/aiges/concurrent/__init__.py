"""Pools, under the name wrappers import them by."""
