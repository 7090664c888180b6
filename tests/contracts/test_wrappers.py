"""The probes keep the contract of wrappers, so what the contract asks can be answered."""

from __future__ import annotations

from athena.models import Part, Request, Resource
from athena.testing import WrapperContract


class TestProbe(WrapperContract):
    wrapper = "athena.testing.probe:Probe"
    operations = ("once", "session")
    samples = (Request("", parts=(Part.from_text("text", "hello"),)), Request("", parts=(Part("bytes", b"\x00\xff"),)))
    executor = "thread"


class TestPushProbe(WrapperContract):
    wrapper = "athena.testing.probe:PushProbe"
    operations = ("once", "session")
    executor = "thread"


class TestResourceProbe(WrapperContract):
    wrapper = "athena.testing.probe:ResourceProbe"
    operations = ("once", "session")
    executor = "thread"
    resource = Resource("words", (Part.from_text("words", "hello"),), {"language": "en"})


class TestStrictProbe(WrapperContract):
    wrapper = "athena.testing.probe:StrictProbe"
    executor = "thread"


class TestBatchProbe(WrapperContract):
    wrapper = "athena.testing.probe:BatchProbe"
    operations = ("batch",)
    executor = "thread"
