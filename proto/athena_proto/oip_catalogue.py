"""What the Open Inference Protocol says of a server and its services: metadata, readiness, the repository's index."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping

from athena.errors import Fault, ServiceError
from athena.models import Description, Field, Principal, ServiceView

from .oip_tensors import shape_of

__all__ = [
    "EXTENSIONS",
    "NAME",
    "PLATFORM",
    "UNMANAGED",
    "Row",
    "described",
    "index",
    "known",
    "load",
    "metadata",
    "model",
    "release",
    "tensors",
    "version_of",
]

NAME = "athena"
PLATFORM = "athena"
EXTENSIONS = ("binary_tensor_data", "generate", "model_repository", "sequence")
READY, UNREADY = "READY", "UNAVAILABLE"
UNMANAGED = "services are loaded and unloaded by the configuration: change the toml and run `athena reload`"
"""Why a model cannot be unloaded, or loaded anew, through the protocol."""

Row = dict[str, str]


def version_of(description: Description) -> str:
    """The only version a service has: its wrapper's, or 1."""
    return description.version or "1"


def _visible(views: Mapping[str, ServiceView], principal: Principal) -> dict[str, ServiceView]:
    """The services a caller may use."""
    scopes = principal.scopes
    return {name: view for name, view in sorted(views.items()) if scopes is None or name in scopes}


def model(views: Mapping[str, ServiceView], principal: Principal, name: str, version: str = "") -> ServiceView:
    """The service that is asked about.

    Raises:
        ServiceError: NOT_FOUND.
    """
    there = _visible(views, principal)
    view = there.get(name)
    if view is None:
        raise ServiceError(Fault.NOT_FOUND, f"no model {name!r}; this server has: {', '.join(there) or 'none'}")
    _must_be(version, view)
    return view


def load(views: Mapping[str, ServiceView], principal: Principal, name: str, *, changed: bool = False) -> None:
    """What a client asks that loads a model before it calls it: nothing is left to do where the service is there.

    Args:
        views: The services.
        principal: Who asks.
        name: Of the service.
        changed: Whether the client sent a configuration or files to load it with.

    Raises:
        ServiceError: NOT_FOUND; UNAVAILABLE while it is not ready; UNSUPPORTED for what only the configuration may do.
    """
    view = model(views, principal, name)
    if changed:
        raise ServiceError(Fault.UNSUPPORTED, UNMANAGED)
    if not view.health.ready:
        raise ServiceError(Fault.UNAVAILABLE, f"model {name!r} is not ready: {view.health.reason}", retry_after=1.0)


def known(views: Mapping[str, ServiceView], name: str, version: str = "") -> Description:
    """What a call's service takes, as far as it is known before the call; whether there is one is the kernel's to say.

    Raises:
        ServiceError: NOT_FOUND, for a version it has not.
    """
    view = views.get(name)
    if view is None:
        return _UNKNOWN
    if version:
        _must_be(version, view)
    return view.description


_UNKNOWN = Description()


def _must_be(version: str, view: ServiceView) -> None:
    there = version_of(view.description)
    if version not in ("", there):
        raise ServiceError(Fault.NOT_FOUND, f"model {view.name!r} has no version {version!r}; it has: {there}")


def tensors(fields: tuple[Field, ...]) -> list[tuple[str, str, tuple[int, ...]]]:
    """(name, datatype, shape) of every declared input or output; what takes any key has no name to show."""
    return [(one.key, *shape_of(one)) for one in fields if one.key != "*"]


def index(views: Mapping[str, ServiceView], principal: Principal, *, ready: bool = False) -> list[Row]:
    """The repository's index: every service the caller may use, or only those that are ready."""
    return [
        {
            "name": name,
            "version": version_of(view.description),
            "state": READY if view.health.ready else UNREADY,
            "reason": view.health.reason,
        }
        for name, view in _visible(views, principal).items()
        if view.health.ready or not ready
    ]


def metadata(view: ServiceView) -> dict[str, object]:
    """A model's metadata, as REST has them."""
    return described(view.name, view.description)


def described(name: str, description: Description) -> dict[str, object]:
    """The same of a service that need not run: the format ``oip`` of ``athena schema``.

    Args:
        name: The service.
        description: What it takes and gives.
    """
    sides = {
        side: [{"name": name, "datatype": datatype, "shape": shape} for name, datatype, shape in tensors(fields)]
        for side, fields in (("inputs", description.inputs), ("outputs", description.outputs))
    }
    return {"name": name, "versions": [version_of(description)], "platform": PLATFORM, **sides}


def release() -> str:
    """The server's own version."""
    return importlib.metadata.version("athena-serving")
