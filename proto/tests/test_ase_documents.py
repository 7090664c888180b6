"""The document's shape: units by key, and the text of embedded values as it was sent."""

from __future__ import annotations

from athena.models import Part
from athena_proto.ase_documents import DOCUMENT, VERBATIM, payload_of, verbatim_of


def test_a_key_is_a_unit_and_a_key_used_again_a_list() -> None:
    payload = payload_of([Part("a"), Part("b"), Part("a"), Part("a")], plain=False, embed=True)
    assert isinstance(payload["b"], dict)
    assert isinstance(payload["a"], list)
    assert len(payload["a"]) == 3


def test_embedded_text_is_found_in_units_and_in_lists_of_units() -> None:
    document = VERBATIM.decode(b'{"payload":{"a":{"text": [1] },"b":[{"text":2},{"text":{ }}]}}')
    assert verbatim_of(document, "a", 0, "text") == b"[1]"
    assert verbatim_of(document, "b", 1, "text") == b"{ }"


def test_unknown_members_are_dropped() -> None:
    assert DOCUMENT.decode(b'{"more":1,"header":{}}').header == {}
