"""The Python packages that locks and pinned requirements name, with their exact versions and where they stand.

Nothing is resolved: resolution runs the build code of packages. What has no exact version is told apart, as nobody
can audit it. `project.locks` reads the same files, and refuses one of a format that it does not know, or with one version
that is none: right for who installs from it. Here every name and version that stands there is worth a look.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci_actions.project import requirements
from ci_actions.project.files import is_pylock
from ci_actions.project.locks import normalised

#: Locks, by the end of their name.
TOML_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock")
_REQUIREMENTS = re.compile(
    r"(?:.*/)?(?:[^/]*(?:requirements|constraints)[^/]*\.txt|requirements/(?:[^/]+/)*[^/]+\.txt)",
    re.IGNORECASE,
)
#: https://packaging.python.org/en/latest/specifications/dependency-specifiers/#names
_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)")
_PINNED = re.compile(r"(===?)\s*([A-Za-z0-9_.!+-]+)(?:\s*(?:;.*)?)$")
_EGG = re.compile(r"#egg=([A-Za-z0-9._-]+)")
#: Where a TOML lock says that a package is part of the project itself.
_OWN = ("editable", "virtual", "directory", "workspace")


@dataclass(frozen=True, order=True)
class Pinned:
    """One package at one version, and where a file says so."""

    name: str
    version: str
    path: str
    line: int = 0


@dataclass(frozen=True)
class Packages:
    """What one file names: packages with a version, and, in the file's own words, those without."""

    pinned: tuple[Pinned, ...] = ()
    unpinned: tuple[str, ...] = ()


class Unreadable(Exception):
    """A lock that cannot be understood; the text says why."""


def is_lock(path: str) -> bool:
    """Whether a file is a lock or a requirements file by its name."""
    base = path.rpartition("/")[2]
    return base in (*TOML_LOCKS, "Pipfile.lock") or is_pylock(base) or bool(_REQUIREMENTS.fullmatch(path))


def packages(path: str, content: bytes) -> Packages:
    """Return the packages in a lock or requirements file; raises Unreadable for one that is broken."""
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Unreadable("it is not UTF-8") from wrong
    base = path.rpartition("/")[2]
    try:
        if base == "Pipfile.lock":
            return _pipfile(path, json.loads(text), text)
        if base.endswith((".lock", ".toml")):
            return _toml(path, tomllib.loads(text), text)
    except (ValueError, TypeError, AttributeError, RecursionError) as wrong:
        raise Unreadable("it is no valid lock") from wrong
    return _requirements(path, text)


def _requirements(path: str, text: str) -> Packages:
    pinned = []
    unpinned = []
    for line in requirements.lines(text):
        if line.kind not in (requirements.Kind.REQUIREMENT, requirements.Kind.EDITABLE):
            continue
        found = _NAME.fullmatch(line.text)
        exact = _PINNED.match(found[2]) if found else None
        if found and exact and "*" not in exact[2]:
            pinned.append(Pinned(normalised(found[1]), exact[2], path, line.number))
        elif not line.text.startswith((".", "/", "file:.")):  # Not the project itself, or a part of it.
            unpinned.append(_shown(line.text))
    return Packages(tuple(pinned), tuple(unpinned))


def _shown(requirement: str) -> str:
    """Return the name of a requirement, or what is before its address: that may hold a password."""
    if egg := _EGG.search(requirement):
        return egg[1]
    found = _NAME.match(requirement)
    return found[1] if found and "://" not in requirement.partition("@")[0] else "an address"


def _toml(path: str, document: Mapping[str, Any], text: str) -> Packages:
    rows = document.get("package", document.get("packages"))
    if rows is None and (document.get("version") or document.get("lock-version") or document.get("metadata")):
        return Packages()
    if not isinstance(rows, list):
        raise Unreadable("it holds no packages")
    lines = _lines(text, re.compile(r'^name\s*=\s*"([^"]+)"'))
    pinned = []
    unpinned = []
    for row in rows:
        name = row["name"] if isinstance(row.get("name"), str) else ""
        source = row.get("source") if isinstance(row.get("source"), dict) else {}
        if (
            not name
            or any(key in source for key in _OWN)
            or source.get("type") == "directory"
            or row.get("directory")
        ):
            continue
        version = row.get("version")
        if isinstance(version, str) and version:
            pinned.append(Pinned(normalised(name), version, path, next(lines.get(name, iter(())), 0)))
        else:
            unpinned.append(name)
    return Packages(tuple(pinned), tuple(unpinned))


def _pipfile(path: str, document: Mapping[str, Any], text: str) -> Packages:
    lines = _lines(text, re.compile(r'^\s{8}"([^"]+)": \{'))
    pinned = []
    unpinned = []
    for section in ("default", "develop"):
        for name, row in document.get(section, {}).items():
            line = next(lines.get(name, iter(())), 0)
            version = row.get("version", "")
            if version.startswith("=="):
                pinned.append(Pinned(normalised(name), version.lstrip("="), path, line))
            elif not row.get("path") and not row.get("editable"):
                unpinned.append(name)
    return Packages(tuple(pinned), tuple(unpinned))


def _lines(text: str, name: re.Pattern[str]) -> dict[str, Iterator[int]]:
    """Return for every name the lines that begin with it, in their order."""
    found: dict[str, list[int]] = {}
    for position, line in enumerate(text.splitlines(), 1):
        if match := name.match(line):
            found.setdefault(match[1], []).append(position)
    return {key: iter(value) for key, value in found.items()}
