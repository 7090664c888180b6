"""v1, functional: aiges_demo yolov5, music_api v1 and mmocr v1; iflags for the log, dicts in and out."""

import sys

from iflags import flags

if not hasattr(sys, "argv"):
    sys.argv = [""]


def wrapperInit(config: {}) -> int:
    flags.logger.info("init")
    return 0


def wrapperFini() -> int:
    return 0


def wrapperOnceExec(usrTag: str, params: {}, reqData: [], respData: [], psrIds: [], psrCnt: int) -> int:
    assert usrTag and psrIds == [] and psrCnt == 0
    if params.get("fail"):
        return int(params["fail"])
    text = reqData[0]["data"].decode("utf-8") + "|" + params.get("p", "-")
    data = text.encode("utf-8")
    respData.append({"key": "result", "data": data, "len": len(data), "status": 3, "type": 0})
    return 0


def wrapperError(ret: int) -> str:
    if ret == 100:
        return "told 100"
    return ""
