"""The shipped network behind a running server: 500 images nobody has seen, over HTTP, in batches."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local
from typing import Any

import pytest
import requests

from athena.testing import served
from athena_wrapper_yolov5.precision import guessed, mean_average_precision
from athena_wrapper_yolov5.scenes import scenes

from .conftest import encoded

TOML = """\
[services.shapes]
wrapper = "yolov5"
max_concurrency = 16
queue = 64
[services.shapes.batch]
max_size = 8
[services.shapes.config]
confidence = 0.01
[transports.http]
port = 0
[log]
level = "warning"
"""
IMAGES, CALLERS = 500, 8
TRAINED_ON = 5
"""The seed of the training's images."""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Where ``athena run`` serves."""
    (tmp_path / "aiges.toml").write_text(TOML)
    with served(tmp_path / "aiges.toml") as kernel:
        yield kernel.endpoints[0]


@pytest.mark.timeout(180)
def test_map_at_half_overlap_is_95_percent_or_more_on_500_fresh_images_over_http(
    url: str, record_property: Any
) -> None:
    seed = secrets.randbits(48)
    assert seed != TRAINED_ON
    drawn = scenes(seed, IMAGES)
    files = [encoded(each.pixels) for each in drawn]
    own = local()

    def ask(file: bytes) -> list[dict[str, Any]]:
        session = own.__dict__.setdefault("session", requests.Session())
        payload = {"image": {"encoding": "png", "image": base64.b64encode(file).decode(), "status": 3}}
        said = session.post(f"{url}/v1/private/shapes", json={"header": {"status": 3}, "payload": payload}, timeout=30)
        assert said.status_code == 200, said.text
        (objects,) = said.json()["payload"]["objects"]["text"]
        return objects

    began = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(ask, files))
    took = time.monotonic() - began
    precision = mean_average_precision(guessed(answers), [(each.boxes, each.classes) for each in drawn])
    record_property("mAP@0.5", precision)
    print(f"mAP@0.5 {precision:.4f} on {IMAGES} images of seed {seed}, {IMAGES / took:.0f} images/s over HTTP")
    assert precision >= 0.95, f"mAP@0.5 {precision:.4f} on the images of seed {seed}"
