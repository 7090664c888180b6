"""The hook table of docs/authors/hooks.md, written from athena/specs.py: `python -m tools.hooks --write`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from athena import specs
from tools import house

PAGE = house.ROOT / "docs" / "authors" / "hooks.md"
FRAME = ("Called:", "Args:", "Returns:", "Raises:")
INTRO = """\
# Hooks

<!-- Written by `python -m tools.hooks --write` from athena/specs.py; a test compares. -->

A hook is a plain `def` with the marker `@hookimpl`. What must be async is an object that a hook hands over. `None`
means "I decline" and is never a payload. Take as few of a hook's arguments as you need: a shorter list is adapted at
load.

| hook | arguments | of | in short |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Hook:
    """One hook as it is specified."""

    name: str
    owner: str
    arguments: tuple[str, ...]
    docstring: str
    first: bool

    @property
    def summary(self) -> str:
        return self.docstring.partition("\n")[0]


def hooks() -> Iterator[Hook]:
    """Every hook, in the order of the file."""
    for owner in (specs.Lifecycle, specs.KernelPlugin, specs.WrapperPlugin):
        for name, value in vars(owner).items():
            options = getattr(value, f"{specs.NAME}_spec", None)
            if options is not None:
                arguments = tuple(inspect.signature(value).parameters)[1:]
                yield Hook(name, owner.__name__, arguments, inspect.getdoc(value) or "", bool(options["firstresult"]))


def page() -> str:
    """The whole page: a table, then each docstring."""
    owners = {"Lifecycle": "every plugin", "KernelPlugin": "plugins of the kernel", "WrapperPlugin": "a wrapper"}
    known = list(hooks())
    rows = []
    for hook in known:
        arguments = ", ".join(f"`{name}`" for name in hook.arguments) or "-"
        rows.append(f"| `{hook.name}` | {arguments} | {owners[hook.owner]} | {hook.summary} |")
    parts = []
    for hook in known:
        parts.append(f"## {hook.name}\n\n`{hook.name}({', '.join(hook.arguments)})`\n\n{prose(hook.docstring)}")
    return INTRO + "\n".join(rows) + "\n\n" + "\n\n".join(parts) + "\n"


def prose(docstring: str) -> str:
    """A Google docstring as Markdown: its sections in bold, arguments and errors as lists."""
    out: list[str] = []
    listed = False
    for line in docstring.replace("``", "`").splitlines():
        head = next((part for part in FRAME if line.startswith(part)), None)
        if head is not None:
            listed = head in ("Args:", "Raises:")
            out.append(f"**{head[:-1]}:** {line[len(head) :].strip()}".rstrip() + ("\n" if listed else ""))
        elif listed and line[:4].isspace() and not line[:5].isspace() and line.strip() != "None.":
            name, _, text = line.strip().partition(":")
            out.append(f"- `{name}`:{text}")
        else:
            out.append(f"  {line.strip()}" if listed and line.strip() else line.strip())
    return "\n".join(out).replace("\n\n  None.", " none.")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
