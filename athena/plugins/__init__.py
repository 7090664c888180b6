"""From a name in the toml to a plugin that obeys the rules of the house; every refusal is explained.

Nothing that is merely installed is imported: a plugin is loaded by the name the toml gives.
"""

from __future__ import annotations

from .catalog import GROUPS, Catalog, Claim
from .hooks import Hooks
from .programs import is_program
from .rules import inspect_plugin, manager_for
from .wrappers import construct, load_wrapper

__all__ = [
    "GROUPS",
    "Catalog",
    "Claim",
    "Hooks",
    "construct",
    "inspect_plugin",
    "is_program",
    "load_wrapper",
    "manager_for",
]
