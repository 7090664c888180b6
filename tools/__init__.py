"""What nox and the house tests share. Not part of any distribution."""
