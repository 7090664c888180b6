"""A probe with personalised resources: its calls say which it has, and what the ones they name hold."""

from __future__ import annotations

import os

from athena.errors import Fault, ServiceError
from athena.models import Part, Reply, Request, Resource, named_resources
from athena.specs import hookimpl
from athena.testing.misbehave import misbehave

from .session import Probe

__all__ = ["ResourceProbe"]


class ResourceProbe(Probe):
    """As Probe. A resource's attribute ``do`` says what its load does: ``refuse``, or a name of misbehave."""

    def held(self) -> dict[str, Resource]:
        """Those that it has."""
        found: dict[str, Resource] = self.__dict__.setdefault("_held", {})
        return found

    @hookimpl
    def athena_resource_load(self, resource: Resource) -> None:
        """Keep it, with data of its own."""
        self.journal.note("load", resource.id, pid=os.getpid())
        act = resource.attributes.get("do", "")
        if act == "refuse" or act == f"refuse-in-{os.getpid()}":
            raise ServiceError(Fault.BAD_REQUEST, "this resource is not for me", code=4711)
        if act:
            misbehave(act)
        parts = tuple(Part(p.key, p.tobytes(), p.kind, p.stage, p.seq, dict(p.attributes)) for p in resource.parts)
        self.held()[resource.id] = Resource(resource.id, parts, dict(resource.attributes))

    @hookimpl
    def athena_resource_unload(self, resource_id: str) -> None:
        """Forget it."""
        self.journal.note("unload", resource_id, pid=os.getpid())
        del self.held()[resource_id]

    def do_held(self, request: Request) -> Reply:
        """What it has by id, and in full what the request names."""
        named = [self.held()[name] for name in named_resources(request.params, request.headers)]
        told = {
            "pid": os.getpid(),
            "held": sorted(self.held()),
            "named": [[one.id, dict(one.attributes), [part.key for part in one.parts]] for one in named],
        }
        return Reply((Part.from_json("held", told), *(part for one in named for part in one.parts)))
