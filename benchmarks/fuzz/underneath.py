"""One target under atheris; ``guided`` starts it: ``python -m benchmarks.fuzz.underneath TARGET INPUTS RESULT ...``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["athena", "athena_proto", "athena_transport_http", "athena_transport_zmq"]):
    from attrs import asdict

    from .run import FINDINGS, Result, judge
    from .targets import targets


def main() -> None:
    """Run until the inputs are used up, or enough is found; the rest of the words are libFuzzer's."""
    name, count, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    target = next(each for each in targets() if each.name == name)
    result = Result(name)

    def one(data: bytes) -> None:
        if result.inputs < count and len(result.findings) < FINDINGS:
            judge(target, data, result)
            if result.inputs == count or len(result.findings) == FINDINGS:
                path.write_text(json.dumps(asdict(result)), encoding="utf-8")

    atheris.Setup([sys.argv[0], *sys.argv[4:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
