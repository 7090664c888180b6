"""The same service as a wrapper for iFLYTEK's AIGes would have it; athena-wrapper-aiges runs it as it is.

Retries are urllib3's and the time-outs fixed: such a wrapper is told neither how long its caller waits nor that it is
gone.
"""

import uuid

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from aiges.dto import DataListCls, DataText, Once, Response, ResponseData
from aiges.sdk import AudioBodyField, StringBodyField, StringParamField, WrapperBase

REFUSED, UNAVAILABLE = 4001, 4004


class UserRequest:
    params1 = StringParamField(key="mode", enums=["humming", "music"], value="humming")
    input1 = AudioBodyField(key="data", path="../humming.wav")


class UserResponse:
    accept1 = StringBodyField(key="output_text")


class Wrapper(WrapperBase):
    serviceId = "music"
    version = "v1"
    requestCls = UserRequest()
    responseCls = UserResponse()

    def wrapperInit(self, config: {}) -> int:
        self.url = config["url"]
        self.session = requests.Session()
        # POST is not sent again by itself; the Idempotency-Key is what makes it harmless.
        again = Retry(total=3, backoff_factor=0.1, status_forcelist=[429, 500, 502, 503, 504], allowed_methods={"POST"})
        self.session.mount("http://", HTTPAdapter(max_retries=again))
        return 0

    def wrapperOnceExec(self, params: {}, reqData: DataListCls, usrTag: str = "", persId: int = 0) -> Response:
        try:
            answer = self.session.post(
                self.url + "/v1/recognise",
                params={"mode": params.get("mode", "humming"), "limit": 1},
                data=reqData.get("data").data,
                headers={"Content-Type": "audio/wav", "Idempotency-Key": uuid.uuid4().hex},
                timeout=(1, 3),
                allow_redirects=False,
            )
        except requests.RequestException:
            return Response().response_err(UNAVAILABLE)
        if answer.status_code != 200:
            return Response().response_err(REFUSED)
        song = answer.json()["songs"][0]
        found = ResponseData()
        found.key = "output_text"
        found.setDataType(DataText)
        found.status = Once
        found.setData(f"{song['title']} ({song['composer']})".encode())
        res = Response()
        res.list = [found]
        return res

    def wrapperError(self, ret: int) -> str:
        return {REFUSED: "the API refuses", UNAVAILABLE: "the API cannot be asked"}.get(ret, "")

    def wrapperFini(self) -> int:
        self.session.close()
        return 0


if __name__ == "__main__":
    m = Wrapper()
    m.schema()
    m.run()
