"""Where a wrapper comes from: a name, an import string, a path, a class, an object; and why one is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from athena import Reply, Request, Wrapper, hookimpl
from athena.errors import PluginBroken, PluginMissing, PluginRefused, SettingsError
from athena.interfaces import Host
from athena.models import Part, WrapperContext
from athena.plugins import Catalog, Hooks, construct, load_wrapper
from athena.section import Free, option, section

SOURCE = '''
"""A wrapper in a file."""
from athena import Part, Reply, Wrapper, hookimpl

class Mine(Wrapper):
    @hookimpl
    def athena_once_exec(self, request):
        return Reply((Part.from_text("from", "FROM"),))
'''


def load(reference: object, folder: Path, config: Mapping[str, Any] | None = None, **more: Any) -> Hooks:
    return load_wrapper(reference, service="s", config=config or {}, folder=folder, **{"middleware": {}, **more})


def answer(hooks: Hooks) -> str:
    assert hooks.once is not None
    reply = hooks.once(Request("s"))
    assert isinstance(reply, Reply)
    return reply.part("from").text


class Given(Wrapper):
    """Given in code."""

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text("from", "code"),))


@section
class Options:
    """A table."""

    word: str = option("default", help="What it says.")


class Saying(Wrapper):
    """Has a table."""

    Section = Options

    def __init__(self, options: Options) -> None:
        self.options = options

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply((Part.from_text("from", self.options.word),))


def test_by_the_name_of_an_entry_point(site: Any) -> None:
    site.install("athena-wrapper-mine", "[athena.wrappers]\nmine = mine_wrapper:Mine\n", mine_wrapper=SOURCE)
    assert answer(load("mine", site.folder)) == "FROM"


def test_by_an_import_string_from_the_folder_of_the_toml(site: Any, tmp_path: Path) -> None:
    (tmp_path / "beside_the_toml.py").write_text(SOURCE.replace("FROM", "beside"))
    assert answer(load("beside_the_toml:Mine", tmp_path)) == "beside"
    del sys.modules["beside_the_toml"]


def test_the_folder_of_the_toml_hides_nothing_that_is_installed(site: Any, tmp_path: Path) -> None:
    site.write("twice_named.py", SOURCE.replace("FROM", "installed"))
    (tmp_path / "twice_named.py").write_text(SOURCE.replace("FROM", "beside"))
    assert answer(load("twice_named:Mine", tmp_path)) == "installed"


@pytest.mark.parametrize("reference", ["my_wrapper.py", "./my_wrapper.py", "{folder}/my_wrapper.py"])
def test_by_a_path_from_the_folder_of_the_toml(site: Any, reference: str) -> None:
    site.write("my_wrapper.py", SOURCE)
    assert answer(load(reference.format(folder=site.folder), site.folder)) == "FROM"


def test_a_file_may_import_its_neighbours(site: Any, tmp_path: Path) -> None:
    (tmp_path / "its_neighbour.py").write_text("WORD = 'neighbour'\n")
    text = "import its_neighbour\n" + SOURCE.replace('"FROM"', "its_neighbour.WORD")
    (tmp_path / "with_neighbour.py").write_text(text)
    assert answer(load("with_neighbour.py", tmp_path)) == "neighbour"
    del sys.modules["its_neighbour"]


def test_by_a_class_or_an_object_given_in_code(tmp_path: Path) -> None:
    assert answer(load(Given, tmp_path)) == "code"
    assert answer(load(Given(), tmp_path)) == "code"
    assert answer(load(Saying(Options(word="as it is")), tmp_path)) == "as it is"


def test_its_table_is_settled_by_its_section(tmp_path: Path) -> None:
    assert answer(load(Saying, tmp_path)) == "default"
    assert answer(load(Saying, tmp_path, {"word": "given"})) == "given"
    with pytest.raises(SettingsError) as caught:
        load(Saying, tmp_path, {"wrod": "x"})
    assert [problem.path for problem in caught.value.problems] == [("config", "wrod")]


def test_an_object_given_in_code_needs_no_table_though_its_section_has_required_keys(tmp_path: Path) -> None:
    @section
    class Strict:
        word: str = option(help="Required.")

    strict = type("StrictSaying", (Saying,), {"Section": Strict})
    assert answer(load(strict(Strict(word="given")), tmp_path)) == "given"
    with pytest.raises(SettingsError):
        load(strict, tmp_path)


def test_a_wrapper_without_a_section_takes_no_keys(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load(Given, tmp_path, {"word": "x"})


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ("no_such_wrapper", PluginMissing, "wrappers.no_such_wrapper is not installed; installed:"),
        ("no_such_module:Mine", PluginBroken, "no_such_module cannot be imported"),
        ("site_module:Absent", PluginMissing, "Absent"),
        ("site_module:VALUE", PluginRefused, "is not a class"),
        ("exits:Mine", PluginBroken, "SystemExit"),
        ("absent.py", PluginMissing, "no such file"),
        ("./absent/", PluginMissing, "no such file"),
        ("exits.py", PluginBroken, "exits.py cannot be imported: SystemExit"),
        ("broken.py", PluginBroken, "SyntaxError"),
        ("two.py", PluginRefused, 'several wrapper classes (One, Two); name one: "two:One"'),
        ("plain.py", PluginMissing, "it defines no class with athena hooks, and n"),  # no host, or neither
        ("weights.onnx", PluginMissing, "no host for .onnx files is installed"),
    ],
)
def test_a_reference_that_leads_nowhere_is_answered_with_a_sentence(
    site: Any, reference: str, error: type[Exception], words: str
) -> None:
    site.write("site_module.py", "VALUE = 7\n")
    site.write("exits.py", "raise SystemExit(1)\n")
    site.write("broken.py", "def (:\n")
    site.write("plain.py", "class Plain: pass\n")
    site.write("weights.onnx", "")
    site.write("two.py", SOURCE.replace("class Mine", "class One") + SOURCE.replace("class Mine", "class Two"))
    with pytest.raises(error) as caught:
        load(reference, site.folder)
    assert words in str(caught.value)
    assert reference.partition(":")[0].removesuffix("/") in str(caught.value)


def test_classes_a_file_only_imports_are_not_its_wrappers(site: Any) -> None:
    site.write("two_more.py", "from other_wrapper import Other\n" + SOURCE)
    site.write("other_wrapper.py", SOURCE.replace("class Mine", "class Other").replace("FROM", "other"))
    assert answer(load("two_more.py", site.folder)) == "FROM"


@pytest.mark.parametrize("error", [ValueError("no weights"), SystemExit(2), KeyboardInterrupt()])
def test_a_constructor_that_raises_is_named(tmp_path: Path, error: BaseException) -> None:
    class Failing(Wrapper):
        def __init__(self) -> None:
            raise error

    with pytest.raises(PluginBroken, match=rf"wrappers\.Failing: Failing\(\) raised {type(error).__name__}"):
        load(Failing, tmp_path)


def test_a_file_is_handed_to_the_host_of_its_suffix(site: Any) -> None:
    class Onnx(Host):
        Section = Free

        def __init__(self, table: Free) -> None:
            self.table = table

        def load(self, path: str, context: WrapperContext) -> object:
            assert Path(path).name == "weights.onnx"
            assert (context.service, self.table) == ("s", {"free": 1})
            assert not context.isolated, "nobody said that this process is the wrapper's own"
            return Given()

    site.write("weights.onnx", "")
    catalog = Catalog({"hosts.onnx": Onnx})
    assert answer(load("weights.onnx", site.folder, {"free": 1}, catalog=catalog)) == "code"


def test_a_host_that_inherits_no_interface_is_refused(site: Any) -> None:
    site.write("weights.onnx", "")
    with pytest.raises(PluginRefused, match=r"hosts\.onnx: Given does not inherit athena\.interfaces\.Host"):
        load("weights.onnx", site.folder, catalog=Catalog({"hosts.onnx": Given}))


class Layer:
    """Middleware that writes its name around the answer."""

    Section = Options

    def __init__(self, options: Options) -> None:
        self.word = options.word

    @hookimpl(wrapper=True)
    def athena_once_exec(self, request: Request) -> Iterator[None]:
        reply: Any = yield
        return Reply((Part.from_text("from", f"{self.word}({reply.part('from').text})"),))


def test_middleware_is_around_the_wrapper_the_first_one_outermost(tmp_path: Path) -> None:
    catalog = Catalog({"middleware.a": Layer, "middleware.b": Layer})
    middleware = {"a": {"word": "outer"}, "b": {"word": "inner"}}
    assert answer(load(Given, tmp_path, middleware=middleware, catalog=catalog)) == "outer(inner(code))"


def test_a_middlewares_table_is_told_below_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(Given, tmp_path, middleware={"a": {"wrod": "x"}}, catalog=Catalog({"middleware.a": Layer}))
    assert [problem.path for problem in caught.value.problems] == [("middleware", "a", "wrod")]


def test_a_misspelt_hook_of_a_middleware_is_its_own(tmp_path: Path) -> None:
    class Misspelt:
        @hookimpl(wrapper=True)
        def athena_once_exce(self, request: Request) -> Iterator[None]:
            yield

    with pytest.raises(PluginRefused) as caught:
        load(Given, tmp_path, middleware={"a": {}}, catalog=Catalog({"middleware.a": Misspelt}))
    assert caught.value.plugin == "middleware.a"


def test_constructing_what_is_no_class_is_refused() -> None:
    with pytest.raises(PluginRefused, match="is not a class; a plugin is a class"):
        construct("guards.x", lambda: None, {}, ())


def test_a_file_that_inherits_its_hooks_and_names_ours_nowhere_is_a_wrapper_all_the_same(site: Any) -> None:
    site.write("site_hooks.py", SOURCE)
    site.write("heir.py", "import site_hooks\n\n\nclass Heir(site_hooks.Mine): ...\n")
    assert load("heir.py", site.folder).once is not None


def test_one_that_answers_nothing_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Empty(Wrapper):
        """It has no hook."""

    load(Empty, tmp_path)
    load(Given, tmp_path)
    assert [record.getMessage() for record in caplog.records] == [
        "wrappers.Empty answers nothing: it has none of athena_once_exec, athena_batch_exec, athena_session_create"
    ]
