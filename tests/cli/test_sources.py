"""What ``athena dev`` looks at, and what it has seen saved."""

from __future__ import annotations

import os
from pathlib import Path

import athena_wrapper_echo
from athena.cli.sources import Sources, places
from athena.models import ServiceSettings
from athena.plugins import Catalog


def test_the_first_look_has_seen_nothing_saved_and_each_later_one_what_changed(tmp_path: Path) -> None:
    kept, changed, gone = (tmp_path / name for name in ("kept.py", "changed.py", "gone.py"))
    for file in (kept, changed, gone):
        file.write_text("x = 1\n")
    sources = Sources()
    assert sources.saved([tmp_path]) == frozenset()
    assert sources.saved([tmp_path]) == frozenset()
    changed.write_text("x = 22\n")
    gone.unlink()
    come = tmp_path / "below" / "come.py"
    come.parent.mkdir()
    come.write_text("")
    assert sources.saved([tmp_path]) == {changed, gone, come}
    assert sources.saved([tmp_path]) == frozenset()


def test_a_file_of_the_same_size_that_is_saved_again_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    sources = Sources()
    sources.saved([file])
    file.write_text("x = 2\n")
    os.utime(file, ns=(1, 1))
    assert sources.saved([file]) == {file}


def test_what_is_nobodys_own_code_is_not_looked_at(tmp_path: Path) -> None:
    sources = Sources()
    sources.saved([tmp_path])
    for name in (".git/hook.py", "__pycache__/x.py", "lib/site-packages/attr.py", "env/lib/x.py", "out.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    assert sources.saved([tmp_path]) == frozenset()


def test_a_path_is_its_folder_and_itself_whatever_its_suffix(tmp_path: Path) -> None:
    service = ServiceSettings("ocr", "./native/libwrapper.so", folder=str(tmp_path))
    assert places(service, Catalog()) == (tmp_path / "native", tmp_path / "native" / "libwrapper.so")


def test_a_name_is_the_package_behind_its_entry_point() -> None:
    (folder,) = places(ServiceSettings("echo", "echo"), Catalog())
    assert folder == Path(athena_wrapper_echo.__file__).parent
    assert places(ServiceSettings("x", "nobody-installed-this"), Catalog()) == ()


def test_an_import_string_is_its_package_or_what_lies_beside_the_toml(tmp_path: Path) -> None:
    (folder,) = places(ServiceSettings("echo", "athena_wrapper_echo.wrapper:Echo", folder=str(tmp_path)), Catalog())
    assert folder == Path(athena_wrapper_echo.__file__).parent
    assert places(ServiceSettings("x", "beside_the_toml:X", folder=str(tmp_path)), Catalog()) == (tmp_path,)


def test_what_lives_elsewhere_is_not_ours_to_look_at() -> None:
    assert places(ServiceSettings("echo", "echo", executor="remote"), Catalog()) == ()
