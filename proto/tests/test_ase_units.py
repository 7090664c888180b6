"""Single units: the statuses, the reserved keys, the bounds of an embedded value."""

from __future__ import annotations

import orjson
import pytest

from athena.errors import ServiceError
from athena.models import Kind, Part, Stage
from athena_proto.ase_units import check_value, decode_unit, encode_unit, stage_of


@pytest.mark.parametrize("stage", Stage)
def test_a_status_is_a_number_or_the_same_as_a_string(stage: Stage) -> None:
    assert stage_of(stage.value, "p") is stage
    assert stage_of(str(stage.value), "p") is stage


@pytest.mark.parametrize("value", [4, -1, "", "x", None, True, 1.0, [], {}])
def test_any_other_status_is_refused(value: object) -> None:
    with pytest.raises(ServiceError, match="p: expected 0"):
        stage_of(value, "p")


def test_a_number_sent_as_a_string_counts_as_seq() -> None:
    assert decode_unit("d", {"seq": "12"}, Stage.ONCE, Kind.OTHER, 10).seq == 12


def test_a_unit_without_limit_stays_folded() -> None:
    part = decode_unit("d", {"compress": "gzip", "other": "eA=="}, Stage.ONCE, Kind.OTHER, None)
    assert (part.data, part.attributes) == (b"x", {"compress": "gzip"})


def test_an_embedded_value_may_be_61_levels_deep() -> None:
    value: object = 1
    for _ in range(61):
        value = [value]
    assert check_value(value, "p") == 0
    with pytest.raises(ServiceError, match="deeper"):
        check_value([value], "p")


def test_a_client_never_embeds() -> None:
    unit = encode_unit(Part.from_json("d", {"a": 1}), embed=False)
    assert orjson.loads(orjson.dumps(unit)) == {
        "encoding": "utf8",
        "format": "json",
        "status": 3,
        "text": "eyJhIjoxfQ==",
    }
