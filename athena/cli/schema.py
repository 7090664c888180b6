"""``athena schema``: what a service or wrapper takes and gives, in the format that somebody else reads."""

from __future__ import annotations

import asyncio
import json

import click

from ..plugins import Catalog
from .described import DEFAULT, describe

__all__ = ["GROUP", "command"]

GROUP = "formats"


@click.command(
    epilog="""\b
Examples:
  athena schema ocr --format ase > schema_ocr.json
  athena schema ./wrapper.py --format openapi"""
)
@click.argument("target", metavar="SERVICE_OR_WRAPPER")
@click.option("--format", "form", default="jsonschema", show_default=True, help="Or ase, openapi, oip, or a plugin's.")
@click.option("--config", "file", default="", metavar="FILE", help=f"Where its services stand.  [default: {DEFAULT}]")
def command(target: str, form: str, file: str) -> None:
    """Print what SERVICE_OR_WRAPPER takes and gives, from its one declaration.

    A service of aiges.toml, or a wrapper as `athena run --wrapper` takes it. Its wrapper is loaded in a process of its
    own, without its athena_init and without a GPU.
    """
    emit = Catalog().load(GROUP, form)
    name, description = asyncio.run(describe(target, file))
    click.echo(json.dumps(emit(name, description), indent=2, ensure_ascii=False))
