"""The Open Inference Protocol v2 as a pure codec, for both its wires; docs/oip.md says what maps to what."""

from __future__ import annotations

from .oip_answers import Infer, encode_error, encode_infer
from .oip_calls import Call, Caller, Options, Sequence, called
from .oip_catalogue import (
    EXTENSIONS,
    NAME,
    PLATFORM,
    UNMANAGED,
    index,
    known,
    load,
    metadata,
    model,
    release,
    tensors,
    version_of,
)
from .oip_generate import Generate, decode_generate, encode_generate
from .oip_json import decode_infer
from .oip_sequences import Sequences, alias_of

__all__ = [
    "EXTENSIONS",
    "NAME",
    "PLATFORM",
    "UNMANAGED",
    "Call",
    "Caller",
    "Generate",
    "Infer",
    "Options",
    "Sequence",
    "Sequences",
    "alias_of",
    "called",
    "decode_generate",
    "decode_infer",
    "encode_error",
    "encode_generate",
    "encode_infer",
    "index",
    "known",
    "load",
    "metadata",
    "model",
    "release",
    "tensors",
    "version_of",
]
