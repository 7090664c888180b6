"""The ASE JSON protocol as a pure codec, bytes ↔ athena.models; docs/ase-protocol.md says what is decided and why."""

from __future__ import annotations

from .ase_errors import ASE_CODES, NO_SUCH_SESSION, code_of, decode_error, encode_error, error_header
from .ase_replies import Answer, decode_answer, encode_reply
from .ase_requests import MAX_PARTS, Message, decode_message, encode_request, own
from .ase_styles import Style, merged

__all__ = [
    "ASE_CODES",
    "MAX_PARTS",
    "NO_SUCH_SESSION",
    "Answer",
    "Message",
    "Style",
    "code_of",
    "decode_answer",
    "decode_error",
    "decode_message",
    "encode_error",
    "encode_reply",
    "encode_request",
    "error_header",
    "merged",
    "own",
]
