"""Which hooks a wrapper has, and what its functions are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena import Part, Request, ServiceError
from athena.errors import Fault
from athena.kernel import start
from athena.models import ANONYMOUS, Document, Resource, WrapperContext
from athena.testing.bounded import refused

from .author import loaded


def hooks(plugin: object) -> set[str]:
    names = {name for name in dir(plugin) if name.startswith("athena_")}
    return names - {"athena_describe", "athena_init", "athena_fini"}


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ("wrapperOnceExec", {"athena_once_exec"}),
        ("wrapperOnceExecAsync", {"athena_once_exec"}),
        ("wrapperLoadRes", {"athena_resource_load", "athena_resource_unload"}),
        ("wrapperOnceExec wrapperCreate", {"athena_once_exec"}),
        ("wrapperCreate", {"athena_session_create", "athena_session_write", "athena_session_destroy"}),
        (
            "wrapperCreate wrapperRead",
            {"athena_session_create", "athena_session_write", "athena_session_read", "athena_session_destroy"},
        ),
    ],
)
def test_its_hooks_are_those_of_the_functions_it_defines(tmp_path: Path, functions: str, expected: set[str]) -> None:
    text = "class Wrapper(WrapperBase):\n    serviceId = 'x'\n"
    text += "".join(f"    def {name}(self, *args, **named): return None\n" for name in functions.split())
    assert hooks(loaded(tmp_path, text)) == expected


def test_init_is_given_strings_and_the_classs_own_config_where_the_toml_says_nothing(tmp_path: Path) -> None:
    text = """
        class Wrapper(WrapperBase):
            config = {"a": "own", "n": 1}
            def wrapperInit(self, config):
                Wrapper.seen = config
    """
    plugin = loaded(tmp_path, text, n=2, common={"lic": 3})
    plugin.athena_init(WrapperContext("it"))
    assert plugin.functions.owner.seen == {"a": "own", "n": "2", "common.lic": "3"}


def test_an_init_that_fails_says_its_number_and_its_text(tmp_path: Path) -> None:
    text = "def wrapperInit(config): return 5\ndef wrapperOnceExec(params, reqData): ...\n"
    text += "def wrapperError(ret): return 'no licence'"
    with pytest.raises(RuntimeError, match="wrapperInit returned 5: no licence"):
        loaded(tmp_path, text).athena_init(WrapperContext("it"))


def test_params_carry_the_sid_and_the_headers_that_are_passed(tmp_path: Path) -> None:
    text = """
        def wrapperOnceExec(params, reqData, respData):
            respData.append({"key": "r", "data": repr(sorted(params.items()))})
            return 0
    """
    plugin = loaded(tmp_path, text, aiges={"header_pass": ["appId", "uid"]})
    request = Request("it", "s1", params={"uid": "mine"}, headers={"appid": "a", "uid": "theirs"})
    said = plugin.athena_once_exec(request).part("r").text
    assert said == "[('appId', 'a'), ('sid', 's1'), ('uid', 'mine')]"


def test_a_wrapper_error_that_fails_itself_hides_nothing(tmp_path: Path) -> None:
    text = "def wrapperOnceExec(params, reqData): return 9\ndef wrapperError(ret): raise KeyError(ret)"
    with pytest.raises(ServiceError) as caught:
        loaded(tmp_path, text).athena_once_exec(Request("it", "s"))
    assert caught.value.code == 9


def test_resources_are_handed_over_under_their_id(tmp_path: Path) -> None:
    text = """
        class Wrapper(WrapperBase):
            there = {}
            def wrapperLoadRes(self, reqData, patch_id):
                if reqData.list[0].data == b"bad":
                    return 3
                self.there[patch_id] = (reqData.list[0].data, reqData.list[0].desc["patch_id"])
                return 0
            def wrapperUnloadRes(self, patch_id):
                del self.there[patch_id]
    """
    plugin = loaded(tmp_path, text)
    plugin.athena_resource_load(Resource("7", (Part("lora", b"w"),)))
    assert plugin.functions.owner.there == {"7": (b"w", "7")}
    plugin.athena_resource_unload("7")
    assert plugin.functions.owner.there == {}
    with pytest.raises(ServiceError, match="code=3"):
        plugin.athena_resource_load(Resource("8", (Part("lora", b"bad"),)))


async def test_a_resource_reaches_an_old_wrapper_through_a_kernel_under_its_patch_id() -> None:
    text = '[services.old]\nwrapper = "./load_res.py"\nworkers = 2\n'
    ask = Request("", parts=(Part.from_text("data", "x"),), params={"patch_id": "7"})
    async with start(Document(text, "1", str(Path(__file__).parent / "compat" / "aiges.toml"))) as kernel:
        await refused(kernel.once("old", ask), Fault.NOT_FOUND)
        await kernel.dispatcher.load("old", Resource("7", (Part("lora", b" and w"),)), ANONYMOUS)
        for _ in range(4):
            assert (await kernel.once("old", ask)).part("result").text == "x and w|-"
        await kernel.dispatcher.unload("old", "7", ANONYMOUS)
        await refused(kernel.once("old", ask), Fault.NOT_FOUND)
