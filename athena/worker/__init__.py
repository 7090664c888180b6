"""The child process of the process executor: ``python -m athena.worker --fd N``."""
