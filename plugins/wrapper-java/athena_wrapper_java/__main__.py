"""``python -m athena_wrapper_java``: print the folder of the SDK's sources, for ``javac -sourcepath``."""

from __future__ import annotations

from pathlib import Path

__all__ = ["SDK"]

SDK = Path(__file__).parent / "java"

if __name__ == "__main__":
    print(SDK)
