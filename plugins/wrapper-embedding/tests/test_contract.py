"""The contract every wrapper keeps, for one text and for many."""

from athena import Part, Request
from athena.testing import WrapperContract


class TestEmbedding(WrapperContract):
    wrapper = "embedding"
    operations = ("batch", "once")
    samples = (
        Request("", parts=(Part.from_text("text", "A feline rested on the rug."),)),
        Request("", parts=(Part.from_json("texts", ["one", "a second text, and it is longer", "three"]),)),
        Request("", parts=(Part.from_text("text", "both"), Part.from_json("texts", ["ways"]))),
    )
