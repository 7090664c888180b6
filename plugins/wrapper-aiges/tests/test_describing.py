"""Fields become a description: as much as upstream's loader checks, or as much as they say."""

from __future__ import annotations

from aiges.sdk import ImageBodyField, IntegerParamField, StringBodyField, StringParamField, WrapperBase
from athena import Kind
from athena_wrapper_aiges.describing import described, kinds_of


class Asked:
    params1 = StringParamField(key="p", enums=["a", "b"], value="a")
    params2 = IntegerParamField(key="n", minimum=1, maximum=3, required=True)
    input1 = ImageBodyField(key="img", path="nowhere.png")


class Given:
    accept1 = StringBodyField(key="boxes")


class Wrapper(WrapperBase):
    serviceId = "ocr"
    version = "v1"
    requestCls = Asked()
    responseCls = Given()


def test_by_default_nothing_is_refused_that_upstream_takes() -> None:
    said = described(Wrapper(), strict=False)
    assert (said.version, said.summary) == ("v1", "ocr")
    inputs = [(field.key, field.kind, field.required) for field in said.inputs]
    assert inputs == [("img", None, False), ("*", None, False)]
    assert [(param.key, param.type, param.choices, param.required) for param in said.params] == [
        ("p", "string", (), False),
        ("n", "string", (), False),
    ]
    assert said.params[0].summary == "one of: a, b"


def test_strictly_the_fields_say_all_they_have() -> None:
    said = described(Wrapper(), strict=True)
    assert [(field.key, field.kind, field.required) for field in said.inputs] == [("img", Kind.IMAGE, True)]
    first, second = said.params
    assert (first.choices, first.default) == (("a", "b"), "a")
    assert (second.type, second.minimum, second.maximum, second.required) == ("integer", 1, 3, True)


def test_a_wrapper_without_fields_describes_nothing() -> None:
    said = described(object(), strict=False)
    assert (said.inputs, said.outputs, said.params, kinds_of(object())) == ((), (), (), {})


def test_kinds_are_those_of_the_fields() -> None:
    assert kinds_of(Wrapper()) == {"img": 2}
