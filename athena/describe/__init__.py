"""What a wrapper takes and gives: checked on values, so that all wires agree, and told as JSON Schema."""

from __future__ import annotations

from .check import Checker, checker
from .items import counter
from .replies import judge_reply
from .schema import input_schema, json_schema, output_schema, param_schema

__all__ = [
    "Checker",
    "checker",
    "counter",
    "input_schema",
    "json_schema",
    "judge_reply",
    "output_schema",
    "param_schema",
]
