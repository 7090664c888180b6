"""The ZeroMQ wire: `server` is the transport, `channel` the client end."""
