"""The numbers of kinds and stages, by the names that wrappers star-import."""

from __future__ import annotations

__all__ = [
    "AUDIO",
    "IMAGE",
    "PROCESS_MODE",
    "STRING",
    "THREAD_MODE",
    "VIDEO",
    "DataAudio",
    "DataBegin",
    "DataContinue",
    "DataEnd",
    "DataImage",
    "DataOnce",
    "DataText",
    "DataVideo",
    "Once",
    "Status",
    "Types",
]

STRING, AUDIO, IMAGE, VIDEO = 0, 1, 2, 3
DataText, DataAudio, DataImage, DataVideo = 0, 1, 2, 3
DataBegin, DataContinue, DataEnd, DataOnce = 0, 1, 2, 3
Once = 3

Types = {0: "text", 1: "audio", 2: "image", 3: "video"}
Status = {0: "DataBegin", 1: "DataContinue", 2: "DataEnd", 3: "DataOnce"}

THREAD_MODE = "thread"
PROCESS_MODE = "process"
