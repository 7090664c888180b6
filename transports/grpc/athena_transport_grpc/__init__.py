"""The gRPC wire: `server` is the transport, `channel` the client end."""
