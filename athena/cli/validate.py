"""``athena validate``: does a document fit what a service or wrapper takes? Every fault with its path."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..describe.values import faults as found_in
from ..describe.values import validator
from ..errors import AthenaError
from ..plugins import Catalog
from .described import DEFAULT, describe
from .schema import GROUP
from .terminal import complain

__all__ = ["command", "faults"]

FAILED = 1


@click.command(
    epilog="""\b
Examples:
  athena validate request.json --against ocr
  athena validate answer.json --against ./wrapper.py --answer
  athena schema ocr --format ase > ocr.json; ... | athena validate - --against ocr"""
)
@click.argument("file", metavar="FILE")
@click.option("--against", required=True, metavar="SERVICE_OR_WRAPPER", help="What it is meant for.")
@click.option("--answer", is_flag=True, help="It is an answer, not a request.")
@click.option("--config", default="", metavar="TOML", help=f"Where the services stand.  [default: {DEFAULT}]")
def command(file: str, against: str, answer: bool, config: str) -> int:
    """Say whether FILE (- for stdin), an ASE JSON document, fits SERVICE_OR_WRAPPER.

    One line per fault: the path, and what was expected there.
    """
    document = _read(file)
    emit = Catalog().load(GROUP, "ase")
    name, description = asyncio.run(describe(against, config))
    schema = emit(name, description)["schemaoutput" if answer else "schemainput"]
    found = list(faults(schema, document))
    for line in found:
        complain(f"{file}: {line}")
    if not found:
        click.echo(f"{file}: fits {name}")
    return FAILED if found else 0


def _read(file: str) -> object:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise AthenaError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise AthenaError(f"{file}: no JSON: {error}") from error


def faults(schema: Any, document: object) -> Iterator[str]:  # Any: a schema is untyped JSON
    """What does not fit, one sentence each: ``payload.data.image: …``.

    Of a place that may be one of several things, the fault is told of the thing that it comes closest to.

    Args:
        schema: JSON Schema 2020-12.
        document: What is looked at.
    """
    for path, said in found_in(validator(schema), document):
        yield f"{path or 'document'}: {said}"
