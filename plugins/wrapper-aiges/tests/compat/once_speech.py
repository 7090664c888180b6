"""ailab huggingface/transformers, speech: AudioBodyField in and out, a wave file read from memory, numbers beside text as JSON."""

import io
import json
import os.path
import wave

try:
    from aiges_embed import ResponseData, Response, DataListNode, DataListCls, SessionCreateResponse, callback  # c++
except:
    from aiges.dto import Response, ResponseData, DataListNode, DataListCls, SessionCreateResponse, callback
from aiges.sdk import WrapperBase, StringParamField, AudioBodyField, JsonBodyField, StringBodyField
from aiges.core.types import *
from aiges.utils.log import log, getFileLogger


class UserRequest(object):
    input1 = AudioBodyField(key="data", path=os.path.join(os.path.dirname(__file__), "test_data/test.wav"), encoding="raw", format="plain")
    params1 = StringParamField(key="p", value="x")


class UserResponse(object):
    accept1 = JsonBodyField(key="result")
    accept2 = AudioBodyField(key="echo")


class Wrapper(WrapperBase):
    serviceId = "audio_classification"
    version = "backup.0"
    requestCls = UserRequest()
    responseCls = UserResponse()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pipe = None
        self.filelogger = None

    def wrapperInit(self, config: {}) -> int:
        log.info("Initializing ...")
        self.pipe = lambda file: [{"label": "frames", "score": file.getnframes()}]
        self.filelogger = getFileLogger()
        return 0

    def wrapperOnceExec(self, params: {}, reqData: DataListCls) -> Response:
        log.info("got reqdata , %s" % reqData.list)
        audio = reqData.get("data").data
        if "fail" in params:
            res = Response()
            res.error_code = int(params["fail"])
            return res
        out = []
        if audio[:4] == b"RIFF":
            result = self.pipe(wave.open(io.BytesIO(audio)))
            sound = ResponseData()
            sound.key, sound.status = "echo", Once
            sound.setDataType(DataAudio)
            sound.setData(bytearray(audio))
            out.append(sound)
            text = json.dumps(result)
        else:
            text = "%s|%s" % (audio.decode("utf-8"), params.get("p"))
        resd = ResponseData()
        resd.key = "result"
        resd.setDataType(DataText)
        resd.status = Once
        resd.setData(text.encode("utf-8"))
        res = Response()
        res.list = [resd] + out
        return res

    def wrapperFini(cls) -> int:
        return 0

    def wrapperError(cls, ret: int) -> str:
        if ret == 100:
            return "told 100"
        return ""

    def wrapperTestFunc(cls, data: [], respData: []):
        pass


if __name__ == "__main__":
    m = Wrapper()
    m.schema()
    m.run()
