"""Makes the generated modules of this repository from their .proto files, with one pinned generator.

::

    python proto/generate.py            write them
    python proto/generate.py --check    say what differs, exit 1 if anything does

The generator is old on purpose: what it writes runs on every protobuf from 5.29 on, while what the newest writes
demands the newest. It needs an environment of its own, since it holds protobuf back: ``pip install
grpcio-tools==1.71.2``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

GENERATOR = "1.71.2"
ROOT = Path(__file__).resolve().parent.parent

# Folder of sources, source in it, folder of the generated modules.
TARGETS = (
    ("proto/protos", "athena/v1/inference.proto", "proto/athena_proto"),
    ("proto/protos", "xsf/xsf.proto", "proto/athena_proto"),
    ("proto/protos", "xsf/loader.proto", "proto/athena_proto"),
    ("proto/protos", "aiges/aiges_inner.proto", "proto/athena_proto"),
    ("proto/protos", "oip/oip.proto", "proto/athena_proto"),
    (".", "athena/link/worker.proto", "athena/link"),
)


def generate(python: str, folder: Path) -> dict[Path, bytes]:
    """Run protoc for every target: the path of each generated module, and what it should hold.

    Args:
        python: An interpreter that has the pinned grpcio-tools.
        folder: An empty folder to work in.

    Raises:
        RuntimeError: The generator is missing or another version, or a source is wrong.
    """
    asked = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('grpcio-tools'))"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.stdout.strip() != GENERATOR:
        found = asked.stdout.strip() or "none"
        raise RuntimeError(f"{python}: grpcio-tools {GENERATOR} is needed, found {found}; pip install it there")
    made: dict[Path, bytes] = {}
    for number, (root, source, out) in enumerate(TARGETS):
        if not (ROOT / root / source).exists():
            continue
        into = folder / str(number)
        into.mkdir()
        command = [python, "-m", "grpc_tools.protoc", f"-I{ROOT / root}", f"--python_out={into}", f"--pyi_out={into}"]
        ran = subprocess.run([*command, source], capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"{root}/{source}: {ran.stderr.strip()}")
        for path in sorted(into.rglob("*_pb2.py*")):
            made[ROOT / out / path.name] = path.read_bytes()
    return made


def differing(made: dict[Path, bytes]) -> list[Path]:
    """The generated modules that are not what they should be."""
    return [path for path, data in made.items() if not path.exists() or path.read_bytes() != data]


def main() -> int:
    """Generate, or compare."""
    parser = argparse.ArgumentParser(description="Make the generated protobuf modules.")
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--python", default=os.environ.get("ATHENA_PROTO_PYTHON", sys.executable), help="has the tools")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = generate(options.python, Path(folder))
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 2
    wrong = differing(made)
    for path in wrong:
        print(f"{path.relative_to(ROOT)}: {'differs' if options.check else 'written'}")
        if not options.check:
            path.write_bytes(made[path])
    return 1 if wrong and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
