"""What a worker process is given, and what is kept from it: ``[services.x.process]`` as words for its keeper."""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ..errors import Problem, SettingsError
from ..models import ServiceSettings
from ..section import at_least, option, section

__all__ = ["ProcessSection", "Sandbox", "environment"]

KEEPER = Path(__file__).parents[1] / "worker" / "keeper.py"
_MIB = 1024 * 1024
_GIB = 1024 * _MIB
_KEPT = frozenset(
    """
    PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TEMP TMP VIRTUAL_ENV CONDA_PREFIX LD_LIBRARY_PATH LD_PRELOAD
    XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
    JAVA_HOME NODE_PATH COVERAGE_PROCESS_START
    """.split()  # noqa: SIM905  # a list of words is read and changed more easily as words
)
_PREFIXES = (
    "LC_", "PYTHON", "CUDA", "NVIDIA_", "NCCL_", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "GOMP_", "KMP_", "TORCH",
    "TF_", "HF_", "TRANSFORMERS_", "XLA_", "JAX_", "ORT_", "ROCM_", "HIP_", "MALLOC_", "ATHENA_WRAPPER_",
)  # fmt: skip
"""What a worker inherits: where things are and how libraries compute. Keys and passwords of the kernel are neither."""


@section
class ProcessSection:
    """``[services.x.process]``: how its workers are confined, and when they are replaced. 0 means: no such bound."""

    max_requests: int = option(
        default=0, help="Calls after which a worker is drained and replaced; each one's bound is up to a tenth lower.",
        check=at_least(0),
    )  # fmt: skip
    max_rss: int = option(
        default=0, help="Bytes of resident memory above which a worker is drained and replaced.", check=at_least(0)
    )
    drain_timeout: float = option(
        default=60.0, help="Seconds that the sessions of a worker that is being replaced may go on.", check=at_least(0)
    )
    inherit: tuple[str, ...] = option(
        default=(),
        help="More variables of the kernel's environment that workers get; a name, or a prefix with * at its end.",
    )
    environment: Mapping[str, str] = option(factory=dict, help="Variables that are set in its environment.")
    cwd: str = option(default="", help="Working directory; empty for a private one, removed when the worker ends.")
    max_files: int = option(default=4096, help="Open files (RLIMIT_NOFILE).", check=at_least(0))
    max_file_size: int = option(
        default=64 * _GIB, help="Bytes of one file that it writes (RLIMIT_FSIZE).", check=at_least(0)
    )
    max_memory: int = option(
        default=0,
        help="Bytes of address space (RLIMIT_AS); not with a GPU, whose driver maps far more.",
        check=at_least(0),
    )
    max_cpu: int = option(
        default=0, help="Seconds of processor time, then it is killed (RLIMIT_CPU).", check=at_least(0)
    )
    max_processes: int = option(
        default=0, help="Processes and threads of its user (RLIMIT_NPROC); root is not held to it.", check=at_least(0)
    )

    def limits(self) -> Mapping[str, int]:
        """The resource limits by the keeper's names for them."""
        asked = {
            "files": self.max_files,
            "file_size": self.max_file_size,
            "memory": self.max_memory,
            "cpu": self.max_cpu,
            "processes": self.max_processes,
        }
        return {"core": 0, **{name: value for name, value in asked.items() if value}}


class Sandbox:
    """How the workers of one service are started."""

    def __init__(self, section: ProcessSection, service: ServiceSettings | None = None) -> None:
        """Args:
        service: Whose workers they are.

        Raises:
            SettingsError: Something is asked for that cannot be had: nothing is confined less than was asked.
        """
        self.section = section
        self._folder = "." if service is None else service.folder
        if service is not None:
            problems = [Problem(("process", key), text) for key, text in _refusals(section, service)]
            if problems:
                raise SettingsError(problems)

    def environment(self, extra: Mapping[str, str], private: str) -> dict[str, str]:
        """A worker's environment: the allow-list, the toml's, what its lease adds, and its private folder for files."""
        made = environment({**self.section.environment, **extra}, self.section.inherit)
        if private:
            made.update(TMPDIR=private, TEMP=private, TMP=private)
        return made

    def command(
        self, argv: Sequence[str], private: str, fds: Sequence[int] = (), cpus: Collection[int] = ()
    ) -> list[str]:
        """The argv that starts ``argv`` under a keeper."""
        orders = {"kernel": os.getpid(), "private": private, "cwd": self._cwd() or private, **self.section.limits()}
        if fds:
            orders["fds"] = ",".join(map(str, fds))
        if cpus and sys.platform == "linux":
            orders["cpus"] = ",".join(map(str, sorted(cpus)))
        program, *arguments = argv
        if "/" in program:
            program = os.path.abspath(program)
        words = [f"{name}={value}" for name, value in orders.items()]
        return [sys.executable, "-I", "-S", str(KEEPER), *words, "--", program, *arguments]

    def requests(self) -> int:
        """Calls after which the next worker is worn out: by chance up to a tenth fewer, lest they all go together."""
        most = self.section.max_requests
        return random.randint(most - most // 10, most) if most else sys.maxsize

    @staticmethod
    def private() -> str:
        """The name of a folder that its keeper makes and removes."""
        return os.path.join(tempfile.gettempdir(), f"athena-{os.urandom(8).hex()}")

    def _cwd(self) -> str:
        return os.path.abspath(os.path.join(self._folder, self.section.cwd)) if self.section.cwd else ""


def environment(extra: Mapping[str, str], inherit: Sequence[str] = ()) -> dict[str, str]:
    """A worker's environment: an allow-list of the kernel's, what the toml adds to that list, and ``extra``."""
    names = _KEPT.union(inherit)
    prefixes = (*_PREFIXES, *(name[:-1] for name in inherit if name.endswith("*")))
    kept = {key: value for key, value in os.environ.items() if key in names or key.startswith(prefixes)}
    if "PYTHONPATH" in kept:
        # Its relative entries mean the kernel's folder, and not the worker's private one.
        kept["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, kept["PYTHONPATH"].split(os.pathsep)))
    kept.update(extra)
    return kept


def _refusals(section: ProcessSection, service: ServiceSettings) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if section.max_memory and service.gpu is not None:
        text = "a GPU's driver maps more address space than any such bound allows; remove it, max_rss works with GPUs"
        found.append(("max_memory", text))
    if section.max_rss and sys.platform != "linux":
        found.append(("max_rss", "the memory of workers is read from /proc, which this system does not have"))
    if section.cwd and not os.path.isdir(os.path.join(service.folder, section.cwd)):
        found.append(("cwd", f"no such folder: {os.path.join(service.folder, section.cwd)}"))
    return found
