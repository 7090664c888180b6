"""The plugin loads gRPC only when its server is wanted, its own way, and leaves nothing of that behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from athena.section import BadValue
from athena_transport_grpc.plugin import Grpc

LOAD = """
import os, sys
from athena_transport_grpc.plugin import Grpc
assert "grpc" not in sys.modules
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "grpc":
            print("loaded with", os.environ.get("GRPC_EXPERIMENTS"))
sys.meta_path.insert(0, Finder())
from athena.testing.stand_in import StandIn, StandInContext
(server,) = Grpc(Grpc.Section()).athena_provide(StandInContext("transports.grpc", StandIn()))
print(type(server).__name__, "left", os.environ.get("GRPC_EXPERIMENTS"))
"""


@pytest.mark.parametrize(
    ("given", "loaded"), [(None, "-event_engine_client,-event_engine_listener"), ("monitoring_experiment",) * 2]
)
def test_grpc_is_loaded_with_its_older_loop_unless_somebody_chose(given: str | None, loaded: str) -> None:
    environment = {} if given is None else {"GRPC_EXPERIMENTS": given}
    ran = subprocess.run([sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, timeout=50)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [f"loaded with {loaded}", f"GrpcServer left {given}"]


def test_a_key_without_its_certificate_is_refused() -> None:
    with pytest.raises(BadValue):
        Grpc.Section(key="key.pem")
