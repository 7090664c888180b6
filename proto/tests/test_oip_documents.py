"""What a decoder makes of requests of the Open Inference Protocol: what was not said is told from what was null."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET

from athena_proto.oip_documents import INFER


def test_data_stay_as_they_were_written_and_what_is_not_said_is_unset() -> None:
    asked = INFER.decode(b'{"inputs":[{"name":"a","shape":[2],"datatype":"INT32","data":[1, 2]}],"id":null}')
    assert bytes(asked.inputs[0].data) == b"[1, 2]"
    assert (asked.inputs[0].parameters, asked.id, asked.outputs) == (UNSET, None, UNSET)


def test_a_path_leads_to_what_is_wrong() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.inputs\[0\]\.shape"):
        INFER.decode(b'{"inputs":[{"name":"a","shape":"x","datatype":"INT32"}]}')
