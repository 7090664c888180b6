"""``wrapper = "./my-wrapper.jar"``: the worker is a JVM that runs the archive."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from athena.errors import PluginMissing, PluginRefused
from athena.interfaces import Host
from athena.models import ServiceSettings, WrapperContext
from athena.section import Free

__all__ = ["Jar"]

FLAGS = ("-XX:-UsePerfData",)
"""No file outside the worker's private folder. Everything else, such as the collector, is the author's to choose."""
_FOUND = "JAVA_HOME names no JVM, and there is no java on PATH; install a JRE of 17 or later"


class Jar(Host):
    """Starts an archive that says its ``Main-Class``; that class calls ``athena.wrapper.Worker.run``."""

    Section = Free  # the table is the wrapper's own

    def __init__(self, table: Free) -> None:
        """Args:
        table: ``[services.x.config]``; the worker is given it in HELLO.
        """

    def command(self, path: str, settings: ServiceSettings) -> tuple[str, ...]:
        """The argv of the JVM; its own options come from the environment variable ``JDK_JAVA_OPTIONS``.

        Raises:
            PluginMissing: There is no such archive, or no JVM.
            PluginRefused: The archive cannot be started.
        """
        where = f"services.{settings.name}.wrapper"
        if not Path(path).is_file():
            raise PluginMissing(f"{where}: there is no {path}; build it first", plugin="hosts.jar")
        if "Main-Class:" not in _manifest(path, where):
            text = f"{where}: {path} has no Main-Class in its manifest; jar --main-class NAME sets it"
            raise PluginRefused(text, plugin="hosts.jar")
        return (_java(where), *FLAGS, "-jar", path)

    def load(self, path: str, context: WrapperContext) -> object:
        """An archive is never loaded into a Python process.

        Raises:
            PluginRefused: Always.
        """
        text = f'services.{context.service}: an archive runs in a JVM of its own, which needs executor = "process"'
        raise PluginRefused(text, plugin="hosts.jar")


def _manifest(path: str, where: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise PluginRefused(f"{where}: {path} is no Java archive: {error}", plugin="hosts.jar") from error


def _java(where: str) -> str:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=os.path.join(home, "bin")) if home else None
    found = found or shutil.which("java")
    if found is None:
        raise PluginMissing(f"{where}: {_FOUND}", plugin="hosts.jar")
    return found
