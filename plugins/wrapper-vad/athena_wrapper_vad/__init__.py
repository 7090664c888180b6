"""Voice activity detection with Silero's model; it travels inside a wheel, nothing is downloaded at run time."""
