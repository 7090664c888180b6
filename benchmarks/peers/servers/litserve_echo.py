"""LitServe with a model that gives its input back, in its one worker process; runs in LitServe's own environment.

Arguments: ``PORT once|batch``.
"""

from __future__ import annotations

import sys
import time

import litserve as ls


class Echo(ls.LitAPI):
    """The input back."""

    def setup(self, device: str) -> None:
        """There is nothing to load."""

    def decode_request(self, request: dict[str, str]) -> str:
        return request["input"]

    def predict(self, x: str) -> str:
        return x

    def encode_response(self, output: str) -> dict[str, str]:
        return {"output": output}


class Batch(Echo):
    """The same after 5 ms and 0.2 ms for each item of the batch."""

    def batch(self, inputs: list[str]) -> list[str]:
        return inputs

    def predict(self, x: list[str]) -> list[str]:
        time.sleep(0.005 + 0.0002 * len(x))
        return x

    def unbatch(self, output: list[str]) -> list[str]:
        return output


def main(port: int, kind: str) -> None:
    api = Batch(max_batch_size=32, batch_timeout=0.005) if kind == "batch" else Echo()
    # Its documentation asks for the fast queue above a hundred requests a second; on one core it was the slower one.
    server = ls.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=port, num_api_servers=1, log_level="warning", generate_client_file=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
