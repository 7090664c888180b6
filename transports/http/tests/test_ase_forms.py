"""Every form of request and answer that upstream's protocol describes is understood; docs/ase-protocol.md decides."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from athena import Part, Reply, Request, SessionContext, Stage, Wrapper, fields, hookimpl
from athena.models import Kind

from .conftest import Serve, There

SOUND = base64.b64encode(bytes(range(256))).decode()
UNIT = {"status": 0, "format": "audio/L16;rate=16000", "encoding": "raw", "audio": SOUND}
HEADER = {"appid": "1234", "uid": "d233"}
LANGUAGE = {"language": "zh_cn", "domain": "iat", "accent": "mandarin"}
SID = "iat000704fa@dx16ade44e4d87a1c802"


class Iat(Wrapper):
    """Tells what it was asked, and gives each of its inputs back as a result of its own."""

    inputs = (fields.anything(),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return self._results(request, Stage.ONCE)

    @hookimpl
    def athena_session_create(self, context: SessionContext) -> SessionContext:
        return context

    @hookimpl
    def athena_session_write(self, session: SessionContext, request: Request) -> None:
        last = any(part.stage is Stage.END for part in request.parts)
        session.outbox.emit(self._results(request, Stage.END if last else Stage.CONTINUE))

    def _results(self, request: Request, stage: Stage) -> Reply:
        told = {
            "params": dict(request.params),
            "keys": [part.key for part in request.parts],
            "expect": {each.key: dict(each.attributes) for each in request.expect},
        }
        results = [
            Part(f"result_{number}", part.data, part.kind, part.stage, part.seq, part.attributes)
            for number, part in enumerate(request.parts, 1)
        ]
        return Reply((*results, Part.from_json("told", told)), stage)


class Named(Iat):
    """The same, with one declared input that is not called after the service."""

    inputs = (fields.audio("speech"),)


class Folded(Wrapper):
    """Answers a request with the result that its expectation names."""

    inputs = (fields.anything(required=False),)

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        text = "grüße " * int(request.params.get("times", "3"))
        return Reply((Part.from_text("accept_1", text), Part.from_json("accept_2", [1, 2])))


@pytest.fixture
async def iat(serve: Serve) -> AsyncIterator[There]:
    names = ("service_iat", "service_1", "service_2", "orchestra")
    more: dict[str, Wrapper] = {name: Iat() for name in names} | {"named": Named(), "folded": Folded()}
    async with serve(more=more) as there:
        yield there


async def asked(there: There, service: str, **document: object) -> dict[str, Any]:
    status, _, body = await there.post(f"/v1/private/{service}", document)
    assert status == 200, body
    answer = json.loads(body)
    assert isinstance(answer, dict)
    return answer


def told(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer["payload"]["told"]["text"]
    assert isinstance(found, dict)
    return found


async def test_one_capability_with_one_data_called_after_it(iat: There) -> None:
    answer = await asked(
        iat, "service_iat", header=HEADER, parameter={"service_iat": LANGUAGE}, payload={"service_iat": UNIT}
    )
    assert told(answer) == {"params": LANGUAGE, "keys": ["service_iat"], "expect": {}}
    assert answer["payload"]["result_1"] == UNIT
    assert answer["header"]["code"] == 0
    assert answer["header"]["message"] == "success"


async def test_the_only_data_of_a_service_may_be_called_after_it_whatever_the_input_is_called(iat: There) -> None:
    answer = await asked(iat, "named", payload={"named": UNIT})
    assert told(answer)["keys"] == ["speech"]
    status, _, body = await iat.post("/named", {"payload": {"named": UNIT, "other": UNIT}})
    assert (status, b"payload.named" in body) == (400, True)


async def test_one_capability_with_several_data(iat: There) -> None:
    answer = await asked(
        iat,
        "service_iat",
        header=HEADER,
        parameter={"service_iat": LANGUAGE},
        payload={"data_1": UNIT, "data_2": {**UNIT, "seq": 4}},
    )
    assert told(answer)["keys"] == ["data_1", "data_2"]
    assert answer["payload"]["result_2"] == {**UNIT, "seq": 4}


async def test_several_results_with_what_is_accepted_of_each(iat: There) -> None:
    wanted = {"format": "audio/L16;rate=16000", "encoding": "raw"}
    parameter = {"service_iat": {**LANGUAGE, "accept_1": wanted, "accept_2": {**wanted, "bit_depth": 16}}}
    answer = await asked(iat, "service_iat", parameter=parameter, payload={"data_1": UNIT})
    assert told(answer)["params"] == LANGUAGE
    assert told(answer)["expect"] == {"accept_1": wanted, "accept_2": {**wanted, "bit_depth": "16"}}


SEVERAL = {"service_1": LANGUAGE, "service_2": {**LANGUAGE, "accent": "cantonese"}}
THREE = {"service_1_data_1": UNIT, "service_2_data_1": UNIT, "service_2_data_2": UNIT, "shared": UNIT}


async def test_of_several_capabilities_each_gets_its_own_parameters_and_data(iat: There) -> None:
    first = told(await asked(iat, "service_1", header=HEADER, parameter=SEVERAL, payload=THREE))
    second = told(await asked(iat, "service_2", header=HEADER, parameter=SEVERAL, payload=THREE))
    assert (first["params"]["accent"], first["keys"]) == ("mandarin", ["service_1_data_1", "shared"])
    assert (second["params"]["accent"], second["keys"]) == (
        "cantonese",
        ["service_2_data_1", "service_2_data_2", "shared"],
    )


async def test_a_service_that_is_none_of_them_gets_all_and_a_contradiction_is_refused(iat: There) -> None:
    alike = {"service_1": LANGUAGE, "service_2": LANGUAGE}
    whole = told(await asked(iat, "orchestra", parameter=alike, payload=THREE))
    assert (whole["params"], whole["keys"]) == (LANGUAGE, list(THREE))
    status, _, body = await iat.post("/orchestra", {"parameter": SEVERAL, "payload": THREE})
    assert (status, b"parameter.service_2.accent" in body) == (400, True)


async def test_later_packets_of_a_stream_need_neither_header_nor_parameter(iat: There) -> None:
    async with iat.client.ws_connect(iat.url.replace("http", "ws") + "/v1/private/service_1") as wire:

        async def frame() -> dict[str, Any]:
            found = await asyncio.wait_for(wire.receive_json(), 5)
            assert isinstance(found, dict)
            return found

        await wire.send_json({"header": HEADER, "parameter": SEVERAL, "payload": {"service_1_data_1": UNIT}})
        opened = await frame()
        assert (opened["header"]["status"], opened["payload"]) == (0, {})
        assert (await frame())["payload"]["result_1"]["status"] == 0
        going_on = {**UNIT, "status": 1}
        await wire.send_json(
            {"header": {"sid": SID}, "payload": {"service_1_data_1": going_on, "service_2_data_1": going_on}}
        )
        answer = await frame()
        assert told(answer)["keys"] == ["service_1_data_1"]  # what is service_2's stays so
        assert answer["header"]["sid"] == opened["header"]["sid"] != SID
        await wire.send_json({"payload": {"service_1_data_1": {**UNIT, "status": 2}}})
        last = await frame()
        assert (last["header"]["status"], last["payload"]["result_1"]["status"]) == (2, 2)


TYPED = [
    ({"sample_rate": 16000, "channels": 1, "bit_depth": 16}, {"sample_rate": 16000, "channels": 1, "bit_depth": 16}),
    ({"sample_rate": "16000"}, {"sample_rate": 16000}),  # the protocol calls it a number
    ({"custom1": "zz", "custom2": 7, "custom3": "7"}, {"custom1": "zz", "custom2": 7, "custom3": "7"}),
    ({"low": -5, "big": 2**62, "beyond": str(2**70)}, {"low": -5, "big": 2**62, "beyond": str(2**70)}),
    ({"share": 12.5, "fast": True}, {"share": "12.5", "fast": "true"}),
    ({"sample_rate": "16k", "channels": "01"}, {"sample_rate": "16k", "channels": "01"}),
]


@pytest.mark.parametrize(("sent", "back"), TYPED)
async def test_strings_and_whole_numbers_leave_as_they_came(
    iat: There, sent: dict[str, object], back: dict[str, object]
) -> None:
    answer = await asked(iat, "service_iat", payload={"data": {"audio": SOUND, **sent}})
    assert answer["payload"]["result_1"] == {"audio": SOUND, "status": 3, **back}


async def test_a_service_that_is_asked_for_gzip_gives_it_and_takes_it(iat: There) -> None:
    wanted = {"compress": "gzip", "encoding": "utf8"}
    for times in (3, 20_000):
        answer = await asked(
            iat, "folded", parameter={"folded": {"times": times, "accept_1": wanted, "accept_2": wanted}}
        )
        unit = answer["payload"]["accept_1"]
        assert unit["compress"] == "gzip"
        assert gzip.decompress(base64.b64decode(unit["text"])).decode() == "grüße " * times
        assert gzip.decompress(base64.b64decode(answer["payload"]["accept_2"]["text"])) == b"[1,2]"
    content = base64.b64encode(gzip.compress(b"[3]")).decode()
    back = await asked(iat, "service_iat", payload={"d": {"text": content, "compress": "gzip", "format": "plain"}})
    assert base64.b64decode(back["payload"]["result_1"]["text"]) == b"[3]"
    assert back["payload"]["result_1"]["compress"] == "raw"


async def test_what_is_not_asked_for_is_not_folded(iat: There) -> None:
    answer = await asked(iat, "folded", parameter={"folded": {"accept_1": {"compress": "raw"}}})
    assert base64.b64decode(answer["payload"]["accept_1"]["text"]).decode() == "grüße " * 3
    assert answer["payload"]["accept_2"]["text"] == [1, 2]


@pytest.mark.parametrize("kind", [kind.name.lower() for kind in Kind])
async def test_a_content_of_every_kind_comes_back_under_its_name(iat: There, kind: str) -> None:
    answer = await asked(iat, "service_iat", payload={"data": {kind: SOUND, "encoding": "raw"}})
    assert answer["payload"]["result_1"] == {kind: SOUND, "encoding": "raw", "status": 3}
