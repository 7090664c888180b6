"""What a wrapper takes and gives, as data."""

from __future__ import annotations

from attrs import frozen

from .parts import Kind

__all__ = ["Description", "Field", "Param"]


@frozen
class Field:
    """One named input or output of a wrapper, as data.

    Attributes:
        key: The part's key; ``*`` stands for any.
        kind: The only kind it may have; None means any.
        required: Whether a request without it is refused (in a session: not asked of single writes).
        formats: Values the attributes ``format`` or ``encoding`` may have; empty means any.
        schema: JSON Schema (2020-12) of a JSON value, as text; "" where the bytes are not JSON or not described.
        dtype: numpy type string of a tensor, or "".
        shape: Its shape, -1 for a free axis.
        items: True where one part carries many items and its first axis counts them (batching counts items).
        summary: One sentence for people.
    """

    key: str
    kind: Kind | None = None
    required: bool = True
    formats: tuple[str, ...] = ()
    schema: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    items: bool = False
    summary: str = ""


@frozen
class Param:
    """One parameter of a wrapper, as data. Values travel as strings and are checked against ``type``.

    Attributes:
        type: ``string``, ``integer``, ``number`` or ``boolean``.
        default: What the wrapper assumes when it is not given, as a string; None for nothing.
        minimum, maximum: Inclusive bounds of numbers; for strings, of the length.
        choices: The only values allowed; empty means any.
    """

    key: str
    type: str = "string"
    required: bool = False
    default: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    summary: str = ""


@frozen
class Description:
    """What a wrapper takes and gives.

    Attributes:
        version: The wrapper's own version.
        summary: One sentence for people.
        inputs, outputs: Its parts; empty inputs mean "not described": nothing is checked.
        params: Its parameters; others pass unchecked.
        operations: ``once``, ``batch``, ``session``, ``read``, ``resource``: found from its hooks at load.
    """

    version: str = ""
    summary: str = ""
    inputs: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    params: tuple[Param, ...] = ()
    operations: frozenset[str] = frozenset()
