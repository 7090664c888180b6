"""A wrapper whose description is none: loaded by path, as an author's file would be."""

from __future__ import annotations

from athena import Reply, Request, hookimpl


class Undescribed:
    """Says nothing of itself where a Description is expected."""

    @hookimpl
    def athena_describe(self) -> object:
        return {"inputs": []}

    @hookimpl
    def athena_once_exec(self, request: Request) -> Reply:
        return Reply()
