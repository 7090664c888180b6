"""What can be run against Athena, one verb a session: `nox -l` lists them. Parameters come from the disk."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))  # a nox installed elsewhere does not see tools/ by itself
from tools import matrix as table
from tools import tree

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "house", "tests", "leaves"]
nox.needs_version = ">=2024.4.15"

ROOT = Path(__file__).parent
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
# pyenv's shims refuse versions that are not switched on; the interpreters behind them work.
PYENV = [str(p) for v in PYTHONS for p in sorted(Path.home().glob(f".pyenv/versions/{v}.*/bin"))]
os.environ["PATH"] = os.pathsep.join([*PYENV, os.environ["PATH"]])
LEAVES = [leaf.folder for leaf in tree.leaves(ROOT)]
TESTING = ("pytest-timeout", "pytest-xdist")


def everything(session: nox.Session) -> None:
    """Install every distribution, editable, and what working on them needs."""
    session.install("-r", "everything.txt", "-r", "dev.txt")


@nox.session
def tests(session: nox.Session) -> None:
    """The kernel's tests; what follows -- goes to pytest."""
    everything(session)
    session.run("pytest", "-ra", "tests", *session.posargs)


@nox.session
@nox.parametrize("leaf", LEAVES, ids=LEAVES)
def leaves(session: nox.Session, leaf: str) -> None:
    """One leaf's tests, with the whole house installed."""
    everything(session)
    session.run("pytest", "-ra", leaf, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, and the floors: who may import whom."""
    everything(session)
    session.run("ruff", "check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict over the kernel and every leaf."""
    everything(session)
    session.run("mypy")


@nox.session
def house(session: nox.Session) -> None:
    """The laws of the house alone."""
    everything(session)
    session.run("pytest", "-ra", *map(str, sorted(ROOT.glob("tests/test_house*.py"))), *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The site, strictly, and every code block in it."""
    everything(session)
    site = str(Path(session.create_tmp()) / "site")
    session.run("mkdocs", "build", "--strict", "--quiet", "--site-dir", site, env={"NO_MKDOCS_2_WARNING": "1"})
    session.run("pytest", "-ra", "tests/test_docs.py", *session.posargs)


@nox.session
def proto(session: nox.Session) -> None:
    """Regenerate the protobuf modules and fail if what is committed differs; `-- --write` puts them in place."""
    session.install("grpcio-tools==1.71.2", "setuptools")  # its pins clash with everything else, hence an own session
    session.run("python", "proto/generate.py", *([] if session.posargs == ["--write"] else ["--check"]))


@nox.session
def bare(session: nox.Session) -> None:
    """Wheels of the kernel, one transport and one wrapper, in an empty venv, away from the repository: one call."""
    folder = Path(session.create_tmp()).resolve()
    wheels = folder / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    session.install("build", "hatchling")
    for leaf in (".", "proto", "transports/http", "plugins/wrapper-echo"):
        session.run("python", "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), leaf, silent=True)
    # The wheels' own requirements are part of what is tried; the siblings come from the folder, never from a cache that
    # remembers another build of the same version.
    fresh = ["--no-cache"] if session.venv_backend == "uv" else ["--no-cache-dir"]
    names = ("athena-serving[cli]", "athena-transport-http", "athena-wrapper-echo")
    session.install(*fresh, "--find-links", str(wheels), *names)
    with tempfile.TemporaryDirectory(prefix="athena-bare-") as outside:
        shutil.copy(ROOT / "tools" / "bare.py", outside)
        session.chdir(outside)
        session.run("python", "-I", "bare.py")
        session.chdir(ROOT)


@nox.session(python=False if "--list" in sys.argv else PYTHONS)  # printing a list takes no environment
def matrix(session: nox.Session) -> None:
    """Transports x executors x wrappers from the disk; `-- --list` prints them, `-- --wrappers echo` selects."""
    axes = table.axes(ROOT, session.posargs)
    if "--list" in session.posargs:
        print(axes.listing())
        return
    session.install("-r", str(axes.requirements(ROOT, Path(session.create_tmp()))), *TESTING)
    report = Path(session.create_tmp()).resolve() / "matrix.xml"
    session.run("pytest", "-q", "tests/test_matrix.py", f"--junitxml={report}", env=axes.env(), success_codes=[0, 1])
    rows = table.read(report)
    print(f"Python {session.python}\n{table.render(rows)}")
    if not rows or any(row.failed for row in rows):
        session.error("the matrix does not hold: see the rows above")


@nox.session
def compiled(session: nox.Session) -> None:
    """Compile the rooms on every call's way in place, run what does not stand in for one of them, and undo it."""
    everything(session)
    session.run("python", "-m", "tools.compiled", "build")
    try:
        ours = ("contracts", "integration", "stateful", "test_matrix.py")
        kept = ["proto", "transports", *(f"tests/{name}" for name in ours)]
        session.run("pytest", "-ra", *(session.posargs or kept))
    finally:
        session.run("python", "-m", "tools.compiled", "clean")


@nox.session
def new(session: nox.Session) -> None:
    """Copy plugins/_template to plugins/NAME (`-- wrapper-yolo`), with every REPLACE ME renamed."""
    if len(session.posargs) != 1 or not re.fullmatch(r"[a-z]+-[a-z0-9]+(-[a-z0-9]+)*", session.posargs[0]):
        session.error("say what to make, kind first: nox -s new -- wrapper-yolo")
    target = tree.copy_template(ROOT, session.posargs[0])
    session.log("made %s; add it to everything.txt and to [tool.importlinter] in pyproject.toml", target)


@nox.session
def clients(session: nox.Session) -> None:
    """Foreign clients, each in an environment of its own that the tests make and keep, against a running kernel."""
    everything(session)
    session.run("pytest", "-ra", "tests/clients", *session.posargs)


@nox.session
def openapi(session: nox.Session) -> None:
    """Generated requests and redocly's rules against /openapi.json; `-- --write` keeps the result."""
    everything(session)
    folder = Path(session.create_tmp()).resolve()
    tester = folder / "tester"  # an environment of its own: its pins are not ours
    if not (tester / "bin" / "schemathesis").exists():
        session.run("python", "-m", "venv", str(tester))
        wanted = ("-m", "pip", "install", "--quiet", "schemathesis==4.32.5")
        session.run(str(tester / "bin" / "python"), *wanted, external=True)
    session.run(
        "npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "@redocly/cli@2.77.0", external=True
    )
    redocly = folder / "node_modules" / ".bin" / "redocly"
    python = tester / "bin" / "python"
    session.run("python", "-m", "tools.openapi", f"--python={python}", f"--redocly={redocly}", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The paired benchmarks beside bare servers and peers; `-- --no-peers` leaves those out, the rest goes to them."""
    everything(session)
    if "--no-peers" not in session.posargs:
        session.run("python", "-m", "benchmarks", "peers", "--prepare")
    session.run("python", "-m", "benchmarks", "--peers", *session.posargs)


@nox.session
def overload(session: nox.Session) -> None:
    """Three times the work a service can do, for 30 s on each executor; the result goes into benchmarks/results."""
    everything(session)
    session.run("python", "-m", "benchmarks.overload", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """A million calls, 50,000 sessions, 20,000 broken streams: nothing is left; `-- --share 0.02`: less."""
    everything(session)
    session.run("python", "-m", "benchmarks.soak", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """A million mutated inputs for everything that decodes, and another million that atheris guides; the results go
    into benchmarks/fuzz/results."""
    everything(session)
    session.run("python", "-m", "benchmarks.fuzz", *session.posargs)
    if not session.posargs:
        session.run("python", "-m", "benchmarks.fuzz.guided")


@nox.session
def leaks(session: nox.Session) -> None:
    """10,000 calls and sessions of a wrapper library under ASan and valgrind; `-- --write` keeps the result."""
    everything(session)
    session.run("python", "-m", "tools.leaks", *session.posargs)


@nox.session
def news(session: nox.Session) -> None:
    """What changelog.d would become; `-- --yes` writes CHANGELOG.md and takes the fragments away."""
    session.install("towncrier")
    session.run("towncrier", "build", *(session.posargs or ["--draft"]))
