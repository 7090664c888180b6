"""The only crossings from the event loop: to a thread, to a worker process."""
