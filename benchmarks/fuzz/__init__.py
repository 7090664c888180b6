"""A million mutated inputs for everything that decodes what strangers send: no crash, no hang, no 500."""
