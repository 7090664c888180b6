"""KServe's model server with a model that gives its input back, v1 and v2 and gRPC; runs in KServe's own environment.

Arguments: ``--http_port PORT --grpc_port PORT`` and whatever else KServe's own parser knows.
"""

from __future__ import annotations

from typing import Any

from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.logging import KSERVE_LOG_CONFIG, configure_logging


class Echo(Model):
    """The first input back; instances under v1."""

    def __init__(self) -> None:
        super().__init__("echo")
        self.ready = True

    def predict(self, payload: Any, headers: Any = None, response_headers: Any = None) -> Any:  # Any: as KServe has it
        if isinstance(payload, InferRequest):
            given = payload.inputs[0]
            output = InferOutput("data", given.shape, given.datatype, given.data)
            return InferResponse(payload.id or "", "echo", [output])
        return {"predictions": payload["instances"]}


def main() -> None:
    loggers = {name: {**each, "level": "WARNING"} for name, each in KSERVE_LOG_CONFIG["loggers"].items()}
    configure_logging({**KSERVE_LOG_CONFIG, "loggers": loggers})
    ModelServer(workers=1, enable_latency_logging=False).start([Echo()])


if __name__ == "__main__":
    main()
