"""Ray Serve with a deployment that gives its input back, one replica; runs in Ray's own environment.

Arguments: ``PORT GRPC_PORT once|batch``. Only in a network namespace of its own: Ray listens wherever it can.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

import ray
from ray import serve
from ray.serve.config import gRPCOptions
from ray.serve.generated.serve_pb2 import UserDefinedMessage, UserDefinedResponse
from ray.serve.schema import LoggingConfig
from starlette.requests import Request

AT_ONCE = 64
"""Five, the default, would refuse to have 32 in flight; the documentation says to set it."""
QUIET = LoggingConfig(log_level="WARNING", enable_access_log=False)
GRPC = "ray.serve.generated.serve_pb2_grpc.add_UserDefinedServiceServicer_to_server"


@serve.deployment(max_ongoing_requests=AT_ONCE, logging_config=QUIET)
class Once:
    """The input back."""

    async def __call__(self, request: Request) -> dict[str, str]:
        return {"output": (await request.json())["input"]}

    async def Method1(self, message: UserDefinedMessage) -> UserDefinedResponse:  # Ray's own proto
        return UserDefinedResponse(greeting=message.name)


@serve.deployment(max_ongoing_requests=AT_ONCE, logging_config=QUIET)
class Batch:
    """The same, in batches, after 5 ms and 0.2 ms for each item; the loop is spared, as it would be by a device."""

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005)
    async def together(self, items: list[str]) -> list[str]:
        await asyncio.to_thread(time.sleep, 0.005 + 0.0002 * len(items))
        return items

    async def __call__(self, request: Request) -> dict[str, str]:
        return {"output": await self.together((await request.json())["input"])}


def main(port: int, rpc: int, kind: str) -> None:
    # Ray counts in actors, not in cores: proxy, controller and replica have to find room on the one core they get.
    ray.init(
        num_cpus=4,
        include_dashboard=False,
        _temp_dir=os.getcwd(),
        logging_level="warning",
        _node_ip_address="127.0.0.1",
    )
    serve.start(
        http_options={"host": "127.0.0.1", "port": port},
        grpc_options=gRPCOptions(port=rpc, grpc_servicer_functions=[GRPC]),
        logging_config=QUIET,
    )
    serve.run({"once": Once, "batch": Batch}[kind].bind(), blocking=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
