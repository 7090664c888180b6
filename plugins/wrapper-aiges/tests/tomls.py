"""Upstream's two configuration files, with every key the reference lists for their sections."""

from __future__ import annotations

SHIPPED = """\
[svcName]
finder = 0
host = "127.0.0.1"
port = 0
netcard = ""
http_listen = "127.0.0.1:0"
grpctimeout = 120
maxreceive = 4194304
maxsend = 4194304
conn-rbuf = 0
conn-wbuf = 2097152
reuseport = 0
keepalive = 0
keepalive-timeout = 1000

[aiges]
sub = "common"
asyncMode = false
sessMode = false
realTimeRlt = true
sessDelGt = 10
asyncRelease = true
httpRetry = 1
usrCfg = ""
headerPass = "uid;appid"
wrapperTrace = true
gray = false
wrapperDelayDetectPeriod = 60
storageData = false
pythonPluginCmd = "/usr/bin/env python -m aiges.serve"
gesMock = 0
numaNode = -1

[wrapper]
http_listen = "127.0.0.1:0"
model = "m.onnx"
gpu = true
"log.level" = "debug"
common.lic = 5

[ws]
readTimeout = 15
sessionTimeout = 180

[fc]
able = 1
router = "sessionManager"
max = 2
best = 2
ttl = 15000
roll = 5000
report = 1000
wave = 10
strategy = 0

[log]
level = "warn"
file = "./log/aiges.log"
size = 100
count = 20
die = 30
async = true
cache = -1
batch = 16384
caller = true
wash = 60

[lbv2]
able = 0
sub = "ase"
lbname = "lbv2"
finderttl = 100

[lb]
able = 0

[trace]
able = 0
host = "127.0.0.1"
port = 4545
dump = 0

[sonar]
able = 0

[metrics]
able = 0
timePerSlice = 1000

[bvt]
able = 0

[pprof]
able = false
port = 1234

[dataProcess]
rsable = true

[downAsync]
rabHost = ""
retry = 3

[auth]
janusCtrl = false

[resource]
able = 0

[elog]
able = 0
"""

DEFAULT = """\
[svcName]
host = "127.0.0.1"
port = 0

[wrapper]
http_listen = "127.0.0.1:0"

[aiges]
sessMode = false
pythonPluginCmd = "/usr/bin/env python -m aiges.serve"

[fc]
able = 1
router = "sessionManager"
max = 1

[ws]
readTimeout = 15
sessionTimeout = 180

[log]
level = "debug"
file = "./log/aiges.log"
"""

WRAPPER = """\
from aiges.dto import Response, ResponseData
from aiges.sdk import WrapperBase


class Wrapper(WrapperBase):
    def wrapperInit(self, config):
        self.config = config
        return 0

    def wrapperOnceExec(self, params, reqData):
        said = sorted(self.config.items()) + [("uid", params.get("uid"))]
        return Response([ResponseData("result", repr(said))])
"""
