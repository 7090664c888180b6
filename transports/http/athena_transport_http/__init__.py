"""The HTTP and WebSocket wire: `server` is the transport, `channel` the client end."""
