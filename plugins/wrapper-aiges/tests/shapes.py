"""The shapes of the survey: which files stand for them, what each answers, and the table that says so to users."""

from __future__ import annotations

import ast
from pathlib import Path

FOLDER = Path(__file__).parent / "compat"
PAGE = Path(__file__).parents[3] / "docs" / "compat.md"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
STREAMS = [name for name in NAMES if "stream" in name]
ONCES = [name for name in NAMES if name not in STREAMS or name == "functions_v1_stream" or "once" in name]
SURVEYED = (
    "awesome-wrapper python/noob/once", "awesome-wrapper python/noob/stream",
    "awesome-wrapper python/vllm/wrapper_openai", "SDK wrapper.py", "tpls/wrapper.py.j2", "SDK examples/once/mmocr",
    "wrapper_test.py", "SDK examples/stream/mmocr", "SDK examples/stream/mock", "SDK backup/wrapper_mmocr",
    "SDK backup/wrapper_old", "aiges_c_python_wrapper", "aiges_demo mnist", "object-detection", "music_api v2",
    "text2image-open", "aiges_demo transformers", "stream_test", "mmocr v2", "mmocr v1", "music_api v1", "yolov5",
    "ailab chat-gpt-lang-chain wrapper", "wrapper_once", "chat_gpt_api_official", "ailab huggingface/*",
)  # fmt: skip
"""The survey's files, or its rows of files of one shape, by their names there."""
MARK = "<!-- written from plugins/wrapper-aiges/tests/compat by tests/shapes.py -->"


def doc(name: str) -> str:
    """What a file says it stands for."""
    said = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8")))
    assert said, f"{name}: says not what it stands for"
    return said


def table(wires: tuple[str, ...]) -> str:
    """The shapes as Markdown."""
    lines = [f"| wrapper | shape | once | session | {' | '.join(wires)} |", "|---" * (4 + len(wires)) + "|"]
    for name in NAMES:
        once, session = ("runs" if name in names else "–" for names in (ONCES, STREAMS))
        cells = [f"`{name}`", doc(name).replace("|", "\\|"), once, session, *["runs"] * len(wires)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
