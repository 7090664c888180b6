"""``python -m athena.cli``: the command ``athena`` where no script is on the path."""

from __future__ import annotations

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
