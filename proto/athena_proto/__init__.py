"""The shared shelf of the transports: wire messages and pure codecs. No socket in here."""
