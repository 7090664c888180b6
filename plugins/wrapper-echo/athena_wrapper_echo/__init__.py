"""The wrapper that answers with what it was sent: the example to read first."""
