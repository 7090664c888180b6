from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEXT: _ClassVar[Kind]
    AUDIO: _ClassVar[Kind]
    IMAGE: _ClassVar[Kind]
    VIDEO: _ClassVar[Kind]
    OTHER: _ClassVar[Kind]

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BEGIN: _ClassVar[Stage]
    CONTINUE: _ClassVar[Stage]
    END: _ClassVar[Stage]
    ONCE: _ClassVar[Stage]

class Executed(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NO: _ClassVar[Executed]
    YES: _ClassVar[Executed]
    UNKNOWN: _ClassVar[Executed]
TEXT: Kind
AUDIO: Kind
IMAGE: Kind
VIDEO: Kind
OTHER: Kind
BEGIN: Stage
CONTINUE: Stage
END: Stage
ONCE: Stage
NO: Executed
YES: Executed
UNKNOWN: Executed

class Part(_message.Message):
    __slots__ = ("key", "data", "kind", "stage", "seq", "attributes", "segment")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    key: str
    data: bytes
    kind: Kind
    stage: Stage
    seq: int
    attributes: _containers.ScalarMap[str, str]
    segment: int
    def __init__(self, key: _Optional[str] = ..., data: _Optional[bytes] = ..., kind: _Optional[_Union[Kind, str]] = ..., stage: _Optional[_Union[Stage, str]] = ..., seq: _Optional[int] = ..., attributes: _Optional[_Mapping[str, str]] = ..., segment: _Optional[int] = ...) -> None: ...

class Expectation(_message.Message):
    __slots__ = ("key", "kind", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    key: str
    kind: Kind
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Request(_message.Message):
    __slots__ = ("service", "sid", "alias", "parts", "params", "headers", "expect", "remaining_us")
    class ParamsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    SID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    EXPECT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_US_FIELD_NUMBER: _ClassVar[int]
    service: str
    sid: str
    alias: str
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    params: _containers.ScalarMap[str, str]
    headers: _containers.ScalarMap[str, str]
    expect: _containers.RepeatedCompositeFieldContainer[Expectation]
    remaining_us: int
    def __init__(self, service: _Optional[str] = ..., sid: _Optional[str] = ..., alias: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., params: _Optional[_Mapping[str, str]] = ..., headers: _Optional[_Mapping[str, str]] = ..., expect: _Optional[_Iterable[_Union[Expectation, _Mapping]]] = ..., remaining_us: _Optional[int] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("sid", "parts", "stage", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SID_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    sid: str
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    stage: Stage
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, sid: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., stage: _Optional[_Union[Stage, str]] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Fault(_message.Message):
    __slots__ = ("name", "message", "executed", "code", "retry_after_ms", "error_id", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    ERROR_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    message: str
    executed: Executed
    code: int
    retry_after_ms: int
    error_id: str
    status: int
    def __init__(self, name: _Optional[str] = ..., message: _Optional[str] = ..., executed: _Optional[_Union[Executed, str]] = ..., code: _Optional[int] = ..., retry_after_ms: _Optional[int] = ..., error_id: _Optional[str] = ..., status: _Optional[int] = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ("sid",)
    SID_FIELD_NUMBER: _ClassVar[int]
    sid: str
    def __init__(self, sid: _Optional[str] = ...) -> None: ...

class Accepted(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadRequest(_message.Message):
    __slots__ = ("sid", "wait_us")
    SID_FIELD_NUMBER: _ClassVar[int]
    WAIT_US_FIELD_NUMBER: _ClassVar[int]
    sid: str
    wait_us: int
    def __init__(self, sid: _Optional[str] = ..., wait_us: _Optional[int] = ...) -> None: ...

class CloseRequest(_message.Message):
    __slots__ = ("sid", "reason")
    SID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    sid: str
    reason: str
    def __init__(self, sid: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Closed(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Resource(_message.Message):
    __slots__ = ("service", "id", "attributes", "parts")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    service: str
    id: str
    attributes: _containers.ScalarMap[str, str]
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    def __init__(self, service: _Optional[str] = ..., id: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ...) -> None: ...

class Loaded(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UnloadRequest(_message.Message):
    __slots__ = ("service", "id")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    service: str
    id: str
    def __init__(self, service: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class Unloaded(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResourcesRequest(_message.Message):
    __slots__ = ("service",)
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    service: str
    def __init__(self, service: _Optional[str] = ...) -> None: ...

class ResourceList(_message.Message):
    __slots__ = ("resources",)
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    resources: _containers.RepeatedCompositeFieldContainer[ResourceView]
    def __init__(self, resources: _Optional[_Iterable[_Union[ResourceView, _Mapping]]] = ...) -> None: ...

class ResourceView(_message.Message):
    __slots__ = ("id", "size", "sha256", "users")
    ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    id: str
    size: int
    sha256: str
    users: int
    def __init__(self, id: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ..., users: _Optional[int] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ("service",)
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    service: str
    def __init__(self, service: _Optional[str] = ...) -> None: ...

class ServicesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ServiceList(_message.Message):
    __slots__ = ("services",)
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    services: _containers.RepeatedCompositeFieldContainer[Service]
    def __init__(self, services: _Optional[_Iterable[_Union[Service, _Mapping]]] = ...) -> None: ...

class Service(_message.Message):
    __slots__ = ("name", "ready", "reason", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    ready: bool
    reason: str
    description: Description
    def __init__(self, name: _Optional[str] = ..., ready: bool = ..., reason: _Optional[str] = ..., description: _Optional[_Union[Description, _Mapping]] = ...) -> None: ...

class Description(_message.Message):
    __slots__ = ("version", "summary", "inputs", "outputs", "params", "operations")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    version: str
    summary: str
    inputs: _containers.RepeatedCompositeFieldContainer[Field]
    outputs: _containers.RepeatedCompositeFieldContainer[Field]
    params: _containers.RepeatedCompositeFieldContainer[Param]
    operations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, version: _Optional[str] = ..., summary: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[Field, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[Field, _Mapping]]] = ..., params: _Optional[_Iterable[_Union[Param, _Mapping]]] = ..., operations: _Optional[_Iterable[str]] = ...) -> None: ...

class Field(_message.Message):
    __slots__ = ("key", "kind", "required", "formats", "schema", "dtype", "shape", "items", "summary")
    KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    FORMATS_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    key: str
    kind: Kind
    required: bool
    formats: _containers.RepeatedScalarFieldContainer[str]
    schema: str
    dtype: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    items: bool
    summary: str
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ..., required: bool = ..., formats: _Optional[_Iterable[str]] = ..., schema: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., items: bool = ..., summary: _Optional[str] = ...) -> None: ...

class Param(_message.Message):
    __slots__ = ("key", "type", "required", "default", "minimum", "maximum", "choices", "summary")
    KEY_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    key: str
    type: str
    required: bool
    default: str
    minimum: float
    maximum: float
    choices: _containers.RepeatedScalarFieldContainer[str]
    summary: str
    def __init__(self, key: _Optional[str] = ..., type: _Optional[str] = ..., required: bool = ..., default: _Optional[str] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., choices: _Optional[_Iterable[str]] = ..., summary: _Optional[str] = ...) -> None: ...

class Headers(_message.Message):
    __slots__ = ("headers",)
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    headers: _containers.ScalarMap[str, str]
    def __init__(self, headers: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Credit(_message.Message):
    __slots__ = ("messages", "bytes")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    messages: int
    bytes: int
    def __init__(self, messages: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...
