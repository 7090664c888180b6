"""The worker protocol (docs/worker-protocol.md): both ends of it, over any byte stream."""
