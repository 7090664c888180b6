"""OpenTelemetry traces of Athena: the kernel's span of a call, and the wrapper's below it."""
