"""The group of commands: names and summaries are known at once, a command's module is imported when it is typed."""

from __future__ import annotations

import difflib
import importlib
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata

import click
from click.shell_completion import CompletionItem

from .. import __version__
from ..errors import AthenaError, PluginError, ServiceError, SettingsError
from .terminal import complain, describe_fault, explain_problems

__all__ = ["Commands", "app", "run"]

OWN = {
    "run": "Serve wrappers until told to stop.",
    "dev": "Serve what is being written: reload on save, the author's own tracebacks.",
    "check": "Say whether a configuration would start; start nothing.",
    "reload": "Have a running kernel take its configuration again.",
    "drain": "Have a running kernel finish what it has, and stop.",
    "top": "Watch a running kernel: services, rates, percentiles, faults, workers.",
    "call": "Call a service over any wire.",
    "resource": "Load, unload and list a service's personalised resources.",
    "bench": "Load a service and measure it.",
    "plugins": "List what is installed.",
    "explain": "Show the keys of a table of aiges.toml.",
    "schema": "Print what a service or wrapper takes and gives.",
    "validate": "Say whether a document fits a service or wrapper.",
    "create": "Make a new wrapper distribution.",
    "completion": "Print the completion script of a shell.",
}
"""The kernel's own commands, in the order a newcomer meets them; each is ``command`` in the module of its name."""

FAILED, REFUSED = 1, 2
GROUP = "commands"


class Commands(click.Group):
    """The commands of the kernel and, by their metadata, those of plugins (group ``athena.commands``)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*OWN, *_plugged()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in OWN:
            command: object = importlib.import_module(f".{cmd_name}", __package__).command
        elif cmd_name in _plugged():
            # Fetched here: loading plugins imports what reads a toml, which `athena --help` can do without.
            command = importlib.import_module("athena.plugins").Catalog().load(GROUP, cmd_name)
        else:
            return None
        if not isinstance(command, click.Command):
            raise PluginError(f"{GROUP}.{cmd_name} is a {type(command).__name__}; expected a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1, 0.5)
            meant = f" Did you mean: athena {near[0]}?" if near else ""
            ctx.fail(f"there is no command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(OWN.items()))
        plugged = _plugged()
        if plugged:
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, f"of {distribution}") for name, distribution in plugged.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names and summaries; click's own way would import every command for each press of the key."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        known = OWN | {name: f"of {distribution}" for name, distribution in _plugged().items()}
        return [CompletionItem(name, help=about) for name, about in known.items() if name.startswith(incomplete)]

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what it raises becomes sentences and one of the three exit codes."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            explain_problems(error)
            ctx.exit(REFUSED)
        except PluginError as error:
            complain(str(error))
            ctx.exit(REFUSED)
        except ServiceError as error:
            complain(describe_fault(error))
            ctx.exit(FAILED)
        except AthenaError as error:
            complain(str(error))
            ctx.exit(FAILED)


def _plugged() -> dict[str, str]:
    """Commands that plugins bring, and the distribution of each; a name of our own is not theirs to take."""
    found = sorted(metadata.entry_points(group=f"athena.{GROUP}"), key=lambda entry: entry.name)
    return {entry.name: entry.dist.name if entry.dist else "?" for entry in found if entry.name not in OWN}


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"athena {__version__} (Python {platform.python_version()})")
        ctx.exit()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, 1 failed, 2 refused (nothing was started).",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version."
)
def app() -> None:
    """Athena turns inference code into a network service."""


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        value = app.main(None if argv is None else list(argv), prog_name="athena", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return REFUSED
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return FAILED
    except BrokenPipeError:
        # The reader of our stdout has gone (`| head`); Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return value if isinstance(value, int) else 0
