"""tritonclient, unchanged, sends texts to the embedding wrapper and gets its FP32 rows, over HTTP and gRPC."""

from __future__ import annotations

import asyncio
import json

import numpy
import pytest

from athena import Part, Request
from athena.kernel import start
from athena.models import Document

from .served import TOML, TRITON, environment

CLIENT = """
import importlib, json, sys
import numpy
wire, address = sys.argv[1:]
module = importlib.import_module(f"tritonclient.{wire}")
client = module.InferenceServerClient(address)
texts = numpy.array(["All children, except one, grow up.", "ü"], object)
asked = module.InferInput("text", [2], "BYTES")
asked.set_data_from_numpy(texts)
rows = client.infer("embedding", [asked]).as_numpy("embedding")
metadata = client.get_model_metadata("embedding", **({"as_json": True} if wire == "grpc" else {}))
(told,) = metadata["outputs"]
said = [told["name"], told["datatype"], [int(size) for size in told["shape"]]]
print(json.dumps({"rows": rows.tolist(), "dtype": str(rows.dtype), "said": said}))
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("tritonclient")]


@pytest.mark.parametrize("wire", ["http", "grpc"])
async def test_texts_are_bytes_and_come_back_as_fp32(wire: str) -> None:
    python = environment(f"athena-tritonclient-{TRITON}", f"tritonclient[http,grpc]=={TRITON}")
    text = f"{TOML}[services.embedding]\nwrapper = 'embedding'\n"
    async with start(Document(text, "1", "clients.toml")) as kernel:
        port = next(one.port for one in kernel.endpoints if one.scheme == wire)
        process = await asyncio.create_subprocess_exec(
            *(python, "-c", CLIENT, wire, f"127.0.0.1:{port}"), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 90)
        assert process.returncode == 0
        parts = (Part.from_text("text", "All children, except one, grow up."), Part.from_text("text", "ü"))
        direct = (await kernel.once("embedding", Request("embedding", parts=parts))).part("embedding").array()
    found = json.loads(out)
    assert (found["dtype"], found["said"]) == ("float32", ["embedding", "FP32", [-1, 384]])
    assert numpy.array(found["rows"], "<f4") == pytest.approx(direct, abs=1e-6)
