"""What wrappers written for iFLYTEK's AIGes import: the names of its SDK, written anew over Athena."""
