"""Hosts wrappers written for iFLYTEK's AIGes; the module they import, ``aiges``, is shipped beside it."""
