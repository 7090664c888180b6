"""Switches the authors' kit on for every test of the repository: kernel and leaves use what strangers are given."""

pytest_plugins = ["athena.testing"]
