"""The bare lines: the least a server on each library can do. Each prints ``ready URL`` when it serves."""
