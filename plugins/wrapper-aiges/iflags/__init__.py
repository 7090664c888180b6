"""A stand-in for the closed module that the oldest wrappers log through: ``from iflags import flags``."""
