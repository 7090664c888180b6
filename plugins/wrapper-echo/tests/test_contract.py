"""The contract every wrapper keeps; it carries the questions, this file only says whose they are."""

from athena.testing import WrapperContract


class TestEcho(WrapperContract):
    wrapper = "echo"
    operations = ("once", "batch", "session")
