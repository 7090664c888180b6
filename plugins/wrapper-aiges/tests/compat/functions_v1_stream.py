"""SDK backup/wrapper_old: v1 functions with sessions; Create(usrTag, params, psrIds, psrCnt), asked by wrapperRead."""

sessions = {}


def wrapperInit(config: {}) -> int:
    return 0


def wrapperFini() -> int:
    return 0


def wrapperOnceExec(usrTag: str, params: {}, reqData: [], respData: [], psrIds: [], psrCnt: int) -> int:
    if params.get("fail"):
        return int(params["fail"])
    for node in reqData:
        text = node["data"].decode("utf-8") + "|" + params.get("p", "-")
        respData.append({"key": "result", "data": text.encode("utf-8"), "len": len(text), "status": 3, "type": 0})
    return 0


def wrapperCreate(usrTag: str, params: [], psrIds: [], psrCnt: int) -> str:
    sessions[usrTag] = []
    return usrTag


def wrapperWrite(handle: str, datas: []) -> int:
    for node in datas:
        if node["data"] == b"fail":
            return 100
        data = node["data"].upper()
        sessions[handle].append({"key": "result", "data": data, "len": len(data), "status": node["status"], "type": 0})
    return 0


def wrapperRead(handle: str) -> []:
    found, sessions[handle] = sessions[handle], []
    return found


def wrapperDestroy(handle: str) -> int:
    del sessions[handle]
    return 0


def wrapperError(ret: int) -> str:
    if ret == 100:
        return "told 100"
    return ""
