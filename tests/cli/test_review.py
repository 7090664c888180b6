"""What is found wrong with a wrapper's file before any of it runs, and on which line."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from athena.cli.create import KINDS, TOOLS, Names, render
from athena.cli.review import SPECS, review
from athena.plugins import load_wrapper
from tools import house

GOOD = """\
from athena import Reply, Wrapper, hookimpl


class Mine(Wrapper):
    @hookimpl
    def athena_once_exec(self, request):
        return Reply(request.parts)
"""


def found(body: str, head: str = "from athena import Reply, Wrapper, hookimpl\n") -> list[str]:
    text = f"{head}class Mine(Wrapper):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
    return [str(problem) for problem in review(text, "mine.py")]


ONCE = "@hookimpl\ndef athena_once_exec(self, request): ...\n"


def test_a_good_one_has_nothing_wrong_with_it() -> None:
    assert review(GOOD, "mine.py") == []
    assert set(SPECS) >= {"athena_init", "athena_once_exec", "athena_session_destroy"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("@hookimpl\ndef athena_onse_exec(self, request): ...", "is not a hook; did you mean athena_once_exec?"),
        ("@hookimpl\ndef once_exec(self, request): ...", "is not a hook; did you mean athena_once_exec?"),
        ("@hookimpl\ndef athena_qqqqqqqqqqqqqqqqqq(self): ...", "is not a hook; the hooks are: "),
        ("def athena_fini(self): ...", "has no @hookimpl; mark it, or it is never called"),
        ("@hookimpl\nasync def athena_init(self, context): ...", "is async; hooks are plain def"),
        ("@hookimpl(wrapper=True)\ndef athena_init(self, context): ...", "is a wrapper=True; only describe"),
        ("@hookimpl\ndef athena_init(): ...", "has no self"),
        (
            "@hookimpl\ndef athena_init(self, ctx): ...",
            "asks for ctx, which nobody gives it; write athena_init(self, con",
        ),
        ("@hookimpl\ndef athena_init(self, *, ctx): ...", "asks for ctx, which nobody gives it"),
        ("@hookimpl\ndef athena_session_write(self, session, request): ...", "is there without athena_session_create"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_would_do(body: str, said: str) -> None:
    (line,) = found(f"{ONCE}\n{body}")
    row = 7 if body.startswith("@") else 6
    name = body.partition("def ")[2].partition("(")[0]
    assert line.startswith(f"mine.py:{row}: Mine.{name}: {said}")


@pytest.mark.parametrize(
    "body",
    [
        "@hookimpl\ndef athena_init(self): ...",
        "@hookimpl\ndef athena_init(self, context, more=1, *, other=2): ...",
        "@staticmethod\n@hookimpl\ndef athena_init(context): ...",
        "def helper(self, ctx): ...",
        "Section = Other\ndef __init__(self, section): ...",
        "Section = Other\ndef __init__(self, section=None): ...",
        "Section = Other\ndef __init__(self, *given): ...",
        "def __init__(self, size=1): ...",
    ],
)
def test_what_pluggy_and_the_kernel_can_call_is_no_fault(body: str) -> None:
    assert found(f"{ONCE}\n{body}") == []


def test_every_fault_is_told_at_once_in_the_order_of_the_lines() -> None:
    lines = found("async def athena_once_exec(self, req): ...\n@hookimpl\ndef athena_fin(self): ...")
    assert [line.split(": ")[0] for line in lines] == ["mine.py:3", "mine.py:3", "mine.py:3", "mine.py:5"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def __init__(self, section): ...", "mine.py:6: Mine.__init__: asks for section, and is given nothing"),
        ("Section = Other", "mine.py:2: Mine: has a Section and no __init__(self, section) that takes it"),
        (
            "Section = Other\ndef __init__(self): ...",
            "mine.py:7: Mine.__init__: is given its Section, and takes nothing",
        ),
        (
            "class Section:\n    x: int = 1\ndef __init__(self, section): ...",
            "mine.py:6: Mine.Section: has no @section (of athena.section)",
        ),
    ],
)
def test_a_section_and_a_constructor_go_together(body: str, said: str) -> None:
    (line,) = found(f"{ONCE}\n{body}")
    assert line.startswith(said)


def test_one_that_answers_nothing_is_told_so_unless_it_inherits_from_one_of_its_own() -> None:
    (line,) = found("@hookimpl\ndef athena_init(self, context): ...")
    assert line.startswith("mine.py:2: Mine: answers nothing: it has none of athena_once_exec, ")
    text = GOOD + "\n\nclass Louder(Mine):\n    @hookimpl\n    def athena_init(self, context): ...\n"
    assert review(text, "mine.py") == []


@pytest.mark.parametrize(
    ("head", "base", "mark"),
    [
        ("import athena\n", "athena.Wrapper", "athena.hookimpl"),
        ("from athena import Wrapper as W, hookimpl as hook\n", "W", "hook(tryfirst=True)"),
        ("from athena.wrapper import Wrapper\nfrom athena.specs import hookimpl\n", "Wrapper", "hookimpl"),
    ],
)
def test_other_names_for_ours_are_understood(head: str, base: str, mark: str) -> None:
    text = f"{head}class Mine({base}):\n    @{mark}\n    def athena_once_exec(self, request): ...\n"
    assert review(text, "mine.py") == []
    assert len(review(text.replace("once", "onse"), "mine.py")) == 1


def test_classes_of_others_are_none_of_its_business() -> None:
    assert review("from gym import Wrapper\nclass Env(Wrapper):\n    def step(self, x): ...\n", "env.py") == []
    assert review("def wrapperOnceExec(params, data): ...\n", "wrapper.py") == []


@pytest.mark.parametrize(("text", "said"), [("x = (\n", "mine.py:1: not Python: "), ("\0", "mine.py: not Python: ")])
def test_what_is_no_python_is_said_with_its_line(text: str, said: str) -> None:
    (problem,) = review(text, "mine.py")
    assert str(problem).startswith(said) or "not Python: " in str(problem)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in TOOLS])  # what is built is no Python
def test_nothing_is_found_in_what_create_makes(kind: str) -> None:
    made = render(Names("my-ocr", "0.1"), kind)
    assert review(made["athena_wrapper_my_ocr/wrapper.py"], "wrapper.py") == []


@pytest.mark.parametrize("name", ["echo", "rapidocr"])
def test_nothing_is_found_in_the_wrappers_of_this_repository(name: str) -> None:
    path = house.ROOT / "plugins" / f"wrapper-{name}" / f"athena_wrapper_{name}" / "wrapper.py"
    assert review(path.read_text(encoding="utf-8"), "wrapper.py") == []


def test_what_it_passes_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GOOD)
    hooks = load_wrapper("./mine.py", service="mine", config={}, middleware={}, folder=tmp_path)
    assert hooks.once is not None
