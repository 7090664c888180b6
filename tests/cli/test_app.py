"""The group of commands: lazy, helpful, and with three exit codes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata

import click
import pytest

from athena.cli.app import OWN, app
from athena.errors import Executed, Fault, PluginMissing, ServiceError, SettingsError
from athena.settings import Problem

Athena = Callable[..., tuple[int, str, str]]


class Shipped:
    """A distribution with one command."""

    name = "athena-shouting"
    version = "1.0"


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = metadata.EntryPoint("shout", f"{__name__}:shout", "athena.commands")._for(Shipped())
    theirs = metadata.EntryPoint("run", "nowhere:at_all", "athena.commands")._for(Shipped())
    found = metadata.EntryPoints([entry, theirs])
    monkeypatch.setattr(metadata, "entry_points", lambda **select: found.select(**select))


@click.command()
@click.argument("word")
def shout(word: str) -> None:
    """Say it loudly."""
    click.echo(word.upper())


def failing(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


def test_every_command_of_ours_can_be_fetched_and_helps(athena: Athena) -> None:
    for name in OWN:
        code, out, _ = athena(name, "--help")
        assert code == 0
        assert out.startswith(f"Usage: athena {name} "), out


def test_help_lists_them_in_the_order_a_newcomer_meets_them(athena: Athena) -> None:
    _, out, _ = athena("--help")
    places = [out.index(f"  {name} ") for name in OWN]
    assert places == sorted(places)


@pytest.mark.usefixtures("plugged")
def test_a_plugins_command_is_listed_from_metadata_and_imported_when_typed(athena: Athena) -> None:
    _, out, _ = athena("--help")
    assert "shout  of athena-shouting" in out
    assert athena("shout", "hello") == (0, "HELLO\n", "")


@pytest.mark.usefixtures("plugged")
def test_a_plugin_cannot_take_the_name_of_a_command_of_ours(athena: Athena) -> None:
    assert "Serve wrappers" in athena("run", "--help")[1]


def test_a_misspelt_command_is_refused_and_the_right_one_named(athena: Athena) -> None:
    code, _, err = athena("explian")
    assert code == 2
    assert "there is no command 'explian'. Did you mean: athena explain?" in err


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (SettingsError([Problem(("log", "level"), "no", "a.toml", 3)]), 2, "a.toml:3: log.level: no\n"),
        (PluginMissing("transports.x is not installed"), 2, "athena: transports.x is not installed\n"),
        (
            ServiceError(Fault.WORKER_LOST, "the worker died", executed=Executed.UNKNOWN, error_id="ab12"),
            1,
            "athena: WORKER_LOST: the worker died (executed: unknown, error ab12)\n",
        ),
        (KeyboardInterrupt(), 1, "athena: interrupted\n"),
        (click.UsageError("not so"), 2, "Error: not so\n"),
    ],
)
def test_what_a_command_raises_becomes_a_sentence_and_an_exit_code(
    error: BaseException, code: int, sentence: str, athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(app), "get_command", lambda self, ctx, name: failing(error))
    found, out, err = athena("fail")
    assert (found, out) == (code, "")
    assert err.endswith(sentence)
    assert "Traceback" not in err


def test_no_words_at_all_show_the_help(athena: Athena) -> None:
    code, out, err = athena()
    assert code in {0, 2}
    assert "Usage: athena" in out + err
