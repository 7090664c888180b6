"""What is sent is what comes back."""

from __future__ import annotations

import json

from athena_proto import inference_pb2 as pb
from benchmarks.messages import ase, ase_data, block, framed, native, native_data, oip, oip_binary, oip_data


def test_a_block_is_the_same_in_every_run() -> None:
    assert block(128) == block(128)
    assert len(block(1024)) == 1024


def test_the_data_of_a_document_is_found_in_it() -> None:
    assert ase_data(ase(block(128))) == block(128)


def test_the_data_of_a_call_is_found_in_its_reply_and_in_its_echo() -> None:
    call = native(block(128))
    reply = pb.Reply(parts=pb.Request.FromString(call).parts).SerializeToString()
    assert native_data(reply) == native_data(call) == block(128)


def test_a_framed_message_says_its_length() -> None:
    assert framed(b"abc") == b"\0\0\0\0\3abc"


def test_the_data_of_a_tensor_are_found_in_json_and_behind_it() -> None:
    call = oip(block(128))
    answer = json.dumps({"outputs": json.loads(call)["inputs"]}).encode()
    assert oip_data(answer) == oip_data(call) == block(128)
    body, length = oip_binary(block(128))
    assert body[length:] == block(128)
    assert json.loads(body[:length])["inputs"][0]["parameters"] == {"binary_data_size": 128}
