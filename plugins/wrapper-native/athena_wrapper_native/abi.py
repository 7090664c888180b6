"""The C ABI in cffi's words: two structs, fifteen functions, the callbacks; and what each function is for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import cffi

__all__ = ["FFI", "NULL", "SYMBOLS", "Pointer"]

Pointer = Any
"""Memory of the library's or ours (Any: cffi ships no types)."""

FFI: Any = cffi.FFI()  # Any: as above
FFI.cdef(
    """
    typedef struct ParamList { char *key; char *value; unsigned int vlen; struct ParamList *next; } ParamList;
    typedef struct DataList {
        char *key; void *data; unsigned int len; int type; int status; ParamList *desc; struct DataList *next;
    } DataList;
    typedef int (*wrapperCallback)(const void *tag, DataList *nodes, int code);
    typedef int (*wrapperMeterCustom)(const char *tag, const char *unit, int count);
    typedef int (*wrapperMetricsLog)(const char *tag, const char *key, long long value);
    typedef int (*wrapperTraceLog)(const char *tag, const char *key, const char *value);

    int wrapperSetCtrl(int type, void *function);
    int wrapperInit(ParamList *config);
    int wrapperFini(void);
    const char *wrapperError(int code);
    const char *wrapperVersion(void);
    int wrapperLoadRes(DataList *resource, unsigned int id);
    int wrapperUnloadRes(unsigned int id);
    const void *wrapperCreate(const char *tag, ParamList *params, wrapperCallback callback,
                              unsigned int *resources, int count, int *code);
    int wrapperWrite(const void *handle, DataList *nodes);
    int wrapperRead(const void *handle, DataList **nodes);
    int wrapperDestroy(const void *handle);
    const char *wrapperDebugInfo(const void *handle);
    int wrapperExec(const char *tag, ParamList *params, DataList *nodes, DataList **results,
                    unsigned int *resources, int count);
    int wrapperExecFree(const char *tag, DataList **results);
    int wrapperExecAsync(const char *tag, ParamList *params, DataList *nodes, wrapperCallback callback, int timeout,
                         unsigned int *resources, int count);
    """
)
NULL: Pointer = FFI.NULL

SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "wrapperSetCtrl": "it reports no usage, figures or traces",
        "wrapperInit": "it is given no configuration",
        "wrapperFini": "it is not told of its end",
        "wrapperError": "its error codes have no words",
        "wrapperVersion": "its version is not known",
        "wrapperLoadRes": "it takes no personalised resources",
        "wrapperUnloadRes": "it takes no personalised resources",
        "wrapperCreate": "it has no sessions",
        "wrapperWrite": "it has no sessions",
        "wrapperRead": "its sessions can only answer by callback",
        "wrapperDestroy": "it has no sessions",
        "wrapperExec": "single calls can only be answered by callback",
        "wrapperExecFree": "it frees the results of single calls itself",
        "wrapperExecAsync": "single calls cannot be answered by callback",
        "wrapperDebugInfo": "its sessions leave no line in the log",
    }
)
"""Every function of the ABI, and what it means where a library has it not."""
