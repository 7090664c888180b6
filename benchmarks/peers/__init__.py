"""Other servers, measured beside Athena: each in an environment of its own, as its documentation says to run it."""
