"""The client that the project has always published, posting a page to a service named mmocr; nothing of it is changed
but its URL. And what it is told when it errs."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image, ImageDraw, ImageFont

import athena
from athena.models import Document

WORDS = """
anchor basket candle desert engine forest garden harbor island jacket kitchen ladder magnet nephew orange pepper quarter
ribbon saddle temple umbrella velvet window yellow zipper bridge copper dinner eleven father guitar hammer
"""
TOML = """
[services.mmocr]
wrapper = "rapidocr"
deadline = 60.0
[transports.http]
port = 0
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with athena.start(Document(TOML)) as kernel:
        yield kernel.endpoints[0].url


def photograph(words: list[str]) -> bytes:
    """A page with the words in rows, as a camera would give it: JPEG."""
    font = ImageFont.load_default(size=32)
    image = Image.new("RGB", (920, 440), "white")
    draw = ImageDraw.Draw(image)
    for number, word in enumerate(words):
        draw.text((40 + number % 4 * 220, 30 + number // 4 * 80), word, fill="black", font=font)
    file = BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def published(img: bytes) -> dict[str, Any]:
    """The body of the published client, word for word."""
    return {
        "header": {
            "app_id": "123456",
            "uid": "39769795890",
            "did": "SR082321940000200",
            "imei": "8664020318693660",
            "imsi": "4600264952729100",
            "mac": "6c:92:bf:65:c6:14",
            "net_type": "wifi",
            "net_isp": "CMCC",
            "status": 3,
            "request_id": None,
        },
        "parameter": {
            "mmocr": {
                "category": "ai_category",
                "application_mode": "common_gpu",
                "gpu_id": "first",
                "gpu_type": "T4G16",
                "boxes": {"encoding": "utf8", "compress": "raw", "format": "json"},
            }
        },
        "payload": {"data": {"encoding": "jpg", "image": img.decode("utf-8"), "status": 3}},
    }


def post(url: str, body: dict[str, Any]) -> requests.Response:
    """As the published client does it."""
    headers = {"Content-Type": "application/json"}
    return requests.post(url, headers=headers, data=json.dumps(body), timeout=50)


@pytest.fixture(scope="module")
def words() -> list[str]:
    return random.Random(2).sample(WORDS.split(), 20)


@pytest.mark.parametrize("path", ["/mmocr", "/v1/private/mmocr"])
def test_the_published_client_gets_boxes_texts_and_scores(path: str, endpoint: str, words: list[str]) -> None:
    resp = post(endpoint + path, published(base64.b64encode(photograph(words))))
    assert resp.status_code == 200
    result = resp.json()["payload"]["boxes"]["text"]
    found = set()
    for box in result[0].get("result"):
        msg = (
            "MMocr Result: box located at {box}, box score is {box_score}.  "
            "Detected text is {text} , text  score is {text_score}..."
        )
        assert msg.format(**box)
        assert len(box["box"]) == 8
        assert all(isinstance(number, int) for number in box["box"])
        assert 0 < box["box_score"] <= 1
        assert 0 < box["text_score"] <= 1
        found.add(box["text"].lower())
    assert result[0]["filename"] == "0"
    assert len(found & set(words)) >= 16, sorted(found)


def test_its_program_runs_with_nothing_but_its_url_changed(endpoint: str, words: list[str], tmp_path: Path) -> None:
    program = (Path(__file__).parent / "data" / "published_client.txt").read_text(encoding="utf-8")
    (tmp_path / "demo_text_det.jpg").write_bytes(photograph(words))
    for url in ("http://<your nodeIP>:30889/mmocr", "http://<your nodeIP:30889/v1/private/mmocr"):
        assert url in program
        program = program.replace(url, endpoint + url.partition("30889")[2])
    (tmp_path / "demo.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "demo.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=55, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    first, answer, *_ = done.stdout.splitlines()
    told = [line for line in done.stdout.splitlines() if line.startswith("MMocr Result: box located at [")]
    assert (first, answer.startswith("HTTP API response is : [{")) == ("200", True)
    assert len([word for word in words if any(f"text is {word} ," in line.lower() for line in told)]) >= 16


def refused(response: requests.Response, status: int) -> str:
    """The sentence of a refusal, which has a code too."""
    assert response.status_code == status
    header = response.json()["header"]
    assert isinstance(header["code"], int)
    assert header["code"] != 0
    message: str = header["message"]
    assert message
    return message


@pytest.mark.parametrize("path", ["/mmocr", "/v1/private/mmocr"])
def test_what_is_no_base64_is_refused_with_400_and_a_sentence(path: str, endpoint: str) -> None:
    assert "payload.data" in refused(post(endpoint + path, published(b"this is not base64!")), 400)


def test_what_is_no_image_is_refused_with_400_and_a_sentence(endpoint: str) -> None:
    body = published(base64.b64encode(b"just some text"))
    assert "not an image" in refused(post(f"{endpoint}/mmocr", body), 400)


@pytest.mark.parametrize("path", ["/mmocrs", "/v1/private/mmocrs"])
def test_an_unknown_service_is_404_and_named(path: str, endpoint: str) -> None:
    assert "mmocrs" in refused(post(endpoint + path, published(b"")), 404)
