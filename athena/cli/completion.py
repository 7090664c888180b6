"""``athena completion``: what a shell must be told once."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["command"]

HOWTO = {
    "bash": 'Put into ~/.bashrc:  eval "$(athena completion bash)"',
    "zsh": 'Put into ~/.zshrc:  eval "$(athena completion zsh)"',
    "fish": "Run:  athena completion fish > ~/.config/fish/completions/athena.fish",
}


@click.command(epilog="\b\n" + "\n".join(HOWTO.values()))
@click.argument("shell", type=click.Choice(list(HOWTO)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands, options and names in SHELL."""
    made = get_completion_class(shell)
    assert made is not None  # the choice lists click's own shells
    click.echo(made(ctx.find_root().command, {}, "athena", "_ATHENA_COMPLETE").source())
