"""Upstream's SDK as ``python -m aiges.serve`` runs it, with its log elsewhere; runs in the SDK's own environment.

Its port is fixed at 50055 on every address, and its log is /log/app/wrapper.log unless it is told otherwise before
it is imported. A debug line is formatted for each answer whatever the level; that is left as it is.
"""

from __future__ import annotations

import logging
import tempfile

from aiges.utils import log

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        log.logpath = folder
        from aiges import serve  # only now: importing it opens the log

        logging.getLogger("wrapper").setLevel(logging.WARNING)
        serve.run_old()
