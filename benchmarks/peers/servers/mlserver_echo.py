"""MLServer with a model that gives its input back, in process or in one worker; runs in MLServer's own environment.

Arguments: ``PORT GRPC_PORT METRICS_PORT once|batch WORKERS``.
"""

from __future__ import annotations

import asyncio
import sys
import time

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput
from mlserver.utils import install_uvloop_event_loop

HOST = "127.0.0.1"
LOGGERS = ("mlserver", "mlserver.grpc", "mlserver.rest", "mlserver.parallel", "uvicorn", "uvicorn.access")
QUIET = {"version": 1, "disable_existing_loggers": False, "loggers": {name: {"level": "WARNING"} for name in LOGGERS}}


class Echo(MLModel):
    """The first input back."""

    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        given = payload.inputs[0]
        output = ResponseOutput(name="data", shape=given.shape, datatype=given.datatype, data=given.data)
        return InferenceResponse(model_name=self.name, outputs=[output])


class Batch(Echo):
    """The same after 5 ms and 0.2 ms for each item of the batch; the loop is spared, as it would be by a device."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        await asyncio.to_thread(time.sleep, 0.005 + 0.0002 * payload.inputs[0].shape[0])
        return await super().predict(payload)


async def main(port: int, rpc: int, metrics: int, kind: str, workers: int) -> None:
    ports = {"http_port": port, "grpc_port": rpc, "metrics_port": metrics}
    # debug=False is what its documentation asks for in production.
    settings = Settings(
        host=HOST, **ports, debug=False, parallel_workers=workers, logging_settings=QUIET, load_models_at_startup=False
    )
    batching = {"max_batch_size": 32, "max_batch_time": 0.005} if kind == "batch" else {}
    model = ModelSettings(name="echo", implementation=f"mlserver_echo.{'Batch' if batching else 'Echo'}", **batching)
    await MLServer(settings).start([model])


if __name__ == "__main__":
    install_uvloop_event_loop()  # as its own command does
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
