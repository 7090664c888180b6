"""``athena bench``: what may be typed, as a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import evolve

from ...plugins import Catalog
from ..parts import pairs
from ..run import run_loop
from ..talk import PATIENCE
from .inputs import load
from .plan import Plan, Source, check
from .run import Output, bench
from .xtest import Xtest, read

__all__ = ["command"]

DURATION, WARMUP, CONCURRENCY = 10.0, 1.0, 8

F = TypeVar("F", bound=Callable[..., object])
SECONDS = click.FloatRange(0)
SOME = click.FloatRange(0, min_open=True)
FILE = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(dir_okay=False, exists=True, path_type=Path)


def _share(context: click.Context, option: click.Parameter, value: str) -> float:
    """``0.01`` or ``1%``."""
    try:
        share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.BadParameter(f"{value!r}: expected a share like 0.01 or 1%", context, option)
    return share


def _options(*each: Callable[[F], F]) -> Callable[[F], F]:
    """Several options, in the order in which help shows them."""

    def add(command: F) -> F:
        for option in reversed(each):
            command = option(command)
        return command

    return add


_load = _options(
    click.option("--concurrency", "-c", type=click.IntRange(1), help=f"Closed loop: so many callers.  [{CONCURRENCY}]"),
    click.option(
        "--rate", "-r", type=SOME, help="Open loop: calls per second, sent when due whatever the server does."
    ),
    click.option("--poisson", is_flag=True, help="Open loop: at random moments rather than evenly."),
    click.option("--in-flight", type=click.IntRange(1), help="Open loop: at most so many under way.  [10000]"),
    click.option("--duration", "-d", type=SOME, help=f"Seconds that are counted.  [{DURATION:g} without --requests]"),
    click.option("--requests", "-n", type=click.IntRange(1), help="Calls that are counted."),
    click.option("--warmup", type=SECONDS, help=f"Seconds before, not counted.  [{WARMUP:g}]"),
    click.option("--ramp", type=SECONDS, help="Seconds in which the load grows from nothing.  [0]"),
    click.option("--processes", "-P", type=click.IntRange(1), help="Share the load among so many processes.  [1]"),
    click.option("--deadline", type=SOME, help=f"Seconds a call may take.  [{PATIENCE:g}; sessions: none]"),
)
_content = _options(
    click.option("--inputs", type=THERE, help='JSONL: {"KEY": "TEXT or @FILE"} on each line is a call.'),
    click.option("--random", is_flag=True, help="Draw inputs at random rather than in turn."),
    click.option("--seed", type=int, help="For all that is random.  [0]"),
    click.option("--param", "-p", "params", multiple=True, metavar="KEY=VALUE", help="A parameter of the wrapper."),
    click.option("--header", "headers", multiple=True, metavar="KEY=VALUE", help="Sent beside the call."),
    click.option("--stream", "streaming", is_flag=True, help="Read an iterator's replies."),
    click.option("--session", is_flag=True, help="Each call is a session; its parts are cut into frames."),
    click.option("--frame-bytes", type=click.IntRange(1), help="Session: bytes of a frame."),
    click.option("--frame-lines", is_flag=True, help="Session: each line is a frame."),
    click.option("--frame-files", is_flag=True, help="Session: each file of the folder is a frame."),
    click.option("--frame-ms", type=SOME, help="Session: milliseconds from frame to frame."),
    click.option("--lockstep", is_flag=True, help="Session: a frame waits for the reply to the one before."),
    click.option("--xtest", type=THERE, help="Take all of it from an xtest.toml; what is typed here goes before."),
)
_output = _options(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document, no tables."),
    click.option("--save", type=FILE, help="Save that document, for a later --baseline."),
    click.option("--csv", type=FILE, help="Save a line for each second."),
    click.option("--plot", type=FILE, help="Draw it: a .png, .svg or .pdf."),
    click.option("--baseline", type=THERE, help="Compare with a saved report, as ratios."),
    click.option(
        "--max-errors",
        callback=_share,
        default="0",
        metavar="SHARE",
        help="Share of failures above which the exit code is 1.  [0]",
    ),
    click.option("--pid", type=click.IntRange(1), help="The server's process, to watch.  [who listens at ENDPOINT]"),
    click.option("--quiet", "-q", is_flag=True, help="No progress bar."),
)


@click.command(
    epilog="""\b
Examples:
  athena bench ENDPOINT echo text=hello -c 32 -d 10
  athena bench ENDPOINT ocr image=@pages/ --rate 50 --plot ocr.png
  athena bench ENDPOINT asr audio=@talk.pcm --session --frame-bytes 1280 --frame-ms 40
ENDPOINT is what `athena run` prints after "ready"; KEY=@FOLDER draws from its files."""
)
@click.argument("endpoint", required=False)
@click.argument("service", required=False)
@click.argument("parts", nargs=-1, metavar="[KEY[:KIND]=TEXT | KEY[:KIND]=@FILE]...")
@_load
@_content
@_output
def command(**typed: Any) -> int:  # Any: click's own, each of the type its option says
    """Load SERVICE at ENDPOINT and measure it.

    A closed loop has so many callers, each of which waits for its answer. An open loop (--rate) sends when calls are
    due, and counts from then: a server that stalls is charged for everybody it kept waiting. Ctrl-C ends with the
    report so far.
    """
    given = read(typed["xtest"], Catalog().names("channels")) if typed["xtest"] else None
    plan = check(_plan(typed, given))
    load(plan)  # what cannot be read is refused here, once, rather than by each process
    plot = typed["plot"] or _plot_of(given)
    output = Output(
        as_json=typed["as_json"],
        quiet=typed["quiet"],
        save=typed["save"],
        csv=typed["csv"],
        plot=plot,
        baseline=typed["baseline"],
        pid=typed["pid"] or (given.pid if given else 0),
        notes=given.notes if given else (),
    )
    return run_loop(bench(plan, output, typed["max_errors"]))


def _plot_of(given: Xtest | None) -> Path | None:
    """Where an xtest.toml wants its picture; like xtest, we make the folder."""
    if given is None or not given.plot:
        return None
    path = Path(given.plot)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"xtest: svcMode.plot_file = {given.plot!r}: {error.strerror}") from error
    return path


def _plan(typed: Mapping[str, Any], given: Xtest | None) -> Plan:  # Any: click's own
    """What was typed, over what a file says."""
    base = given.plan if given is not None else Plan("", "", warmup=WARMUP, concurrency=CONCURRENCY)
    way = "session" if typed["session"] else "stream" if typed["streaming"] else base.way
    if typed["session"] and typed["streaming"]:
        raise click.UsageError("--session and --stream exclude each other")
    if typed["rate"] and typed["concurrency"]:
        raise click.UsageError("--rate is an open loop and --concurrency a closed one; --in-flight bounds an open one")
    plain = ("rate", "concurrency", "in_flight", "duration", "requests", "warmup", "ramp", "processes", "deadline")
    said = {name: typed[name] for name in (*plain, "seed") if typed[name] is not None}
    said |= {name: True for name in ("poisson", "random", "lockstep") if typed[name]}
    if given is None and not typed["duration"] and not typed["requests"]:
        said["duration"] = DURATION
    if way != "session" and given is None:
        said.setdefault("deadline", PATIENCE)
    if typed["inputs"]:
        said["lines"] = str(typed["inputs"])
    params = {**base.params, **pairs(typed["params"], "--param")}
    headers = {**base.headers, **{k.lower(): v for k, v in pairs(typed["headers"], "--header").items()}}
    endpoint, service = typed["endpoint"] or base.endpoint, typed["service"] or base.service
    _named(endpoint, service, given)
    sources = _sources(typed, base, way)
    return evolve(
        base, endpoint=endpoint, service=service, way=way, sources=sources, params=params, headers=headers, **said
    )


def _named(endpoint: str, service: str, given: Xtest | None) -> None:
    schemes = tuple(Catalog().names("channels"))
    known = ", ".join(f"{name}://" for name in schemes) or "none is installed"
    if not endpoint:
        extra = " (xtest.toml names none that can be reached)" if given is not None else ""
        raise click.UsageError(f"no ENDPOINT{extra}; expected a URL that begins with one of: {known}")
    scheme, there, _ = endpoint.partition("://")
    if not there or scheme.lower() not in schemes:
        raise click.UsageError(f"{endpoint!r} is no endpoint; expected a URL that begins with one of: {known}")
    if not service:
        raise click.UsageError("no SERVICE; expected the name of a service behind the endpoint")


def _sources(typed: Mapping[str, Any], base: Plan, way: str) -> tuple[Source, ...]:  # Any: click's own
    parts: Sequence[str] = typed["parts"]
    if typed["inputs"] and parts:
        raise click.UsageError("--inputs has whole calls; parts beside it would have no place")
    cuts = [name for name in ("frame_bytes", "frame_lines", "frame_files") if typed[name]]
    if len(cuts) > 1:
        raise click.UsageError(f"--{cuts[0].replace('_', '-')} and --{cuts[1].replace('_', '-')} exclude each other")
    pieces: dict[str, Any] = {}  # Any: fields of a Source
    if cuts:
        pieces = {
            "cut": typed["frame_bytes"] or 0,
            "by": "" if typed["frame_bytes"] else cuts[0].removeprefix("frame_"),
        }
    if typed["frame_ms"]:
        pieces["pace"] = typed["frame_ms"] / 1000
    if pieces and way != "session":
        raise click.UsageError("--frame-… options are of sessions; add --session")
    if pieces and typed["inputs"]:
        raise click.UsageError("--frame-… options cut parts; a line of --inputs is one frame for each of its parts")
    sources = tuple(map(_source, parts)) or base.sources
    if typed["inputs"]:
        return ()
    return tuple(evolve(source, **pieces) for source in sources)


def _source(argument: str) -> Source:
    """``KEY[:KIND]=TEXT``, ``KEY[:KIND]=@FILE`` or ``KEY[:KIND]=@FOLDER``."""
    name, equals, value = argument.partition("=")
    key, _, kind = name.partition(":")
    if not equals or not key:
        raise click.UsageError(f"{argument!r}: expected KEY=TEXT, KEY=@FILE or KEY=@FOLDER")
    if value == "@-":
        raise click.UsageError(f"{argument!r}: stdin is read once, and a load sends it often; name a file")
    if value.startswith("@") and not value.startswith("@@"):
        return Source(key, kind, path=str(Path(value[1:]).expanduser()))
    return Source(key, kind, text=value.removeprefix("@") if value.startswith("@@") else value)
