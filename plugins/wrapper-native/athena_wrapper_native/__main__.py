"""``python -m athena_wrapper_native``: the folder of wrapper.h, for ``-I`` in a Makefile."""

from __future__ import annotations

from pathlib import Path

__all__ = ["INCLUDE"]

INCLUDE = Path(__file__).parent / "include"
"""Where wrapper.h and type.h are."""

if __name__ == "__main__":
    print(INCLUDE)
