from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Part(_message.Message):
    __slots__ = ("key", "kind", "stage", "seq", "attributes", "size")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    key: str
    kind: int
    stage: int
    seq: int
    attributes: _containers.ScalarMap[str, str]
    size: int
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[int] = ..., stage: _Optional[int] = ..., seq: _Optional[int] = ..., attributes: _Optional[_Mapping[str, str]] = ..., size: _Optional[int] = ...) -> None: ...

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
    kind: int
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[int] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Scopes(_message.Message):
    __slots__ = ("services",)
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    services: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, services: _Optional[_Iterable[str]] = ...) -> None: ...

class Principal(_message.Message):
    __slots__ = ("id", "guard", "scopes", "expires", "body_sha256")
    ID_FIELD_NUMBER: _ClassVar[int]
    GUARD_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    BODY_SHA256_FIELD_NUMBER: _ClassVar[int]
    id: str
    guard: str
    scopes: Scopes
    expires: float
    body_sha256: str
    def __init__(self, id: _Optional[str] = ..., guard: _Optional[str] = ..., scopes: _Optional[_Union[Scopes, _Mapping]] = ..., expires: _Optional[float] = ..., body_sha256: _Optional[str] = ...) -> None: ...

class Request(_message.Message):
    __slots__ = ("sid", "parts", "params", "headers", "expect", "remaining_us", "principal", "held")
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
    SID_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    EXPECT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_US_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    sid: str
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    params: _containers.ScalarMap[str, str]
    headers: _containers.ScalarMap[str, str]
    expect: _containers.RepeatedCompositeFieldContainer[Expectation]
    remaining_us: int
    principal: Principal
    held: bool
    def __init__(self, sid: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., params: _Optional[_Mapping[str, str]] = ..., headers: _Optional[_Mapping[str, str]] = ..., expect: _Optional[_Iterable[_Union[Expectation, _Mapping]]] = ..., remaining_us: _Optional[int] = ..., principal: _Optional[_Union[Principal, _Mapping]] = ..., held: bool = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("parts", "stage", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PARTS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    stage: int
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., stage: _Optional[int] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Fault(_message.Message):
    __slots__ = ("fault", "message", "executed", "code", "retry_after", "error_id")
    FAULT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    ERROR_ID_FIELD_NUMBER: _ClassVar[int]
    fault: str
    message: str
    executed: str
    code: int
    retry_after: float
    error_id: str
    def __init__(self, fault: _Optional[str] = ..., message: _Optional[str] = ..., executed: _Optional[str] = ..., code: _Optional[int] = ..., retry_after: _Optional[float] = ..., error_id: _Optional[str] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ("text", "integer", "number", "truth", "list", "table", "time")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TRUTH_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    text: str
    integer: int
    number: float
    truth: bool
    list: List
    table: Table
    time: str
    def __init__(self, text: _Optional[str] = ..., integer: _Optional[int] = ..., number: _Optional[float] = ..., truth: bool = ..., list: _Optional[_Union[List, _Mapping]] = ..., table: _Optional[_Union[Table, _Mapping]] = ..., time: _Optional[str] = ...) -> None: ...

class List(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class Table(_message.Message):
    __slots__ = ("entries",)
    class EntriesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.MessageMap[str, Value]
    def __init__(self, entries: _Optional[_Mapping[str, Value]] = ...) -> None: ...

class Middleware(_message.Message):
    __slots__ = ("name", "section")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    section: Table
    def __init__(self, name: _Optional[str] = ..., section: _Optional[_Union[Table, _Mapping]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_message", "max_in_flight", "default_deadline", "max_deadline", "idle_timeout", "max_lifetime")
    MAX_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MAX_IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    MAX_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    MAX_LIFETIME_FIELD_NUMBER: _ClassVar[int]
    max_message: int
    max_in_flight: int
    default_deadline: float
    max_deadline: float
    idle_timeout: float
    max_lifetime: float
    def __init__(self, max_message: _Optional[int] = ..., max_in_flight: _Optional[int] = ..., default_deadline: _Optional[float] = ..., max_deadline: _Optional[float] = ..., idle_timeout: _Optional[float] = ..., max_lifetime: _Optional[float] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("api_low", "api_high", "service", "wrapper", "folder", "config", "middleware", "devices", "limits", "threads", "probe", "log_level", "gathers")
    API_LOW_FIELD_NUMBER: _ClassVar[int]
    API_HIGH_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    WRAPPER_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    MIDDLEWARE_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    PROBE_FIELD_NUMBER: _ClassVar[int]
    LOG_LEVEL_FIELD_NUMBER: _ClassVar[int]
    GATHERS_FIELD_NUMBER: _ClassVar[int]
    api_low: int
    api_high: int
    service: str
    wrapper: str
    folder: str
    config: Table
    middleware: _containers.RepeatedCompositeFieldContainer[Middleware]
    devices: _containers.RepeatedScalarFieldContainer[str]
    limits: Limits
    threads: int
    probe: bool
    log_level: str
    gathers: bool
    def __init__(self, api_low: _Optional[int] = ..., api_high: _Optional[int] = ..., service: _Optional[str] = ..., wrapper: _Optional[str] = ..., folder: _Optional[str] = ..., config: _Optional[_Union[Table, _Mapping]] = ..., middleware: _Optional[_Iterable[_Union[Middleware, _Mapping]]] = ..., devices: _Optional[_Iterable[str]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., threads: _Optional[int] = ..., probe: bool = ..., log_level: _Optional[str] = ..., gathers: bool = ...) -> None: ...

class Phase(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

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
    kind: int
    required: bool
    formats: _containers.RepeatedScalarFieldContainer[str]
    schema: str
    dtype: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    items: bool
    summary: str
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[int] = ..., required: bool = ..., formats: _Optional[_Iterable[str]] = ..., schema: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., items: bool = ..., summary: _Optional[str] = ...) -> None: ...

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

class Ready(_message.Message):
    __slots__ = ("api", "description", "hooks", "version", "holds")
    API_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    HOOKS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    api: int
    description: Description
    hooks: _containers.RepeatedScalarFieldContainer[str]
    version: str
    holds: int
    def __init__(self, api: _Optional[int] = ..., description: _Optional[_Union[Description, _Mapping]] = ..., hooks: _Optional[_Iterable[str]] = ..., version: _Optional[str] = ..., holds: _Optional[int] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("path", "text")
    PATH_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    path: _containers.RepeatedScalarFieldContainer[str]
    text: str
    def __init__(self, path: _Optional[_Iterable[str]] = ..., text: _Optional[str] = ...) -> None: ...

class Refused(_message.Message):
    __slots__ = ("reason", "message", "problems", "plugin", "distribution", "fault")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    plugin: str
    distribution: str
    fault: Fault
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ..., plugin: _Optional[str] = ..., distribution: _Optional[str] = ..., fault: _Optional[_Union[Fault, _Mapping]] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("calls",)
    CALLS_FIELD_NUMBER: _ClassVar[int]
    calls: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, calls: _Optional[_Iterable[int]] = ...) -> None: ...

class Gather(_message.Message):
    __slots__ = ("max_size", "max_wait_ms")
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    max_size: int
    max_wait_ms: float
    def __init__(self, max_size: _Optional[int] = ..., max_wait_ms: _Optional[float] = ...) -> None: ...

class Credit(_message.Message):
    __slots__ = ("messages", "bytes")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    messages: int
    bytes: int
    def __init__(self, messages: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("config", "middleware", "version")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    MIDDLEWARE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    config: Table
    middleware: _containers.RepeatedCompositeFieldContainer[Middleware]
    version: str
    def __init__(self, config: _Optional[_Union[Table, _Mapping]] = ..., middleware: _Optional[_Iterable[_Union[Middleware, _Mapping]]] = ..., version: _Optional[str] = ...) -> None: ...

class Resource(_message.Message):
    __slots__ = ("id", "parts", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    id: str
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, id: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ResourceId(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class Log(_message.Message):
    __slots__ = ("level", "logger", "message", "time", "fields")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    LOGGER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    level: int
    logger: str
    message: str
    time: float
    fields: _containers.ScalarMap[str, str]
    def __init__(self, level: _Optional[int] = ..., logger: _Optional[str] = ..., message: _Optional[str] = ..., time: _Optional[float] = ..., fields: _Optional[_Mapping[str, str]] = ...) -> None: ...
