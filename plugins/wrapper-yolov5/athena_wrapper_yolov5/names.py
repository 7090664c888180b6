"""What a network's classes are called: from its metadata, from the service's table, or from a file."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence

from .files import existing

__all__ = ["given_names", "told_names"]

Names = tuple[str, ...]


def told_names(text: str) -> Names:
    """The ``names`` of an ONNX file's metadata: a Python or JSON list, or an object from number to name.

    Raises:
        ValueError: It is neither, or numbers are missing.
    """
    try:
        # Ultralytics writes the repr of a dict; literal_eval makes values only, and runs nothing.
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
    if isinstance(value, dict):
        numbered = {str(number): name for number, name in value.items()}
        value = [numbered.get(str(number)) for number in range(len(numbered))]
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"names: expected a list of names, or an object with one for each number, got {text[:80]!r}")
    return tuple(value)


def given_names(names: Sequence[str], file: str) -> Names:
    """Those of the service's table, or of a file with one on each line; none where neither is given.

    Raises:
        ValueError: Both are given, or the file cannot be read.
    """
    if names and file:
        raise ValueError("names and names_file: expected one of them, got both")
    if not file:
        return tuple(names)
    try:
        lines = existing("names_file", file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"names_file: cannot be read: {error}") from error
    return tuple(line.strip() for line in lines if line.strip())
