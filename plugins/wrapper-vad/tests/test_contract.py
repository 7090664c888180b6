"""The contract every wrapper keeps, on the first second and a half of the recording."""

from athena import Kind, Part, Request
from athena.testing import WrapperContract

from .conftest import RECORDING

BEGINNING = RECORDING.read_bytes()[44 : 44 + 48_000]


class TestVoiceActivity(WrapperContract):
    wrapper = "vad"
    operations = ("batch", "session")
    samples = (Request("", parts=(Part("audio", BEGINNING, Kind.AUDIO, attributes={"sample_rate": "16000"}),)),)
