"""``athena plugins`` lists from metadata, and imports nothing of what it lists."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Athena = Callable[..., tuple[int, str, str]]


def planted(folder: Path, distribution: str, *points: str, group: str = "athena.wrappers") -> None:
    """An installed distribution, as pip leaves it."""
    info = folder / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *points, ""]))


def listed(folder: Path, *words: str) -> list[dict[str, str]]:
    code = f"import sys; from athena.cli import main; sys.exit(main(['plugins', '--json', *{list(words)!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, str]] = json.loads(done.stdout)
    return rows


def test_what_the_kernel_itself_brings_is_listed(athena: Athena) -> None:
    code, out, err = athena("plugins", "--json")
    assert (code, err) == (0, "")
    rows = {(row["group"], row["name"]): row for row in json.loads(out)}
    assert rows["executors", "thread"]["distribution"] == "athena-serving"
    assert rows["wrappers", "echo"] == {
        "group": "wrappers",
        "name": "echo",
        "distribution": "athena-wrapper-echo",
        "version": rows["executors", "thread"]["version"],
        "state": "ok",
        "object": "athena_wrapper_echo.wrapper:Echo",
    }


def test_listing_imports_nothing_even_of_a_plugin_that_would_end_us(tmp_path: Path) -> None:
    (tmp_path / "athena_wrapper_bomb.py").write_text("raise SystemExit('imported')")
    planted(tmp_path, "athena-wrapper-bomb", "bomb = athena_wrapper_bomb:Bomb")
    (row,) = (row for row in listed(tmp_path) if row["name"] == "bomb")
    assert (row["distribution"], row["version"], row["state"]) == ("athena-wrapper-bomb", "1.2", "ok")


def test_a_name_claimed_twice_and_a_module_that_is_not_there_are_told(tmp_path: Path) -> None:
    planted(tmp_path, "athena-wrapper-one", "same = json:One")
    planted(tmp_path, "athena-wrapper-two", "same = json:Two", "gone = athena_not_here.wrapper:Gone")
    states = {(row["distribution"], row["name"]): row["state"] for row in listed(tmp_path, "--group", "wrappers")}
    assert states["athena-wrapper-one", "same"] == "refused: 2 distributions claim the name"
    assert states["athena-wrapper-two", "same"] == "refused: 2 distributions claim the name"
    assert states["athena-wrapper-two", "gone"] == "broken: there is no module athena_not_here"


def test_the_table_is_for_reading(athena: Athena) -> None:
    code, out, _ = athena("plugins")
    assert code == 0
    assert out.splitlines()[0].split() == ["GROUP", "NAME", "DISTRIBUTION", "VERSION", "STATE"]
    assert any(line.split()[-4:-2] == ["echo", "athena-wrapper-echo"] for line in out.splitlines())


def test_a_group_with_nothing_in_it_says_so(athena: Athena) -> None:
    code, out, err = athena("plugins", "--group", "balancers")
    assert (code, out, err) == (0, "", "no plugin is installed in balancers\n")


def test_a_group_there_is_not_is_refused(athena: Athena) -> None:
    assert athena("plugins", "--group", "wrapers")[0] == 2
