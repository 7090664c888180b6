"""The contract every wrapper keeps, on an image with a few shapes."""

from athena import Request
from athena.testing import WrapperContract
from athena_wrapper_yolov5.scenes import scenes

from .conftest import part


class TestYolo(WrapperContract):
    wrapper = "yolov5"
    operations = ("once", "batch")
    samples = (Request("", parts=(part(scenes(7, 1)[0].pixels),)),)
