"""The contract every wrapper keeps, on the recorded command and by its grammar."""

from athena import Kind, Part, Request
from athena.testing import WrapperContract

from .conftest import GRAMMAR, RECORDING

SPOKEN = RECORDING.read_bytes()[44:]


class TestPocketSphinx(WrapperContract):
    wrapper = "pocketsphinx"
    operations = ("once", "session")
    config = {"grammar": GRAMMAR}
    samples = (Request("", parts=(Part("audio", SPOKEN, Kind.AUDIO, attributes={"sample_rate": "16000"}),)),)
