"""One visit to the playground by a real browser, from the first page to its network log."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field
from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-breakpad",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparency",
]
SHAPES = Path(__file__).parents[2] / "demos" / "yolov5" / "shapes.jpg"
WITHIN = 20_000
INSIDE = """() => {
  const image = document.querySelector(".drawn img").getBoundingClientRect();
  return [...document.querySelectorAll(".layer polygon")].map((each) => each.getBoundingClientRect()).every(
    (box) => box.width > 20 && box.left >= image.left - 2 && box.right <= image.right + 2
      && box.top >= image.top - 2 && box.bottom <= image.bottom + 2);
}"""
"""Whether each box that is drawn lies within its image."""


@define
class Seen:
    """What the browser showed.

    Attributes:
        lines: The text that was found on the page, as it is listed.
        drawn: How many boxes are over the image.
        inside: Whether each of them lies within the image.
        objects: What was found in an image of shapes, by name, as it is listed.
        framed: How many boxes are over that image, each within it.
        partial: What the session had said before its file had all gone up.
        said: All it had said in the end.
        spoken: What the session said to the microphone.
        echoed: What the echo said to somebody without a mouse.
        upstream: What one of upstream's wrappers answered, of whose inputs one was given.
        snippets: The same call to be copied, by title.
        operations: How many operations the API's page lists.
        phone: How wide the page is on a phone 390 wide.
        troubles: Errors in the console, and of the pages' scripts.
        contacted: Every host that the pages asked or a socket went to, by the browser's own network log.
    """

    lines: list[str] = field(factory=list)
    drawn: int = 0
    inside: bool = False
    objects: list[str] = field(factory=list)
    framed: int = 0
    partial: str = ""
    said: list[str] = field(factory=list)
    spoken: list[str] = field(factory=list)
    echoed: str = ""
    upstream: str = ""
    snippets: dict[str, str] = field(factory=dict)
    operations: int = 0
    phone: int = 0
    troubles: list[str] = field(factory=list)
    contacted: set[str] = field(factory=set)


def browser() -> str | None:
    """The browser of this machine."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def scanned_page() -> Path:
    """A scan, inside the wheel of scikit-image."""
    found = find_spec("skimage")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / "page.png"


def wav(path: Path, seconds: float) -> Path:
    """Silence, as a file."""
    data = bytes(int(seconds * 32000))
    head = (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
    )
    path.write_bytes(head + b"data" + struct.pack("<I", len(data)) + data)
    return path


def travel(url: str, folder: Path, pictures: Path) -> Seen:
    """The whole visit.

    Args:
        url: The server's.
        folder: For what the browser writes.
        pictures: For the screenshots.
    """
    seen = Seen()
    log = folder / "net.json"
    with _started(log) as chromium:
        page = _opened(chromium, url, seen, width=1280)
        _read_a_page(page, url, seen, pictures)
        _find_shapes(page, url, seen)
        _dictate(page, url, seen, folder, pictures)
        _without_a_mouse(page, url, seen)
        _an_old_wrapper(page, url, seen)
        phone = _opened(chromium, url, seen, width=390)
        _choose(phone, url, "ocr")
        seen.phone = phone.evaluate("document.documentElement.scrollWidth")
        phone.screenshot(path=pictures / "playground-phone.png")
        page.goto(f"{url}/docs")
        page.wait_for_selector(".opblock", timeout=WITHIN)
        seen.operations = page.locator(".opblock").count()
    seen.contacted = contacted(json.loads(log.read_text(encoding="utf-8")), url)
    return seen


@contextmanager
def _started(log: Path) -> Iterator[Browser]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser(), args=[*QUIET, f"--log-net-log={log}"])
        try:
            yield chromium
        finally:
            chromium.close()


def _opened(chromium: Browser, url: str, seen: Seen, *, width: int) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, color_scheme="light", permissions=["microphone"]
    )
    page = context.new_page()
    page.set_default_timeout(WITHIN)
    page.on("pageerror", lambda error: seen.troubles.append(str(error)))
    page.on("console", lambda said: seen.troubles.append(said.text) if said.type in ("error", "warning") else None)
    return page


def _choose(page: Page, url: str, service: str) -> None:
    page.goto(f"{url}/#{service}")
    page.wait_for_selector(f"h1:text-is('{service}')")


def _read_a_page(page: Page, url: str, seen: Seen, pictures: Path) -> None:
    _choose(page, url, "ocr")
    page.set_input_files("#file-data", scanned_page())
    page.click("#run")
    page.wait_for_selector("[data-figures=done]")
    seen.lines = page.locator(".lines .words").all_inner_texts()
    seen.drawn = page.locator(".layer polygon").count()
    seen.inside = page.evaluate(INSIDE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(300)
        page.screenshot(path=pictures / f"playground-{scheme}.png")


def _find_shapes(page: Page, url: str, seen: Seen) -> None:
    _choose(page, url, "detect")
    page.set_input_files("#file-image", SHAPES)
    page.click("#run")
    page.wait_for_selector("[data-figures=done]")
    seen.objects = page.locator(".lines .words").all_inner_texts()
    seen.framed = page.locator(".layer polygon").count() if page.evaluate(INSIDE) else 0


def _dictate(page: Page, url: str, seen: Seen, folder: Path, pictures: Path) -> None:
    _choose(page, url, "dictation")
    page.set_input_files("#file-audio", wav(folder / "speech.wav", 40))
    page.fill("#chunk", "8000")
    page.click("#run")
    page.wait_for_selector("[data-text] .piece")
    page.wait_for_selector("[data-figures=running]")
    seen.partial = page.locator("[data-text]").inner_text()
    page.wait_for_selector("[data-figures=done]")
    seen.said = page.locator("[data-text]").inner_text().splitlines()
    page.screenshot(path=pictures / "playground-session.png")
    page.click("text=Stream the microphone")
    page.click("#run")
    page.wait_for_selector("[data-text] .piece:nth-child(3)")
    page.click("text=Stop")
    page.wait_for_selector("[data-figures=done]")
    seen.spoken = page.locator("[data-text]").inner_text().splitlines()


def _without_a_mouse(page: Page, url: str, seen: Seen) -> None:
    _choose(page, url, "echo")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "in-data":
            break
    page.keyboard.type("it's me")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-figures=done]")
    seen.echoed = page.locator("[data-text]").inner_text()
    page.locator("role=tab[name=Form]").focus()
    page.keyboard.press("ArrowRight")
    for block in page.locator("pre[data-code]").all():
        seen.snippets[block.get_attribute("data-code") or ""] = block.inner_text()


def _an_old_wrapper(page: Page, url: str, seen: Seen) -> None:
    _choose(page, url, "upstream")
    page.wait_for_selector("#file-img + label:has-text('Drop an image here')")
    page.wait_for_selector("#file-pcm + label:has-text('Drop an audio file here')")
    page.wait_for_selector("header .plain:text-is('v1')")
    page.fill("#in-data", "old and well")
    page.fill("#param-secret", "anything")
    page.click("#run")
    page.wait_for_selector("[data-figures=done]")
    seen.upstream = page.locator("[data-text]").inner_text()


def contacted(log: dict[str, Any], origin: str) -> set[str]:  # Any: the log's own JSON
    """Who was asked by our pages and to whom a socket went, by Chromium's network log.

    The browser's own errands (is there an update, what time is it) are not the pages'; no name but ours resolves, so
    that they open no socket either.
    """
    names = {number: name for name, number in log["constants"]["logEventTypes"].items()}
    hosts = set()
    for event in log["events"]:
        name, params = names.get(event["type"]), event.get("params", {})
        if name == "URL_REQUEST_START_JOB" and origin in (
            params.get("initiator"),
            params.get("url", "")[: len(origin)],
        ):
            hosts.add(urlsplit(params["url"]).hostname or "")
        elif name == "TCP_CONNECT_ATTEMPT" and "address" in params:
            hosts.add(params["address"].rpartition(":")[0])
        elif name == "UDP_BYTES_SENT":
            hosts.add(f"udp {params}")
    return hosts
