"""The contract every wrapper keeps; it cannot make up a page, so it is given one, small enough to be read often."""

from PIL import Image, ImageDraw, ImageFont

from athena import Kind, Part, Request
from athena.testing import WrapperContract

from .conftest import encoded


def note() -> bytes:
    """A square page with one word."""
    paper = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(paper).text((30, 80), "anchor", fill="black", font=ImageFont.load_default(size=36))
    return encoded(paper)


class TestRapidOcr(WrapperContract):
    wrapper = "rapidocr"
    samples = (Request("", parts=(Part("data", note(), Kind.IMAGE, attributes={"encoding": "png"}),)),)
