"""Fields: what a wrapper says of its parameters, inputs and outputs, with values for a local run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .core.types import AUDIO, IMAGE, STRING, Once

__all__ = [
    "AudioBodyField",
    "BooleanParamField",
    "Field",
    "ImageBodyField",
    "IntegerParamField",
    "JsonBodyField",
    "NumberParamField",
    "ParamField",
    "PayloadField",
    "StringBodyField",
    "StringParamField",
]

log = logging.getLogger("aiges.fields")
Value = Any  # Any: wrappers give str, bytes and numbers alike


class Field:
    """Anything with a key."""

    def __init__(self, key: str = "", title: str = "", description: str = "", **more: Value) -> None:
        self.key = key
        self.title = title
        self.description = description
        # A later SDK's keyword is kept for whoever looks at it: a wrapper must not fail over one we never heard of.
        self.more = more

    @property
    def test_value(self) -> Value:
        """What a local run sends."""
        return None


class ParamField(Field):
    """A parameter.

    Attributes:
        data_type: ``string``, ``number``, ``integer`` or ``boolean``.
    """

    data_type = "string"

    def __init__(
        self, key: str = "", enums: Sequence[Value] = (), required: bool = False, value: Value = "", **more: Value
    ) -> None:
        super().__init__(key, **more)
        self.enums = list(enums or ())
        self.required = required
        self.value = value

    @property
    def test_value(self) -> Value:
        return self.value


class StringParamField(ParamField):
    """A string; ``minLength`` and ``maxLength`` bound it."""

    def __init__(
        self,
        key: str = "",
        minLength: int = 0,
        maxLength: int = 1024,
        enums: Sequence[Value] = (),
        required: bool = False,
        value: Value = "",
        description: str = "",
        title: str = "",
        **more: Value,
    ) -> None:
        super().__init__(key, enums, required, value, description=description, title=title, **more)
        self.minLength = minLength
        self.maxLength = maxLength


class NumberParamField(ParamField):
    """A number between ``minimum`` and ``maximum``."""

    data_type = "number"

    def __init__(
        self,
        key: str = "",
        minimum: float = 0,
        maximum: float = 100,
        enums: Sequence[Value] = (),
        required: bool = False,
        value: Value = 0,
        **more: Value,
    ) -> None:
        super().__init__(key, enums, required, value, **more)
        self.minimum = minimum
        self.maximum = maximum


class IntegerParamField(NumberParamField):
    """A whole number."""

    data_type = "integer"


class BooleanParamField(ParamField):
    """True or false."""

    data_type = "boolean"

    def __init__(
        self, key: str = "", title: str = "", default: Value = False, required: bool = False, **more: Value
    ) -> None:
        more.setdefault("value", default)
        super().__init__(key, required=required, title=title, **more)
        self.default = default


class PayloadField(Field):
    """An input or output.

    Attributes:
        data_type: Its kind's number.
        encoding, format, compress, status: Its attributes in a local run.
    """

    data_type = STRING

    def __init__(
        self,
        key: str = "",
        value: Value = b"",
        need_base64: bool = False,
        encoding: str = "",
        format: str = "",
        compress: str = "",
        status: int = Once,
        **more: Value,
    ) -> None:
        super().__init__(key, **more)
        self.value = value
        self.need_base64 = need_base64
        self.encoding = encoding
        self.format = format
        self.compress = compress
        self.status = status

    @property
    def test_value(self) -> bytes:
        value = self.value
        return value.encode() if isinstance(value, str) else bytes(value)


class StringBodyField(PayloadField):
    """Text; ``value`` may be bytes or a string."""

    def __init__(
        self,
        key: str = "",
        value: Value = b" ",
        need_base64: bool = False,
        encoding: str = "utf8",
        format: str = "plain",
        compress: str = "raw",
        status: int = Once,
        **more: Value,
    ) -> None:
        super().__init__(key, value, need_base64, encoding, format, compress, status, **more)
        self.text = value


class JsonBodyField(PayloadField):
    """A JSON value, as text."""

    def __init__(self, key: str = "", value: Value = "", need_base64: bool = False, **more: Value) -> None:
        settings = {"encoding": "utf8", "format": "json", "compress": "raw", **more}
        super().__init__(key, value, need_base64, **settings)


class _FileField(PayloadField):
    """Data out of a sample file, read when a local run first asks for it."""

    def __init__(self, key: str = "", path: str = "", need_base64: bool = False, **more: Value) -> None:
        super().__init__(key, b"", need_base64, **more)
        self.path = str(path)

    @property
    def test_value(self) -> bytes:
        try:
            return Path(self.path).read_bytes()
        except OSError as error:
            # Upstream warns and goes on with a placeholder: the sample is nobody's need but a local run's.
            log.warning("%s: its sample file cannot be read: %s", self.key, error)
            return b"placeholder"


class ImageBodyField(_FileField):
    """An image; ``path`` names a sample."""

    data_type = IMAGE

    def __init__(
        self,
        key: str = "",
        path: str = "",
        need_base64: bool = False,
        encoding: str = "jpg",
        status: int = Once,
        **more: Value,
    ) -> None:
        super().__init__(key, path, need_base64, encoding=encoding, status=status, **more)

    @property
    def image(self) -> bytes:
        """The sample."""
        return self.test_value


class AudioBodyField(_FileField):
    """Audio; ``path`` names a sample."""

    data_type = AUDIO

    def __init__(
        self,
        key: str = "",
        path: str = "",
        encoding: str = "raw",
        format: str = "plain",
        compress: str = "raw",
        status: int = Once,
        **more: Value,
    ) -> None:
        super().__init__(key, path, encoding=encoding, format=format, compress=compress, status=status, **more)

    @property
    def audio(self) -> bytes:
        """The sample."""
        return self.test_value
