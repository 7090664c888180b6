"""Forms, strictly: what browsers and curl send is read, and what could be read in two ways is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena.errors import Fault, ServiceError
from athena_proto.multipart import MAX_FIELDS, boundary_of, fields_of

FIELD = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
END = b"--b--\r\n"


def form(*fields: tuple[str, bytes]) -> bytes:
    return b"".join(b"--b\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in fields) + END


def disposition(options: str) -> str:
    return f"Content-Disposition: form-data; {options}"


def test_a_form_as_browsers_send_it() -> None:
    body = form(
        (disposition('name="top"'), b"3"),
        (disposition('name="page"; filename="a b.png"') + "\r\nContent-Type: image/png", b"\x89PNG\r\n--c"),
        (disposition('name="page"; filename=""') + "\r\ncontent-type: application/octet-stream", b""),
    )
    top, page, empty = fields_of(body, b"b")
    assert (top.name, top.file, top.content_type, top.data) == ("top", False, "", b"3")
    assert (page.name, page.file, page.content_type, page.data) == ("page", True, "image/png", b"\x89PNG\r\n--c")
    assert (empty.file, empty.data) == (True, b"")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ("name=a", "a"),
        ('filename="x"; name="a"', "a"),
        ('name="g\\"r\\\\"', 'g"r\\'),
        ('name="größe"', "größe"),
        ("name=\"a\"; filename*=utf-8''%e2%82%ac", "a"),
        ('NAME="a"', "a"),
    ],
)
def test_names_as_clients_write_them(options: str, name: str) -> None:
    (field,) = fields_of(form((disposition(options), b"")), b"b")
    assert field.name == name


def test_the_last_line_break_may_be_missing_and_a_form_may_be_empty() -> None:
    assert fields_of(FIELD + b"--b--", b"b")[0].data == b"x"
    assert fields_of(b"--b--", b"b") == ()


def test_large_data_are_not_copied() -> None:
    body = form((disposition('name="a"'), bytes(100_000)))
    assert isinstance(fields_of(body, b"b")[0].data, memoryview)


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=b", b"b"),
        ('multipart/form-data;boundary="a b"', b"a b"),
        ("multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundaryAb1", b"----WebKitFormBoundaryAb1"),
    ],
)
def test_a_boundary_is_found(content_type: str, boundary: bytes) -> None:
    assert boundary_of(content_type) == boundary


BOUNDARIES = [
    "",
    "; boundary=",
    '; boundary=""',
    "; boundary=b; boundary=c",
    f"; boundary={'b' * 71}",
    '; boundary="b "',
]
BOUNDARIES += ["; boundary=ü", ";boundary", "; boundary=b;", '; boundary="b', "; boundary=a b", '; boundary="a;b"']


@pytest.mark.parametrize("rest", BOUNDARIES)
def test_a_boundary_that_is_none_is_refused(rest: str) -> None:
    with pytest.raises(ServiceError, match="Content-Type") as caught:
        boundary_of(f"multipart/form-data{rest}")
    assert caught.value.fault is Fault.BAD_REQUEST


REFUSED = {
    "nothing": b"",
    "no boundary": b"x",
    "another boundary": FIELD.replace(b"--b", b"--c") + b"--c--",
    "something before it": b"x\r\n" + FIELD + END,
    "a line break before it": b"\r\n" + FIELD + END,
    "something behind it": FIELD + END + b"x",
    "a second form": FIELD + END + FIELD + END,
    "no end": FIELD,
    "cut in its data": FIELD[:-3],
    "cut in its end": FIELD + b"--b-",
    "bare line feeds": (FIELD + END).replace(b"\r\n", b"\n"),
    "spaces behind a boundary": FIELD.replace(b"--b\r", b"--b \r") + END,
    "a longer boundary": FIELD.replace(b"--b\r", b"--bb\r") + END,
    "no headers": b"--b\r\n\r\nx\r\n" + END,
    "headers without an end": b"--b\r\nContent-Disposition: form-data; name=a\r\nx\r\n" + END,
    "headers too long": FIELD.replace(b"\r\n\r\n", b"\r\nx: " + b"y" * 5000 + b"\r\n\r\n") + END,
    "a folded header": FIELD.replace(b"; name", b";\r\n name") + END,
    "a header without a colon": FIELD.replace(b"\r\n\r\n", b"\r\nx\r\n\r\n") + END,
    "a header twice": FIELD.replace(b"\r\n\r\n", b"\r\ncontent-disposition: form-data; name=b\r\n\r\n") + END,
    "headers that are not UTF-8": FIELD.replace(b'"a"', b'"\xff"') + END,
    "another disposition": FIELD.replace(b"form-data", b"attachment") + END,
    "no name": FIELD.replace(b'; name="a"', b"") + END,
    "an empty name": FIELD.replace(b'"a"', b'""') + END,
    "a name twice": FIELD.replace(b'"a"', b'"a"; name="b"') + END,
    "a name with a zero": FIELD.replace(b'"a"', b'"\x00"') + END,
    "a name with an escape character": FIELD.replace(b'"a"', b'"\x1b"') + END,
    "a name without its end": FIELD.replace(b'"a"', b'"a') + END,
    "a name of 1025 letters": FIELD.replace(b'"a"', b'"' + b"a" * 1025 + b'"') + END,
    "a backslash before a letter": FIELD.replace(b'"a"', b'"\\a"') + END,
    "base64": FIELD.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + END,
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_no_strict_form_is_refused_with_its_place(why: str) -> None:
    with pytest.raises(ServiceError, match=r"^(body|form field 1): ") as caught:
        fields_of(REFUSED[why], b"b")
    assert caught.value.fault is Fault.BAD_REQUEST


def test_a_flood_of_fields_is_too_large() -> None:
    assert len(fields_of(FIELD * MAX_FIELDS + END, b"b")) == MAX_FIELDS
    with pytest.raises(ServiceError) as caught:
        fields_of(FIELD * (MAX_FIELDS + 1) + END, b"b")
    assert caught.value.fault is Fault.TOO_LARGE


@given(st.lists(st.binary(max_size=40).filter(lambda data: b"\r\n--b" not in b"\r\n" + data), max_size=5))
def test_any_data_come_out_as_they_went_in(data: list[bytes]) -> None:
    body = form(*[(disposition('name="a"'), each) for each in data])
    assert [bytes(field.data) for field in fields_of(body, b"b")] == data
