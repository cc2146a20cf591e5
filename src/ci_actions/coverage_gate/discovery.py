"""Edge: finds the report files that `files` means, or looks for them where nobody named any."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path

from ci_actions.coverage_gate.config import FORMATS
from ci_actions.kit.errors import CannotJudge

#: Folders that hold other people's files: never looked into.
VENDORED = frozenset(
    {
        ".ci-actions",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
        "site-packages",
        "third_party",
        "vendor",
        "venv",
    }
)
#: Names that reports usually have, best evidence first: of one folder the first kind found is taken.
USUAL = (
    ("coverage.json", "coverage-*.json", "coverage_*.json"),
    (".coverage", ".coverage.*"),
    ("coverage.xml", "coverage-*.xml", "coverage_*.xml", "cobertura*.xml", "*cobertura.xml"),
    ("lcov.info", "*.lcov", "coverage.info"),
    ("jacoco*.xml",),
    ("clover.xml",),
    ("coverage.out", "cover.out", "coverage.txt"),
)
#: Files with such names that are no reports.
_SQLITE_SIDE_FILES = ("-journal", "-wal", "-shm")
_OTHERS = frozenset({".coveragerc", "coverage-final.json", "coverage-summary.json", "coverage-baseline.json"})


@dataclass(frozen=True)
class Found:
    """One report file: its absolute path, how messages call it, and the format it is forced to, if any."""

    path: Path
    name: str
    forced: str = ""


@dataclass(frozen=True)
class Discovery:
    """The report files, and what was seen and left aside where they had to be looked for."""

    files: tuple[Found, ...]
    left_aside: tuple[str, ...] = ()


def discover(patterns: Sequence[str], forced: str, directory: Path, root: Path) -> Discovery:
    """Return the files the patterns mean; without patterns, what lies in usual places.

    Raises CannotJudge for a pattern that matches nothing, and when nothing at all is found.
    """
    forced = "" if forced == "auto" else forced
    if not patterns:
        return _look_around(directory, root, forced)
    found: dict[Path, Found] = {}
    for pattern in patterns:
        kind, colon, rest = pattern.partition(":")
        named = kind if colon and kind in FORMATS else ""
        matched = sorted(_matching(rest if named else pattern, directory))
        if not matched:
            raise CannotJudge(
                f"files: '{pattern}' matches no file (looked in {directory}).",
                advice="Was the report written, and uploaded? Names that start with a dot need "
                "include-hidden-files: true in actions/upload-artifact.",
            )
        for path in matched:
            found.setdefault(path, Found(path, _name(path, root), named.replace("auto", "") or forced))
    return Discovery(tuple(found.values()))


def _matching(pattern: str, directory: Path) -> Iterator[Path]:
    for each in glob(pattern, root_dir=directory, recursive=True, include_hidden=True):
        path = directory / each
        if path.is_file() and path.name != ".coveragerc" and not path.name.endswith(_SQLITE_SIDE_FILES):
            yield Path(os.path.normpath(path))


def _look_around(directory: Path, root: Path, forced: str) -> Discovery:
    taken: list[Found] = []
    left_aside: list[str] = []
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(set(folders) - VENDORED)
        kinds = [
            sorted(
                name
                for name in files
                if name not in _OTHERS and any(fnmatchcase(name, each) for each in names)
            )
            for names in USUAL
        ]
        best = next((kind for kind in kinds if kind), [])
        taken += [Found(Path(folder, name), _name(Path(folder, name), root), forced) for name in best]
        left_aside += [_name(Path(folder, name), root) for kind in kinds for name in kind if kind is not best]
    if not taken:
        usual = ", ".join(name for names in USUAL for name in names[:1])
        raise CannotJudge(
            f"No coverage report found below {directory} (looked for {usual} and the like).",
            advice="Name the reports with files. Names that start with a dot need include-hidden-files: true in "
            "actions/upload-artifact.",
        )
    return Discovery(tuple(taken), tuple(left_aside))


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
