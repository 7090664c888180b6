"""Does anything leak? A real ``athena run`` does the same a million times, and must hold no more than before."""
