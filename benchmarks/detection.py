"""``python -m benchmarks.detection``: what the detector finds, images a second, and whether batches ever cost anything.

Everything is measured in pairs, A B A B, many short ones, so that what else the machine does falls on both; with the
shapes network of athena-wrapper-yolov5 and the image of its demo: images one by one against the same in lists, in this
process; and a service without the table ``batch`` against one with it, in one kernel, over HTTP, for 1 to 8 callers.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path
from statistics import median, quantiles

import click
from attrs import asdict, frozen
from PIL import Image

from athena import Kind, Part, Reply, Request
from athena.models import WrapperContext
from athena_wrapper_yolov5.precision import guessed, mean_average_precision
from athena_wrapper_yolov5.scenes import scenes
from athena_wrapper_yolov5.wrapper import Yolo

from .measure import ROOT, Server, serving

FOLDER = ROOT / "benchmarks" / "results" / "detection"
IMAGE = ROOT / "demos" / "yolov5" / "shapes.jpg"
SIZES = (1, 2, 4, 8)
LEAST = 0.95
"""Of the images a second that go one by one, and of the mean average precision."""
IMAGES = 500
NAMES = ("alone", "gathered")
TOML = """
[services.alone]
wrapper = "yolov5"
max_concurrency = 8
[services.gathered]
wrapper = "yolov5"
[services.gathered.batch]
max_size = 8
[transports.http]
port = 0
[log]
level = "warning"
"""


@frozen
class Turn:
    """One half of a pair: images, the seconds they took, and those of CPU of whoever answered."""

    images: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.images / self.seconds


@frozen
class Row:
    """One comparison; images a second, medians.

    Attributes:
        name: What was compared.
        images: In one list, or callers at once.
        alone: One image after another; of several callers, without the table ``batch``.
        together: As lists; with the table.
        ratios: Of each pair, together over alone.
        core_alone, core_together: Images a second of CPU: what a core gives that does nothing else.
    """

    name: str
    images: int
    alone: float
    together: float
    ratios: Sequence[float]
    core_alone: float = 0.0
    core_together: float = 0.0

    @property
    def ratio(self) -> float:
        return median(self.ratios)


@frozen
class Precision:
    """What was found in images that nobody has seen.

    Attributes:
        map50: The mean average precision at an overlap of a half.
        map75: At three quarters.
        images: How many.
        seed: That they were drawn with.
    """

    map50: float
    map75: float
    images: int
    seed: int


def broken(rows: Sequence[Row], precision: Precision) -> list[str]:
    """What is not as promised."""
    said = [
        f"{row.name}, {row.images}: {row.ratio:.3f} of one by one, at least {LEAST}"
        for row in rows
        if row.ratio < LEAST
    ]
    if precision.map50 < LEAST:
        said.append(f"mAP@0.5 {precision.map50:.4f} of seed {precision.seed}, at least {LEAST}")
    return said


def compared(name: str, images: int, alone: Callable[[], Turn], together: Callable[[], Turn], pairs: int) -> Row:
    """One row: both in turn; the first turn of each counts for nothing."""
    alone(), together()
    turns = [(alone(), together()) for _ in range(pairs)]
    ones, others = [one for one, _ in turns], [other for _, other in turns]
    return Row(
        name,
        images,
        median(turn.rate for turn in ones),
        median(turn.rate for turn in others),
        [round(other.rate / one.rate, 4) for one, other in turns],
        *(sum(turn.images for turn in side) / max(sum(turn.cpu for turn in side), 1e-9) for side in (ones, others)),
    )


def loaded(confidence: float = 0.25) -> Yolo:
    """The wrapper, initialised."""
    wrapper = Yolo(Yolo.Section(confidence=confidence))
    wrapper.athena_init(WrapperContext("detection"))
    return wrapper


def lists(pairs: int, seconds: float) -> Iterator[Row]:
    """The hook itself: so many requests one by one, and as one list; files are decoded in both."""
    yolo = loaded()
    request = Request("detection", parts=(Part("image", IMAGE.read_bytes(), Kind.IMAGE),))

    def asked(lengths: Sequence[int]) -> Turn:
        began, used, done = time.perf_counter(), time.process_time(), 0
        while (took := time.perf_counter() - began) < seconds:
            for length in lengths:
                done += len(yolo.athena_batch_exec([request] * length))
        return Turn(done, took, time.process_time() - used)

    for size in SIZES:
        yield compared("list", size, partial(asked, [1] * size), partial(asked, [size]), pairs)


def served(pairs: int, seconds: float) -> Iterator[Row]:
    """``athena run``: two services of one kernel, the same calls to each in turn."""
    with tempfile.TemporaryDirectory() as folder:
        toml = Path(folder) / "aiges.toml"
        toml.write_text(TOML)
        with serving(["-m", "athena.cli", "run", str(toml)], core=None) as server:
            for callers in SIZES:
                alone, gathered = (_load(server, name, callers, seconds) for name in NAMES)
                yield compared("callers", callers, alone, gathered, pairs)


def _load(server: Server, name: str, callers: int, seconds: float) -> Callable[[], Turn]:
    """What gives a service's images, for so many callers that each ask, wait, and ask again."""
    port = int(server.url.rpartition(":")[2])
    unit = {"encoding": "jpg", "image": base64.b64encode(IMAGE.read_bytes()).decode(), "status": 3}
    body = json.dumps({"header": {"status": 3}, "payload": {"image": unit}}).encode()
    lines = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(callers)]

    def calling(line: http.client.HTTPConnection, until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            line.request("POST", f"/v1/private/{name}", body, {"content-type": "application/json"})
            answer = line.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise click.ClickException(f"{name}: {answer.status}: {text[:200]!r}")
            done += 1
        return done

    def run() -> Turn:
        began, used = time.perf_counter(), server.cpu()
        with ThreadPoolExecutor(callers) as pool:
            done = sum(pool.map(calling, lines, [began + seconds] * callers))
        return Turn(done, time.perf_counter() - began, server.cpu() - used)

    return run


def precise(seed: int, count: int = IMAGES) -> Precision:
    """The wrapper on images drawn with that seed."""
    yolo = loaded(confidence=0.01)
    drawn = scenes(seed, count)
    answers = []
    for each in drawn:
        file = BytesIO()
        Image.fromarray(each.pixels).save(file, "PNG", compress_level=1)
        (answer,) = yolo.athena_batch_exec([Request("x", parts=(Part("image", file.getvalue(), Kind.IMAGE),))])
        assert isinstance(answer, Reply), answer
        answers += json.loads(answer.part("objects").text)
    truths = [(each.boxes, each.classes) for each in drawn]
    at_half, at_more = (mean_average_precision(guessed(answers), truths, overlap) for overlap in (0.5, 0.75))
    return Precision(round(at_half, 4), round(at_more, 4), count, seed)


def result(rows: Sequence[Row], precision: Precision, command: str) -> Mapping[str, object]:
    """Everything, as it is written down."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit.strip(),
        "command": command,
        "load": [round(each, 1) for each in os.getloadavg()],
        "cores": len(os.sched_getaffinity(0)),
        "precision": asdict(precision),
        "rows": [{**asdict(row), "ratio": row.ratio} for row in rows],
        "broken": broken(rows, precision),
    }


@click.command()
@click.option("--pairs", default=31, show_default=True, type=click.IntRange(1), help="Of each row.")
@click.option("--seconds", default=0.3, show_default=True, type=click.FloatRange(0.05), help="Of each half.")
@click.option("--seed", type=int, help="Of the images; drawn where none is given.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the result is written.")
def main(pairs: int, seconds: float, seed: int | None, path: Path | None) -> None:
    """Measure, write it down, and fail where it is not as promised."""
    precision = precise(secrets.randbits(32) if seed is None else seed)
    click.echo(f"mAP@0.5 {precision.map50:.4f}, mAP@0.75 {precision.map75:.4f}: {IMAGES} images, seed {precision.seed}")
    rows = []
    for row in chain(lists(pairs, seconds), served(pairs, seconds)):
        rows.append(row)
        low, _, high = quantiles(row.ratios, n=4) if len(row.ratios) > 1 else row.ratios * 3
        said = f"{row.alone:7.0f} {row.together:7.0f} images/s  {row.ratio:.2f} (half of them {low:.2f} to {high:.2f})"
        said += f"  a second of CPU: {row.core_alone:.0f} {row.core_together:.0f}"
        click.echo(f"{row.name:<8}{row.images}  {said}")
    found = result(rows, precision, f"python -m benchmarks.detection --pairs {pairs} --seconds {seconds:g}")
    target = path or FOLDER / f"{time.strftime('%Y-%m-%d', time.gmtime())}-{found['commit']}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1) + "\n")
    click.echo("\n".join([f"written to {target.name}", *broken(rows, precision)]))
    sys.exit(bool(found["broken"]))


if __name__ == "__main__":
    main()
