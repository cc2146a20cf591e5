"""Pure: whether what is installed together fits together, as `pip check` asks.

https://packaging.python.org/en/latest/specifications/core-metadata/#requires-dist-multiple-use
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ci_actions.project.model import Interpreter

_SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}


@dataclass(frozen=True)
class Needs:
    """One installed distribution: its version, and what its metadata requires."""

    version: str
    requires: tuple[str, ...] = ()


def unmet(installed: Mapping[str, Needs], interpreter: Interpreter) -> tuple[str, ...]:
    """Return a sentence for every requirement that is not met; `installed` is by normalised names.

    What only an extra requires does not count: nobody knows which extras were asked for. Neither does what cannot be read.
    """
    return tuple(
        said for name, needs in sorted(installed.items()) for said in _of(name, needs, installed, interpreter)
    )


def needs_of(metadata: str) -> Needs:
    """Return what a METADATA file says; its headers end at the first empty line."""
    version, requires = "", []
    for line in metadata.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        if key == "Version":
            version = value.strip()
        elif key == "Requires-Dist":
            requires.append(value.strip())
    return Needs(version, tuple(requires))


def _of(name: str, needs: Needs, installed: Mapping[str, Needs], interpreter: Interpreter) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion

    for text in needs.requires:
        try:
            wanted = Requirement(text)
            if wanted.marker and not wanted.marker.evaluate(_markers(interpreter)):
                continue
            there = installed.get(canonicalize_name(wanted.name))
            if there is None:
                yield f"{name} {needs.version} needs {wanted.name}, which is not installed"
            elif not wanted.specifier.contains(there.version, prereleases=True):
                yield f"{name} {needs.version} needs {wanted.name}{wanted.specifier}, and {there.version} is installed"
        except (InvalidRequirement, InvalidVersion):
            continue


def _markers(interpreter: Interpreter) -> dict[str, str]:
    """Return what markers are compared with: the interpreter of the environment, which is not ours."""
    implementation = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalVM"}
    return {
        "extra": "",
        "implementation_name": interpreter.implementation,
        "implementation_version": interpreter.full_version.partition("-")[0],
        "os_name": "nt" if interpreter.platform == "win32" else "posix",
        "platform_machine": interpreter.machine,
        "platform_python_implementation": implementation.get(
            interpreter.implementation, interpreter.implementation
        ),
        "platform_system": _SYSTEMS.get(interpreter.platform, ""),
        "python_full_version": interpreter.full_version.partition("-")[0],
        "python_version": interpreter.version,
        "sys_platform": interpreter.platform,
    }
