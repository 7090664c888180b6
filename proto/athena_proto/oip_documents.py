"""Requests of the Open Inference Protocol as JSON has them: the types that a decoder takes them apart by."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["INFER", "Document", "Input", "Output", "Parameters"]

# Any: parameters are free; each is checked where it is used.
Parameters = dict[str, Any] | UnsetType | None


class Input(msgspec.Struct):
    """A tensor that is sent; its data stay text until its datatype is known."""

    name: str
    shape: list[int]
    datatype: str
    parameters: Parameters = UNSET
    data: msgspec.Raw | UnsetType = UNSET


class Output(msgspec.Struct):
    """A tensor that is asked for."""

    name: str
    parameters: Parameters = UNSET


class Document(msgspec.Struct):
    """A whole request for an inference."""

    inputs: list[Input]
    id: str | UnsetType | None = UNSET
    parameters: Parameters = UNSET
    outputs: list[Output] | UnsetType | None = UNSET


INFER = msgspec.json.Decoder(Document)
