"""Every source file has a test file that stands opposite it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from tools import house, tree

# What has no test file of its own, and where it is tested instead; a key that ends with / is a whole folder.
ELSEWHERE: dict[str, str] = {
    "athena/testing/transport/": "its rows are tests themselves; run on every wire by tests/test_matrix.py",
    "athena/testing/executor/": "its rows are tests themselves; run by tests/contracts/test_executors.py",
    "athena/testing/wrapper/": "its rows are tests themselves; run by tests/contracts/test_wrappers.py",
    "athena/testing/probe/": "wrappers the contracts drive; run by tests/test_matrix.py",
    "athena/testing/loopback/": "a transport like any other; all of its contract in tests/testing/test_loopback.py",
    "athena/testing/middleware.py": "its rows are tests themselves; run by tests/contracts/test_middlewares.py",
    "athena/testing/fixtures.py": "one fixture around the kit; used by tests/testing/test_kit.py",
    "athena/testing/caller.py": "the client that is killed; run on every wire by tests/test_matrix.py",
    "athena/testing/stand_in.py": "the dispatcher of the fault rows; run on every wire by tests/test_matrix.py",
    "athena/testing/witness.py": "the guard of the contract's kernel; run on every wire by tests/test_matrix.py",
}


def opposite(path: str) -> str:
    """Where the test of a source file has to be.

    ``athena/settings/lines.py`` → ``tests/settings/test_lines.py``,
    ``transports/http/athena_transport_http/server.py`` → ``transports/http/tests/test_server.py``.
    """
    parts = list(PurePosixPath(path).parts)
    start = next(i for i, part in enumerate(parts) if part == "athena" or part.startswith("athena_"))
    stem = parts[-1].removesuffix(".py").strip("_")
    return "/".join([*parts[:start], "tests", *parts[start + 1 : -1], f"test_{stem}.py"])


def says_something(source: house.Source) -> bool:
    """An ``__init__.py`` that only names what is below it has nothing to test."""
    return not source.path.endswith("__init__.py") or source.lines > 30


def unmatched() -> dict[str, str]:
    """Source files without their test: path to where it should be."""
    return {
        source.path: opposite(source.path)
        for source in house.shipped()
        if says_something(source) and not (house.ROOT / opposite(source.path)).is_file()
    }


def excepted(path: str) -> bool:
    return any(path == key or (key.endswith("/") and path.startswith(key)) for key in ELSEWHERE)


def test_every_source_file_has_its_test() -> None:
    assert {path: test for path, test in unmatched().items() if not excepted(path)} == {}


def test_every_exception_is_needed_and_points_at_a_test_that_exists() -> None:
    missing = unmatched()
    for path, reason in ELSEWHERE.items():
        assert any(name.startswith(path) for name in missing), f"{path} has its test now: take it off the list"
        places = [word.strip(",;:.()") for word in reason.split() if word.strip(",;:.()").endswith(".py")]
        assert places, f"{path}: the reason names no test file: {reason}"
        assert [place for place in places if not Path(house.ROOT / place).is_file()] == [], path


def test_the_rule_is_the_rule() -> None:
    assert opposite("athena/errors.py") == "tests/test_errors.py"
    assert opposite("athena/_compat.py") == "tests/test_compat.py"
    assert opposite("athena/settings/lines.py") == "tests/settings/test_lines.py"
    leaf = tree.leaves(house.ROOT)[0]
    assert opposite(f"{leaf.folder}/{leaf.module}/x.py") == f"{leaf.folder}/tests/test_x.py"
