"""The error codes of upstream's SDK."""

from __future__ import annotations

__all__ = ["INIT_ERROR", "OK", "USER_EXEC_ERROR", "USER_INIT_ERROR"]

OK = 0
INIT_ERROR = 30001
USER_INIT_ERROR = 30002
USER_EXEC_ERROR = 30003
